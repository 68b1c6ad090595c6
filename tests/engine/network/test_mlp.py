"""The network as a whole: gradients through all layers, the flat layout, dtypes, batches, memory."""

import tracemalloc
from dataclasses import dataclass
from itertools import cycle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.hyperparameters import Hyperparameters
from engine.network.activations import ACTIVATIONS
from engine.network.initializers import INITIALIZERS
from engine.network.layers import BatchNorm, Dense, Dropout, Precision
from engine.network.losses import SoftmaxCrossEntropy
from engine.network.mlp import MLP
from engine.optimization.catalogue import OPTIMIZERS
from tests.engine.network.numerical import (
    PROPERTY,
    FloatArray,
    Quotients,
    assert_agree,
    difference_quotients,
    switches_of,
)
from tests.engine.reference.problem import digits

# --- gradients


@dataclass(frozen=True)
class Problem:
    """A network, data for it and what is added to the loss."""

    hidden: tuple[int, ...]
    activation: str
    batch_norm: bool
    dropout: float
    l2: float
    label_smoothing: float
    batch: int
    seed: int

    @property
    def inputs(self) -> int:
        return 4

    @property
    def classes(self) -> int:
        return 3


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    batch_norm = draw(st.booleans())
    return Problem(
        hidden=tuple(draw(st.lists(st.integers(1, 5), min_size=0, max_size=3))),  # depth 1 to 4
        activation=draw(st.sampled_from(sorted(ACTIVATIONS))),
        batch_norm=batch_norm,
        dropout=draw(st.sampled_from([0.0, 0.4])),
        l2=draw(st.sampled_from([0.0, 0.3])),
        label_smoothing=draw(st.sampled_from([0.0, 0.2])),
        # of two alike, batch normalisation leaves the signs: every gradient below it is nearly zero
        batch=draw(st.integers(4 if batch_norm else 1, 7)),
        seed=draw(st.integers(0, 10_000)),
    )


class TrainedNetwork:
    """A network in float64 with its loss, whose dropout masks stay the same."""

    def __init__(self, problem: Problem) -> None:
        rng = np.random.default_rng(problem.seed)
        self.problem = problem
        self.network = MLP(
            (problem.inputs, *problem.hidden, problem.classes),
            activation=problem.activation,
            batch_norm=problem.batch_norm,
            dropout=problem.dropout,
            dtype=np.float64,
            rng=rng,
            dropout_rng=rng,
        )
        self.X: FloatArray = rng.normal(size=(problem.batch, problem.inputs))
        self.labels = rng.integers(0, problem.classes, problem.batch)
        self.criterion = SoftmaxCrossEntropy(problem.classes, problem.label_smoothing, np.float64)
        # away from the special values 0 and 1 at which biases, shifts and scales start
        others = self.network.parameters[self.network.weights.stop :]
        others += rng.normal(0.0, 0.3, others.shape)
        self.loss()
        for dropout in self.network.dropouts:
            dropout.frozen = True

    def loss(self) -> float:
        weights = self.network.parameters[self.network.weights]
        penalty = 0.5 * self.problem.l2 * float(weights @ weights)
        return self.criterion.forward(self.network.forward(self.X, training=True), self.labels) + penalty

    def backpropagate(self) -> FloatArray:
        """Fill the network's gradients, L2 included; return the gradient by the images."""
        self.loss()
        dX = self.network.input_gradient(self.criterion.backward()).astype(np.float64)
        weights = self.network.weights
        self.network.gradients[weights] += self.problem.l2 * self.network.parameters[weights]
        return dX

    def quotients(self, values: NDArray[np.floating]) -> Quotients:
        return difference_quotients(self.loss, values, lambda: switches_of(self.network.layers))


