"""A rung of a trial: a run from one epoch to another, as a pure function that any process can compute."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.data.dataset import Dataset, load_dataset
from engine.data.location import Location, absolute
from engine.errors import DataError, EngineError
from engine.events import BatchEnded, ConfusionMatrix, EpochEnded, Event, finite
from engine.hyperparameters import Hyperparameters
from engine.sentences import N_
from engine.storage.checkpoint import Checkpoint
from engine.storage.runs import program_version
from engine.training.metrics import confusion_matrix
from engine.training.numerics import NUMERICS
from engine.training.snapshot import Snapshot
from engine.training.threads import limit_threads
from engine.training.trainer import Trainer


class VersionError(EngineError):
    """A worker runs another version of the program or of NumPy."""


class DataNotHereError(DataError):
    """A worker has no such data set; it has to be sent."""


@dataclass(frozen=True)
class Result:
    """What a rung came to: its events, without those of mini-batches, and where to go on.

    best: the best weights, None where they are those of an earlier rung
    """

    events: tuple[Event, ...]
    snapshot: Snapshot
    best: Checkpoint | None


def rung(
    hyperparameters: Hyperparameters,
    snapshot: Snapshot | None,
    until_epoch: int,
    dataset: Dataset,
    *,
    run: str,
    name: str = "",
) -> Result:
    """Train from a snapshot, or from the start, until an epoch has ended or the run has.

    Rung by rung a run has the same bits as at once. The test set is not looked at.

    Raises:
        EngineError: when the hyperparameters do not fit the data, or the snapshot is of others.
    """
    if snapshot is None:
        trainer = Trainer(hyperparameters, dataset, name=name, run=run)
    else:
        trainer = Trainer.from_snapshot(snapshot, dataset)
    trainer.is_tested = False
    events: list[Event] = []
    best: int | None = None
    for event in trainer:
        if not isinstance(event, BatchEnded):
            events.append(event)
        if isinstance(event, EpochEnded):
            if event.is_best:
                best = event.epoch
            stopping = trainer.early_stopping
            ends_now = event.validation_loss is None or (stopping.enabled and stopping.wants_to_stop)
            if until_epoch <= event.epoch < hyperparameters.epochs and not ends_now:
                break
    return Result(tuple(events), trainer.snapshot(), Checkpoint.of(trainer, best) if best else None)


@dataclass(frozen=True)
class WinnerFigures:
    """What a network made of the test images; `fingerprint` is the network's."""

    accuracy: float
    loss: float | None
    plain_loss: float | None
    matrix: ConfusionMatrix
    fingerprint: str


def evaluate_winner(model: Checkpoint, dataset: Dataset) -> WinnerFigures:
    """Evaluate a network on the test images, as a run does at its end."""
    labels = dataset.test_labels
    with limit_threads(1):
        evaluation = model.test_evaluation(dataset)
    return WinnerFigures(
        accuracy=float(np.mean(evaluation.predicted == labels)),
        loss=finite(evaluation.loss),
        plain_loss=finite(evaluation.plain_loss(labels, model.hyperparameters.label_smoothing)),
        matrix=confusion_matrix(labels, evaluation.predicted, dataset.classes),
        fingerprint=model.fingerprint,
    )


@dataclass(frozen=True)
class DataSource:
    """A data set as a worker finds it: where it is, and its fingerprint."""

    place: Location | None
    fingerprint: str

    @classmethod
    def of(cls, place: Location | None, dataset: Dataset) -> "DataSource":
        """Return the source of a data set that was read from `place`."""
        return cls(absolute(place), dataset.fingerprint)


@dataclass(frozen=True)
class Task:
    """What a worker is asked for: a rung, or the test of a network."""

    source: DataSource
    versions: Mapping[str, object]

    def compute(self, dataset: Dataset) -> Any:
        """Compute it."""
        raise NotImplementedError


@dataclass(frozen=True)
class RungTask(Task):
    """A rung."""

    hyperparameters: Hyperparameters
    snapshot: Snapshot | None
    until_epoch: int
    run: str
    name: str

    def compute(self, dataset: Dataset) -> Result:
        """Train."""
        return rung(
            self.hyperparameters,
            self.snapshot,
            self.until_epoch,
            dataset,
            run=self.run,
            name=self.name,
        )


@dataclass(frozen=True)
class WinnerTask(Task):
    """The test of the best network of a run."""

    model: Checkpoint

    def compute(self, dataset: Dataset) -> WinnerFigures:
        """Evaluate it."""
        return evaluate_winner(self.model, dataset)


def versions() -> dict[str, object]:
    """Return what must be the same on each machine, for the same bits."""
    return {"mlp-tui": program_version(), "NumPy": np.__version__, "numerics": NUMERICS}


def perform(task: Task, sent: Dataset | None = None) -> Any:
    """Compute a task in this process, which reads the data set once; `sent` is the data set if it was sent.

    Raises:
        VersionError: when this process runs another version than the one that asks.
        DataNotHereError: when there is no such data set here, and none was sent.
        EngineError: when the task cannot be computed.
    """
    ours = versions()
    for name, wanted in task.versions.items():
        if ours[name] != wanted:
            raise VersionError(
                N_(
                    "A worker has {name} {ours}, this program {theirs}: the figures would differ. Install "
                    "the same on each machine."
                ),
                name=name,
                ours=ours[name],
                theirs=wanted,
            )
    with _one_at_a_time:
        return task.compute(sent if sent is not None else _dataset(task.source))


_one_at_a_time = threading.Lock()
"""A worker of Dask may have threads; but the BLAS threads of a run are those of its process."""
_datasets: dict[DataSource, Dataset] = {}
"""The data set of this process: one, read once."""


def _dataset(source: DataSource) -> Dataset:
    """Return the data set of a source; it is read once.

    Raises:
        DataNotHereError: when there is none, or another.
    """
    if source not in _datasets:
        _datasets.clear()
        try:
            dataset = load_dataset(source.place)
        except DataError as error:
            raise DataNotHereError(
                N_("A worker cannot read the data set: {reason}"), reason=error.sentence
            ) from None
        if dataset.fingerprint != source.fingerprint:
            raise DataNotHereError(
                N_(
                    "A worker reads another data set there: its fingerprint is {theirs}, that of the "
                    "experiment's {ours}."
                ),
                theirs=dataset.fingerprint,
                ours=source.fingerprint,
            )
        _datasets[source] = dataset
    return _datasets[source]
