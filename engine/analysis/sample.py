"""The images that a network is examined on: held out in training, and after it those of the test set."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.network.layers import Array
from engine.network.losses import softmax
from engine.training.learner import EVALUATION_BATCH
from engine.training.subject import Subject


@dataclass(frozen=True, eq=False)
class Sample:
    """Images of a split (`validation` or `test`), their labels and their places in its file.

    images: `(images, height, width)`, uint8; labels, indices: `(images,)`
    """

    split: str
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    indices: NDArray[np.int64]

    @classmethod
    def of(cls, subject: Subject, split: str, most: int | None = None) -> "Sample":
        """Take the first `most` images of a split, or all."""
        dataset = subject.dataset
        if split == "validation":
            indices = subject.learner.split.validation[:most]
            return cls(split, dataset.train_images[indices], dataset.train_labels[indices], indices)
        indices = np.arange(len(dataset.test_labels))[:most]
        return cls(split, dataset.test_images[:most], dataset.test_labels[:most], indices)

    def __len__(self) -> int:
        return len(self.labels)


def standardized(subject: Subject, images: NDArray[np.uint8]) -> Array:
    """Return images as the network was trained on them: `(images, pixels)`, float32."""
    scale = subject.learner.standardization
    X = images.reshape(len(images), -1).astype(np.float32)
    X *= 1.0 / (255.0 * scale.deviation)
    X -= scale.mean / scale.deviation
    return X


def logits_of(subject: Subject, images: NDArray[np.uint8]) -> Array:
    """Return the network's logits for images, which need not be of its data set: `(images, classes)`."""
    logits = np.empty((len(images), subject.dataset.classes), np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(images), EVALUATION_BATCH):
            part = slice(start, start + EVALUATION_BATCH)
            logits[part] = subject.network.forward(standardized(subject, images[part]))
    return logits


def probabilities_of(subject: Subject, sample: Sample) -> NDArray[np.float32]:
    """Return the probability of each class for each image: `(images, classes)`."""
    return softmax(logits_of(subject, sample.images))
