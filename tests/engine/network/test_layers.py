"""Dense, batch normalisation and dropout: forward by formula, backward by difference quotients."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.network import layers
from engine.network.layers import BatchNorm, Dense, Dropout, Layer, Precision
from tests.engine.network.numerical import (
    PROPERTY,
    FloatArray,
    assert_agree,
    difference_quotients,
)

seeds = st.integers(0, 10_000)


def dense_of(inputs: int, outputs: int, batch: int, seed: int = 0) -> Dense:
    rng = np.random.default_rng(seed)
    layer = Dense(inputs, outputs, np.float64)
    layer.W, layer.b = rng.normal(size=(inputs, outputs)), rng.normal(size=outputs)
    layer.dW, layer.db = np.full((inputs, outputs), np.nan), np.full(outputs, np.nan)
    layer.resize(batch)
    return layer


def norm_of(units: int, batch: int, seed: int = 0, dtype: Precision = np.float64) -> BatchNorm:
    rng = np.random.default_rng(seed)
    layer = BatchNorm(units, units, dtype)
    layer.gamma, layer.beta = rng.normal(1.0, 0.3, units).astype(dtype), rng.normal(size=units).astype(dtype)
    layer.dgamma, layer.dbeta = np.full(units, np.nan, dtype), np.full(units, np.nan, dtype)
    layer.running_mean = rng.normal(size=units).astype(dtype)
    layer.running_variance = rng.uniform(0.5, 2.0, units).astype(dtype)
    layer.resize(batch)
    return layer


def dropout_of(units: int, batch: int, rate: float, seed: int = 0) -> Dropout:
    layer = Dropout(units, np.float64, rate, np.random.default_rng(seed))
    layer.resize(batch)
    return layer


def weighted_sum(layer: Layer, X: FloatArray, R: FloatArray, *, training: bool = True) -> Callable[[], float]:
    """Return the loss whose gradient by the layer's output is `R`."""
    return lambda: float((R * layer.forward(X, training=training)).sum())


# --- dense


