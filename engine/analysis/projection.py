"""Images as points in the plane: what a layer makes of them, in its two principal components."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analysis.sample import NotFiniteError, Sample
from engine.network.activations import Activation
from engine.network.losses import softmax
from engine.training.subject import Subject

MOST = 2_000
"""Images of a map."""
BLOCK, STEPS, ENOUGH = 16, 300, 1e-10
"""Directions that are improved together, steps at the most, and the relative change at which they stop."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Projection:
    """points: `(images, 2)`; shares: of the variance, that along each axis."""

    points: Floats
    shares: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Activations:
    """What a layer makes of a sample, and how it is read.

    values: `(images, units)`, float64; predicted: `(images,)`; confidence: `(images,)`
    """

    values: Floats
    predicted: NDArray[np.int64]
    confidence: Floats


def layer_count(subject: Subject) -> int:
    """Return how many layers there are to choose from: the pixels, each hidden layer, the logits."""
    return len(subject.network.sizes)


def activations(sample: Sample, layer: int) -> Iterator[Activations]:
    """Yield what a layer makes of one batch of images after the other, dropout off.

    layer: 0 for the pixels as the network gets them, then the hidden layers after their activation
    function, at last the logits

    Raises:
        NotFiniteError: when it is not finite.
    """
    network = sample.subject.network
    hidden = [each for each in network.layers if isinstance(each, Activation)]
    for place in sample.places():
        images = sample.images(place)
        logits = sample.forward(images).astype(np.float64)
        if layer == 0:
            values = sample.gather(images).astype(np.float64)
        elif layer <= len(hidden):
            values = hidden[layer - 1].Y.astype(np.float64)
        else:
            values = logits
        if not np.isfinite(values).all():
            raise NotFiniteError
        yield Activations(values, logits.argmax(axis=1), softmax(logits).max(axis=1))


def together(batches: list[Activations]) -> Activations:
    """Return batches as one."""
    return Activations(
        np.concatenate([batch.values for batch in batches]),
        np.concatenate([batch.predicted for batch in batches]),
        np.concatenate([batch.confidence for batch in batches]),
    )


def principal_components(values: Floats) -> Iterator[Projection]:
    """Yield ever better projections of `(images, units)` on the plane of the largest variance.

    Block power iteration on the covariance, never formed (Halko, Martinsson and Tropp 2011, algorithm 4.4),
    with a Rayleigh-Ritz step; the last one is converged. It costs the same for any layer, where the
    eigenvectors of 16,384 x 16,384 covariances are out of reach. The sign of an axis is such that its
    largest weight is positive, so that the same activations make the same map.
    """
    X = values - values.mean(axis=0)
    images, units = X.shape
    total = float(np.einsum("ij,ij->", X, X))
    if not total:
        yield Projection(np.zeros((images, 2)), (0.0, 0.0))
        return
    start = np.random.default_rng(0).standard_normal((units, min(BLOCK, images, units)))
    Q = np.linalg.qr(start)[0]
    before = np.zeros(2)
    for _step in range(STEPS):
        Q = np.linalg.qr(X.T @ (X @ Q))[0]
        _left, singular, Vt = np.linalg.svd(X @ Q, full_matrices=False)
        axes = (Q @ Vt.T)[:, :2]
        axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
        points, variances = np.zeros((images, 2)), np.zeros(2)
        points[:, : axes.shape[1]] = X @ axes
        variances[: axes.shape[1]] = singular[:2] ** 2
        yield Projection(points, (float(variances[0] / total), float(variances[1] / total)))
        if np.abs(variances - before).max() <= ENOUGH * variances[0]:
            return
        before = variances
