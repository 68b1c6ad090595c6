import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.data.dataset import Dataset, load_dataset
from engine.training.learner import DivergenceError, Learner
from tests.runs import cross_entropy, quick, relu_logits, standardized


def learner_of(dataset: Dataset, **changes: Any) -> Learner:
    return Learner(quick(**changes).resolved(), dataset)


def test_positions_in_an_epoch(small_dataset: Dataset) -> None:
    learner = learner_of(small_dataset, batch_size=200)
    assert learner.batches == 3
    seen = []
    while not learner.epoch_is_done:
        learner.step(0.01)
        seen.append((learner.batch, learner.position))
    assert seen == [(1, 200), (2, 400), (3, 540)]
    learner.begin_epoch()
    assert (learner.batch, learner.position, learner.epoch_is_done) == (0, 0, False)
    assert (learner.loss_sum, learner.correct) == (0.0, 0)


def test_the_split_holds_out_a_tenth_of_each_class(small_dataset: Dataset) -> None:
    split = learner_of(small_dataset).split
    assert len(np.intersect1d(split.training, split.validation)) == 0
    assert len(split.training) + len(split.validation) == 600
    every = np.bincount(small_dataset.train_labels, minlength=10)
    held = np.bincount(small_dataset.train_labels[split.validation], minlength=10)
    assert np.abs(held - every / 10).max() < 1.0


def test_a_step_of_sgd_is_the_gradient_times_the_rate(small_dataset: Dataset) -> None:
    """The slope of the loss, by differences in float64, along the step that was taken: rate * slope²."""
    learner = learner_of(small_dataset, hidden=(), batch_size=100)
    chosen = learner.order[:100]
    X = standardized(small_dataset, learner.split.training, small_dataset.train_images[chosen])
    labels = small_dataset.train_labels[chosen]
    before = learner.network.parameters.astype(np.float64)
    learner.step(0.01)
    step = learner.network.parameters - before

    def loss(distance: float) -> float:
        return cross_entropy(relu_logits(before + distance * step, (784, 10), X), labels)

    assert learner.last_loss == pytest.approx(loss(0.0), rel=1e-5)
    assert learner.last_gradient_norm == pytest.approx(np.linalg.norm(step) / 0.01, rel=1e-3)
    slope = (loss(1e-3) - loss(-1e-3)) / 2e-3
    assert slope == pytest.approx(-0.01 * learner.last_gradient_norm**2, rel=1e-3)


def test_l2_pulls_at_weights_and_not_at_biases(small_dataset: Dataset) -> None:
    plain, pulled = learner_of(small_dataset), learner_of(small_dataset, l2=0.5)
    start = plain.network.parameters.copy()
    plain.step(0.1)
    pulled.step(0.1)
    difference = pulled.network.parameters - plain.network.parameters
    weights = plain.network.weights
    np.testing.assert_allclose(difference[weights], -0.1 * 0.5 * start[weights], atol=1e-6)
    assert not difference[weights.stop :].any()
    assert plain.last_loss == pulled.last_loss  # the losses shown are without the penalty


def test_a_longer_gradient_is_clipped(small_dataset: Dataset) -> None:
    """The step has the length that is allowed; the norm that is told is the one before clipping."""
    plain, clipped = learner_of(small_dataset), learner_of(small_dataset, clip_norm=0.25)
    start = plain.network.parameters.copy()
    plain.step(1.0)
    clipped.step(1.0)
    whole, short = plain.network.parameters - start, clipped.network.parameters - start
    assert plain.last_gradient_norm == clipped.last_gradient_norm > 0.25
    assert np.linalg.norm(short) == pytest.approx(0.25, rel=1e-4)
    np.testing.assert_allclose(short, whole * (0.25 / plain.last_gradient_norm), atol=1e-6)


def test_divergence_is_raised_before_the_weights_are_touched(small_dataset: Dataset) -> None:
    learner = learner_of(small_dataset)
    learner.network.dense[-1].W *= 1e9
    before = learner.network.parameters.copy()
    with pytest.raises(DivergenceError) as raised:
        learner.step(0.1)
    assert raised.value.cause == "gradient_norm"
    assert raised.value.value > 1e6
    np.testing.assert_array_equal(learner.network.parameters, before)
    assert (learner.position, learner.loss_sum) == (0, 0.0)

    learner.network.dense[-1].b[:] = np.nan
    with pytest.raises(DivergenceError) as raised, np.errstate(invalid="ignore", over="ignore"):
        learner.step(0.1)
    assert raised.value.cause == "loss"
    assert math.isnan(raised.value.value)


