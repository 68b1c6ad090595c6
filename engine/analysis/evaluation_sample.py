"""The images that an analysis evaluates: the first images of the validation or the test set."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.network.layers import Array
from engine.network.mlp import MLP
from engine.sentences import N_
from engine.training.learner import EVALUATION_BATCH
from engine.training.trained_network import TrainedNetwork


class NotFiniteError(EngineError):
    """A network whose outputs are not finite, as when its learning rate was far too high."""

    def __init__(self) -> None:
        super().__init__(N_("The outputs of this network are no longer finite numbers."))

    def __reduce__(self) -> tuple[object, ...]:
        return NotFiniteError, ()


@dataclass(frozen=True, eq=False)
class EvaluationSample:
    """Images of a split (`validation` or `test`), their labels and their places in its file.

    images: `(images, height, width)`, uint8; labels, indices: `(images,)`; left_out: how many more
    images the split has
    """

    split: str
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    indices: NDArray[np.int64]
    left_out: int = 0

    @classmethod
    def of(cls, trained: TrainedNetwork, split: str, limit: int | None = None) -> "EvaluationSample":
        """Take the first `limit` images of a split, or all."""
        dataset = trained.dataset
        images, labels = dataset.test_images, dataset.test_labels
        if split == "validation":
            images, labels = dataset.train_images, dataset.train_labels
        held_out = trained.learner.held_out(split)[1]
        indices = held_out[:limit]
        return cls(split, images[indices], labels[indices], indices, len(held_out) - len(indices))

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def split_size(self) -> int:
        """How many images the split has."""
        return len(self) + self.left_out


def standardized(trained: TrainedNetwork, images: NDArray[np.uint8]) -> Array:
    """Return images as the network was trained on them: `(images, pixels)`, float32."""
    standardization = trained.learner.standardization
    X = standardization.prepared(images).reshape(len(images), -1).astype(np.float32)
    X *= standardization.scale
    X -= standardization.shift
    return X


def logits_in_parts(
    trained: TrainedNetwork, images: NDArray[np.uint8], network: MLP | None = None
) -> Iterator[Array]:
    """Yield the logits `(batch, classes)` of one batch of images after the other, float32.

    They are of the trained network, or of `network`, a changed copy of it. The batches are those of
    `Learner.evaluate`, so that the same images have the same bits.

    Raises:
        NotFiniteError: when they are not finite.
    """
    network = network or trained.network
    for start in range(0, len(images), EVALUATION_BATCH):
        with np.errstate(over="ignore", invalid="ignore"):
            logits = network.forward(standardized(trained, images[start : start + EVALUATION_BATCH]))
        if not np.isfinite(logits).all():
            raise NotFiniteError
        yield logits.copy()


def logits_of(trained: TrainedNetwork, images: NDArray[np.uint8]) -> Array:
    """Return the network's logits for images, which need not be of its data set: `(images, classes)`.

    Raises:
        NotFiniteError: when they are not finite.
    """
    return np.concatenate(list(logits_in_parts(trained, images)))
