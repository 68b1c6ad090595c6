"""Whether a network is as often right as it is sure, and what it gains by staying silent when it is not."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.network.losses import softmax

BINS = 15


@dataclass(frozen=True)
class Bin:
    """Images on which the probability of the class that was read lies from `low` to `high`."""

    low: float
    high: float
    images: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Calibration:
    """The bins that hold an image, and the expected calibration error over all of them."""

    bins: tuple[Bin, ...]
    error: float
    confidence: float
    accuracy: float


def calibration(probabilities: NDArray[np.floating], labels: NDArray[np.int64]) -> Calibration:
    """Compare how sure a network is with how often it is right (Naeini et al. 2015; Guo et al. 2017, eq. 3).

    probabilities: `(images, classes)`; labels: `(images,)`. The error is the mean distance of both over 15
    bins of equal width, each weighed by its images.
    """
    sure = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    places = np.minimum((sure * BINS).astype(int), BINS - 1)
    bins = tuple(
        Bin(
            number / BINS,
            (number + 1) / BINS,
            int(inside.sum()),
            float(sure[inside].mean()),
            float(right[inside].mean()),
        )
        for number in range(BINS)
        if (inside := places == number).any()
    )
    error = sum(part.images * abs(part.accuracy - part.confidence) for part in bins) / len(labels)
    return Calibration(bins, error, float(sure.mean()), float(right.mean()))


def best_temperature(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Return the temperature, from 1/20 to 20, at which these logits cost least (Guo et al. 2017, sec. 4.2).

    It is to be found on images that the network is not judged by afterwards. The loss is convex in its
    inverse, so that halving the interval finds it.
    """
    wide = logits.astype(np.float64)
    wide -= wide.max(axis=1, keepdims=True)
    true = wide[np.arange(len(labels)), labels]

    def slope(inverse: float) -> float:
        weights = np.exp(inverse * wide)
        mean = (weights * wide).sum(axis=1) / weights.sum(axis=1)
        return float(np.mean(mean - true))

    low, high = 1 / 20, 20.0
    for _halving in range(60):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return 1 / math.sqrt(low * high)


def at_temperature(logits: NDArray[np.floating], temperature: float) -> NDArray[np.floating]:
    """Return the probabilities of logits that are divided by a temperature."""
    return softmax((logits / temperature).astype(np.float32))


@dataclass(frozen=True, eq=False)
class Coverage:
    """Accuracy on the surest images: of the first `n` of them it is `accuracies[n - 1]`.

    thresholds: how sure the network is of the n-th; all `(images,)`, the surest first
    """

    accuracies: NDArray[np.float64]
    thresholds: NDArray[np.float64]

    @property
    def shares(self) -> NDArray[np.float64]:
        """The share of all images that the first n are: `(images,)`."""
        count = len(self.accuracies)
        return np.arange(1, count + 1) / count

    def reaching(self, accuracy: float) -> tuple[float, float] | None:
        """Return the largest share that is read with this accuracy, and from how sure on; None if none is."""
        reached = np.flatnonzero(self.accuracies >= accuracy)
        if not len(reached):
            return None
        last = int(reached[-1])
        return float(self.shares[last]), float(self.thresholds[last])


def coverage(probabilities: NDArray[np.floating], labels: NDArray[np.int64]) -> Coverage:
    """Return what a network gains by reading only what it is sure of (El-Yaniv and Wiener 2010)."""
    sure = probabilities.max(axis=1).astype(np.float64)
    order = np.argsort(-sure, kind="stable")
    right = (probabilities.argmax(axis=1) == labels)[order]
    return Coverage(np.cumsum(right) / np.arange(1, len(labels) + 1), sure[order])


def thinned(values: Sequence[float], most: int) -> list[int]:
    """Return at most `most` places of a sequence, evenly, the first and the last among them."""
    return sorted({round(place) for place in np.linspace(0, len(values) - 1, min(most, len(values)))})
