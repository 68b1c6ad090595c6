"""What differs between two runs, and whether it is more than luck: against values worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analysis.comparison import Difference, compare_images, differences, mcnemar
from engine.errors import EngineError
from engine.hyperparameters import Hyperparameters


def test_only_what_differs_is_named() -> None:
    first = Hyperparameters(hidden=(128,), optimizer="sgd", seed=3)
    second = Hyperparameters(hidden=(64, 32), optimizer="adam", seed=3)
    assert differences(first, second) == (
        Difference("hidden", (128,), (64, 32)),
        Difference("optimizer", "sgd", "adam"),
        Difference("learning_rate", 0.1, 0.001),
    )


def test_a_learning_rate_that_was_left_out_is_the_optimizers() -> None:
    assert differences(Hyperparameters(), Hyperparameters(learning_rate=0.1)) == ()


@pytest.mark.parametrize(
    ("first_only", "second_only", "p_value"),
    [
        (0, 0, 1.0),
        (1, 0, 1.0),  # 2 * 1/2
        (5, 0, 2 / 32),
        (0, 6, 2 / 64),
        (9, 1, 2 * (1 + 10) / 1024),
        (2, 8, 2 * (1 + 10 + 45) / 1024),
        (5, 5, 1.0),  # 2 * 638 / 1024 is more than one
    ],
)
def test_few_images_are_counted_out(first_only: int, second_only: int, p_value: float) -> None:
    test = mcnemar(first_only, second_only)
    assert test.p_value == pytest.approx(p_value, rel=1e-12)


@pytest.mark.parametrize(
    ("first_only", "second_only", "p_value"),  # scipy.stats.binomtest(b, b + c, 0.5).pvalue of SciPy 1.17.1
    [
        (17, 8, 0.10775214433670044),
        (20, 40, 0.01348929373119186),
        (121, 59, 4.4344492637551645e-06),
        (30, 30, 1.0),
        (31, 30, 1.0),
        (2600, 2400, 0.004883649737517494),
        (5000, 4700, 0.0023966033625776526),
    ],
)
def test_many_images_are_counted_out_as_well(first_only: int, second_only: int, p_value: float) -> None:
    assert mcnemar(first_only, second_only).p_value == pytest.approx(p_value, rel=1e-9)


@pytest.mark.parametrize(
    ("first_only", "second_only"),
    [(15, 29), (25, 42), (37, 57), (57, 81), (81, 109), (117, 150), (133, 168), (178, 218)],
)
def test_the_verdict_near_five_per_cent_is_that_of_the_exact_test(first_only: int, second_only: int) -> None:
    """By chi squared with its correction none of these is significant; SciPy's binomtest says all are."""
    chi_squared = (second_only - first_only - 1) ** 2 / (first_only + second_only)
    assert math.erfc(math.sqrt(chi_squared / 2)) > 0.05
    assert mcnemar(first_only, second_only).is_significant


def test_the_verdict_is_that_of_five_per_cent() -> None:
    assert not mcnemar(5, 0).is_significant  # 6.25 %
    assert mcnemar(6, 0).is_significant  # 3.125 %


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_order_of_the_two_does_not_matter_and_a_chance_is_a_chance(first: int, second: int) -> None:
    one, other = mcnemar(first, second), mcnemar(second, first)
    assert one.p_value == other.p_value
    assert 0.0 <= one.p_value <= 1.0


def test_images_that_only_one_read_correctly() -> None:
    labels = np.array([0, 1, 2, 3, 4, 5])
    first = np.array([0, 1, 2, 0, 0, 5])
    second = np.array([0, 7, 2, 3, 9, 8])
    compared = compare_images(labels, first, second)
    assert compared.first_only.tolist() == [1, 5]
    assert compared.second_only.tolist() == [3]
    assert (compared.both_right, compared.both_wrong) == (2, 1)
    assert (compared.test.first_only, compared.test.second_only, compared.test.p_value) == (2, 1, 1.0)


def test_different_images_cannot_be_compared() -> None:
    with pytest.raises(EngineError, match="different images"):
        compare_images(np.zeros(3, np.int64), np.zeros(3, np.int64), np.zeros(2, np.int64))
