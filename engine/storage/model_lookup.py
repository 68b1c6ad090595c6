"""Finds a stored run or a model by id, beginning of an id, name, `latest`, or file."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.data.location import Location
from engine.errors import StoreError
from engine.sentences import N_
from engine.storage.run_record import RunRecord
from engine.storage.runs import RunStore

if TYPE_CHECKING:
    from engine.data.dataset import Dataset
    from engine.storage.checkpoint import Checkpoint

MODEL_ENDINGS = (".npz", ".safetensors")


@contextlib.contextmanager
def open_store(folder: Path) -> Iterator[RunStore]:
    """Yield the store in `folder`, with runs whose process died marked as interrupted.

    Raises:
        StoreError: when it cannot be opened.
    """
    with contextlib.closing(RunStore(folder)) as store:
        store.recover()
        yield store


@dataclass(frozen=True)
class FoundModel:
    """A model that was found. record: its run; None if it was read from a file."""

    checkpoint: "Checkpoint"
    record: RunRecord | None


def find_model(name: str, folder: Path) -> FoundModel:
    """Return the best weights of a run in the store at `folder`, or those in a file.

    Raises:
        StoreError: when there is no such run, or none of its epochs ended.
        CheckpointError: when the file cannot be read.
    """
    from engine.storage.export import load_model

    path = Path(name)
    if path.suffix.lower() in MODEL_ENDINGS or path.is_file():
        return FoundModel(load_model(path), None)
    with open_store(folder) as store:
        record = store.find(name)
    return FoundModel(best_model(store, record), record)


def best_model(store: RunStore, record: RunRecord) -> "Checkpoint":
    """Return the best weights of a run.

    Raises:
        StoreError: when none of its epochs ended.
        CheckpointError: when the file cannot be read.
    """
    from engine.storage import checkpoint
    from engine.storage.recorder import BEST

    best = store.checkpoints(record.id) / BEST
    if record.started.network is not None and not best.exists() and record.best_epoch is not None:
        raise StoreError(record.started.network.why_not.template, **record.started.network.why_not.values)
    if record.best_epoch is None and not best.exists():
        raise no_weights(record)
    return checkpoint.load(best)


def no_weights(record: RunRecord) -> StoreError:
    """Return the error for a run without weights."""
    return StoreError(N_("The run {run} has no weights: none of its epochs ended."), run=record.id)


def data_of(record: RunRecord | None, given: Location | None) -> Location | None:
    """Return where a run's data are, None for the built-in data; what the command line says wins."""
    return record.data if given is None and record is not None else given


def count_test_evaluation(dataset: "Dataset", model: "Checkpoint", folder: Path) -> int | None:
    """Keep that a model was evaluated on a test set; return how many were, None where nothing is kept."""
    try:
        with open_store(folder) as store:
            return store.count_test_evaluation(dataset, model.fingerprint)
    except StoreError:
        return None
