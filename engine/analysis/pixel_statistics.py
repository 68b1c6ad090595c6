"""Statistics of a data set: images of each class, pixel histogram, mean images, distances of classes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.data.batches import Split
from engine.data.dataset import Dataset

Numbers = NDArray[np.float32]

IMAGES_AT_ONCE = 256
"""As many squares of a byte add up to less than 2**24, so that float32 adds them without rounding."""
PIXELS_AT_ONCE = 2**21
"""How many pixels are turned into floats at a time: 8 MB."""
PIXELS_IN_A_PIECE = 2**23
"""How many pixels are counted between two answers: less than 0.1 s."""


def class_counts(labels: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """Return how many images each class has: `(classes,)`."""
    return np.bincount(labels, minlength=classes)


@dataclass(frozen=True, eq=False)
class SplitCounts:
    """How many images each class has in each part: `(classes,)` each."""

    training: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]

    @classmethod
    def of(cls, dataset: Dataset, split: Split) -> "SplitCounts":
        """Count them."""
        parts = dataset.train_labels[split.training], dataset.train_labels[split.validation]
        return cls(*(class_counts(labels, dataset.classes) for labels in (*parts, dataset.test_labels)))

    @property
    def majority_class_accuracy(self) -> float:
        """The share of the test images that whoever always names the commonest class of training gets."""
        return float(self.test[self.training.argmax()] / self.test.sum())


@dataclass(frozen=True, eq=False)
class PixelStatistics:
    """Figures of the pixels to learn from: the training part alone, as standardisation measures it.

    Pixels are on the scale from 0 to 1. Where a class has no image, its mean and deviation are 0.

    counts: `(classes,)`, images; histogram: `(256,)`, how many pixels have each value
    means, deviations: `(classes, height, width)`, of each pixel over the images of a class
    mean_image, deviation_image: `(height, width)`, the same over all images
    """

    counts: NDArray[np.int64]
    histogram: NDArray[np.int64]
    means: Numbers
    deviations: Numbers
    mean_image: Numbers
    deviation_image: Numbers

    @property
    def pixels(self) -> int:
        """How many pixels there are in all images together."""
        return int(self.histogram.sum())

    @property
    def mean(self) -> float:
        """The mean of all pixels, which standardisation subtracts."""
        return float(np.arange(256) @ self.histogram) / self.pixels / 255

    @property
    def deviation(self) -> float:
        """The standard deviation of all pixels, by which standardisation divides (by 1 where it is 0)."""
        square = float(np.arange(256) ** 2 @ self.histogram) / self.pixels / 255**2
        return float(max(square - self.mean**2, 0.0) ** 0.5)

    @property
    def blank(self) -> float:
        """The share of pixels that are 0."""
        return int(self.histogram[0]) / self.pixels

    @property
    def always_zero(self) -> int:
        """How many places of an image are 0 in every image."""
        return int(np.count_nonzero(self.mean_image == 0))

    def binned(self, bins: int) -> NDArray[np.int64]:
        """Return the histogram in fewer bins, a divisor of 256: `(bins,)`."""
        binned: NDArray[np.int64] = self.histogram.reshape(bins, -1).sum(axis=1)
        return binned

    @cached_property
    def ink(self) -> Numbers:
        """The mean of the pixels of each class: `(classes,)`."""
        ink: Numbers = self.means.mean(axis=(1, 2))
        return ink

    @cached_property
    def distances(self) -> Numbers:
        """Euclidean distances between the mean images of two classes: `(classes, classes)`.

        Infinite for a class from itself, and from one that has no image.
        """
        rows = (self.means - self.mean_image).reshape(len(self.means), -1)
        lengths = np.einsum("ij,ij->i", rows, rows)
        squares = lengths[:, None] + lengths[None, :] - 2 * (rows @ rows.T)
        distances: Numbers = np.sqrt(np.maximum(squares, 0))
        absent = self.counts == 0
        distances[absent] = distances[:, absent] = np.inf
        np.fill_diagonal(distances, np.inf)
        return distances

    def nearest(self, label: int) -> list[int]:
        """Return the other classes that have images, the one with the most similar mean image first."""
        order = np.argsort(self.distances[label], kind="stable")
        return [int(other) for other in order if np.isfinite(self.distances[label, other])]

    def closest_pairs(self, limit: int) -> list[tuple[int, int]]:
        """Return pairs of classes, the smaller first, those with the most similar mean images first."""
        first, second = np.triu_indices(len(self.counts), 1)
        distances = self.distances[first, second]
        order = np.argsort(distances, kind="stable")[:limit]
        return [(int(first[at]), int(second[at])) for at in order if np.isfinite(distances[at])]


def measure_pixels(dataset: Dataset, split: Split) -> Iterator[float | PixelStatistics]:
    """Yield, piece by piece, which share of the pixels is counted, and at last the figures.

    Sums are of whole numbers, and exact. No more than some megabytes are turned into floats at a time.
    """
    labels = dataset.train_labels[split.training]
    by_class = split.training[np.argsort(labels, kind="stable")]
    counts = class_counts(labels, dataset.classes)
    shape = dataset.classes, dataset.pixels
    means, deviations = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    sums, squares = np.zeros((2, dataset.pixels))
    histogram = np.zeros(256, np.int64)
    at_once = max(1, min(IMAGES_AT_ONCE, PIXELS_AT_ONCE // dataset.pixels))
    counted = told = 0
    for label, places in enumerate(np.split(by_class, np.cumsum(counts)[:-1])):
        sums_of_class, squares_of_class = np.zeros((2, dataset.pixels))
        for start in range(0, len(places), at_once):
            chosen = dataset.train_images[places[start : start + at_once]].reshape(-1, dataset.pixels)
            histogram += np.bincount(chosen.reshape(-1), minlength=256)
            wide, ones = chosen.astype(np.float32), np.ones(len(chosen), np.float32)
            sums_of_class += ones @ wide
            wide *= wide
            squares_of_class += ones @ wide
            counted += len(chosen)
            if (counted - told) * dataset.pixels >= PIXELS_IN_A_PIECE:
                told = counted
                yield counted / len(by_class)
        if len(places):
            means[label], deviations[label] = _moments(sums_of_class, squares_of_class, len(places))
            sums += sums_of_class
            squares += squares_of_class
    mean_image, deviation_image = _moments(sums, squares, len(by_class))
    sized = -1, dataset.height, dataset.width
    yield PixelStatistics(
        counts,
        histogram,
        means.reshape(sized),
        deviations.reshape(sized),
        mean_image.reshape(sized[1:]),
        deviation_image.reshape(sized[1:]),
    )


def _moments(sums: NDArray[np.float64], squares: NDArray[np.float64], count: int) -> tuple[Numbers, Numbers]:
    """Return mean and standard deviation, from 0 to 1, of bytes that add up to these sums."""
    mean = sums / count
    variance = np.maximum(squares / count - mean * mean, 0)
    return (mean / 255).astype(np.float32), (np.sqrt(variance) / 255).astype(np.float32)


def as_picture(values: Numbers, full: float = 1.0) -> NDArray[np.uint8]:
    """Return values from 0 to `full` as an image: `(height, width)`, uint8."""
    picture: NDArray[np.uint8] = np.rint(np.clip(values / full, 0, 1) * 255).astype(np.uint8)
    return picture