@PROPERTY
@given(inputs=st.integers(1, 5), outputs=st.integers(1, 5), batch=st.integers(1, 6), seed=seeds)
def test_dense_gradients(inputs: int, outputs: int, batch: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    X, R = rng.normal(size=(batch, inputs)), rng.normal(size=(batch, outputs))
    layer = dense_of(inputs, outputs, batch, seed)
    numeric = [difference_quotients(weighted_sum(layer, X, R), values) for values in (layer.W, layer.b, X)]
    layer.forward(X, training=True)
    dX = layer.backward(R)
    for gradient, quotients in zip((layer.dW, layer.db, dX), numeric, strict=True):
        assert_agree(gradient, quotients)


def test_dense_by_hand() -> None:
    # Y = X W + b = (1*1 + 2*3 + 10, 1*2 + 2*4 + 20); with dY = (1, -1): dW = Xᵀ dY, db = dY,
    # dX = (1*1 - 1*2, 1*3 - 1*4)
    layer = dense_of(2, 2, 1)
    layer.W, layer.b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([10.0, 20.0])
    assert layer.forward(np.array([[1.0, 2.0]]), training=True).tolist() == [[17.0, 30.0]]
    assert layer.backward(np.array([[1.0, -1.0]])).tolist() == [[-1.0, -1.0]]
    assert layer.dW.tolist() == [[1.0, -1.0], [2.0, -2.0]]
    assert layer.db.tolist() == [1.0, -1.0]


# --- batch normalisation


@PROPERTY
@given(units=st.integers(1, 4), batch=st.integers(3, 8), seed=seeds, training=st.booleans())
def test_batch_norm_gradients(units: int, batch: int, seed: int, training: bool) -> None:
    rng = np.random.default_rng(seed)
    X, R = rng.normal(2.0, 1.5, (batch, units)), rng.normal(size=(batch, units))
    layer = norm_of(units, batch, seed)
    means, variances = layer.running_mean.copy(), layer.running_variance.copy()
    loss = weighted_sum(layer, X, R, training=training)
    numeric = [difference_quotients(loss, values) for values in (layer.gamma, layer.beta, X)]
    layer.running_mean[:], layer.running_variance[:] = means, variances
    layer.forward(X, training=training)
    dX = layer.backward(R)
    for gradient, quotients in zip((layer.dgamma, layer.dbeta, dX), numeric, strict=True):
        assert_agree(gradient, quotients, 1e-6)


def test_batch_norm_makes_mean_0_and_variance_1_then_scales_and_shifts() -> None:
    X = np.random.default_rng(1).normal(5.0, 3.0, (100, 4))
    layer = norm_of(4, 100)
    Y = layer.forward(X, training=True)
    np.testing.assert_allclose(Y.mean(axis=0), layer.beta, atol=1e-13)
    variance = X.var(axis=0)
    np.testing.assert_allclose(Y.var(axis=0), layer.gamma**2 * variance / (variance + 1e-5), rtol=1e-12)


def test_batch_norm_by_hand() -> None:
    # the batch (1, 3): mean 2, variance 1, unbiased variance 2; running mean 0.9 * 0 + 0.1 * 2,
    # running variance 0.9 * 1 + 0.1 * 2
    layer = norm_of(1, 2)
    layer.gamma[:], layer.beta[:] = 2.0, 10.0
    layer.running_mean[:], layer.running_variance[:] = 0.0, 1.0
    X = np.array([[1.0], [3.0]])
    deviation = (1.0 + 1e-5) ** 0.5
    np.testing.assert_allclose(
        layer.forward(X, training=True)[:, 0], [10 - 2 / deviation, 10 + 2 / deviation]
    )
    np.testing.assert_allclose(layer.running_mean, [0.2])
    np.testing.assert_allclose(layer.running_variance, [1.1])
    evaluated = layer.forward(X, training=False)[:, 0]
    np.testing.assert_allclose(evaluated, 10 + 2 * (np.array([1.0, 3.0]) - 0.2) / (1.1 + 1e-5) ** 0.5)


def test_running_figures_move_a_tenth_of_the_way_to_each_batch() -> None:
    rng = np.random.default_rng(2)
    layer = norm_of(3, 20)
    mean, variance = layer.running_mean.copy(), layer.running_variance.copy()
    for batch in (20, 7, 20):
        X = rng.normal(3.0, 2.0, (batch, 3))
        layer.resize(batch)
        layer.forward(X, training=True)
        mean = 0.9 * mean + 0.1 * X.mean(axis=0)
        variance = 0.9 * variance + 0.1 * X.var(axis=0, ddof=1)
        np.testing.assert_allclose(layer.running_mean, mean, rtol=1e-13)
        np.testing.assert_allclose(layer.running_variance, variance, rtol=1e-13)


def test_a_smaller_batch_moves_the_running_figures_by_its_share_of_a_full_one() -> None:
    # the batch (1, 3) of 8: a quarter of a tenth of the way, to mean 2 and to unbiased variance 2
    layer = norm_of(1, 2)
    layer.full_batch = 8
    layer.running_mean[:], layer.running_variance[:] = 0.0, 1.0
    layer.forward(np.array([[1.0], [3.0]]), training=True)
    np.testing.assert_allclose(layer.running_mean, [0.025 * 2])
    np.testing.assert_allclose(layer.running_variance, [0.975 * 1 + 0.025 * 2])
    layer.resize(1)
    layer.forward(np.array([[4.0]]), training=True)  # an eighth of a tenth; and it has no variance
    np.testing.assert_allclose(layer.running_mean, [0.9875 * 0.05 + 0.0125 * 4])
    np.testing.assert_allclose(layer.running_variance, [1.025])


def test_evaluation_uses_the_running_figures_and_leaves_them_alone() -> None:
    layer = norm_of(3, 8)
    X = np.random.default_rng(3).normal(size=(8, 3))
    mean, variance = layer.running_mean.copy(), layer.running_variance.copy()
    Y = layer.forward(X, training=False)
    np.testing.assert_allclose(Y, layer.gamma * (X - mean) / np.sqrt(variance + 1e-5) + layer.beta)
    assert np.array_equal(layer.running_mean, mean)
    assert np.array_equal(layer.running_variance, variance)
    alone = norm_of(3, 1)
    np.testing.assert_allclose(alone.forward(X[4:5], training=False), Y[4:5])  # whatever else is in the batch


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("X", [[[3.0, -1e4]], [[7.0, 0.0]] * 4], ids=["batch of one", "all alike"])
def test_a_batch_without_spread_gives_the_shift_and_no_nan(X: list[list[float]], dtype: Precision) -> None:
    layer = norm_of(2, len(X), dtype=dtype)
    Y = layer.forward(np.array(X, dtype), training=True)
    np.testing.assert_allclose(Y, np.broadcast_to(layer.beta, Y.shape), rtol=1e-6)
    dX = layer.backward(np.ones_like(Y))
    np.testing.assert_allclose(dX, 0.0, atol=1e-4)
    assert np.isfinite(layer.running_variance).all()
    assert (layer.running_variance >= 0.0).all()


def test_a_bias_before_batch_norm_has_zero_gradient() -> None:
    rng = np.random.default_rng(4)
    X, R = rng.normal(size=(6, 3)), rng.normal(size=(6, 4))
    dense, norm = dense_of(3, 4, 6), norm_of(4, 6)

    def loss() -> float:
        return float((R * norm.forward(dense.forward(X, training=True), training=True)).sum())

    np.testing.assert_allclose(difference_quotients(loss, dense.b).values, 0.0, atol=1e-11)
    loss()
    dense.backward(norm.backward(R))
    np.testing.assert_allclose(dense.db, 0.0, atol=1e-14)
    assert np.abs(dense.dW).max() > 0.1


# --- dropout


@PROPERTY
@given(units=st.integers(1, 5), batch=st.integers(1, 5), rate=st.floats(0.0, 0.9), seed=seeds)
def test_dropout_gradient_with_a_frozen_mask(units: int, batch: int, rate: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    X, R = rng.normal(size=(batch, units)), rng.normal(size=(batch, units))
    layer = dropout_of(units, batch, rate, seed)
    layer.forward(X, training=True)
    layer.frozen = True
    numeric = difference_quotients(weighted_sum(layer, X, R), X)
    layer.forward(X, training=True)
    assert_agree(layer.backward(R), numeric)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_is_inverted(rate: float) -> None:
    layer = dropout_of(500, 400, rate)
    Y = layer.forward(np.full((400, 500), 3.0), training=True)
    kept = Y != 0.0
    rate = round(rate * 2**16) / 2**16
    np.testing.assert_allclose(Y[kept], 3.0 / (1.0 - rate))
    error = (rate * (1 - rate) / Y.size) ** 0.5  # the standard error of the share kept, of 200,000
    assert abs(kept.mean() - (1.0 - rate)) < 5 * error
    assert abs(Y.mean() - 3.0) < 5 * error * 3.0 / (1.0 - rate)
    # units of one image fall one by one, and images do not share a mask
    assert 0.8 * rate * (1 - rate) < kept.mean(axis=0).var() * 400 < 1.2 * rate * (1 - rate)
    assert 0.7 * rate * (1 - rate) < kept.mean(axis=1).var() * 500 < 1.3 * rate * (1 - rate)


@pytest.mark.parametrize(("rate", "drops"), [(1e-7, 0), (1e-5, 1), (1.0 - 1e-9, 2**16 - 1)])
def test_dropout_at_the_ends_of_its_range(rate: float, drops: int) -> None:
    layer = dropout_of(300, 500, rate)
    Y = layer.forward(np.ones((500, 300)), training=True)
    keeps = 2**16 - drops
    np.testing.assert_allclose(Y[Y != 0.0], 2**16 / keeps)
    expected = Y.size * keeps / 2**16
    assert abs(np.count_nonzero(Y) - expected) <= 6 * (expected * drops / 2**16) ** 0.5


def test_dropout_draws_a_new_mask_for_every_part_of_a_layer() -> None:
    layer = dropout_of(1, 2 * layers.DROPOUT_BLOCK + 3, 0.5)
    Y = layer.forward(np.ones((2 * layers.DROPOUT_BLOCK + 3, 1)), training=True)
    first, second = Y[: layers.DROPOUT_BLOCK], Y[layers.DROPOUT_BLOCK : 2 * layers.DROPOUT_BLOCK]
    assert 0.45 < np.mean(first == second) < 0.55


def test_dropout_is_off_in_evaluation() -> None:
    layer = dropout_of(5, 4, 0.5)
    X = np.random.default_rng(1).normal(size=(4, 5))
    state = layer.rng.bit_generator.state
    assert np.array_equal(layer.forward(X, training=False), X)
    assert np.array_equal(layer.backward(X), X)
    assert layer.rng.bit_generator.state == state  # an evaluation in between does not change a run


def test_dropout_of_0_draws_nothing() -> None:
    layer = dropout_of(5, 4, 0.0)
    X = np.ones((4, 5))
    state = layer.rng.bit_generator.state
    assert np.array_equal(layer.forward(X, training=True), X)
    assert layer.rng.bit_generator.state == state


def test_each_forward_draws_a_fresh_mask_unless_frozen() -> None:
    layer = dropout_of(50, 4, 0.5)
    X = np.ones((4, 50))
    first, second = (layer.forward(X, training=True).copy() for _ in range(2))
    assert not np.array_equal(first, second)
    layer.frozen = True
    assert np.array_equal(layer.forward(X, training=True), second)


def test_the_rate_can_be_changed_live_from_0_and_back() -> None:
    layer = dropout_of(300, 64, 0.0)
    X = np.ones((64, 300))
    layer.forward(X, training=True)
    layer.rate = 0.25
    Y = layer.forward(X, training=True)
    assert np.mean(Y == 0.0) == pytest.approx(0.25, abs=0.02)
    assert np.array_equal(layer.backward(X), Y)
    layer.resize(10)
    assert layer.forward(X[:10], training=True).shape == (10, 300)
    layer.rate = 0.0
    assert np.array_equal(layer.forward(X[:10], training=True), X[:10])
    assert np.array_equal(layer.backward(X[:10]), X[:10])


# --- what all layers have in common


@pytest.mark.parametrize(
    "make", [lambda n: dense_of(3, 3, n), lambda n: norm_of(3, n)], ids=["dense", "norm"]
)
def test_resizing_keeps_the_memory_of_the_largest_batch(make: Callable[[int], Dense | BatchNorm]) -> None:
    layer = make(8)
    largest = layer.Y
    layer.resize(3)
    assert layer.Y.shape == (3, 3)
    assert np.shares_memory(layer.Y, largest)
    layer.resize(8)
    assert layer.Y.ctypes.data == largest.ctypes.data
    layer.resize(9)
    assert layer.Y.shape == (9, 3)
