"""What differs between two runs, and whether it is more than luck: against values worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analysis.comparison import EXACT_BELOW, Difference, compare_images, differences, mcnemar
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
    assert test.is_exact
    assert test.p_value == pytest.approx(p_value, rel=1e-12)


@pytest.mark.parametrize(
    ("first_only", "second_only", "chi_squared", "p_value"),
    [
        (20, 40, 19**2 / 60, 0.014171),  # chi squared 6.0167
        (121, 59, 61**2 / 180, 5.450e-06),  # chi squared 20.67
        (30, 30, 0.0, 1.0),
    ],
)
def test_many_images_go_by_chi_squared(
    first_only: int, second_only: int, chi_squared: float, p_value: float
) -> None:
    test = mcnemar(first_only, second_only)
    assert not test.is_exact
    assert test.p_value == pytest.approx(p_value, rel=1e-3)
    # with one degree of freedom chi squared is the square of a normal variable
    assert test.p_value == pytest.approx(math.erfc(math.sqrt(chi_squared / 2)), rel=1e-12)


def test_the_verdict_is_that_of_five_per_cent() -> None:
    assert not mcnemar(5, 0).is_significant  # 6.25 %
    assert mcnemar(6, 0).is_significant  # 3.125 %


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_order_of_the_two_does_not_matter_and_a_chance_is_a_chance(first: int, second: int) -> None:
    one, other = mcnemar(first, second), mcnemar(second, first)
    assert one.p_value == other.p_value
    assert 0.0 <= one.p_value <= 1.0
    assert one.is_exact is (first + second < EXACT_BELOW)


def test_where_the_two_ways_meet_they_nearly_agree() -> None:
    exact, approximate = mcnemar(17, 7), mcnemar(17, 8)
    assert exact.is_exact
    assert not approximate.is_exact
    assert abs(exact.p_value - mcnemar_by_chi_squared(17, 7)) < 0.003


def mcnemar_by_chi_squared(first_only: int, second_only: int) -> float:
    value = (abs(first_only - second_only) - 1) ** 2 / (first_only + second_only)
    return math.erfc(math.sqrt(value / 2))


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
