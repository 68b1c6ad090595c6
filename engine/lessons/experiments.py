"""Runs the experiments of a lesson; the result of each is a few named figures.

train           a network learns; figures of its last epoch, of its first, and of its layers
unit            one unit computes, and passes a gradient back
loss            softmax and cross-entropy of some logits
gradient_check  backpropagation against difference quotients, whole or broken on purpose
"""

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from engine.analysis.broken_backward import BUGS, puzzle
from engine.data.dataset import Dataset
from engine.events import Diverged, EpochEnded, StoppedEarly
from engine.hyperparameters import Hyperparameters
from engine.network.activations import ACTIVATIONS
from engine.network.layers import Dense
from engine.network.losses import SoftmaxCrossEntropy, softmax
from engine.training.trainer import Trainer

TRAIN_FIGURES = frozenset(
    {
        *("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "gap"),
        *("first_train_loss", "first_validation_accuracy", "best_validation_accuracy", "best_epoch"),
        *("epochs", "diverged", "stopped_early", "parameters", "seconds"),
        *("gradient_first", "gradient_output", "dead_units", "saturated"),
    }
)
LIKE_A_UNIT = ("sum", "output", "slope", "dsum", "db")


@dataclass(frozen=True)
class Experiment:
    """One experiment of a lesson; the result of a `secret` one is shown only after the answer.

    values: for `train` the hyperparameters as one value `hyperparameters`; for the others what they take
    """

    name: str
    title: str
    kind: str
    secret: bool
    values: Mapping[str, object]

    @property
    def hyperparameters(self) -> Hyperparameters | None:
        """What is trained; None for the other kinds."""
        found = self.values.get("hyperparameters")
        return found if isinstance(found, Hyperparameters) else None

    @property
    def figures(self) -> frozenset[str]:
        """The names of its figures."""
        match self.kind:
            case "train":
                return TRAIN_FIGURES
            case "unit":
                count = len(self._numbers("inputs"))
                each = {f"{name}{number}" for name in ("dW", "dX") for number in range(1, count + 1)}
                return frozenset({*LIKE_A_UNIT, *each})
            case "loss":
                count = len(self._numbers("logits"))
                each = {f"{name}{number}" for name in ("p", "dlogit") for number in range(count)}
                return frozenset({"loss", "sum_of_exponentials", *each})
            case _:
                return frozenset({"largest_error", "wrong_arrays", "arrays"})

    def _numbers(self, name: str) -> list[float]:
        values = self.values[name]
        assert isinstance(values, list)
        return [float(value) for value in values]

    def number(self, name: str, default: float) -> float:
        """Return one number that the experiment takes."""
        value = self.values.get(name, default)
        assert isinstance(value, int | float)
        return float(value)


@dataclass(frozen=True)
class Progress:
    """The progress of an experiment: an epoch of `train`, or its figures when it is done."""

    experiment: Experiment
    epoch: EpochEnded | None
    figures: dict[str, float] | None


def run(experiment: Experiment, dataset: Dataset, images: int | None) -> Iterator[Progress | None]:
    """Run an experiment; yield None between pieces of work, and at last its figures."""
    match experiment.kind:
        case "train":
            yield from _train(experiment, _first(dataset, images))
        case "unit":
            yield Progress(experiment, None, _unit(experiment))
        case "loss":
            yield Progress(experiment, None, _loss(experiment))
        case _:
            yield from _check(experiment, dataset)


def _first(dataset: Dataset, images: int | None) -> Dataset:
    """Return the data set with its first training images alone."""
    if images is None or images >= len(dataset.train_labels):
        return dataset
    return dataclasses.replace(
        dataset, train_images=dataset.train_images[:images], train_labels=dataset.train_labels[:images]
    )


def _train(experiment: Experiment, dataset: Dataset) -> Iterator[Progress | None]:
    """Train as a run does, and stop before the test set is evaluated."""
    hyperparameters = experiment.hyperparameters
    assert hyperparameters is not None
    trainer = Trainer(hyperparameters, dataset)
    epochs: list[EpochEnded] = []
    diverged = stopped = False
    for event in trainer:
        match event:
            case EpochEnded():
                epochs.append(event)
                yield Progress(experiment, event, None)
                if event.epoch >= event.epochs:
                    break
            case Diverged():
                diverged = True
                break
            case StoppedEarly():
                stopped = True
                break
            case _:
                yield None
    parameters = trainer.learner.network.parameters.size
    yield Progress(experiment, None, train_figures(epochs, parameters, diverged=diverged, stopped=stopped))


def train_figures(
    epochs: list[EpochEnded], parameters: int, *, diverged: bool, stopped: bool
) -> dict[str, float]:
    """Return the figures of a run; of one that diverged in its first epoch, those of guessing nothing right.

    A loss that is no number is infinite.
    """
    if not epochs:
        figures = dict.fromkeys(TRAIN_FIGURES, 0.0)
        losses = dict.fromkeys(("train_loss", "validation_loss", "first_train_loss"), math.inf)
        return figures | losses | {"diverged": 1.0, "parameters": float(parameters)}
    first, last = epochs[0], epochs[-1]
    best = max(epochs, key=lambda epoch: epoch.validation_accuracy)
    layers = last.layers
    return {
        "train_loss": _loss_of(last.train_loss),
        "train_accuracy": last.train_accuracy,
        "validation_loss": _loss_of(last.validation_loss),
        "validation_accuracy": last.validation_accuracy,
        "gap": last.train_accuracy - last.validation_accuracy,
        "first_train_loss": _loss_of(first.train_loss),
        "first_validation_accuracy": first.validation_accuracy,
        "best_validation_accuracy": best.validation_accuracy,
        "best_epoch": float(best.epoch),
        "epochs": float(last.epoch),
        "diverged": float(diverged),
        "stopped_early": float(stopped),
        "parameters": float(parameters),
        "seconds": sum(epoch.seconds for epoch in epochs),
        "gradient_first": (layers[0].gradient_norm or 0.0) if layers else 0.0,
        "gradient_output": (layers[-1].gradient_norm or 0.0) if layers else 0.0,
        "dead_units": max((layer.dead_units or 0.0 for layer in layers), default=0.0),
        "saturated": max((layer.saturated or 0.0 for layer in layers), default=0.0),
    }


def _loss_of(loss: float | None) -> float:
    return math.inf if loss is None else loss


def _unit(experiment: Experiment) -> dict[str, float]:
    """Compute one unit, forward and back, with the engine's own layers."""
    x, w = np.array([experiment._numbers("inputs")]), np.array(experiment._numbers("weights"))
    dense = Dense(x.shape[1], 1, np.float64)
    dense.W, dense.b = w.reshape(-1, 1), np.array([experiment.number("bias", 0.0)])
    dense.dW, dense.db = np.empty_like(dense.W), np.empty_like(dense.b)
    activation = ACTIVATIONS[str(experiment.values.get("activation", "relu"))](1, 1, np.float64)
    dense.resize(1)
    activation.resize(1)
    total = dense.forward(x, training=True).copy()
    output = float(activation.forward(total.copy(), training=True)[0, 0])
    upstream = experiment.number("upstream", 1.0)
    dsum = float(activation.backward(np.array([[upstream]]))[0, 0])
    activation.forward(total.copy(), training=True)
    slope = float(activation.backward(np.ones((1, 1)))[0, 0])
    dX = dense.backward(np.array([[dsum]]))[0]
    figures = {
        "sum": float(total[0, 0]),
        "output": output,
        "slope": slope,
        "dsum": dsum,
        "db": float(dense.db[0]),
    }
    figures |= {f"dW{number}": float(value) for number, value in enumerate(dense.dW[:, 0], 1)}
    return figures | {f"dX{number}": float(value) for number, value in enumerate(dX, 1)}


def _loss(experiment: Experiment) -> dict[str, float]:
    """Compute softmax and cross-entropy of one image's logits."""
    logits = np.array([experiment._numbers("logits")])
    label = np.array([int(experiment.number("label", 0))])
    smoothing = experiment.number("label_smoothing", 0.0)
    loss = SoftmaxCrossEntropy(logits.shape[1], smoothing, np.float64)
    figures = {"loss": loss.forward(logits, label), "sum_of_exponentials": float(np.exp(logits).sum())}
    figures |= {f"p{number}": float(p) for number, p in enumerate(softmax(logits)[0])}
    return figures | {f"dlogit{number}": float(value) for number, value in enumerate(loss.backward()[0])}


def _check(experiment: Experiment, dataset: Dataset) -> Iterator[Progress | None]:
    """Check the gradients of a small network, broken as the lesson says, or whole."""
    bug = next((bug for bug in BUGS if bug.name == experiment.values.get("bug")), None)
    wrong = arrays = 0
    largest = 0.0
    for _layer, _array, result in puzzle(dataset, bug).parts():
        if result is None:
            yield None
        else:
            arrays += 1
            wrong += not result.passed
            largest = max(largest, result.relative_error)
    yield Progress(
        experiment,
        None,
        {"largest_error": largest, "wrong_arrays": float(wrong), "arrays": float(arrays)},
    )
