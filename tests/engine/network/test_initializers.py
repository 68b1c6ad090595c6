"""Each initializer's mean, variance and limits, and the seed that decides it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.hyperparameters import SPECIFICATIONS
from engine.network.initializers import INITIALIZERS, confine, receptive_fields
from engine.specification import Choice

INPUTS, OUTPUTS = 300, 500

VARIANCES = {
    "he_normal": 2 / INPUTS,
    "he_uniform": 2 / INPUTS,
    "xavier_normal": 2 / (INPUTS + OUTPUTS),
    "xavier_uniform": 2 / (INPUTS + OUTPUTS),
    "lecun_normal": 1 / INPUTS,
    "zeros": 0.0,
    "large": 100 * 2 / INPUTS,
}


def test_every_name_that_may_be_asked_for_is_there() -> None:
    kind = SPECIFICATIONS["initializer"].kind
    assert isinstance(kind, Choice)
    assert set(INITIALIZERS) == set(kind.names) == set(VARIANCES)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_mean_and_variance(name: str) -> None:
    W = INITIALIZERS[name](np.random.default_rng(1), INPUTS, OUTPUTS)
    assert W.shape == (INPUTS, OUTPUTS)
    # of 150,000 draws the mean's standard error is 0.0026 deviations, the variance's 0.0037 of itself:
    # five of each
    assert abs(W.mean()) <= 5 * 0.0026 * VARIANCES[name] ** 0.5
    assert W.var() == pytest.approx(VARIANCES[name], rel=5 * 0.0037)


@pytest.mark.parametrize("name", ["he_uniform", "xavier_uniform"])
def test_the_uniform_ones_are_even_and_bounded(name: str) -> None:
    W = INITIALIZERS[name](np.random.default_rng(1), INPUTS, OUTPUTS)
    limit = (3 * VARIANCES[name]) ** 0.5
    assert 0.999 * limit < W.max() <= limit
    assert -limit <= W.min() < -0.999 * limit
    counts, _ = np.histogram(W, bins=10, range=(-limit, limit))
    assert np.abs(counts / W.size - 0.1).max() < 0.004  # five standard errors of a share of 0.1


@pytest.mark.parametrize("name", ["he_normal", "xavier_normal", "lecun_normal", "large"])
def test_the_normal_ones_have_the_tails_of_a_normal_distribution(name: str) -> None:
    W = INITIALIZERS[name](np.random.default_rng(1), INPUTS, OUTPUTS) / VARIANCES[name] ** 0.5
    assert np.mean(np.abs(W) < 1) == pytest.approx(0.6827, abs=0.006)
    assert np.mean(np.abs(W) < 2) == pytest.approx(0.9545, abs=0.003)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_seed_decides(name: str) -> None:
    draw = INITIALIZERS[name]
    once, again, other = (draw(np.random.default_rng(seed), 4, 3) for seed in (1, 1, 2))
    assert np.array_equal(once, again)
    assert np.array_equal(once, other) == (name == "zeros")


def test_large_is_ten_times_he() -> None:
    he, large = (INITIALIZERS[name](np.random.default_rng(3), 20, 30) for name in ("he_normal", "large"))
    assert np.array_equal(large, 10 * he)


def test_he_keeps_the_size_of_activations_through_relu() -> None:
    rng = np.random.default_rng(4)
    X = rng.normal(size=(200, 400))
    for _ in range(10):
        X = np.maximum(X @ INITIALIZERS["he_normal"](rng, 400, 400), 0.0)
    assert 0.6 < (X**2).mean() / 1.0 < 1.6  # a factor of two a layer would make it a thousand


# --- receptive fields


def fields(
    largest: float = 6.0, height: int = 28, width: int = 42, units: int = 2_000
) -> NDArray[np.float64]:
    seen = receptive_fields(np.random.default_rng(5), height, width, units, largest)
    assert seen.shape == (height * width, units)
    return seen.reshape(height, width, units)


def test_a_receptive_field_is_a_gaussian_about_a_place_in_the_middle() -> None:
    seen = fields()
    assert seen.min() >= 0.0
    assert 0.9 < seen.max() <= 1.0
    y, x = np.unravel_index(seen.reshape(-1, seen.shape[2]).argmax(axis=0), seen.shape[:2])
    assert (y.min(), y.max()) == (4, 23)  # of 28 rows, without a seventh at each side
    assert (x.min(), x.max()) == (6, 35)
    for places, count in ((y, 20), (x, 30)):  # as many in each row as chance has it
        assert np.bincount(places)[places.min() :].std() < 2 * (len(places) / count) ** 0.5


def test_the_deviation_of_a_receptive_field_is_from_a_third_to_the_whole() -> None:
    seen = fields(largest=3.0, height=60, width=60)
    y = np.arange(60)[:, None]
    rows = seen.sum(axis=1) / seen.sum(axis=(0, 1))
    deviations = np.sqrt((rows * y**2).sum(axis=0) - (rows * y).sum(axis=0) ** 2)
    assert 0.99 < deviations.min() < 1.02
    assert 2.98 < deviations.max() < 3.01
    assert deviations.mean() == pytest.approx(2.0, abs=0.05)


def test_weights_that_are_confined_keep_their_length() -> None:
    rng = np.random.default_rng(0)
    W = rng.normal(size=(28 * 42, 2_000)).astype(np.float32)
    W[:, 7] = 0.0
    before, seen = W.copy(), fields().reshape(len(W), -1)
    confine(W, seen)
    np.testing.assert_allclose(np.linalg.norm(W, axis=0), np.linalg.norm(before, axis=0), rtol=1e-5)
    shares = W[:, 3] / before[:, 3]
    np.testing.assert_allclose(shares / shares.max(), seen[:, 3] / seen[:, 3].max(), atol=1e-6)
