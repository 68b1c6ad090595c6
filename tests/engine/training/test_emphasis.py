"""Images that the network is undecided about come more often; all bits of a run follow from its seed."""

import dataclasses

import numpy as np
import pytest

from engine.data.dataset import Dataset
from engine.errors import CheckpointError
from engine.network.losses import SoftmaxCrossEntropy, softmax
from engine.training.emphasis import UNIFORM_WEIGHT, Emphasis
from engine.training.learner import Learner
from tests.runs import quick

TRAINING = np.arange(10_000) * 2
"""Every other image of 20,000; the others are held out."""


def test_half_of_an_epoch_comes_once_each_and_half_is_drawn() -> None:
    emphasis = Emphasis(0.5, 20_000)
    emphasis.drawn_by[TRAINING[:100]] = 0.5
    emphasis.drawn_by[TRAINING[100:200]] = 0.02  # most likely mislabelled
    emphasis.drawn_by[TRAINING[200:]] = 1.0
    order = emphasis.order(TRAINING, np.random.default_rng(0))
    assert len(order) == len(TRAINING)
    times = np.bincount(order, minlength=20_000)
    assert times[1::2].sum() == 0
    weights = 100 * 0.25 + 100 * 0.02 * 0.98 + 10_000 * UNIFORM_WEIGHT
    drawn = [5_000 * (chance + UNIFORM_WEIGHT) / weights for chance in (0.25, 0.02 * 0.98, 0.0)]
    for part, expected in zip((times[:200:2], times[200:400:2], times[400::2]), drawn, strict=True):
        assert part.mean() == pytest.approx(0.5 + expected, abs=0.6 * len(part) ** -0.5 + 0.12 * expected)
    once_each = Emphasis(0.0, 20_000).order(TRAINING, np.random.default_rng(0))
    np.testing.assert_array_equal(np.sort(once_each), TRAINING)


def test_the_order_is_shuffled() -> None:
    """What is drawn does not stand at the beginning."""
    emphasis = Emphasis(0.5, 20_000)
    emphasis.drawn_by[:] = 1.0
    emphasis.drawn_by[TRAINING[:100]] = 0.5
    is_undecided = emphasis.order(TRAINING, np.random.default_rng(1)) < 200
    first, second = is_undecided[:5_000].mean(), is_undecided[5_000:].mean()
    assert first == pytest.approx(second, rel=0.15)


def test_the_running_mean_of_the_right_classes_probabilities() -> None:
    emphasis = Emphasis(0.5, 4)
    emphasis.update(np.array([1, 2]), np.array([1.0, 0.0], np.float32))
    emphasis.update(np.array([1]), np.array([0.4], np.float32))
    by_hand = [0.5, 0.7 * (0.7 * 0.5 + 0.3) + 0.3 * 0.4, 0.35, 0.5]
    np.testing.assert_allclose(emphasis.probabilities, by_hand, rtol=1e-6)


def test_emphasis_comes_by_itself() -> None:
    """How much more often an undecided image is drawn than one that was surely right every time."""
    emphasis, both = Emphasis(0.5, 2), np.array([0, 1])
    ratios = []
    for _epoch in range(40):
        undecided, sure = emphasis.weights(both)
        ratios.append(undecided / sure)
        emphasis.update(both, np.array([0.5, 1.0], np.float32))
        emphasis.drawn_by[:] = emphasis.probabilities
    assert [ratios[epochs] for epochs in (0, 1, 2, 5)] == pytest.approx([1.0, 1.09, 1.33, 2.99], abs=0.01)
    assert ratios == sorted(ratios)
    assert ratios[-1] == pytest.approx(26, abs=0.1)


def test_the_loss_tells_the_probability_of_the_right_class() -> None:
    rng = np.random.default_rng(2)
    logits, labels = rng.normal(0, 3, (50, 7)), rng.integers(0, 7, 50)
    loss = SoftmaxCrossEntropy(7, 0.1, np.float64)
    loss.forward(logits, labels)
    np.testing.assert_allclose(loss.right(), softmax(logits)[np.arange(50), labels], rtol=1e-12)


def test_a_learner_dwells_on_what_it_is_undecided_about(small_dataset: Dataset) -> None:
    learner = Learner(quick(emphasis=0.8).resolved(), small_dataset)
    assert len(np.unique(learner.order)) < len(learner.order) == len(learner.split.training)
    for _ in range(6):
        while not learner.epoch_is_done:
            learner.step(0.1)
        learner.begin_epoch()
    p = learner.state().vectors["emphasis.probabilities"]
    undecided = p * (1 - p)
    often = np.bincount(learner.order, minlength=len(p))[learner.split.training]
    ranks = np.argsort(undecided[learner.split.training])
    assert undecided[learner.split.validation] == pytest.approx(0.25)  # never looked at
    assert often[ranks[-100:]].mean() > 1.5 * often[ranks[:100]].mean()


def test_a_checkpoint_with_probabilities_that_are_none_is_refused(small_dataset: Dataset) -> None:
    learner = Learner(quick(emphasis=0.5).resolved(), small_dataset)
    state = learner.state()
    broken = np.full_like(state.vectors["emphasis.drawn_by"], np.nan)
    forged = dataclasses.replace(state, vectors={**state.vectors, "emphasis.drawn_by": broken})
    with pytest.raises(CheckpointError):
        learner.load_state(forged)
