"""The events of a run.

A `Trainer` yields events, also as answers to commands. They are small frozen dataclasses of plain numbers,
so that they can be sent to another process, stored, and written as JSON unchanged. Accuracies are
fractions, losses are in nats, times in seconds. A figure that does not exist is None; NaN and infinity
never occur in an event.
"""

import dataclasses
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING

from engine.hyperparameters import Hyperparameters
from engine.sentences import N_, Sentence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_DENSE_CLASSES = 100
"""Above this many classes an epoch's confusion matrix is written to JSON as its cells above zero."""


def finite(value: float) -> float | None:
    """Return `value` as a plain float, or None where it is NaN or infinite."""
    value = float(value)
    return value if math.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class ConfusionMatrix:
    """How often each true class was predicted as each class; only the counts above zero are kept.

    `cells` holds `(true, predicted, count)`, sorted.
    """

    classes: int
    cells: tuple[tuple[int, int, int], ...]

    def rows(self) -> list[list[int]]:
        """Return the full matrix, rows true, columns predicted: `(classes, classes)`."""
        rows = [[0] * self.classes for _ in range(self.classes)]
        for true, predicted, count in self.cells:
            rows[true][predicted] = count
        return rows


@dataclass(frozen=True, slots=True)
class DataSummary:
    """A data set without its images: its source, its sizes, its classes and its number of images.

    class_names: in the order of the labels; the labels themselves, where a stored run has no names
    """

    name: str
    source: str
    fingerprint: str
    height: int
    width: int
    classes: int
    training_images: int
    test_images: int
    class_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.class_names:
            object.__setattr__(self, "class_names", tuple(map(str, range(self.classes))))


@dataclass(frozen=True, slots=True)
class Environment:
    """The software and hardware that the bits of a run depend on."""

    numpy: str
    blas: str
    threads: int
    machine: str


@dataclass(frozen=True, slots=True)
class LayerStatistics:
    """How one dense layer fared in the last step of an epoch, and its units in the validation after it.

    `gradient_norm` is of its weights, with L2 and before clipping, as that of a whole mini-batch is;
    `update_ratio` is the norm of the step over the norm of the weights. `dead_units` is the share of units
    that were zero for every validation image (None for the output layer and for activations that are never
    zero). `saturated` is the share of activations at a flat end of their curve, where it rises by less than a
    twenty-fifth of its steepest (None but for tanh and sigmoid). Both are None where there are fewer than 50
    validation images.
    """

    name: str
    gradient_norm: float | None
    weight_norm: float | None
    update_ratio: float | None
    dead_units: float | None
    saturated: float | None = None


@dataclass(frozen=True, slots=True)
class EarlyStoppingStatus:
    """The state of early stopping, and the value it waits for.

    It waits for the monitored value to pass `target`. `best_epoch` is the epoch with the best value so far,
    whose weights are kept; `epochs_without_improvement` counts the epochs since the target last moved.
    """

    enabled: bool
    monitor: str
    best_epoch: int | None
    best_value: float | None
    target: float | None
    epochs_without_improvement: int
    patience: int


