"""Means, intervals and tests, held against tables and worked examples."""

import math

import pytest

from engine.experiments.statistics import (
    deviation_of,
    holm,
    interval_of,
    mean_of,
    paired_p_value,
    t_cdf,
    t_quantile,
)


@pytest.mark.parametrize(
    ("degrees", "quantile"),
    [(1, 12.7062047364), (2, 4.3026527299), (4, 2.7764451052), (9, 2.2621571628), (100, 1.9839715185)],
)
def test_quantiles_of_student(degrees: int, quantile: float) -> None:
    """Of a table of the two-sided 5 % points."""
    assert t_quantile(0.975, degrees) == pytest.approx(quantile, rel=1e-9)
    assert t_cdf(quantile, degrees) == pytest.approx(0.975, rel=1e-9)
    assert t_cdf(-quantile, degrees) == pytest.approx(0.025, rel=1e-9)


def test_mean_deviation_and_interval() -> None:
    values = [0.90, 0.92, 0.97]
    assert mean_of(values) == pytest.approx(0.93)
    assert deviation_of(values) == pytest.approx(math.sqrt(0.0013))
    interval = interval_of(values)
    assert interval is not None
    reach = 4.3026527299 * math.sqrt(0.0013 / 3)
    assert interval == pytest.approx((0.93 - reach, 0.93 + reach))
    assert mean_of([0.9, None]) is None
    assert (deviation_of([0.9]), interval_of([0.9]), mean_of([])) == (None, None, None)


def test_the_paired_test_looks_at_differences() -> None:
    """Student's own data on two soporifics (1908): t = 4.0621 with 9 degrees of freedom, p = 0.00283."""
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    assert paired_p_value(first, second) == pytest.approx(0.00283289, rel=1e-5)
    assert paired_p_value([0.5, 0.75], [0.25, 0.5]) == 0.0
    assert paired_p_value([0.5, 0.5], [0.5, 0.5]) == 1.0
    assert paired_p_value([0.5], [0.4]) is None


def test_holm_takes_the_smallest_times_all_the_next_times_one_less() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.6]) == [1.0, 1.0]
    assert holm([]) == []
