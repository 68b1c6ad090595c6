"""Whether a network knows what it knows: its confidence against how often it is right."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.network.losses import softmax

BINS = 15
HOTTEST = 20.0
"""Temperatures are sought from 1/20 to 20."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Bin:
    """The images whose confidence is above `low` and at most `high`. Without any, the figures are None."""

    low: float
    high: float
    count: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True)
class Calibration:
    """Mean confidence and accuracy, in all and bin by bin; error: the expected calibration error."""

    bins: tuple[Bin, ...]
    confidence: float
    accuracy: float
    error: float


def calibration(logits: Floats, labels: NDArray[np.int64], temperature: float = 1.0) -> Calibration:
    """Compare confidence, the largest probability, with accuracy, in bins of equal width.

    The expected calibration error is sum(count / images * |accuracy - confidence|) over the bins (Naeini,
    Cooper and Hauskrecht 2015; Guo, Pleiss, Sun and Weinberger 2017, equation 3).

    logits: `(images, classes)`
    """
    confidence, is_right = _confidence(logits, labels, temperature)
    bin_of = np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)
    counts = np.bincount(bin_of, minlength=BINS)
    right = np.bincount(bin_of, is_right, BINS)
    sure = np.bincount(bin_of, confidence, BINS)
    bins = tuple(
        Bin(
            low=number / BINS,
            high=(number + 1) / BINS,
            count=count,
            confidence=sure[number] / count if count else None,
            accuracy=right[number] / count if count else None,
        )
        for number, count in enumerate(counts.tolist())
    )
    return Calibration(
        bins=bins,
        confidence=float(confidence.mean()),
        accuracy=float(is_right.mean()),
        error=float(np.abs(right - sure).sum()) / len(labels),
    )


def best_temperature(logits: Floats, labels: NDArray[np.int64]) -> Iterator[float]:
    """Yield ever better temperatures until the best one: softmax(logits / T) of the least cross-entropy.

    Guo et al. 2017, section 4.2. The cross-entropy is convex in b = 1 / T; its derivative is the mean of
    E[z] - z_label, with the expectation over softmax(b z). Newton's steps, kept within a shrinking bracket.
    """
    low, high, b = 1 / HOTTEST, HOTTEST, 1.0
    wanted = logits[np.arange(len(labels)), labels]
    for _step in range(60):
        probabilities = softmax(logits, 1 / b)
        mean = np.einsum("ij,ij->i", probabilities, logits)
        slope = float(np.mean(mean - wanted))
        curvature = float(np.mean(np.einsum("ij,ij,ij->i", probabilities, logits, logits) - mean**2))
        low, high = (low, b) if slope > 0 else (b, high)
        newton = b - slope / curvature if curvature > 0 else high
        following = newton if low < newton < high else (low * high) ** 0.5
        is_settled = abs(following - b) < 1e-9 * b
        b = following
        yield 1 / b
        if is_settled:
            return


@dataclass(frozen=True, eq=False)
class Coverage:
    """What becomes of accuracy when the network is silent below a confidence. Rows: from the surest image on.

    coverage: `(rows,)`, the share of images that are answered; accuracy: `(rows,)`, of these; threshold:
    `(rows,)`, the least confidence that is answered
    """

    coverage: Floats
    accuracy: Floats
    threshold: Floats

    def reaching(self, accuracy: float) -> int | None:
        """Return the row of the largest coverage with at least this accuracy; None where there is none."""
        rows = np.flatnonzero(self.accuracy >= accuracy)
        return int(rows[-1]) if len(rows) else None


def coverage(logits: Floats, labels: NDArray[np.int64]) -> Coverage:
    """Return accuracy against coverage (selective classification, Geifman and El-Yaniv 2017).

    Images of the same confidence are answered together, as no threshold can tell them apart.
    """
    confidence, is_right = _confidence(logits, labels)
    order = np.argsort(-confidence, kind="stable")
    confidence, right = confidence[order], np.cumsum(is_right[order])
    answered = np.flatnonzero(np.append(confidence[1:] != confidence[:-1], True)) + 1
    return Coverage(
        coverage=answered / len(labels),
        accuracy=right[answered - 1] / answered,
        threshold=confidence[answered - 1],
    )


def _confidence(
    logits: Floats, labels: NDArray[np.int64], temperature: float = 1.0
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the largest probability of each image, and whether it is that of the right class."""
    return softmax(logits, temperature).max(axis=1), logits.argmax(axis=1) == labels
