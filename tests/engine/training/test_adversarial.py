"""Adversarial perturbation: how far, in which direction, when, and what it does to a run."""

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.data.augmentation import Augmenter
from engine.data.dataset import Dataset
from engine.network.layers import Array, Dropout
from engine.network.losses import SoftmaxCrossEntropy
from engine.network.mlp import MLP
from engine.training.adversarial import Adversary
from engine.training.learner import Learner
from engine.training.trainer import Trainer
from tests.runs import digest, follow, quick

FloatArray = NDArray[np.float64]
SIZES = (30, 20, 10, 5)


def moved(
    length: float, *, batch_norm: bool = False
) -> tuple[MLP, SoftmaxCrossEntropy, FloatArray, FloatArray, NDArray[np.int64]]:
    """Return a network, its loss, images before and after, and labels."""
    rng = np.random.default_rng(3)
    network = MLP(SIZES, batch_norm=batch_norm, dtype=np.float64, rng=rng)
    loss = SoftmaxCrossEntropy(5, dtype=np.float64)
    X, labels = rng.normal(size=(40, 30)), rng.integers(0, 5, 40)
    after = X.copy()
    Adversary(length).perturb(after, labels, network, loss)
    return network, loss, X, after, labels


@pytest.mark.parametrize("length", [1e-3, 0.5, 3.0])
def test_every_image_is_moved_by_the_same_length(length: float) -> None:
    *_, X, after, _labels = moved(length)
    np.testing.assert_allclose(np.linalg.norm(after - X, axis=1), length, rtol=1e-9)


def test_the_move_is_up_the_loss_of_each_image_as_steeply_as_can_be() -> None:
    network, loss, X, after, labels = moved(1e-4)
    rng = np.random.default_rng(0)

    def losses(images: FloatArray) -> FloatArray:
        return np.array(
            [loss.forward(network.forward(images[i : i + 1]), labels[i : i + 1]) for i in range(len(images))]
        )

    risen = losses(after) - losses(X)
    assert (risen > 0.0).all()
    for _ in range(20):
        elsewhere = rng.normal(size=X.shape)
        elsewhere *= 1e-4 / np.linalg.norm(elsewhere, axis=1, keepdims=True)
        assert (losses(X + elsewhere) - losses(X) < risen).all()


def test_an_image_without_a_gradient_stays() -> None:
    network = MLP(SIZES, initializer="zeros", dtype=np.float64)
    X = np.ones((3, 30))
    Adversary(1.0).perturb(X, np.array([0, 1, 2]), network, SoftmaxCrossEntropy(5, dtype=np.float64))
    np.testing.assert_array_equal(X, 1.0)


def test_every_other_mini_batch_is_moved() -> None:
    assert [Adversary(1.0).is_due(steps) for steps in range(4)] == [True, False, True, False]
    assert not any(Adversary(0.0).is_due(steps) for steps in range(4))


def test_a_learner_learns_the_images_that_were_moved(small_dataset: Dataset) -> None:
    hyperparameters = quick(adversarial=0.5, batch_size=50, batch_norm=True).resolved()
    learner, plain = (
        Learner(dataclasses.replace(hyperparameters, adversarial=length), small_dataset)
        for length in (0.5, 0.0)
    )
    assert learner.adversary.length * learner.standardization.deviation == pytest.approx(0.5)
    learner.step(0.01)
    plain.step(0.01)
    inputs, untouched = learner.network.dense[0].X, plain.network.dense[0].X
    assert np.linalg.norm(inputs - untouched, axis=1) == pytest.approx(learner.adversary.length, rel=1e-4)
    assert learner.last_loss > plain.last_loss
    for one in (learner, plain):  # the second mini-batch is left alone
        one.step(0.01)
    np.testing.assert_array_equal(learner.network.dense[0].X, plain.network.dense[0].X)


