"""A network's answer on the average over small shifts."""

import numpy as np
import pytest

from engine.data.dataset import Dataset
from engine.storage.checkpoint import Checkpoint
from engine.storage.test_time_augmentation import evaluation_over_shifts, shifted
from engine.training.trainer import Trainer
from tests.runs import follow, quick


@pytest.fixture(scope="module")
def model(small_dataset: Dataset) -> Checkpoint:
    trainer = Trainer(quick(hidden=(12,), label_smoothing=0.1), small_dataset)
    follow(trainer)
    return Checkpoint.of(trainer, 3)


def test_without_shifts_it_is_the_plain_evaluation(model: Checkpoint, small_dataset: Dataset) -> None:
    plain, averaged = model.test_evaluation(small_dataset), evaluation_over_shifts(model, small_dataset, 0)
    np.testing.assert_array_equal(averaged.predicted, plain.predicted)
    assert averaged.loss == pytest.approx(plain.loss, rel=1e-5)


def test_probabilities_are_averaged_over_every_shift(model: Checkpoint, small_dataset: Dataset) -> None:
    network, scale = model.network(), model.standardization
    expected = np.zeros((len(small_dataset.test_labels), 10))
    for down in (-2, -1, 0, 1, 2):
        for right in (-2, -1, 0, 1, 2):
            wide = np.pad(small_dataset.test_images, ((0, 0), (2, 2), (2, 2)))
            images = wide[:, 2 - down : 30 - down, 2 - right : 30 - right]
            logits = network.forward(scale.exactly(images).astype(np.float32)).astype(np.float64)
            exp = np.exp(logits - logits.max(axis=1, keepdims=True))
            expected += exp / exp.sum(axis=1, keepdims=True) / 25
    averaged = evaluation_over_shifts(model, small_dataset, 2)
    np.testing.assert_allclose(np.exp(averaged.logits), expected, atol=1e-5)
    true = np.log(expected[np.arange(len(expected)), small_dataset.test_labels])
    assert averaged.loss == pytest.approx(
        -np.mean(0.9 * true + 0.1 * np.log(expected).mean(axis=1)), rel=1e-4
    )


@pytest.mark.parametrize("size", [(1, 1), (2, 5), (4, 3)], ids=str)
def test_what_comes_in_is_paper(size: tuple[int, int]) -> None:
    images = np.random.default_rng(0).integers(1, 256, (3, *size)).astype(np.uint8)
    for down in range(-6, 7):
        for right in range(-6, 7):
            moved = shifted(images, down, right)
            for y in range(size[0]):
                for x in range(size[1]):
                    inside = 0 <= y - down < size[0] and 0 <= x - right < size[1]
                    expected = images[:, y - down, x - right] if inside else 0
                    np.testing.assert_array_equal(moved[:, y, x], expected)