@PROPERTY
@given(problem=problems())
def test_every_gradient_is_the_difference_quotient(problem: Problem) -> None:
    trained = TrainedNetwork(problem)
    network = trained.network
    dX = trained.backpropagate()
    compared, total = 0, 0
    tolerance = 1e-6 if problem.batch_norm else 1e-7
    for layer in network.layers:
        pairs = []
        if isinstance(layer, Dense):
            pairs = [(layer.W, layer.dW), (layer.b, layer.db)]
        elif isinstance(layer, BatchNorm):
            pairs = [(layer.gamma, layer.dgamma), (layer.beta, layer.dbeta)]
        for values, gradient in pairs:
            compared += assert_agree(gradient, trained.quotients(values), tolerance)
            total += values.size
    assert_agree(dX, trained.quotients(trained.X), tolerance)
    smooth = not problem.hidden or problem.activation not in ("relu", "leaky_relu")
    assert compared == total if smooth else compared >= total // 2  # kinks are few, or the test says nothing
    if problem.batch_norm:
        for dense in network.dense[:-1]:
            np.testing.assert_allclose(dense.db, 0.0, atol=1e-11)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_gradient_by_the_image_in_evaluation(activation: str, batch_norm: bool) -> None:
    # what a saliency map asks for: running figures, no dropout, one image
    rng = np.random.default_rng(3)
    network = MLP((6, 5, 4, 3), activation=activation, batch_norm=batch_norm, dropout=0.5, dtype=np.float64)
    for _ in range(5):
        network.forward(rng.normal(1.0, 2.0, (20, 6)), training=True)
    X, labels = rng.normal(size=(1, 6)), np.array([2])
    criterion = SoftmaxCrossEntropy(3, dtype=np.float64)

    def loss() -> float:
        return criterion.forward(network.forward(X), labels)

    numeric = difference_quotients(loss, X, lambda: switches_of(network.layers))
    loss()
    dX = network.input_gradient(criterion.backward())
    assert np.linalg.norm(dX) > 1e-3
    assert assert_agree(dX, numeric) == X.size


def test_backward_and_input_gradient_fill_the_same_gradients() -> None:
    trained = TrainedNetwork(Problem((5, 4), "tanh", True, 0.4, 0.0, 0.0, 6, 1))
    trained.loss()
    trained.network.backward(trained.criterion.backward())
    first = trained.network.gradients.copy()
    trained.backpropagate()
    assert np.array_equal(trained.network.gradients, first)
    assert np.abs(first).max() > 0.0


@pytest.mark.parametrize("hidden", [(), (5, 4)])
def test_the_gradient_by_the_image_may_be_had_alone(hidden: tuple[int, ...]) -> None:
    trained = TrainedNetwork(Problem(hidden, "gelu", True, 0.4, 0.0, 0.0, 6, 1))
    dX = trained.backpropagate().copy()
    for dense in trained.network.dense:
        dense.dW.fill(7.0)
    trained.loss()
    alone = trained.network.input_gradient(trained.criterion.backward(), alone=True)
    np.testing.assert_array_equal(alone, dX)
    assert all((dense.dW == 7.0).all() for dense in trained.network.dense)  # no work was done for them


# --- the flat layout


def test_weights_come_first_then_biases_then_scales_and_shifts() -> None:
    network = MLP((4, 3, 2, 5), batch_norm=True)
    assert network.weights == slice(0, 4 * 3 + 3 * 2 + 2 * 5)
    assert network.parameters.shape == (28 + (3 + 2 + 5) + 2 * (3 + 2),)
    assert network.statistics.shape == (2 * (3 + 2),)
    network.parameters[:] = np.arange(len(network.parameters))
    norms = [layer for layer in network.layers if isinstance(layer, BatchNorm)]
    views = [*(dense.W for dense in network.dense), *(dense.b for dense in network.dense)]
    views += [view for norm in norms for view in (norm.gamma, norm.beta)]
    assert np.concatenate([view.ravel() for view in views]).tolist() == network.parameters.tolist()
    assert network.dense[1].W.tolist() == [[12, 13], [14, 15], [16, 17]]


def test_layers_hold_views_of_the_flat_vectors() -> None:
    network = MLP((4, 3, 2), batch_norm=True)
    norm = network.layers[1]
    assert isinstance(norm, BatchNorm)
    for dense in network.dense:
        for view in (dense.W, dense.b):
            assert np.shares_memory(view, network.parameters)
        for view in (dense.dW, dense.db):
            assert np.shares_memory(view, network.gradients)
    assert np.shares_memory(norm.gamma, network.parameters)
    assert np.shares_memory(norm.dbeta, network.gradients)
    assert np.shares_memory(norm.running_variance, network.statistics)
    network.parameters[0] = 42.0
    assert network.dense[0].W[0, 0] == 42.0