@dataclass(frozen=True, slots=True)
class OwnNetwork:
    """The network of a run that a person wrote: its file and class, and the fingerprint of the text.

    differs: what keeps its weights from being stored and looked at: the array of the textbook's network that
        it has not, or `forward` where it computes something else; empty where it is the textbook's
    """

    path: str
    class_name: str
    fingerprint: str
    differs: str = ""

    @property
    def file(self) -> str:
        """The name of its file."""
        return PurePath(self.path).name

    @property
    def source(self) -> str:
        """The file and the class, as they are named to train it."""
        return f"{self.path}:{self.class_name}"

    @property
    def why_not(self) -> Sentence:
        """Why its weights are not there to be looked at."""
        values = {"class_name": self.class_name, "file": self.file, "name": self.differs}
        if self.differs in ("", "forward"):
            return Sentence(
                N_(
                    "{class_name} in {file} does not compute what the textbook's network does, softmax(relu("
                    "X W1 + b1) W2 + b2), so its weights are not kept and cannot be looked at."
                ),
                values,
            )
        return Sentence(
            N_(
                "{class_name} in {file} has no array {name} as the textbook's network has it, so its weights "
                "are not kept and cannot be looked at."
            ),
            values,
        )


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a run."""


@dataclass(frozen=True, slots=True)
class DataLoaded(Event):
    """The worker has read its data set and waits for a run. Before, and outside, any run."""

    data: DataSummary


@dataclass(frozen=True, slots=True)
class DataFailed(Event):
    """The worker cannot read its data set; no run can start. `message` says why."""

    message: Sentence


@dataclass(frozen=True, slots=True)
class RunStarted(Event):
    """The first event of every run. `hyperparameters` has its defaults filled in.

    `run` is the run's id, `name` what its user calls it (it may be empty). `epochs_before` counts the epochs
    that were learned before, if the run goes on from a checkpoint. `network` is the person's own, if it is.
    """

    run: str
    name: str
    hyperparameters: Hyperparameters
    layer_sizes: tuple[int, ...]
    parameters: int
    training_images: int
    validation_images: int
    batches_per_epoch: int
    data: DataSummary
    environment: Environment
    epochs_before: int = 0
    network: OwnNetwork | None = None


@dataclass(frozen=True, slots=True)
class BatchEnded(Event):
    """One mini-batch was learned; thinned to 20 a second.

    `batch` counts from 1 in its epoch, `step` in the run. `train_loss`, `train_accuracy`,
    `seconds` and `samples_per_second` are of the epoch so far.
    """

    epoch: int
    batch: int
    batches: int
    step: int
    loss: float | None
    train_loss: float | None
    train_accuracy: float
    learning_rate: float
    gradient_norm: float | None
    seconds: float
    samples_per_second: float


@dataclass(frozen=True, slots=True)
class EpochFigures(Event):
    """The figures of an epoch as far as they are told: of a run that another program trains, some are not.

    epoch: from 1; a second one of the same epoch takes the place of the first
    The others are as in `EpochEnded`. Without `early_stopping` nothing is known of it.
    """

    epoch: int
    epochs: int | None
    step: int | None
    train_loss: float | None
    train_accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float | None
    seconds: float | None
    samples_per_second: float | None
    is_best: bool
    early_stopping: EarlyStoppingStatus | None
    layers: tuple[LayerStatistics, ...]
    validation_confusion_matrix: ConfusionMatrix | None


@dataclass(frozen=True, slots=True)
class EpochEnded(EpochFigures):
    """One epoch was learned and validated.

    The training figures are running: each mini-batch was measured as it was learned, with dropout and with
    the weights of that moment. `learning_rate` is that of the epoch's last step. `seconds` and
    `samples_per_second` are of training alone, without evaluation and pauses. `is_best` says whether this
    epoch's weights are now the ones that are kept. The matrix is None, and there are no layers, where only
    the curves of a long run are at hand; no trainer says that. `core_wait` is the time that threads of the
    run, added up, waited for a core that something else had, as a share of `seconds`; None where one thread
    learned or the system does not tell. It is of the machine, not of the run: no line of JSON has it.
    """

    epoch: int
    epochs: int
    step: int
    train_loss: float | None
    train_accuracy: float
    validation_loss: float | None
    validation_accuracy: float
    learning_rate: float
    seconds: float
    samples_per_second: float
    is_best: bool
    early_stopping: EarlyStoppingStatus
    layers: tuple[LayerStatistics, ...]
    validation_confusion_matrix: ConfusionMatrix | None
    core_wait: float | None = field(default=None, metadata={"json": False})


@dataclass(frozen=True, slots=True)
class Position(Event):
    """The point of a run at which something took effect: after `batch` mini-batches of `epoch`."""

    epoch: int
    batch: int
    step: int


@dataclass(frozen=True, slots=True)
class Paused(Position):
    """The run waits for `Resume` or `Step`."""


@dataclass(frozen=True, slots=True)
class Resumed(Position):
    """The run goes on."""


@dataclass(frozen=True, slots=True)
class HyperparameterChanged(Position):
    """A hyperparameter has its new value from the next mini-batch on."""

    name: str
    old: object
    new: object


@dataclass(frozen=True, slots=True)
class ChangeRejected(Position):
    """A change of a hyperparameter was refused; `message` says why."""

    name: str
    message: Sentence


@dataclass(frozen=True, slots=True)
class CheckpointSaved(Event):
    """The weights of `epoch` were written to `path`."""

    epoch: int
    path: str


@dataclass(frozen=True, slots=True)
class StoppedEarly(Event):
    """Early stopping ends the run after `epoch`.

    In the last `epochs_without_improvement` epochs the monitored figure did not pass `reference` by more than
    `min_delta`. Stores of the version before have neither.
    """

    epoch: int
    best_epoch: int | None
    monitor: str
    best_value: float | None
    patience: int
    epochs_without_improvement: int | None = None
    reference: float | None = None
    min_delta: float | None = None


@dataclass(frozen=True, slots=True)
class Diverged(Position):
    """The loss or the gradient left the range in which learning makes sense; no step was taken.

    `cause` is `loss` or `gradient_norm`; `value` is None where it is not finite.
    """

    cause: str
    value: float | None


@dataclass(frozen=True, slots=True)
class RunEnded(Event):
    """The last event of every run. The test figures are of the best epoch's weights.

    `reason` is `completed`, `stopped_early`, `stopped` or `diverged`. The figures are None where no epoch
    had ended. `seconds` is training alone, of the whole run. `test_looks` says for how many networks this
    test set was evaluated, this one included, as far as that was kept. `test_loss` is measured as training's
    loss is, with label smoothing if there is any; `plain_test_loss` without.
    """

    reason: str
    epochs: int
    best_epoch: int | None
    best_validation_accuracy: float | None
    best_validation_loss: float | None
    test_accuracy: float | None
    test_loss: float | None
    confusion_matrix: ConfusionMatrix | None
    seconds: float
    test_looks: int | None = None
    plain_test_loss: float | None = None


@dataclass(frozen=True, slots=True)
class StorageFailed(Event):
    """A part of the run could not be stored; the run continues, in memory alone."""

    message: Sentence


@dataclass(frozen=True, slots=True)
class NumericsChanged(Event):
    """An earlier version began the run and computed the hyperparameters `names` otherwise.

    It goes on, but not to the bits that it would have had there. Comes after `RunStarted`.
    """

    names: tuple[str, ...]
    message: Sentence

    @classmethod
    def of(cls, names: tuple[str, ...]) -> "NumericsChanged":
        """Say it in a sentence."""
        text = N_(
            "This run was begun by an earlier version of mlp-tui, which computed {names} otherwise: it goes "
            "on, but no longer to the same bits."
        )
        return cls(names, Sentence(text, {"names": ", ".join(names)}))


@dataclass(frozen=True, slots=True)
class RunFailed(Event):
    """The run could not start, or its process died; takes the place of `RunEnded`.

    `name` is the hyperparameter to blame, where there is one.
    """

    message: Sentence
    name: str | None = None


@dataclass(frozen=True, slots=True)
class DurationEstimated(Event):
    """The answer to `EstimateDuration`: all epochs of such a run would take so many seconds of training."""

    hyperparameters: Hyperparameters
    seconds: float


@dataclass(frozen=True, slots=True)
class WatchedRunBegan(Event):
    """Another program begins a run, of which little more is told than that it does."""


@dataclass(frozen=True, slots=True)
class SourceRead(Event):
    """How the source of a run stands that another program trains.

    lines: that were read; broken: of these, how many could not be read; first_broken: the number of the
    first, from 1; beyond: accuracies that were no fractions from 0 to 1, and were left out
    is_over: whether nothing more will come; trouble: what else there is to say of it
    """

    name: str
    lines: int
    broken: int
    first_broken: int | None
    beyond: int
    is_over: bool
    trouble: Sentence | None = None


@dataclass(frozen=True, slots=True)
class Printed(Event):
    """A person's own network has printed `text`. Not stored with the run."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Predictions(Event):
    """The answer to `FetchPredictions`: the prediction for every image of a split. Not stored with the run.

    They belong to the weights at the end of `epoch`, and so to the same confusion matrix.

    split: `validation` or `test`
    images: `(images, height, width)`, uint8; labels: `(images,)`; indices: `(images,)`, the place of each
    image in its file; predicted: `(images,)`, as the matrix counts them; probabilities: `(images, classes)`,
    float32
    """

    split: str
    epoch: int
    images: "NDArray[np.uint8]"
    labels: "NDArray[np.int64]"
    indices: "NDArray[np.int64]"
    predicted: "NDArray[np.int64]"
    probabilities: "NDArray[np.float32]"


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """The training images of class `label` that are nearest to an image, the nearest first.

    indices: `(found,)`, the place of each in its file; distances: `(found,)`, int64, squared Euclidean, of
    pixels from 0 to 255; images: `(found, height, width)`, uint8
    """

    label: int
    indices: "NDArray[np.int64]"
    distances: "NDArray[np.int64]"
    images: "NDArray[np.uint8]"


