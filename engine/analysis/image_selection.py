"""Selects and sorts images by class and prediction: for the Mistakes panel and for `mlp-tui mistakes`."""

import math
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from engine.events import Predictions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Order(Enum):
    """The sort order of images."""

    CONFIDENCE = "confidence"
    """The probability of the predicted class; the most confident first."""
    LOSS = "loss"
    """-log of the probability of the true class; the largest first."""
    MARGIN = "margin"
    """The probability of the predicted class minus that of the second; the smallest first."""
    INDEX = "index"
    """The place in the file."""


@dataclass(frozen=True)
class ImageFilter:
    """Which images to show: of one class, predicted as one class, with or without correct predictions.

    None is any class. A true class that was predicted as itself is asked for by naming it twice.
    """

    true: int | None = None
    predicted: int | None = None
    correct: bool = False
    order: Order = Order.CONFIDENCE
    reverse: bool = False

    @property
    def without_classes(self) -> "ImageFilter":
        """The same without the filter by class."""
        return replace(self, true=None, predicted=None)

    @property
    def is_filtered(self) -> bool:
        """Whether images are left out for their class."""
        return (self.true, self.predicted) != (None, None)


def select_images(
    labels: "NDArray[np.int64]",
    predicted: "NDArray[np.int64]",
    probabilities: "NDArray[np.float32]",
    image_filter: ImageFilter,
) -> "NDArray[np.intp]":
    """Return the positions of the selected images, sorted. Equal ones keep their order.

    labels, predicted: `(images,)`, as they stand in the file; probabilities: `(images, classes)`
    """
    import numpy as np

    wanted = np.ones(len(labels), np.bool_)
    if not image_filter.correct and (
        image_filter.true is None or image_filter.true != image_filter.predicted
    ):
        wanted &= predicted != labels
    if image_filter.true is not None:
        wanted &= labels == image_filter.true
    if image_filter.predicted is not None:
        wanted &= predicted == image_filter.predicted
    positions = np.flatnonzero(wanted)
    rank: NDArray[np.generic]
    match image_filter.order:
        case Order.CONFIDENCE:
            rank = -probabilities[positions, predicted[positions]]
        case Order.LOSS:
            rank = probabilities[positions, labels[positions]]  # the smaller, the larger is the loss
        case Order.MARGIN:
            rank = margins(probabilities[positions])
        case Order.INDEX:
            rank = positions
    positions = positions[np.argsort(rank, kind="stable")]
    return positions[::-1] if image_filter.reverse else positions


def margins(probabilities: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """Return how far the likeliest class is ahead of the second: `(images,)`, for `(images, classes)`."""
    import numpy as np

    if probabilities.shape[1] < 2:
        return probabilities[:, -1]
    best = np.partition(probabilities, -2, axis=1)
    margins: NDArray[np.float32] = best[:, -1] - best[:, -2]
    return margins


@dataclass(eq=False)
class ImageSelection:
    """The selected images of one set of predictions, and the current one."""

    predictions: Predictions
    image_filter: ImageFilter = ImageFilter()
    at: int = 0
    positions: "NDArray[np.intp]" = field(init=False)

    def __post_init__(self) -> None:
        seen = self.predictions
        self.positions = select_images(seen.labels, seen.predicted, seen.probabilities, self.image_filter)

    def __len__(self) -> int:
        return len(self.positions)

    def go_to(self, at: int) -> None:
        """Go to an image, or to the nearest one that there is."""
        self.at = max(0, min(at, len(self) - 1))

    def with_filter(self, image_filter: ImageFilter) -> "ImageSelection":
        """Return another selection of the same images; with a new filter the current image stays the same."""
        selection = ImageSelection(self.predictions, image_filter)
        if len(self) and (image_filter.order, image_filter.reverse) == (
            self.image_filter.order,
            self.image_filter.reverse,
        ):
            same = (selection.positions == self.positions[self.at]).nonzero()[0]
            selection.at = int(same[0]) if len(same) else 0
        return selection

    def classes(self, *, predicted: bool) -> list[int]:
        """Return the true (or predicted) classes for which there are images to show."""
        free = (
            replace(self.image_filter, predicted=None, order=Order.INDEX)
            if predicted
            else replace(self.image_filter, true=None, order=Order.INDEX)
        )
        seen = self.predictions
        positions = select_images(seen.labels, seen.predicted, seen.probabilities, free)
        return sorted(set((seen.predicted if predicted else seen.labels)[positions].tolist()))

    # The current image

    @property
    def position(self) -> int:
        """Its place among the predictions."""
        return int(self.positions[self.at])

    @property
    def image(self) -> "NDArray[np.uint8]":
        """Its pixels: `(height, width)`, uint8."""
        return self.picture(self.at)

    @property
    def index(self) -> int:
        """Its place in its file, from 0."""
        return int(self.predictions.indices[self.position])

    @property
    def true(self) -> int:
        """Its class."""
        return int(self.predictions.labels[self.position])

    @property
    def probabilities(self) -> tuple[float, ...]:
        """What the network made of it, for each class."""
        return tuple(map(float, self.predictions.probabilities[self.position]))

    @property
    def predicted(self) -> int:
        """The predicted class."""
        return int(self.predictions.predicted[self.position])

    @property
    def loss(self) -> float:
        """-log of the probability of the true class, in nats; infinite where that is too small to be told."""
        probability = self.probabilities[self.true]
        return -math.log(probability) if probability > 0 else math.inf

    @property
    def margin(self) -> float:
        """The probability of the predicted class minus that of the second."""
        return float(margins(self.predictions.probabilities[self.position][None])[0])

    @property
    def rival(self) -> int | None:
        """The predicted class of a misclassified image; otherwise the second most probable class."""
        if self.predicted != self.true:
            return self.predicted
        others = [label for label in range(len(self.probabilities)) if label != self.true]
        return max(others, key=self.probabilities.__getitem__, default=None)

    # Any of the selected images, by its number

    def picture(self, at: int) -> "NDArray[np.uint8]":
        """Return the pixels of one of the images: `(height, width)`, uint8."""
        image: NDArray[np.uint8] = self.predictions.images[self.positions[at]]
        return image

    def labels(self, at: int) -> tuple[int, int]:
        """Return the true and the predicted class of one of the images."""
        position = self.positions[at]
        return int(self.predictions.labels[position]), int(self.predictions.predicted[position])
