"""What the page Experiments reads from the store, in the thread that reads it."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import StoreError
from engine.experiments.stored_experiment import StoredExperiment, read_experiment
from engine.storage.experiments import ExperimentStore
from engine.storage.finding import LATEST
from engine.storage.runs import RunStore


@dataclass(frozen=True)
class Reading:
    """The ids of all experiments, the newest first, and one of them; None where there is none.

    seconds_an_epoch: of the newest run, None where there is none
    """

    ids: Sequence[str]
    shown: StoredExperiment | None
    seconds_an_epoch: float | None


def read(runs: RunStore, wanted: str | None) -> Reading:
    """Read the experiment that is wanted, or the newest.

    Raises:
        StoreError: when the store cannot be read.
    """
    store = ExperimentStore(runs)
    store.recover()
    records = store.records()
    record = next((record for record in records if record.id == wanted), records[0] if records else None)
    try:
        latest = runs.find(LATEST)
        seconds = latest.seconds / latest.epochs if latest.epochs else None
    except StoreError:
        seconds = None
    shown = read_experiment(store, record) if record is not None else None
    return Reading([record.id for record in records], shown, seconds)


def curves(experiment: StoredExperiment, setting: int) -> tuple[tuple[float, float], ...]:
    """Return the mean validation accuracy of a setting over its seeds, epoch by epoch, as far as all are."""
    known = [trial.curve for trial in experiment.trials_of(setting) if trial.curve]
    epochs = min(map(len, known), default=0)
    return tuple((float(n + 1), sum(curve[n] for curve in known) / len(known)) for n in range(epochs))
