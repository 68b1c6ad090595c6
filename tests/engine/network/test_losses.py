"""Softmax cross-entropy: against a log-sum-exp written out, its gradient, and where others overflow."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.network.layers import Array, Precision
from engine.network.losses import SoftmaxCrossEntropy, softmax
from tests.engine.network.numerical import PROPERTY, FloatArray, assert_agree, difference_quotients

smoothings = st.sampled_from([0.0, 0.1, 0.5, 0.99])


def written_out(logits: FloatArray, labels: list[int], smoothing: float) -> float:
    """Return the loss in plain Python, from the definition, with exact sums."""
    total = []
    for row, label in zip(logits.tolist(), labels, strict=True):
        highest = max(row)
        log_sum_exp = highest + math.log(math.fsum(math.exp(z - highest) for z in row))
        for k, z in enumerate(row):
            target = smoothing / len(row) + (1.0 - smoothing if k == label else 0.0)
            total.append(-target * (z - log_sum_exp))
    return math.fsum(total) / len(labels)


@st.composite
def problems(draw: st.DrawFn, size: float = 10.0) -> tuple[FloatArray, list[int]]:
    """Draw logits `(batch, classes)` and labels."""
    batch, classes = draw(st.integers(1, 6)), draw(st.integers(1, 7))
    logits = draw(st.lists(st.floats(-size, size), min_size=batch * classes, max_size=batch * classes))
    labels = draw(st.lists(st.integers(0, classes - 1), min_size=batch, max_size=batch))
    return np.array(logits).reshape(batch, classes), labels


@PROPERTY
@given(problem=problems(size=1e4), smoothing=smoothings)
def test_it_is_the_log_sum_exp_written_out(problem: tuple[FloatArray, list[int]], smoothing: float) -> None:
    logits, labels = problem
    loss = SoftmaxCrossEntropy(logits.shape[1], smoothing, np.float64)
    expected = written_out(logits, labels, smoothing)
    assert loss.forward(logits, np.array(labels)) == pytest.approx(expected, rel=1e-12, abs=1e-11)


@PROPERTY
@given(problem=problems(), smoothing=smoothings)
def test_its_gradient_is_the_difference_quotient(
    problem: tuple[FloatArray, list[int]], smoothing: float
) -> None:
    logits, given_labels = problem
    labels = np.array(given_labels)
    loss = SoftmaxCrossEntropy(logits.shape[1], smoothing, np.float64)
    numeric = difference_quotients(lambda: loss.forward(logits, labels), logits)
    loss.forward(logits, labels)
    gradient = loss.backward()
    assert_agree(gradient, numeric)
    np.testing.assert_allclose(gradient.sum(axis=1), 0.0, atol=1e-15)  # a shift of all logits changes nothing


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_equal_logits_cost_the_logarithm_of_the_classes(dtype: Precision, classes: int) -> None:
    for level in (0.0, 1e4, -1e4):
        for smoothing in (0.0, 0.3):
            loss = SoftmaxCrossEntropy(classes, smoothing, dtype)
            cost = loss.forward(np.full((3, classes), level, dtype), np.array([0, 1, 0]))
            assert cost == pytest.approx(math.log(classes), rel=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_of_ten_thousand_neither_overflow_nor_take_the_logarithm_of_zero(dtype: Precision) -> None:
    loss = SoftmaxCrossEntropy(3, dtype=dtype)
    logits: Array = np.array([[1e4, -1e4, 0.0]], dtype)  # one sample
    for label, cost in ((0, 0.0), (1, 2e4), (2, 1e4)):
        assert loss.forward(logits, np.array([label])) == pytest.approx(cost)
        target = np.eye(3)[label]
        assert loss.backward().tolist() == ([[1.0, 0.0, 0.0]] - target).tolist()


def test_the_gradient_is_softmax_minus_target_over_the_batch() -> None:
    # softmax([ln 2, 0, 0]) = (1/2, 1/4, 1/4); with two alike, each row weighs a half; smoothing 0.3 over
    # three classes wants 0.8 of the right class and 0.1 of the others
    logits = np.array([[math.log(2), 0.0, 0.0]] * 2)
    loss = SoftmaxCrossEntropy(3, 0.3, np.float64)
    loss.forward(logits, np.array([0, 2]))
    expected = [[-0.3 / 2, 0.15 / 2, 0.15 / 2], [0.4 / 2, 0.15 / 2, -0.55 / 2]]
    np.testing.assert_allclose(loss.backward(), expected, rtol=1e-14)


def test_a_smaller_batch_after_a_larger_one_is_the_same_as_by_itself() -> None:
    rng = np.random.default_rng(1)
    logits, labels = rng.normal(size=(5, 4)), np.array([0, 1, 2, 3, 0])
    loss, fresh = (SoftmaxCrossEntropy(4, 0.1, np.float64) for _ in range(2))
    loss.forward(logits, labels)
    loss.backward()
    for part in (slice(3), slice(1), slice(5)):
        assert loss.forward(logits[part], labels[part]) == fresh.forward(logits[part], labels[part])
        assert np.array_equal(loss.backward(), fresh.backward())


def test_the_logits_are_left_as_they_are() -> None:
    logits = np.random.default_rng(1).normal(size=(5, 4))
    before = logits.copy()
    loss = SoftmaxCrossEntropy(4, dtype=np.float64)
    loss.forward(logits, np.zeros(5, np.int64))
    loss.backward()
    assert np.array_equal(logits, before)


@PROPERTY
@given(problem=problems(size=1e4), temperature=st.floats(0.1, 10.0))
def test_softmax_rows_add_up_to_1(problem: tuple[FloatArray, list[int]], temperature: float) -> None:
    logits, _ = problem
    P = softmax(logits, temperature)
    np.testing.assert_allclose(P.sum(axis=1), 1.0, rtol=1e-14)
    assert (P >= 0.0).all()
    rows = np.arange(len(P))
    assert (P[rows, logits.argmax(axis=1)] == P.max(axis=1)).all()


def test_softmax_by_hand() -> None:
    # exp(ln 3) : exp(0) = 3 : 1; at temperature 1/2 the logit doubles: 9 : 1
    logits = np.array([[math.log(3), 0.0]])
    np.testing.assert_allclose(softmax(logits), [[0.75, 0.25]], rtol=1e-14)
    np.testing.assert_allclose(softmax(logits, 0.5), [[0.9, 0.1]], rtol=1e-14)
