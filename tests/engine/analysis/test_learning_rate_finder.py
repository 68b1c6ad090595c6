"""The range test finds a rate that learns well, on real images, and says so where there is none."""

import itertools
import math
from typing import Any

import numpy as np
import pytest

from engine.analysis.learning_rate_finder import STEPS, LearningRateFinder
from engine.data.dataset import Dataset
from engine.events import EpochEnded
from engine.training.trainer import Trainer
from tests.runs import of_kind, quick


def found(dataset: Dataset, **values: Any) -> LearningRateFinder:
    finder = LearningRateFinder(quick(**values), dataset)
    list(finder)
    return finder


@pytest.mark.parametrize(
    "values", [{}, {"optimizer": "adam"}, {"optimizer": "momentum", "activation": "tanh"}]
)
def test_the_suggested_rate_learns_better_than_rates_far_from_it(
    small_dataset: Dataset, values: dict[str, Any]
) -> None:
    rate = found(small_dataset, **values).suggestion
    assert rate is not None
    fixed = {"epochs": 4, "early_stopping": False, "schedule": "constant"} | values

    def accuracy(learning_rate: float) -> float:
        trainer = Trainer(quick(**fixed, learning_rate=learning_rate), small_dataset)
        return max((e.validation_accuracy for e in of_kind(list(trainer), EpochEnded)), default=0.0)

    assert accuracy(rate) > accuracy(rate / 100) + 0.1
    assert accuracy(rate) > accuracy(rate * 100) + 0.1


def test_rates_rise_evenly_and_the_test_ends_soon_after_the_loss_shoots_up(small_dataset: Dataset) -> None:
    finder = found(small_dataset)
    rates = [point.learning_rate for point in finder.points]
    assert len(rates) < STEPS
    np.testing.assert_allclose(np.diff(np.log(rates)), math.log(rates[1] / rates[0]), rtol=1e-6)
    assert all(math.isfinite(point.loss) and math.isfinite(point.smoothed) for point in finder.points)
    assert finder.lowest is not None
    assert rates[0] < finder.lowest.learning_rate < rates[-1]
    assert finder.points[-1].smoothed > 1.5 * finder.lowest.smoothed


def test_the_smoothed_loss_is_an_average_of_all_before(small_dataset: Dataset) -> None:
    points = found(small_dataset).points[:3]
    assert points[0].smoothed == pytest.approx(points[0].loss)
    losses, weights = [p.loss for p in points], [0.81, 0.9, 1.0]
    assert points[2].smoothed == pytest.approx(np.average(losses, weights=weights))


def test_a_network_that_cannot_learn_has_no_suggestion(small_dataset: Dataset) -> None:
    assert found(small_dataset, initializer="zeros", hidden=(16, 16)).suggestion is None
    finder = LearningRateFinder(quick(), small_dataset)
    assert finder.suggestion is None  # nothing was tried yet
    list(itertools.islice(finder, 1))
    assert finder.suggestion is None


def test_the_same_seed_finds_the_same_and_groups_leave_none_out(small_dataset: Dataset) -> None:
    grouped = LearningRateFinder(quick(), small_dataset)
    groups = list(grouped.in_groups(7))
    assert [point for group in groups for point in group] == grouped.points == found(small_dataset).points
    assert {len(group) for group in groups[:-1]} == {7}
