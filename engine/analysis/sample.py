"""The images that a network is judged by: of the test set, or of validation while that must not be seen."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.data.batches import Batcher
from engine.errors import EngineError
from engine.network.layers import Array
from engine.training.learner import EVALUATION_BATCH
from engine.training.subject import Subject
from engine.wording import N_

SplitName = Literal["test", "validation"]


class NotFiniteError(EngineError):
    """A network whose outputs are beyond use."""

    def __init__(
        self, template: str = N_("The outputs of this network are no longer finite numbers.")
    ) -> None:
        super().__init__(template)


@dataclass(frozen=True, eq=False)
class Sample:
    """Images of a split, in their order: the first `most`, or all.

    indices: `(images,)`, their places in the data set's training or test images
    images: `(images, height, width)`, uint8; labels: `(images,)`; of: how many the split has
    """

    subject: Subject
    split: SplitName
    indices: NDArray[np.int64]
    of: int

    @classmethod
    def take(cls, subject: Subject, split: SplitName, most: int | None = None) -> "Sample":
        """Take the first `most` images of a split of the network's own run; None for all."""
        learner = subject.learner
        indices = learner.split.validation
        if split == "test":
            indices = np.arange(len(subject.dataset.test_labels))
        return cls(subject, split, indices[:most], len(indices))

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def labels(self) -> NDArray[np.int64]:
        """The true classes: `(images,)`."""
        dataset = self.subject.dataset
        labels: NDArray[np.int64] = dataset.test_labels if self.split == "test" else dataset.train_labels
        return labels[self.indices]

    def images(self, place: slice | int = slice(None)) -> NDArray[np.uint8]:
        """Return a copy of some of the images."""
        dataset = self.subject.dataset
        images = dataset.test_images if self.split == "test" else dataset.train_images
        return np.array(images[self.indices[place]])

    def places(self) -> Iterator[slice]:
        """Yield one batch after the other, as `Learner.evaluate` makes them: it gives the same bits."""
        for start in range(0, len(self), EVALUATION_BATCH):
            yield slice(start, min(start + EVALUATION_BATCH, len(self)))

    def gather(self, images: NDArray[np.uint8]) -> Array:
        """Return images `(batch, height, width)` as the network gets them: `(batch, pixels)`."""
        labels = np.zeros(len(images), np.int64)
        X, _labels = Batcher(images, labels, self.subject.learner.standardization).gather(
            np.arange(len(images))
        )
        return X

    def forward(self, images: NDArray[np.uint8]) -> Array:
        """Return the network's logits `(batch, classes)`, valid until its next forward pass.

        Raises:
            NotFiniteError: when they are not finite.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            logits = self.subject.network.forward(self.gather(images))
        if not np.isfinite(logits).all():
            raise NotFiniteError
        return logits


def logits(sample: Sample) -> Iterator[NDArray[np.float64]]:
    """Yield the logits of one batch of the sample after the other.

    Raises:
        NotFiniteError: when they are not finite.
    """
    for place in sample.places():
        yield sample.forward(sample.images(place)).astype(np.float64)
