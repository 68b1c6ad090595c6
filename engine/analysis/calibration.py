"""Calibration, temperature scaling, and the accuracy gained by rejecting low-confidence predictions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.network.losses import softmax

BINS = 15


@dataclass(frozen=True)
class Bin:
    """The images whose confidence, the probability of the predicted class, lies from `low` to `high`."""

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
    """Compare confidence with accuracy (Naeini et al. 2015; Guo et al. 2017, eq. 3).

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


def best_temperature(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> Iterator[float]:
    """Yield ever better temperatures, from 1/20 to 20; at the last the loss of these logits is lowest.

    Guo et al. 2017, section 4.2. It must be found on other images than those that are evaluated afterwards.
    The loss is convex in the inverse b = 1 / T, with the derivative mean(E[z] - z_true) and the second one
    mean(Var[z]), over softmax(b z): Newton's steps, within an interval that each of them narrows.
    """
    wide = logits.astype(np.float64)
    wide -= wide.max(axis=1, keepdims=True)
    true = wide[np.arange(len(labels)), labels]

    low, high, inverse = 1 / 20, 20.0, 1.0
    is_found = False
    while not is_found:
        weights = np.exp(inverse * wide)
        weights /= weights.sum(axis=1, keepdims=True)
        mean = np.einsum("ij,ij->i", weights, wide)
        slope = float(np.mean(mean - true))
        bend = float(np.mean(np.einsum("ij,ij,ij->i", weights, wide, wide) - mean**2))
        low, high = (inverse, high) if slope < 0 else (low, inverse)
        newton = inverse - slope / bend if bend > 0 else high
        better = newton if low < newton < high else (low * high) ** 0.5
        is_found = abs(better - inverse) <= 1e-9 * inverse
        inverse = better
        yield 1 / inverse


def at_temperature(logits: NDArray[np.floating], temperature: float) -> NDArray[np.floating]:
    """Return the probabilities of logits that are divided by a temperature, float64.

    In float32 hundreds of a good network's images would have exactly the same confidence.
    """
    return softmax(logits.astype(np.float64), temperature)


@dataclass(frozen=True, eq=False)
class Coverage:
    """Accuracy on the images above one confidence threshold after the other, from the highest down.

    thresholds: of confidence; shares: of all images, those at or above the threshold; accuracies: of these;
    all `(thresholds,)`; images: how many there are in all
    """

    thresholds: NDArray[np.float64]
    shares: NDArray[np.float64]
    accuracies: NDArray[np.float64]
    images: int

    def at_accuracy(self, accuracy: float) -> tuple[float, float] | None:
        """Return the largest share with at least this accuracy, and its threshold; None if there is none."""
        reached = np.flatnonzero(self.accuracies >= accuracy)
        if not len(reached):
            return None
        last = int(reached[-1])
        return float(self.shares[last]), float(self.thresholds[last])


def coverage(probabilities: NDArray[np.floating], labels: NDArray[np.int64]) -> Coverage:
    """Return the accuracy at each coverage, if low confidence is rejected (Geifman and El-Yaniv 2017).

    Images of equal confidence are counted together, since no threshold separates them.
    """
    sure = probabilities.max(axis=1).astype(np.float64)
    order = np.argsort(-sure, kind="stable")
    right = (probabilities.argmax(axis=1) == labels)[order]
    sure = sure[order]
    read = np.flatnonzero(np.append(sure[1:] != sure[:-1], True)) + 1
    return Coverage(sure[read - 1], read / len(labels), np.cumsum(right)[read - 1] / read, len(labels))


def evenly_spaced(values: Sequence[float], limit: int) -> list[int]:
    """Return at most `limit` places of a sequence, evenly, the first and the last among them."""
    return sorted({round(place) for place in np.linspace(0, len(values) - 1, min(limit, len(values)))})