def test_what_a_fresh_network_holds() -> None:
    network = MLP((4, 3, 2), batch_norm=True, initializer="large")
    norm = network.layers[1]
    assert isinstance(norm, BatchNorm)
    for values, start in (
        (network.dense[0].b, 0.0),
        (network.dense[1].b, 0.0),
        (norm.gamma, 1.0),
        (norm.beta, 0.0),
        (norm.running_mean, 0.0),
        (norm.running_variance, 1.0),
    ):
        assert (values == start).all()
    assert (network.parameters[network.weights] != 0.0).all()


@pytest.mark.parametrize("hidden", [(), (7,), (7, 6, 5)])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_order_of_the_layers(hidden: tuple[int, ...], batch_norm: bool) -> None:
    network = MLP((4, *hidden, 3), activation="gelu", batch_norm=batch_norm, dropout=0.1)
    block = ["Dense", "BatchNorm", "GELU", "Dropout"] if batch_norm else ["Dense", "GELU", "Dropout"]
    assert [type(layer).__name__ for layer in network.layers] == [*block * len(hidden), "Dense"]
    assert network.forward(np.ones((2, 4), np.float32)).shape == (2, 3)


def test_it_is_built_as_the_hyperparameters_say() -> None:
    chosen = Hyperparameters(
        hidden=(6, 5), activation="tanh", initializer="xavier_uniform", batch_norm=True, dropout=0.25
    )
    built = MLP.of(chosen, 9, 4, dtype=np.float64, rng=np.random.default_rng(5))
    by_hand = MLP(
        (9, 6, 5, 4),
        activation="tanh",
        initializer="xavier_uniform",
        batch_norm=True,
        dropout=0.25,
        dtype=np.float64,
        rng=np.random.default_rng(5),
    )
    assert built.sizes == by_hand.sizes == (9, 6, 5, 4)
    assert np.array_equal(built.parameters, by_hand.parameters)
    assert [type(layer) for layer in built.layers] == [type(layer) for layer in by_hand.layers]
    assert [dropout.rate for dropout in built.dropouts] == [0.25, 0.25]
    built.set_dropout(0.5)
    assert [layer.rate for layer in built.layers if isinstance(layer, Dropout)] == [0.5, 0.5]


# --- dtypes and seeds


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_the_same_seed_gives_the_same_weights_in_both_dtypes(initializer: str) -> None:
    single, double = (
        MLP((20, 10, 5), initializer=initializer, dtype=dtype, rng=np.random.default_rng(8))
        for dtype in (np.float32, np.float64)
    )
    assert single.parameters.dtype == np.float32
    assert double.parameters.dtype == np.float64
    assert np.array_equal(single.parameters, double.parameters.astype(np.float32))


def test_both_dtypes_compute_alike() -> None:
    X, labels = digits(64)
    results = []
    for dtype in (np.float32, np.float64):
        network = MLP((784, 32, 10), activation="gelu", batch_norm=True, dtype=dtype)
        criterion = SoftmaxCrossEntropy(10, 0.1, dtype)
        loss = criterion.forward(network.forward(X.astype(dtype), training=True), labels)
        network.backward(criterion.backward())
        results.append((loss, network.gradients))
    (single, small), (double, large) = results
    assert single == pytest.approx(double, rel=1e-5)
    assert np.linalg.norm(small - large) < 1e-5 * np.linalg.norm(large)


def test_one_hidden_unit_and_ten_layers_and_every_batch_stay_finite() -> None:
    X, labels = digits(5)
    for hidden in ((1,), (8,) * 10):
        for activation in ACTIVATIONS:
            for batch_norm in (False, True):
                network = MLP((784, *hidden, 10), activation=activation, batch_norm=batch_norm)
                criterion = SoftmaxCrossEntropy(10)
                for batch in (1, 5, 2):
                    logits = network.forward(X[:batch].astype(np.float32), training=True)
                    assert np.isfinite(criterion.forward(logits, labels[:batch]))
                    network.backward(criterion.backward())
                    assert np.isfinite(network.gradients).all()


