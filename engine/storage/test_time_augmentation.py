"""Test-time augmentation: averages the predictions over small shifts of each image."""

from functools import partial
from itertools import product

import numpy as np
from numpy.typing import NDArray

from engine.data.dataset import Dataset
from engine.network.losses import SoftmaxCrossEntropy, softmax
from engine.storage.checkpoint import Checkpoint
from engine.training.learner import Evaluation


def evaluation_over_shifts(model: Checkpoint, dataset: Dataset, limit: int) -> Evaluation:
    """Evaluate a network on each test image shifted by up to `limit` pixels in every direction, and average.

    The probabilities are averaged over (2 limit + 1)² whole-pixel shifts; the border is filled with
    background (Krizhevsky et al. 2012 average over crops in the same way). The logits of the result are the
    logarithms of the means, and its loss is measured as the network's was.

    Raises:
        CheckpointError: when the images or classes are not of the network's size.
    """

    def shift(down: int, right: int, rows: NDArray[np.uint8]) -> None:
        images = rows.reshape(-1, dataset.height, dataset.width)
        images[:] = shifted(images, down, right)

    each = range(-limit, limit + 1)
    shifts = [partial(shift, down, right) for down, right in product(each, repeat=2)]
    probabilities = np.zeros((len(dataset.test_labels), dataset.classes))
    for evaluation in model.test_evaluations(dataset, shifts):
        probabilities += softmax(evaluation.logits.astype(np.float64))
    probabilities /= len(shifts)
    logits = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny)).astype(np.float32)
    loss = SoftmaxCrossEntropy(model.classes, model.hyperparameters.label_smoothing)
    return Evaluation(logits, loss.forward(logits, dataset.test_labels))


def shifted(images: NDArray[np.uint8], down: int, right: int) -> NDArray[np.uint8]:
    """Return images `(images, height, width)` moved by whole pixels; what comes in is paper."""
    moved = np.zeros_like(images)
    height, width = images.shape[1:]
    if abs(down) < height and abs(right) < width:
        to_y, from_y = _overlap(height, down)
        to_x, from_x = _overlap(width, right)
        moved[:, to_y, to_x] = images[:, from_y, from_x]
    return moved


def _overlap(pixels: int, by: int) -> tuple[slice, slice]:
    """Return where what stays in the image goes to, and where it comes from, along one axis."""
    return slice(max(by, 0), pixels + min(by, 0)), slice(max(-by, 0), pixels - max(by, 0))
