"""What a data set is said to be, against NumPy on all of its images at once."""

import numpy as np
import pytest

from engine.analysis import pixel_statistics
from engine.analysis.pixel_statistics import (
    PixelStatistics,
    SplitCounts,
    as_picture,
    class_counts,
    measure_pixels,
)
from engine.data.batches import Split, Standardization
from engine.data.dataset import Dataset
from engine.errors import HyperparameterError
from engine.training.learner import Learner, split_dataset
from tests.runs import quick


def surveyed(dataset: Dataset, split: Split) -> PixelStatistics:
    *_shares, figures = measure_pixels(dataset, split)
    assert isinstance(figures, PixelStatistics)
    return figures


@pytest.fixture(scope="module")
def split(small_dataset: Dataset) -> Split:
    return split_dataset(quick(), small_dataset)


@pytest.fixture(scope="module")
def figures(small_dataset: Dataset, split: Split) -> PixelStatistics:
    return surveyed(small_dataset, split)


def test_the_split_is_that_of_the_run(small_dataset: Dataset) -> None:
    for changes in ({}, {"seed": 7, "validation_size": 0.25}):
        hyperparameters = quick(**changes)
        ours, learners = (
            split_dataset(hyperparameters, small_dataset),
            Learner(hyperparameters, small_dataset).split,
        )
        assert np.array_equal(ours.training, learners.training)
        assert np.array_equal(ours.validation, learners.validation)


def test_a_split_with_nothing_on_one_side_is_refused(small_dataset: Dataset) -> None:
    with pytest.raises(HyperparameterError, match="leaves no image for training"):
        split_dataset(quick(validation_size=1e-6), small_dataset)


def test_every_image_is_counted_once(small_dataset: Dataset, split: Split) -> None:
    counts = SplitCounts.of(small_dataset, split)
    learned = class_counts(small_dataset.train_labels, 10)
    assert (counts.training + counts.validation).tolist() == learned.tolist()
    assert (counts.training.sum(), counts.validation.sum(), counts.test.sum()) == (540, 60, 200)
    commonest = np.bincount(small_dataset.train_labels[split.training]).argmax()
    assert counts.majority_class_accuracy == np.mean(small_dataset.test_labels == commonest)


def test_mean_and_deviation_are_those_of_standardisation(
    small_dataset: Dataset, split: Split, figures: PixelStatistics
) -> None:
    standardization = Standardization.of(small_dataset.train_images, split.training)
    assert figures.mean == pytest.approx(standardization.mean, rel=1e-12)
    assert figures.deviation == pytest.approx(standardization.deviation, rel=1e-12)


def test_images_and_histogram_are_those_of_all_images_at_once(
    small_dataset: Dataset, split: Split, figures: PixelStatistics
) -> None:
    images, labels = small_dataset.train_images[split.training], small_dataset.train_labels[split.training]
    assert figures.counts.tolist() == np.bincount(labels).tolist()
    assert figures.histogram.tolist() == np.bincount(images.reshape(-1), minlength=256).tolist()
    assert figures.binned(32)[0] == np.count_nonzero(images < 8)
    assert figures.blank == np.mean(images == 0)
    assert figures.always_zero == np.count_nonzero(images.max(axis=0) == 0)
    np.testing.assert_allclose(figures.mean_image, images.mean(axis=0) / 255, atol=1e-6)
    np.testing.assert_allclose(figures.deviation_image, images.std(axis=0) / 255, atol=1e-6)
    for label in range(10):
        of_class = images[labels == label]
        np.testing.assert_allclose(figures.means[label], of_class.mean(axis=0) / 255, atol=1e-6)
        np.testing.assert_allclose(figures.deviations[label], of_class.std(axis=0) / 255, atol=1e-6)
        assert figures.ink[label] == pytest.approx(of_class.mean() / 255, rel=1e-5)


def test_the_closest_classes(figures: PixelStatistics) -> None:
    rows = figures.means.reshape(10, -1)
    distances = {
        (a, b): float(np.linalg.norm(rows[a] - rows[b])) for a in range(10) for b in range(a + 1, 10)
    }
    assert figures.closest_pairs(45) == sorted(distances, key=lambda pair: distances[pair])
    assert figures.closest_pairs(1) == [(7, 9)]
    assert (figures.nearest(7)[0], figures.nearest(4)[0]) == (9, 9)
    assert len(figures.nearest(4)) == 9
    assert figures.distances[4, 9] == pytest.approx(distances[4, 9], rel=1e-4)


def test_it_comes_in_pieces_and_many_of_them_make_the_same(
    small_dataset: Dataset, split: Split, figures: PixelStatistics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pixel_statistics, "PIXELS_IN_A_PIECE", 50_000)
    monkeypatch.setattr(pixel_statistics, "PIXELS_AT_ONCE", 784 * 7)
    *shares, others = measure_pixels(small_dataset, split)
    assert len(shares) > 5
    assert isinstance(others, PixelStatistics)
    told = [share for share in shares if isinstance(share, float)]
    assert len(told) == len(shares)
    assert told == sorted(told)
    assert others.histogram.tolist() == figures.histogram.tolist()
    assert np.array_equal(others.means, figures.means)
    assert np.array_equal(others.deviations, figures.deviations)


def test_classes_without_an_image_and_other_sizes() -> None:
    images = np.arange(6 * 2 * 3, dtype=np.uint8).reshape(6, 2, 3)
    dataset = Dataset("d", "d", images, np.array([0, 0, 4, 4, 4, 4]), images[:2], np.array([0, 2]))
    split = Split(np.arange(5), np.array([5]))
    figures = surveyed(dataset, split)
    assert figures.counts.tolist() == [2, 0, 0, 0, 3]
    assert figures.means.shape == (5, 2, 3)
    assert not figures.means[2].any()
    assert figures.nearest(0) == [4]
    assert figures.nearest(2) == []
    assert figures.closest_pairs(10) == [(0, 4)]
    assert as_picture(figures.means[0]).tolist() == [[3, 4, 5], [6, 7, 8]]


def test_a_picture_is_full_where_it_is_told() -> None:
    values = np.array([[0, 0.25], [0.5, 0.6]], np.float32)
    assert as_picture(values, 0.5).tolist() == [[0, 128], [255, 255]]