def test_constant_images_with_batch_norm_stay_finite() -> None:
    network = MLP((9, 4, 3), batch_norm=True)
    criterion = SoftmaxCrossEntropy(3)
    loss = criterion.forward(network.forward(np.zeros((6, 9), np.float32), training=True), np.arange(6) % 3)
    network.backward(criterion.backward())
    assert loss == pytest.approx(np.log(3.0))
    assert np.isfinite(network.gradients).all()


# --- batches and memory


@pytest.mark.parametrize("training", [False, True])
def test_a_smaller_last_batch_is_computed_as_by_a_fresh_network(training: bool) -> None:
    X, labels = digits(24)

    def make() -> MLP:
        return MLP((784, 12, 10), activation="tanh", batch_norm=True, dtype=np.float64)

    used, fresh = make(), make()
    for part in (slice(0, 16), slice(16, 24), slice(0, 1), slice(0, 24)):
        used.statistics[:] = fresh.statistics
        gradients = []
        for network in (used, fresh):
            criterion = SoftmaxCrossEntropy(10, dtype=np.float64)
            logits = network.forward(X[part], training=training)
            assert logits.shape == (part.stop - part.start, 10)
            criterion.forward(logits, labels[part])
            network.backward(criterion.backward())
            gradients.append(network.gradients)
        assert np.array_equal(gradients[0], gradients[1])
        fresh = make()


def test_a_batch_in_evaluation_is_computed_image_by_image() -> None:
    X, _ = digits(6)
    network = MLP((784, 12, 10), batch_norm=True, dropout=0.5, dtype=np.float64)
    network.forward(X, training=True)
    together = network.forward(X).copy()
    for place in range(6):
        np.testing.assert_allclose(network.forward(X[place : place + 1])[0], together[place], rtol=1e-12)


@pytest.mark.parametrize(("optimizer", "activation"), zip(OPTIMIZERS, cycle(ACTIVATIONS), strict=False))
def test_a_step_allocates_no_large_array(optimizer: str, activation: str) -> None:
    batch, units = 512, 256
    X = np.random.default_rng(1).normal(size=(batch, 784)).astype(np.float32)
    labels = np.arange(batch) % 10
    network = MLP((784, units, 10), activation=activation, batch_norm=True, dropout=0.2)
    criterion = SoftmaxCrossEntropy(10, 0.1)
    stepper = OPTIMIZERS[optimizer](network.parameters, network.gradients, network.weights, weight_decay=0.01)

    def step(size: int) -> None:
        logits = network.forward(X[:size], training=True)
        criterion.forward(logits, labels[:size])
        network.backward(criterion.backward())
        stepper.step(0.001)

    step(batch)
    step(batch - 1)
    tracemalloc.start()
    try:
        for size in (batch, batch - 1, batch):  # the last, smaller batch included
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            step(size)
            _, peak = tracemalloc.get_traced_memory()
            # the smallest array of a hidden layer takes 512 KiB; the buffers in which NumPy turns a
            # comparison into floats take 91 KiB, whatever the size
            assert peak - before < 128 * 1024
    finally:
        tracemalloc.stop()


def test_memory_is_traced_where_numpy_allocates() -> None:
    # what the test above relies on
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        kept = np.empty(100_000, np.float32)
        assert tracemalloc.get_traced_memory()[0] - before >= kept.nbytes
    finally:
        tracemalloc.stop()


def test_dtype_of_all_that_a_step_leaves_behind() -> None:
    dtypes: tuple[Precision, ...] = (np.float32, np.float64)
    for dtype in dtypes:
        network = MLP((784, 12, 10), batch_norm=True, dropout=0.5, dtype=dtype)
        logits = network.forward(digits(4)[0].astype(dtype), training=True)
        criterion = SoftmaxCrossEntropy(10, 0.1, dtype)
        criterion.forward(logits, np.zeros(4, np.int64))
        gradient = criterion.backward()
        network.backward(gradient)
        arrays = (logits, gradient, network.parameters, network.gradients, network.statistics)
        assert {array.dtype for array in arrays} == {np.dtype(dtype)}