def test_a_step_moves_the_running_figures_once_by_the_images_that_are_learned(small_dataset: Dataset) -> None:
    """By hand: a tenth of the way to mean and unbiased variance of what the first layer made of them."""
    learner = Learner(quick(adversarial=0.5, batch_norm=True).resolved(), small_dataset)
    norm, dense = learner.network.norms[0], learner.network.dense[0]
    W, b = dense.W.copy(), dense.b.copy()
    learner.step(0.01)
    sums = dense.X @ W + b
    np.testing.assert_allclose(norm.running_mean, 0.1 * sums.mean(axis=0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(norm.running_variance, 0.9 + 0.1 * sums.var(axis=0, ddof=1), rtol=1e-4)


def test_the_same_units_are_off_while_images_are_moved_and_learned(
    small_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = Learner(quick(adversarial=0.5, dropout=0.5).resolved(), small_dataset)
    masks: list[Array] = []
    forward = Dropout.forward

    def noted(layer: Dropout, X: Array, *, training: bool) -> Array:
        Y = forward(layer, X, training=training)
        masks.append(layer.mask.copy())
        return Y

    monkeypatch.setattr(Dropout, "forward", noted)
    for _step in range(3):  # the second is not moved
        learner.step(0.01)
    moving, learning, second, moving_again, learning_again = masks
    np.testing.assert_array_equal(moving, learning)
    np.testing.assert_array_equal(moving_again, learning_again)
    assert not np.array_equal(learning, second)
    assert not np.array_equal(second, moving_again)


def test_it_makes_a_network_harder_to_fool(small_dataset: Dataset) -> None:
    """The share of test images still read when each is moved by what takes most networks in."""
    shares = []
    for length in (0.0, 1.0):
        trainer = Trainer(
            quick(adversarial=length, hidden=(64,), epochs=8, learning_rate=0.05), small_dataset
        )
        follow(trainer)
        learner = trainer.learner
        X, labels = learner.test.gather(np.arange(len(learner.test.labels)))
        Adversary(1.0 / learner.standardization.deviation).perturb(X, labels, learner.network, learner.loss)
        shares.append(float(np.mean(learner.network.forward(X).argmax(axis=1) == labels)))
    assert shares[1] > shares[0] + 0.05


def test_fading_distortions_are_weaker_in_each_of_the_last_mini_batches(
    small_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    strengths = []
    distort = Augmenter.distort

    def noted(self, images, generator, out=None, *, share=1.0):  # type: ignore[no-untyped-def]
        strengths.append(share)
        return distort(self, images, generator, out, share=share)

    monkeypatch.setattr(Augmenter, "distort", noted)
    follow(Trainer(quick(rotation=10, distortion_fade=0.5, epochs=2, batch_size=54), small_dataset))
    assert strengths[:11] == [1.0] * 11
    assert strengths[11:] == pytest.approx([0.1 * left for left in range(9, 0, -1)])


def test_a_receptive_field_is_of_the_first_hidden_layer_alone(small_dataset: Dataset) -> None:
    wide, narrow = (
        Learner(quick(hidden=(24, 12), receptive_field=pixels).resolved(), small_dataset).network.dense
        for pixels in (0.0, 4.0)
    )
    lengths = np.linalg.norm(narrow[0].W, axis=0)
    np.testing.assert_allclose(lengths, np.linalg.norm(wide[0].W, axis=0), rtol=1e-5)
    share = np.sort(narrow[0].W ** 2, axis=0)[-196:].sum(axis=0) / lengths**2
    assert share.min() > 0.99  # in a quarter of the pixels
    for one, other in zip(wide[1:], narrow[1:], strict=True):
        np.testing.assert_array_equal(one.W, other.W)
    without = [
        Learner(quick(hidden=(), receptive_field=pixels).resolved(), small_dataset).network.parameters
        for pixels in (0.0, 4.0)
    ]
    np.testing.assert_array_equal(without[0], without[1])


def test_nothing_of_it_is_in_a_run_that_does_not_ask(small_dataset: Dataset) -> None:
    runs = []
    for changes in ({}, {"adversarial": 0.0, "receptive_field": 0.0, "distortion_fade": 0.7}):
        trainer = Trainer(quick(**changes), small_dataset)
        runs.append(digest(trainer, follow(trainer)))
    assert runs[0] == runs[1]
