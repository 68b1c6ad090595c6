"""Short runs, how to follow them, and networks written out by hand to hold them against."""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.analysis.evaluation_sample import EvaluationSample
from engine.analysis.what_if import Change, Outcome, evaluate_change
from engine.commands import FetchWeights
from engine.data.dataset import Dataset
from engine.events import EpochEnded, Event, Explanation, Predictions, Weights, to_json
from engine.hyperparameters import Hyperparameters
from engine.training.trained_network import TrainedNetwork
from engine.training.trainer import Trainer

Kind = TypeVar("Kind", bound=Event)
Array = NDArray[np.float64]

QUICK: dict[str, Any] = {"hidden": (16,), "batch_size": 50, "epochs": 3, "threads": 1}
"""A small network; on the small data set 540 images are learned in 11 batches, the last of 40."""
BATCHES = 11


def quick(**changes: Any) -> Hyperparameters:
    """Return hyperparameters of a run that takes a moment."""
    return Hyperparameters(**(QUICK | changes))


def follow(trainer: Trainer, steer: Callable[[Event], None] = lambda event: None) -> list[Event]:
    """Run `trainer` to its end; `steer` sees each event and may put commands. Each event must be JSON."""
    events = []
    for event in trainer:
        if not isinstance(event, Predictions | Explanation | Weights):  # these are for the screen alone
            strict_json(to_json(event))
        events.append(event)
        steer(event)
    return events


@dataclass(frozen=True)
class TrainedRun:
    """What a run said from its first event to its last, its best weights, and what it learned from."""

    events: list[Event]
    weights: Weights
    dataset: Dataset

    @classmethod
    def of(cls, dataset: Dataset, **changes: Any) -> "TrainedRun":
        """Train a small network with two hidden layers, or another, as `changes` say."""
        trainer = Trainer(
            quick(
                **(
                    {"hidden": (16, 12), "epochs": 8, "optimizer": "momentum", "learning_rate": 0.02}
                    | changes
                )
            ),
            dataset,
        )
        events = follow(trainer)
        weights = trainer.answer(FetchWeights())
        assert isinstance(weights, Weights)
        return cls(events, weights, dataset)


def strict_json(line: str) -> dict[str, Any]:
    """Return the object that a line of JSON holds; NaN and Infinity, which are no JSON, fail."""

    def refuse(constant: str) -> NoReturn:
        raise AssertionError(f"{constant} in {line}")

    fields = json.loads(line, parse_constant=refuse)
    assert isinstance(fields, dict)
    return fields


def of_kind(events: Iterable[Event], kind: type[Kind]) -> list[Kind]:
    """Return the events of one kind."""
    return [event for event in events if isinstance(event, kind)]


def only(events: Iterable[Event], kind: type[Kind]) -> Kind:
    """Return the one event of a kind."""
    (event,) = of_kind(events, kind)
    return event


def matrix_rows(epoch: EpochEnded) -> list[list[int]]:
    """Return the validation matrix of an epoch, which a trainer always gives."""
    assert epoch.validation_confusion_matrix is not None
    return epoch.validation_confusion_matrix.rows()


def names(events: Iterable[Event]) -> list[str]:
    """Return the names of the kinds of events, in order."""
    return [type(event).__name__ for event in events]


def digest(trainer: Trainer, events: Iterable[Event]) -> str:
    """Return a number that changes with any bit of the weights or of an epoch's figures, times left out."""
    sha = hashlib.sha256(trainer.learner.network.parameters.tobytes())
    sha.update(trainer.learner.network.statistics.tobytes())
    for epoch in of_kind(events, EpochEnded):
        fields = strict_json(to_json(epoch))
        sha.update(repr(sorted((k, v) for k, v in fields.items() if not k.startswith("s"))).encode())
    return sha.hexdigest()


def eventually(is_so: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    """Wait until `is_so`; fail after `seconds`, a guard against hanging."""
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, f"not within {seconds} s: {what}"
        time.sleep(0.01)


def standardized(dataset: Dataset, training: NDArray[np.int64], images: NDArray[np.uint8]) -> Array:
    """Return images as a network sees them, by the mean and deviation of the training split's pixels."""
    pixels = dataset.train_images[training] / 255.0
    X: Array = (images.reshape(len(images), -1) / 255.0 - pixels.mean()) / pixels.std()
    return X


def relu_logits(parameters: Sequence[float] | NDArray[Any], sizes: Sequence[int], X: Array) -> Array:
    """Return the logits of a ReLU network in float64: weights layer by layer, then biases, as they lie."""
    flat = np.asarray(parameters, np.float64)
    shapes = list(pairwise(sizes))
    cuts = np.cumsum([i * o for i, o in shapes] + [o for _, o in shapes])
    parts = np.split(flat, cuts)[:-1]
    for number, (inputs, outputs) in enumerate(shapes):
        X = X @ parts[number].reshape(inputs, outputs) + parts[len(shapes) + number]
        if number < len(shapes) - 1:
            X = np.maximum(X, 0.0)
    return X


def cross_entropy(logits: Array, labels: NDArray[np.int64]) -> float:
    """Return the mean of -log softmax at the right class."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_softmax = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-log_softmax[np.arange(len(labels)), labels].mean())


def outcome(trained: TrainedNetwork, sample: EvaluationSample, change: Change) -> Outcome:
    """Return how a network does on a sample after a change of its weights."""
    *_, found = evaluate_change(trained, sample, change)
    assert found is not None
    return found