@dataclass(frozen=True, slots=True, eq=False)
class Explanation(Event):
    """The answer to `ExplainPrediction`: why an image of class `true` is, or nearly is, predicted as `other`.

    It is of the weights that the run had when it was asked: after `batch` mini-batches of `epoch`, or, when
    the run has ended, the best ones, kept at the end of `epoch` (`batch` is None). Not kept with the run.

    predicted: the class that these weights predict
    margin: logit of `other` minus logit of `true`
    gradient: `(height, width)`, float32, of the margin by the standardised image: where it is positive,
    more ink favours `other`; None where it is not finite, as for the margin
    neighbours: the nearest training images of `other` and of `true`
    """

    split: str
    index: int
    true: int
    other: int
    epoch: int
    batch: int | None
    predicted: int
    margin: float | None
    gradient: "NDArray[np.float32] | None"
    neighbours: tuple[Neighbours, Neighbours]


@dataclass(frozen=True, slots=True, eq=False)
class Weights(Event):
    """The answer to `FetchWeights`: a copy of the weights. Not stored with the run.

    They are those of the moment when it was asked: after `batch` mini-batches of `epoch`, or, when the run
    has ended, the best ones, kept at the end of `epoch` (`batch` is None).

    hyperparameters: those of that moment
    parameters: `(count,)`, as `MLP.parameters`; statistics: those of batch normalisation, as `MLP.statistics`
    is_own: whether they are of a person's own network, which began with weights that are not known
    """

    run: str
    epoch: int
    batch: int | None
    hyperparameters: Hyperparameters
    parameters: "NDArray[np.floating]"
    statistics: "NDArray[np.floating]"
    is_own: bool = False


