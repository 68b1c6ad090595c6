"""The gradient check passes what is right, on real digits; finds what is broken; and counts kinks."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.analysis.gradient_check import GradientCheck, LayerCheck
from engine.data.dataset import Dataset
from engine.hyperparameters import Hyperparameters
from engine.network.activations import ACTIVATIONS, ReLU
from engine.network.layers import Array, BatchNorm, Dense
from engine.network.losses import SoftmaxCrossEntropy
from engine.network.objective import Objective
from engine.training.learner import Learner

SMOOTH = [name for name in ACTIVATIONS if name not in ("relu", "leaky_relu")]

make = partial(Hyperparameters, hidden=(12, 8))


def results(check: GradientCheck, samples: int = 100) -> dict[str, LayerCheck]:
    return {layer.layer: layer for layer in check.layers(samples)}


def on_noise(hyperparameters: Hyperparameters, inputs: int = 6, batch: int = 8) -> GradientCheck:
    rng = np.random.default_rng(1)
    X, labels = rng.normal(size=(batch, inputs)), rng.integers(0, 4, batch)
    return GradientCheck(hyperparameters, X, labels, classes=4)


# --- what is right passes


@pytest.mark.parametrize("activation", SMOOTH)
@pytest.mark.parametrize("batch_norm", [False, True])
def test_all_layers_pass_on_real_digits(activation: str, batch_norm: bool, small_dataset: Dataset) -> None:
    check = GradientCheck.on_data(make(activation=activation, batch_norm=batch_norm), small_dataset)
    found = results(check)
    norms = ["batch norm 1", "batch norm 2"] if batch_norm else []
    assert sorted(found) == sorted(["hidden 1", "hidden 2", "output", *norms])
    for layer in found.values():
        assert layer.passed
        assert 0.0 < layer.worst.relative_error < (1e-6 if batch_norm else 1e-7)
        assert layer.kinks == 0
        for array in layer.arrays:
            assert array.checked == min(array.parameters, 100)
    assert found["hidden 1"].parameters == 784 * 12 + 12
    assert found["output"].parameters == 8 * 10 + 10


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_layers_with_kinks_pass_on_real_digits_but_for_the_kinks(
    activation: str, small_dataset: Dataset
) -> None:
    for layer in results(GradientCheck.on_data(make(activation=activation), small_dataset)).values():
        assert layer.passed
        for array in layer.arrays:
            assert array.relative_error < 1e-7
            assert array.checked + array.kinks == min(array.parameters, 100)
            assert array.checked > 0.8 * min(array.parameters, 100)


@pytest.mark.parametrize(
    "options",
    [
        {"dropout": 0.4},
        {"l2": 0.3},
        {"label_smoothing": 0.2},
        {"hidden": ()},
        {"hidden": (5, 5, 5)},
        {"initializer": "zeros"},
        {"dropout": 0.4, "l2": 0.3, "label_smoothing": 0.2, "batch_norm": True},
    ],
    ids=str,
)
def test_everything_that_changes_the_loss_is_in_the_check(options: dict[str, Any]) -> None:
    found = results(on_noise(Hyperparameters(**({"activation": "tanh", "hidden": (7,)} | options))))
    assert all(layer.passed for layer in found.values()), found
    for layer in found.values():
        assert all(array.checked == min(array.parameters, 100) for array in layer.arrays)


def test_small_arrays_are_compared_whole_and_large_ones_are_sampled_by_the_seed() -> None:
    chosen = make(activation="tanh", hidden=(20,))
    first, again = (results(on_noise(chosen), samples=50)["hidden 1"] for _ in range(2))
    assert [(array.array, array.parameters, array.checked) for array in first.arrays] == [
        ("W", 6 * 20, 50),
        ("b", 20, 20),
    ]
    assert (first.parameters, first.checked) == (140, 70)
    assert first == again
    other = results(on_noise(make(activation="tanh", hidden=(20,), seed=1)), samples=50)["hidden 1"]
    assert other.arrays[0].relative_error != first.arrays[0].relative_error
    assert results(on_noise(chosen), samples=1000)["hidden 1"].checked == 140


def test_the_network_is_left_as_it_was() -> None:
    check = on_noise(make())
    before = check.network.parameters.copy()
    results(check)
    assert np.array_equal(check.network.parameters, before)


# --- kinks


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_kinks_are_found_and_counted(activation: str) -> None:
    check = on_noise(make(activation=activation, hidden=(5,)))
    check._images[:, 2] = 0.0
    dense = check.network.dense[0]
    dense.W[:, 3] = 0.0  # unit 3 stands at exactly 0 for every image
    dense.b[3] = 0.0
    hidden, output = check.layers(1000)
    # its bias and its weights move it across 0, all but the one whose input is 0
    assert hidden.kinks == 6
    assert hidden.checked == hidden.parameters - 6
    assert hidden.passed
    assert (output.kinks, output.checked) == (0, output.parameters)
    assert output.passed


@pytest.mark.parametrize("activation", SMOOTH)
def test_smooth_activations_have_none(activation: str) -> None:
    check = on_noise(make(activation=activation, hidden=(5,)))
    check.network.dense[0].W[:, 3] = 0.0
    assert results(check, 1000)["hidden 1"].kinks == 0


def test_a_kink_would_spoil_the_check_if_it_were_not_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    check = on_noise(make(activation="relu", hidden=(5,)))
    check.network.dense[0].W[:, 3] = 0.0
    monkeypatch.setattr(check, "_switches", lambda: np.zeros(0, np.bool_))
    assert not results(check, 1000)["hidden 1"].passed


# --- what is broken is reported, in the right layer


def failed(check: GradientCheck) -> list[str]:
    return [layer.layer for layer in check.layers(1000) if not layer.passed]


@pytest.mark.parametrize("broken", ["hidden 1", "hidden 2", "output"])
@pytest.mark.parametrize("mistake", ["mean for sum", "transpose forgotten", "bias forgotten"])
def test_a_dense_layer_that_forgets_something(
    broken: str, mistake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = on_noise(make(activation="tanh", hidden=(4, 4)), inputs=4)  # all W are square
    place = ["hidden 1", "hidden 2", "output"].index(broken)
    right = Dense.parameter_gradients

    def wrong(layer: Dense, dY: Array) -> None:
        right(layer, dY)
        if layer is not check.network.dense[place]:
            return
        if mistake == "mean for sum":
            layer.dW /= len(dY)
        elif mistake == "transpose forgotten":
            layer.dW[:] = layer.dW.T.copy()
        else:
            layer.db[:] = 0.0

    assert failed(check) == []
    monkeypatch.setattr(Dense, "parameter_gradients", wrong)
    assert failed(check) == [broken]


def test_a_relu_that_forgets_its_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    check = on_noise(make(activation="relu", hidden=(6, 5)))
    assert failed(check) == []
    monkeypatch.setattr(ReLU, "backward", lambda layer, dY: dY)
    assert failed(check) == ["hidden 1", "hidden 2"]  # the output layer lies above it


def test_a_dense_layer_that_passes_a_wrong_gradient_down(monkeypatch: pytest.MonkeyPatch) -> None:
    check = on_noise(make(activation="tanh", hidden=(4, 4)), inputs=4)

    def backward(layer: Dense, dY: Array) -> Array:
        layer.parameter_gradients(dY)
        return np.dot(dY, layer.W, out=layer.dX)  # W is square, and Wᵀ was forgotten

    monkeypatch.setattr(Dense, "backward", backward)
    assert failed(check) == ["hidden 1", "hidden 2"]


def test_a_batch_norm_that_takes_the_batch_for_granted(monkeypatch: pytest.MonkeyPatch) -> None:
    check = on_noise(make(activation="tanh", hidden=(6,), batch_norm=True))
    right = BatchNorm.backward

    def backward(layer: BatchNorm, dY: Array) -> Array:
        right(layer, dY)
        np.multiply(dY, layer.gamma * layer.inverse_deviation, out=layer.dX)
        return layer.dX

    assert failed(check) == []
    monkeypatch.setattr(BatchNorm, "backward", backward)
    assert failed(check) == ["hidden 1"]


def test_a_loss_that_forgets_the_batch_spoils_every_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    check = on_noise(make(activation="tanh", hidden=(6,)))
    right = SoftmaxCrossEntropy.backward

    def backward(loss: SoftmaxCrossEntropy, scale: float = 1.0) -> NDArray[np.floating]:
        return 8 * right(loss, scale)

    monkeypatch.setattr(SoftmaxCrossEntropy, "backward", backward)
    assert failed(check) == ["hidden 1", "output"]


def test_an_error_of_one_part_in_a_million_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    check = on_noise(make(activation="tanh", hidden=(6,)))
    right = Dense.parameter_gradients

    def wrong(layer: Dense, dY: Array) -> None:
        right(layer, dY)
        layer.dW *= 1.0 + 1e-6

    monkeypatch.setattr(Dense, "parameter_gradients", wrong)
    assert failed(check) == ["hidden 1", "output"]


BIAS_FAULTS: dict[str, Callable[[Array, Array], object]] = {
    "zeros": lambda gradient, rows: gradient.fill(0.0),
    "a mean for the sum": lambda gradient, rows: np.mean(rows, axis=0, out=gradient),
    "the first row alone": lambda gradient, rows: np.copyto(gradient, rows[0]),
}


@pytest.mark.parametrize("fault", BIAS_FAULTS)
def test_a_fault_in_the_biases_is_found_with_every_seed(
    fault: str, small_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 100,480 numbers of the first layer 128 are biases; 100 drawn from all of them often hold none."""
    right = Dense.parameter_gradients

    def wrong(layer: Dense, dY: Array) -> None:
        right(layer, dY)
        BIAS_FAULTS[fault](layer.db, dY)

    monkeypatch.setattr(Dense, "parameter_gradients", wrong)
    for seed in range(5):
        check = GradientCheck.on_data(Hyperparameters(seed=seed), small_dataset, images=8)
        for layer in check.layers(samples=10):
            assert [array.array for array in layer.arrays if not array.passed] == ["b"], (seed, layer)


