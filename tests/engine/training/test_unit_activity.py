"""Dead units and saturated outputs: over enough images to mean it, or not at all."""

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.data.dataset import Dataset
from engine.events import EpochEnded, LayerStatistics
from engine.training.learner import Learner
from engine.training.trainer import Trainer
from engine.training.unit_activity import UnitActivity
from tests.runs import follow, of_kind, quick

FIGURES = tuple(LayerStatistics(name, 1.0, 1.0, 0.1, None) for name in ("hidden 1", "output"))


def figures_of(learner: Learner, indices: NDArray[np.int64]) -> tuple[LayerStatistics, ...]:
    activity = UnitActivity(learner.network)
    learner.evaluate(learner.training, indices, activity)
    return activity.added_to(FIGURES)


@pytest.mark.parametrize("batch", [1000, 7])
def test_dead_units_are_those_that_no_image_wakes(
    small_dataset: Dataset, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.training.learner.EVALUATION_BATCH", batch)
    learner = Learner(quick(hidden=(10,)).resolved(), small_dataset)
    learner.network.dense[0].b[:3] = -1e6
    hidden, output = figures_of(learner, np.arange(50))
    assert hidden.dead_units == pytest.approx(0.3)
    assert (hidden.saturated, output.dead_units, output.saturated) == (None, None, None)
    assert dataclasses.replace(hidden, dead_units=None) == FIGURES[0]


def test_fewer_than_fifty_images_tell_nothing(small_dataset: Dataset) -> None:
    learner = Learner(quick(hidden=(10,)).resolved(), small_dataset)
    assert figures_of(learner, np.arange(49)) == FIGURES


@pytest.mark.parametrize(("activation", "steepest"), [("tanh", 1.0), ("sigmoid", 0.25)])
def test_outputs_are_saturated_where_hardly_any_gradient_passes(
    small_dataset: Dataset, activation: str, steepest: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = quick(hidden=(20,), activation=activation, initializer="large").resolved()
    learner = Learner(chosen, small_dataset)
    X, _labels = learner.training.gather(np.arange(60))
    learner.network.forward(X)
    layer = learner.network.activations[0]
    share = float(np.mean(layer.backward(np.ones_like(layer.Y)) < steepest / 25))
    assert 0.5 < share < 1.0
    monkeypatch.setattr("engine.training.learner.EVALUATION_BATCH", 7)
    hidden, output = figures_of(learner, np.arange(60))
    assert hidden.saturated == pytest.approx(share, abs=0.01)
    assert (hidden.dead_units, output.saturated) == (None, None)


def test_a_last_mini_batch_of_one_image_kills_no_unit(small_dataset: Dataset) -> None:
    """Of 540 training images in mini-batches of 77 one is left, for which half of the units are silent."""
    learner = Learner(quick(batch_size=77).resolved(), small_dataset)
    while not learner.epoch_is_done:
        learner.step(0.01)
    answers = learner.network.activations[0].Y
    assert len(answers) == 1
    assert np.mean(answers == 0.0) > 0.3
    chosen = quick(batch_size=77, learning_rate=0.01)
    for epoch in of_kind(follow(Trainer(chosen, small_dataset)), EpochEnded):
        assert epoch.layers[0].dead_units == 0.0
