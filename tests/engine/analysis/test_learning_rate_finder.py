"""The range test finds a rate that learns well, on real images, and says so where there is none."""

import itertools
import math
from typing import Any

import numpy as np
import pytest

from engine.analysis.learning_rate_finder import ADAPTIVE, STEPS, LearningRateFinder
from engine.data.dataset import Dataset
from engine.events import Diverged, EpochEnded
from engine.hyperparameters import SPECIFICATIONS
from engine.specification import Choice
from engine.training.trainer import Trainer
from tests.runs import of_kind, quick


def found(dataset: Dataset, **values: Any) -> LearningRateFinder:
    finder = LearningRateFinder(quick(**values), dataset)
    list(finder)
    return finder


def trained(dataset: Dataset, learning_rate: float, values: dict[str, Any]) -> tuple[float, bool]:
    """Return the validation accuracy after four epochs, and whether the run diverged."""
    fixed = {"epochs": 4, "early_stopping": False, "schedule": "constant"} | values
    events = list(Trainer(quick(**fixed, learning_rate=learning_rate), dataset))
    accuracies = [event.validation_accuracy for event in of_kind(events, EpochEnded)]
    return accuracies[-1] if accuracies else 0.0, bool(of_kind(events, Diverged))


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"optimizer": "momentum", "activation": "tanh"},
        {"optimizer": "adam"},
        {"activation": "sigmoid", "hidden": (24, 24), "batch_size": 20},
    ],
)
def test_the_suggested_rate_learns_better_than_rates_far_from_it(
    small_dataset: Dataset, values: dict[str, Any]
) -> None:
    finder = found(small_dataset, **values)
    rate = finder.suggest().suggestion
    assert rate is not None
    accuracy, diverged = trained(small_dataset, rate, values)
    assert accuracy > 0.7
    assert not diverged
    assert accuracy > trained(small_dataset, rate / 100, values)[0] + 0.1
    too_high = 10 * finder.points[-1].learning_rate  # where the loss had shot up
    worse, diverged = trained(small_dataset, too_high, values)
    assert diverged or worse < accuracy - 0.2


def test_a_deep_sigmoid_network_gets_a_far_higher_rate_than_the_default(small_dataset: Dataset) -> None:
    """It is what the test is for: the default is only right for networks like the one it was chosen for."""
    values = {"activation": "sigmoid", "initializer": "xavier_normal", "hidden": (32, 32), "batch_size": 20}
    rate = found(small_dataset, **values).suggest().suggestion
    assert rate is not None
    assert rate > 0.5
    assert trained(small_dataset, rate, values)[0] > trained(small_dataset, 0.1, values)[0] + 0.08


def test_rates_rise_evenly_and_the_test_ends_soon_after_the_loss_shoots_up(small_dataset: Dataset) -> None:
    finder = found(small_dataset)
    rates = [trial.learning_rate for trial in finder.points]
    lowest = finder.suggest().lowest
    assert lowest is not None
    assert len(rates) < STEPS
    assert rates == finder.rates[: len(rates)]
    np.testing.assert_allclose(np.diff(np.log(rates)), math.log(rates[1] / rates[0]), rtol=1e-6)
    assert [trial.step for trial in finder.points] == list(range(1, len(rates) + 1))
    assert all(math.isfinite(trial.loss) and math.isfinite(trial.smoothed_loss) for trial in finder.points)
    assert finder.points[-1].smoothed_loss > 1.5 * lowest.smoothed_loss


def test_the_smoothed_loss_is_an_average_of_all_before(small_dataset: Dataset) -> None:
    trials = found(small_dataset).points[:3]
    assert trials[0].smoothed_loss == pytest.approx(trials[0].loss)
    losses, weights = [trial.loss for trial in trials], [0.81, 0.9, 1.0]
    assert trials[2].smoothed_loss == pytest.approx(np.average(losses, weights=weights))


def test_ignorance_is_the_entropy_of_the_classes_as_they_are_smoothed(small_dataset: Dataset) -> None:
    finder = LearningRateFinder(quick(label_smoothing=0.2), small_dataset)
    labels = small_dataset.train_labels[finder._learner.split.training]
    targets = 0.8 * np.bincount(labels) / len(labels) + 0.02
    assert finder.untrained_loss == pytest.approx(-np.sum(targets * np.log(targets)))
    assert LearningRateFinder(quick(), small_dataset).untrained_loss == pytest.approx(math.log(10), abs=0.02)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"initializer": "zeros", "hidden": (16, 16)}, "learned almost nothing"),
        ({"activation": "sigmoid", "hidden": (16,) * 10}, "learned almost nothing"),
        ({"initializer": "large", "hidden": (64,) * 12}, "diverges in the first mini-batches"),
    ],
)
def test_a_network_that_cannot_learn_has_no_suggestion(
    small_dataset: Dataset, values: dict[str, Any], says: str
) -> None:
    finding = found(small_dataset, **values).suggest()
    assert finding.suggestion is None
    assert says in str(finding.reason)


def test_nothing_is_suggested_before_the_loss_has_fallen(small_dataset: Dataset) -> None:
    finder = LearningRateFinder(quick(), small_dataset)
    assert finder.suggest().suggestion is None
    list(itertools.islice(finder, 40))
    assert finder.suggest().suggestion is None


def test_the_same_seed_finds_the_same_and_pieces_leave_none_out(small_dataset: Dataset) -> None:
    finder = LearningRateFinder(quick(), small_dataset)
    pieces = list(finder.in_batches(0.002))
    assert [trial for piece in pieces for trial in piece] == finder.points == found(small_dataset).points
    assert len(pieces) > 1
    assert all(pieces)


def test_adaptive_optimizers_are_optimizers() -> None:
    kind = SPECIFICATIONS["optimizer"].kind
    assert isinstance(kind, Choice)
    assert set(ADAPTIVE) < set(kind.names)
