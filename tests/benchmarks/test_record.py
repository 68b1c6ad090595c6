"""What is said of figures that were measured agrees with the figures."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks.record import standard_error

FIGURES = Path(__file__).parents[2] / "assets" / "docs" / "figures.md"


@pytest.mark.parametrize("seeds", [1, 2, 5])
def test_the_standard_error_is_that_of_a_difference_of_two_means(seeds: int) -> None:
    """Against its closed form: each mean has the variance of a Bernoulli draw over seeds and images."""
    random = np.random.default_rng(seeds)
    probability = random.beta(20, 0.5, 20_000)
    right = [random.random(len(probability)) < probability for _ in range(2 * seeds)]
    variance = np.mean(2 * probability * (1 - probability) / seeds) / len(probability)
    assert standard_error(right) == pytest.approx(math.sqrt(variance), rel=0.05)


def test_the_textbook_takes_as_long_beside_the_products_as_the_table_says() -> None:
    """The ratio that the page names is the quotient of the two that it measured."""
    page = FIGURES.read_text("utf-8")
    textbook, products = (
        float(re.search(rf"\| {row} \| ([\d.]+) x", page)[1])  # type: ignore[index]
        for row in (
            r".*the textbook in float64 NumPy",
            r"the matrix products alone \| an epoch takes so much longer",
        )
    )
    said = re.search(r"by the two ratios above ([\d.]+)", page)
    assert said is not None
    assert float(said[1]) == pytest.approx(textbook * products, abs=0.01)