def event_name(kind: type[Event]) -> str:
    """Return the name of an event in JSON: `EpochEnded` is `epoch_ended`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def to_json(event: Event) -> str:
    """Return the event as one line of JSON, its name under `event`, its fields in snake_case."""
    fields = {"event": event_name(type(event)), **dict(_plain_fields(event))}
    return json.dumps(fields, allow_nan=False, ensure_ascii=False)


def _plain_fields(value: object) -> Iterator[tuple[str, object]]:
    """Yield the fields of a dataclass as JSON knows them."""
    for each in dataclasses.fields(value):  # type: ignore[arg-type]
        item = getattr(value, each.name)
        if not each.metadata.get("json", True):
            continue
        if isinstance(item, ConfusionMatrix) and isinstance(value, RunEnded):
            yield each.name, item.rows()
        else:
            yield each.name, _plain(item)


def _plain(value: object) -> object:
    """Return `value` as JSON knows it."""
    if isinstance(value, Hyperparameters):
        return value.to_mapping()
    if isinstance(value, Sentence):
        return str(value)
    if isinstance(value, ConfusionMatrix):
        if value.classes <= MAX_DENSE_CLASSES:
            return value.rows()
        return {"classes": value.classes, "cells": value.cells}
    if dataclasses.is_dataclass(value):
        return dict(_plain_fields(value))
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