@pytest.mark.parametrize(("gradient", "array"), [("dgamma", "gamma"), ("dbeta", "beta")])
def test_a_fault_in_a_scale_or_a_shift_is_found(
    gradient: str, array: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = on_noise(make(activation="tanh", hidden=(200,), batch_norm=True))
    right = BatchNorm.backward

    def wrong(layer: BatchNorm, dY: Array) -> Array:
        dX = right(layer, dY)
        getattr(layer, gradient)[:] /= len(dY)
        return dX

    monkeypatch.setattr(BatchNorm, "backward", wrong)
    norm = results(check, samples=5)["batch norm 1"]
    assert [one.array for one in norm.arrays if not one.passed] == [array]


PENALTY_TIMES: dict[str, Callable[[float], float]] = {
    "removed": lambda scale: 0.0,
    "doubled": lambda scale: 2.0 * scale,
    "without the scale": lambda scale: 1.0,
}


@pytest.mark.parametrize("fault", PENALTY_TIMES)
def test_a_fault_in_the_penalty_that_training_runs_is_found(
    fault: str, small_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same line is run by a step of training and by the check."""

    def trained() -> Array:
        learner = Learner(Hyperparameters(hidden=(12,), l2=0.1).resolved(), small_dataset)
        learner.step(0.5)
        return learner.network.parameters.copy()

    def wrong(objective: Objective, scale: float = 1.0) -> None:
        add_penalty(objective, PENALTY_TIMES[fault](scale))

    chosen, add_penalty = make(activation="tanh", l2=0.1), Objective.add_penalty
    before = trained()
    assert all(layer.passed for layer in results(GradientCheck.on_data(chosen, small_dataset)).values())
    monkeypatch.setattr(Objective, "add_penalty", wrong)
    assert not np.array_equal(trained(), before)
    found = results(GradientCheck.on_data(chosen, small_dataset), samples=10)
    for layer in found.values():
        assert [array.array for array in layer.arrays if not array.passed] == ["W"]


# --- what cannot be told


def test_gradients_lost_in_rounding_are_too_small_to_tell_and_not_condemned(small_dataset: Dataset) -> None:
    deep = Hyperparameters(hidden=(16,) * 10, activation="sigmoid")
    found = results(GradientCheck.on_data(deep, small_dataset), samples=30)
    assert found["hidden 1"].worst.relative_error > found["hidden 1"].worst.tolerance
    assert found["hidden 1"].passed
    assert not found["hidden 1"].worst.is_conclusive
    assert found["output"].passed
    assert found["output"].worst.is_conclusive


def test_a_layer_with_nothing_but_kinks_tells_nothing(small_dataset: Dataset) -> None:
    found = results(GradientCheck.on_data(make(initializer="zeros"), small_dataset), samples=20)
    assert (found["hidden 1"].checked, found["hidden 1"].kinks) == (0, 20 + 12)
    assert not found["hidden 1"].worst.is_conclusive


def test_a_gradient_that_overflows_does_not_pass(small_dataset: Dataset) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        found = results(GradientCheck.on_data(make(l2=1e308), small_dataset), samples=5)
    assert not found["hidden 1"].passed
    assert found["hidden 1"].kinks == 0
