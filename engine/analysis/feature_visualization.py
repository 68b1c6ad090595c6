"""Visualises units: weights as images, the images that activate a unit most, activation maximisation."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.analysis.evaluation_sample import EvaluationSample, NotFiniteError
from engine.analysis.projection import outputs
from engine.network.layers import Array
from engine.training.trained_network import TrainedNetwork

STEPS = 60


def weight_images(trained: TrainedNetwork) -> NDArray[np.float32]:
    """Return the weights of the first layer, an image for each unit: `(units, height, width)`."""
    data, W = trained.dataset, trained.network.dense[0].W
    return np.ascontiguousarray(W.T).reshape(-1, data.height, data.width)


def by_norm(trained: TrainedNetwork, layer: int) -> NDArray[np.int64]:
    """Return the units of a dense layer, by the norm of their weights, the largest first: `(units,)`."""
    norms = np.linalg.norm(trained.network.dense[layer].W, axis=0)
    return np.argsort(-norms, kind="stable")


def most_activating_images(
    trained: TrainedNetwork, sample: EvaluationSample, layer: int, limit: int = 6
) -> NDArray[np.int64]:
    """Return the images of a sample that activate each unit of a dense layer most: `(units, limit)`.

    For hidden units the activation counts, for those of the output layer the logit.
    """
    answers = outputs(trained, sample, layer + 1)
    return np.argsort(-answers, axis=0, kind="stable")[:limit].T


def maximise_activations(trained: TrainedNetwork, layer: int) -> Iterator[NDArray[np.uint8]]:
    """Yield after each step, for each unit of a dense layer, an image that activates it more.

    Images are `(units, height, width)`. Of wide layers a step takes a tenth of a second, all of them seconds.

    Gradient ascent on the pixels, from grey, among images of the usual contrast (Erhan, Bengio, Courville and
    Vincent 2009): the unit's weighted sum is raised, and after each step the image is brought back to the
    mean length of those that the network learned, and to pixels from 0 to 255.

    Raises:
        NotFiniteError: when the network's weights are not finite, or too large to go back through.
    """
    network, scale, data = trained.clone(), trained.learner.standardization, trained.dataset
    target = network.dense[layer]
    units = target.outputs
    known = trained.learner.training.gather(trained.learner.split.training[:500])[0]
    length = float(np.linalg.norm(known, axis=1).mean())
    low, high = -scale.mean / scale.deviation, (1.0 - scale.mean) / scale.deviation
    X: Array = np.zeros((units, data.pixels), np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        network.forward(X)  # makes the buffers
    before = network.layers[: network.layers.index(target) + 1]
    wanted = np.eye(units, dtype=np.float32)
    for _step in range(STEPS):
        with np.errstate(over="ignore", invalid="ignore"):
            Y: Array = X
            for part in before:
                Y = part.forward(Y, training=False)
            dY: Array = wanted
            for part in reversed(before):
                dY = part.backward(dY)
        if not np.isfinite(dY).all():
            raise NotFiniteError
        slope = np.linalg.norm(dY, axis=1, keepdims=True)
        X = X + (4.0 * length / STEPS) * dY / np.where(slope > 0, slope, 1.0)
        X *= length / np.maximum(np.linalg.norm(X, axis=1, keepdims=True), length)
        X = np.clip(X, low, high).astype(np.float32)
        pixels = np.clip(np.rint(255 * (X * scale.deviation + scale.mean)), 0, 255).astype(np.uint8)
        yield pixels.reshape(units, data.height, data.width)