def test_evaluation_agrees_with_a_computation_by_hand_and_changes_nothing(small_dataset: Dataset) -> None:
    learner = learner_of(small_dataset, hidden=(12, 8), dropout=0.5)
    before = learner.network.parameters.copy()
    everything = np.arange(200)
    evaluation = learner.evaluate(learner.test, everything)
    X = standardized(small_dataset, learner.split.training, small_dataset.test_images)
    logits = relu_logits(before, (784, 12, 8, 10), X)
    np.testing.assert_allclose(evaluation.logits, logits, atol=1e-4)
    np.testing.assert_array_equal(evaluation.predicted, logits.argmax(axis=1))
    assert evaluation.loss == pytest.approx(cross_entropy(logits, small_dataset.test_labels), rel=1e-5)
    np.testing.assert_array_equal(learner.network.parameters, before)


def test_evaluation_in_several_batches_is_the_same(
    small_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = learner_of(small_dataset)
    whole = learner.evaluate(learner.test, np.arange(200))
    monkeypatch.setattr("engine.training.learner.EVALUATION_BATCH", 33)
    parts = learner.evaluate(learner.test, np.arange(200))
    np.testing.assert_allclose(parts.logits, whole.logits, atol=1e-5)
    assert parts.loss == pytest.approx(whole.loss, rel=1e-6)


def test_the_best_weights_and_statistics_come_back(small_dataset: Dataset) -> None:
    learner = learner_of(small_dataset, batch_norm=True)
    learner.step(0.1)
    learner.keep_as_best()
    best = learner.network.parameters.copy(), learner.network.statistics.copy()
    logits = learner.evaluate(learner.test, np.arange(200)).logits
    learner.step(0.1)
    assert not np.array_equal(learner.network.statistics, best[1])
    learner.restore_best()
    np.testing.assert_array_equal(learner.network.parameters, best[0])
    np.testing.assert_array_equal(learner.network.statistics, best[1])
    np.testing.assert_array_equal(learner.evaluate(learner.test, np.arange(200)).logits, logits)
    learner.step(0.1)
    learner.restore_best()  # what was kept is a copy
    np.testing.assert_array_equal(learner.network.parameters, best[0])


def test_a_last_mini_batch_of_two_images_hardly_moves_what_validation_finds() -> None:
    """On real digits: 100 pairs of images, each as the mini-batch that comes just before a validation.

    Measured with three seeds: accuracy is 91.0 to 93.2 % before, falls by 0.2 points at worst, and by 1.7
    at worst where a pair moves the running figures by a tenth, as in PyTorch.
    """
    mnist = load_dataset()
    digits = replace(mnist, train_images=mnist.train_images[:6000], train_labels=mnist.train_labels[:6000])
    learner = learner_of(digits, hidden=(64, 32), batch_norm=True, batch_size=64)
    while learner.batch < learner.batches - 1:
        learner.step(0.1)
    (batcher, indices), network = learner.held_out("validation"), learner.network
    statistics = network.statistics.copy()

    def accuracy() -> float:
        return float(np.mean(learner.evaluate(batcher, indices).predicted == batcher.labels[indices]))

    def lowest() -> float:
        found = []
        for start in range(0, 200, 2):
            X, _labels = learner.training.gather(learner.split.training[start : start + 2])
            network.forward(X, training=True)
            found.append(accuracy())
            network.statistics[:] = statistics
        return min(found)

    before = accuracy()
    assert before > 0.88
    assert lowest() > before - 0.006
    for norm in network.norms:
        assert norm.full_batch == 64
        norm.full_batch = 2
    assert lowest() < before - 0.01


def test_the_gradient_norm_of_a_layer_is_the_one_before_clipping(small_dataset: Dataset) -> None:
    plain, clipped = learner_of(small_dataset), learner_of(small_dataset, clip_norm=1e-3)
    for learner in (plain, clipped):
        learner.position = 500  # of 540: the next mini-batch is the epoch's last
        learner.step(0.1)
    norms = [figures.gradient_norm for figures in clipped.layer_statistics]
    assert norms == [figures.gradient_norm for figures in plain.layer_statistics]
    assert (
        1.0 > sum(norm**2 for norm in norms if norm) / clipped.last_gradient_norm**2 > 0.9
    )  # but for biases


def test_layer_statistics_are_those_of_the_last_step(small_dataset: Dataset) -> None:
    learner = learner_of(small_dataset, hidden=(12, 8))
    while learner.position < 500:
        learner.step(0.05)
    before = [dense.W.copy() for dense in learner.network.dense]
    learner.step(0.05)
    assert learner.epoch_is_done
    assert [figures.name for figures in learner.layer_statistics] == ["hidden 1", "hidden 2", "output"]
    for figures, old, dense in zip(learner.layer_statistics, before, learner.network.dense, strict=True):
        step = float(np.linalg.norm(dense.W - old))
        assert figures.weight_norm == pytest.approx(np.linalg.norm(dense.W))
        assert figures.gradient_norm == pytest.approx(step / 0.05, rel=1e-3)
        assert figures.update_ratio == pytest.approx(step / np.linalg.norm(dense.W), rel=1e-4)
    assert learner.layer_statistics[-1].dead_units is None
