"""Which images to look at, and in which order: for the Mistakes panel and for `mlp-tui mistakes`."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.events import Predictions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def most_certain_first(
    labels: "NDArray[np.int64]",
    predicted: "NDArray[np.int64]",
    probabilities: "NDArray[np.float32]",
    cell: tuple[int, int] | None = None,
) -> "NDArray[np.intp]":
    """Return the positions of the misread images, those first that the network was surest of.

    With a `cell` (true class, predicted class), the images of that cell of the confusion matrix instead,
    also those on its diagonal. Equally sure ones keep their order.

    labels, predicted: `(images,)`; probabilities: `(images, classes)`
    """
    import numpy as np

    if cell is None:
        positions = np.flatnonzero(predicted != labels)
    else:
        positions = np.flatnonzero((labels == cell[0]) & (predicted == cell[1]))
    certainty = probabilities[positions, predicted[positions]]
    return positions[np.argsort(-certainty, kind="stable")]


@dataclass
class Album:
    """The images of one set of predictions that are looked at one by one, the surest first.

    `cell` is the cell of the confusion matrix that they are from; None: all mistakes.
    """

    predictions: Predictions
    cell: tuple[int, int] | None = None
    at: int = 0
    positions: "NDArray[np.intp]" = field(init=False)

    def __post_init__(self) -> None:
        seen = self.predictions
        self.positions = most_certain_first(seen.labels, seen.predicted, seen.probabilities, self.cell)

    def __len__(self) -> int:
        return len(self.positions)

    def turn_to(self, at: int) -> None:
        """Go to an image, or to the nearest one that there is."""
        self.at = max(0, min(at, len(self) - 1))

    @property
    def image(self) -> "NDArray[np.uint8]":
        """The image that is looked at: `(height, width)`, uint8."""
        image: NDArray[np.uint8] = self.predictions.images[self.positions[self.at]]
        return image

    @property
    def index(self) -> int:
        """Its place in its file, from 0."""
        return int(self.predictions.indices[self.positions[self.at]])

    @property
    def true(self) -> int:
        """Its class."""
        return int(self.predictions.labels[self.positions[self.at]])

    @property
    def probabilities(self) -> tuple[float, ...]:
        """What the network made of it, for each class."""
        return tuple(map(float, self.predictions.probabilities[self.positions[self.at]]))

    @property
    def predicted(self) -> int:
        """The class that the network read."""
        return int(self.predictions.predicted[self.positions[self.at]])
