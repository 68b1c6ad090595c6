"""Projects the outputs of a layer for many images into the plane, by PCA or t-SNE."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.analysis.evaluation_sample import EvaluationSample, NotFiniteError, standardized
from engine.analysis.tsne import embed_tsne
from engine.network.layers import Array
from engine.network.losses import softmax
from engine.training.trained_network import TrainedNetwork

METHODS = ("pca", "tsne")
MAX_IMAGES = 2_000
AT_ONCE = 500
"""Images that go through the network in one piece."""
BLOCK, MAX_STEPS, SETTLED = 16, 300, 1e-11
"""Directions that are improved together; how often; and by what share their variance then still changes."""


@dataclass(frozen=True, eq=False)
class Projection:
    """A point in the plane for each image of a sample, and its prediction.

    points: `(images, 2)`; explained: the share of the variance along each of both axes, None for t-SNE
    predicted, confidence: `(images,)`; done: the share of the work that is done, below 1 while t-SNE forms
    """

    points: NDArray[np.float64]
    explained: tuple[float, float] | None
    predicted: NDArray[np.int64]
    confidence: NDArray[np.float64]
    done: float = 1.0


def mappable_layers(trained: TrainedNetwork) -> tuple[int, ...]:
    """Return the numbers of the layers that can be mapped: 0 the pixels, then hidden layers, then logits."""
    return tuple(range(len(trained.network.dense) + 1))


def outputs_in_parts(
    trained: TrainedNetwork, sample: EvaluationSample, layer: int
) -> Iterator[tuple[Array, Array]]:
    """Yield, batch by batch, the outputs of a layer, `(batch, units)`, and the logits."""
    hidden = trained.network.activations
    for start in range(0, len(sample), AT_ONCE):
        images = sample.images[start : start + AT_ONCE]
        with np.errstate(over="ignore", invalid="ignore"):
            logits = trained.network.forward(standardized(trained, images)).copy()
        if layer == 0:
            values: Array = images.reshape(len(images), -1) / np.float32(255.0)
        else:
            values = logits if layer > len(hidden) else hidden[layer - 1].Y.copy()
        yield values, logits


def outputs(trained: TrainedNetwork, sample: EvaluationSample, layer: int) -> NDArray[np.float64]:
    """Return the outputs of a layer for each image: `(images, units)`, float64."""
    parts = [values for values, _logits in outputs_in_parts(trained, sample, layer)]
    return np.concatenate(parts).astype(np.float64)


def principal_components(
    values: NDArray[np.float64],
) -> Iterator[tuple[NDArray[np.float64], tuple[float, float]]]:
    """Yield `(images, 2)` along the directions of largest variance, and their shares of it (Pearson 1901).

    The last of them is the answer; each before is a step of block power iteration with a Rayleigh-Ritz
    rotation (Halko, Martinsson and Tropp 2011, section 4.5): all eigenvectors of a layer of thousands of
    units would take minutes. Each direction points to where its largest component is positive, so that the
    same values give the same map.
    """
    centred = values - values.mean(axis=0)
    images, units = centred.shape
    total = float(np.einsum("ij,ij->", centred, centred))
    points = np.zeros((images, 2))
    if not total:
        yield points, (0.0, 0.0)
        return
    block = np.random.default_rng(0).standard_normal((units, min(BLOCK, images, units)))
    block = np.linalg.qr(block)[0]
    variances, before = np.zeros(2), np.zeros(2)
    for _step in range(MAX_STEPS):
        block = np.linalg.qr(centred.T @ (centred @ block))[0]
        _left, singular, rotation = np.linalg.svd(centred @ block, full_matrices=False)
        two = (block @ rotation.T)[:, :2]
        two *= np.sign(two[np.abs(two).argmax(axis=0), np.arange(two.shape[1])])
        points[:, : two.shape[1]] = centred @ two
        variances[: two.shape[1]] = singular[:2] ** 2
        yield points.copy(), (float(variances[0]) / total, float(variances[1]) / total)
        if np.abs(variances - before).max() <= SETTLED * variances[0]:
            return
        before = variances.copy()


def project(
    trained: TrainedNetwork, sample: EvaluationSample, layer: int, method: str = "pca"
) -> Iterator[Projection | None]:
    """Project the outputs of a layer for a sample, which should have at most `MAX_IMAGES`.

    Yields None after each piece of the work, and at last the map; by `"tsne"` also each map on the way to it.

    Raises:
        NotFiniteError: when what the network puts out is not finite.
        MissingExtraError: when t-SNE is asked for and not installed.
    """
    parts = []
    for part in outputs_in_parts(trained, sample, layer):
        if not all(np.isfinite(values).all() for values in part):
            raise NotFiniteError
        parts.append(part)
        yield None
    values = np.concatenate([values for values, _logits in parts]).astype(np.float64)
    points, explained = np.zeros((len(sample), 2)), (0.0, 0.0)
    for better in principal_components(values):
        points, explained = better
        yield None
    probabilities = softmax(np.concatenate([logits for _values, logits in parts]).astype(np.float64))
    pca = Projection(points, explained, probabilities.argmax(axis=1), probabilities.max(axis=1))
    if method == "pca":
        yield pca
        return
    for places, done in embed_tsne(values, points):
        yield replace(pca, points=places, explained=None, done=done)
