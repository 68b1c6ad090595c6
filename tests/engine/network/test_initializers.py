"""Each initializer's mean, variance and limits, and the seed that decides it."""

import numpy as np
import pytest

from engine.hyperparameters import SPECIFICATIONS
from engine.network.initializers import INITIALIZERS
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
