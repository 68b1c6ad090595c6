"""Explains a prediction: the gradient of the margin by the pixels, and the nearest training images."""

import numpy as np
from numpy.typing import NDArray

from engine.commands import ExplainPrediction
from engine.events import Explanation, Neighbours, finite
from engine.network.layers import Array
from engine.network.mlp import MLP
from engine.training.learner import Learner

NEIGHBOURS = 3
PIXELS_AT_ONCE = 2**20
"""How many pixels are compared at a time: the differences then take 4 MB, whatever the data set."""


def explain(
    learner: Learner, question: ExplainPrediction, epoch: int, batch: int | None
) -> Explanation | None:
    """Answer the query with the current weights, which are those of `epoch` and `batch`.

    None where there is no such image, or no such class besides its own. It writes only to buffers that every
    mini-batch overwrites, so that it does not affect the run.
    """
    dataset = learner.dataset
    batcher, _indices = learner.held_out(question.split)
    if not (0 <= question.index < len(batcher.labels) and 0 <= question.other < dataset.classes):
        return None
    true = int(batcher.labels[question.index])
    if true == question.other:
        return None
    X, _ = batcher.gather(np.array([question.index]))
    logits, gradient = margin_gradient(learner.network, X, true, question.other)
    learned = learner.split.training
    image, known = batcher.images[question.index], learner.training.images
    return Explanation(
        split=question.split,
        index=question.index,
        true=true,
        other=question.other,
        epoch=epoch,
        batch=batch,
        predicted=int(logits.argmax()),
        margin=finite(logits[question.other] - logits[true]),
        gradient=gradient.reshape(dataset.height, dataset.width) if np.isfinite(gradient).all() else None,
        neighbours=(
            nearest_of_class(image, known, dataset.train_labels, learned, question.other),
            nearest_of_class(image, known, dataset.train_labels, learned, true),
        ),
    )


def margin_gradient(network: MLP, X: Array, true: int, other: int) -> tuple[Array, NDArray[np.float32]]:
    """Return the logits of one image and the gradient of logit[other] - logit[true] by its pixels.

    As in evaluation: no dropout, and batch normalisation by its running figures.

    X: `(1, pixels)`, standardised; returns `(classes,)` and `(pixels,)`, copies
    """
    with np.errstate(over="ignore", invalid="ignore"):
        logits = network.forward(X)[0].copy()
        dlogits = np.zeros((1, len(logits)), network.dtype)
        dlogits[0, other], dlogits[0, true] = 1.0, -1.0
        return logits, network.input_gradient(dlogits, alone=True)[0].astype(np.float32)


def nearest_of_class(
    image: NDArray[np.uint8],
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    among: NDArray[np.int64],
    label: int,
) -> Neighbours:
    """Return the images of class `label`, of those at the places `among`, that are nearest to `image`.

    Distances are sums of whole numbers, and exact. Of equally near ones the first come first.
    """
    places = among[labels[among] == label]
    distances = np.empty(len(places), np.int64)
    ours = image.astype(np.int32)
    at_once = max(1, PIXELS_AT_ONCE // image.size)
    for start in range(0, len(places), at_once):
        part = slice(start, start + at_once)
        differences = images[places[part]] - ours
        np.einsum("ijk,ijk->i", differences, differences, out=distances[part], dtype=np.int64)
    nearest = np.argsort(distances, kind="stable")[:NEIGHBOURS]
    return Neighbours(label, places[nearest], distances[nearest], images[places[nearest]])
