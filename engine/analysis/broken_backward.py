"""Backward passes broken on purpose: the puzzles of the gradient check.

Each bug is one that beginners make. Only the network of a gradient check is broken, never that of a run.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.analysis.gradient_check import GradientCheck
from engine.data.dataset import Dataset
from engine.hyperparameters import Hyperparameters
from engine.network.layers import Array, Dense
from engine.sentences import N_

PUZZLE_HYPERPARAMETERS = Hyperparameters(hidden=(12, 8), l2=0.01, seed=7)
"""The network that is broken: small, so that a check takes a moment, and deep enough to tell bugs apart."""


@dataclass(frozen=True)
class Bug:
    """A bug: its title, the wrong and the right line of code, and why the check shows its pattern."""

    name: str
    title: str
    wrong: str
    right: str
    why: str
    apply: Callable[[GradientCheck], None]


def _transpose(check: GradientCheck) -> None:
    last = check.network.dense[-1]

    def backward(dY: Array) -> Array:
        last.parameter_gradients(dY)
        return np.dot(dY, last.W.reshape(last.outputs, last.inputs), out=last.dX)

    _replace(last, "backward", backward)


def _mask(check: GradientCheck) -> None:
    first = check.network.activations[0]
    _replace(first, "backward", lambda dY: dY)


def _sum(check: GradientCheck) -> None:
    right = check.objective.loss.backward
    _replace(check.objective.loss, "backward", lambda scale=1.0: right(scale * len(check.labels)))


def _bias_sum(check: GradientCheck) -> None:
    for dense in check.network.dense:
        _afterwards(dense, lambda dense: np.multiply(dense.db, len(check.labels), out=dense.db))


def _bias_forgotten(check: GradientCheck) -> None:
    for dense in check.network.dense:
        _afterwards(dense, lambda dense: dense.db.fill(0.0))


def _label(check: GradientCheck) -> None:
    right = check.objective.loss.backward
    rows = np.arange(len(check.labels))

    def backward(scale: float = 1.0) -> Array:
        dlogits = right(scale)
        dlogits[rows, check.labels] += scale / len(rows)
        return dlogits

    _replace(check.objective.loss, "backward", backward)


def _penalty(check: GradientCheck) -> None:
    _replace(check.objective, "add_penalty", lambda scale: None)


def _afterwards(dense: Dense, then: Callable[[Dense], object]) -> None:
    """Do something to a layer's gradients once they are computed."""
    right = dense.parameter_gradients

    def parameter_gradients(dY: Array) -> None:
        right(dY)
        then(dense)

    _replace(dense, "parameter_gradients", parameter_gradients)


def _replace(owner: object, name: str, function: Callable[..., object]) -> None:
    setattr(owner, name, function)


BUGS = (
    Bug(
        "transpose",
        N_("a missing transpose on the way back through the output layer"),
        "dX = dY @ W.reshape(outputs, inputs)",
        "dX = dY @ W.T",
        N_(
            "The output layer's own gradients are computed before the bug, and are right. The layers "
            "below get sums of the wrong numbers: large errors, in weights and biases alike."
        ),
        _transpose,
    ),
    Bug(
        "mask",
        N_("a forgotten ReLU mask in the first hidden layer"),
        "dX = dY",
        "dX = dY * (Y > 0)",
        N_(
            "Only the layer below that ReLU, the first hidden layer, is wrong: units that are off get a "
            "gradient too."
        ),
        _mask,
    ),
    Bug(
        "sum",
        N_("a sum over the batch where the mean should be"),
        "dlogits = p - y",
        "dlogits = (p - y) / batch",
        N_(
            "Every gradient is too large by the same factor, the batch size n, so that every error is "
            "about (n - 1) / (n + 1). Training would look like one with too high a learning rate."
        ),
        _sum,
    ),
    Bug(
        "bias sum",
        N_("biases whose gradient is not averaged over the batch"),
        "db = batch * dY.sum(axis=0)",
        "db = dY.sum(axis=0)",
        N_("Weights are right in every layer; biases are all off by the same factor."),
        _bias_sum,
    ),
    Bug(
        "bias forgotten",
        N_("biases whose gradient was forgotten"),
        "db = 0",
        "db = dY.sum(axis=0)",
        N_("Weights are right; a gradient of zero where there should be one is an error of exactly 1."),
        _bias_forgotten,
    ),
    Bug(
        "label",
        N_("a softmax whose label was not subtracted"),
        "dlogits = p / batch",
        "dlogits = (p - y) / batch",
        N_(
            "The bug is at the very end of the network, so that every layer is wrong, each by a "
            "different amount."
        ),
        _label,
    ),
    Bug(
        "penalty",
        N_("an L2 penalty that is in the loss and not in the gradient"),
        "dW = X.T @ dY",
        "dW = X.T @ dY + l2 * W",
        N_("Biases are right, since the penalty leaves them alone; weights are off by a little everywhere."),
        _penalty,
    ),
)


def puzzle(dataset: Dataset, bug: Bug | None) -> GradientCheck:
    """Return a gradient check of the puzzle's network on real images, broken by `bug`, or whole."""
    check = GradientCheck.on_data(PUZZLE_HYPERPARAMETERS, dataset)
    if bug is not None:
        bug.apply(check)
    return check
