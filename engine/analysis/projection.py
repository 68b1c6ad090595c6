"""What a layer makes of many images, laid out in the plane."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analysis.sample import Sample, logits_of, standardized
from engine.network.activations import Activation
from engine.network.losses import softmax
from engine.training.subject import Subject

MOST_IMAGES = 2_000


@dataclass(frozen=True, eq=False)
class Projection:
    """A place in the plane for each image of a sample, and what the network reads in it.

    points: `(images, 2)`; explained: the share of the variance along each of both axes
    predicted, confidence: `(images,)`
    """

    points: NDArray[np.float64]
    explained: tuple[float, float]
    predicted: NDArray[np.int64]
    confidence: NDArray[np.float64]


def layers_to_map(subject: Subject) -> tuple[int, ...]:
    """Return the numbers of the layers that can be mapped: 0 the pixels, then hidden layers, then logits."""
    return tuple(range(len(subject.network.dense) + 1))


def outputs(subject: Subject, sample: Sample, layer: int) -> NDArray[np.float64]:
    """Return what a layer puts out for each image: `(images, units)`, float64."""
    if layer == 0:
        return sample.images.reshape(len(sample), -1) / 255.0
    X = standardized(subject, sample.images)
    logits = subject.network.forward(X)
    hidden = [step.Y for step in subject.network.layers if isinstance(step, Activation)]
    return (logits if layer > len(hidden) else hidden[layer - 1]).astype(np.float64)


def principal_components(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """Return `(images, 2)` along the directions of largest variance, and their shares of it (Pearson 1901).

    Each direction points to where its largest component is positive, so that the same values give the same
    map.
    """
    centred = values - values.mean(axis=0)
    if centred.shape[1] < 2:
        centred = np.hstack([centred, np.zeros((len(centred), 2 - centred.shape[1]))])
    variances, directions = np.linalg.eigh(centred.T @ centred / max(1, len(centred) - 1))
    two = directions[:, :-3:-1]
    two = two * np.sign(two[np.abs(two).argmax(axis=0), (0, 1)])
    total = float(variances.sum()) or 1.0
    first, second = (max(0.0, float(variance)) / total for variance in variances[:-3:-1])
    return centred @ two, (first, second)


def project(subject: Subject, sample: Sample, layer: int) -> Projection:
    """Map what a layer makes of a sample, which should have no more than `MOST_IMAGES`."""
    points, explained = principal_components(outputs(subject, sample, layer))
    probabilities = softmax(logits_of(subject, sample.images))
    return Projection(
        points, explained, probabilities.argmax(axis=1), probabilities.max(axis=1).astype(float)
    )
