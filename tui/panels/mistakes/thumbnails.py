"""Small images of the Mistakes tab, with what stands under each."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.analysis.image_selection import ImageSelection
from engine.events import Explanation, Neighbours
from tui.text.class_names import short_name
from tui.text.glyphs import glyph

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEIGHBOURS_IN_A_ROW = 3


class SelectionThumbnails:
    """The images of an album, each with its class and the one that was read."""

    def __init__(self, selection: ImageSelection, names: Sequence[str] = ()) -> None:
        self.selection, self._names = selection, names

    def __len__(self) -> int:
        return len(self.selection)

    def picture(self, at: int) -> "NDArray[np.uint8]":
        """Return one image: `(height, width)`, uint8."""
        return self.selection.picture(at)

    def caption(self, at: int) -> str:
        """Return both classes, or the one where they agree."""
        true, predicted = self.selection.labels(at)
        name = short_name(self._names, true)
        if true == predicted:
            return f"{name} {glyph('✓', 'ok')}"
        return f"{name}{glyph('→', '>')}{short_name(self._names, predicted)}"


class NeighbourThumbnails:
    """The nearest training images: a row of the class that was read, a row of the true one."""

    def __init__(self, explanation: Explanation, names: Sequence[str] = ()) -> None:
        self._rows, self._names = explanation.neighbours, names

    def __len__(self) -> int:
        return len(self._rows) * NEIGHBOURS_IN_A_ROW

    def picture(self, at: int) -> "NDArray[np.uint8]":
        """Return one image, or an empty one where a class has fewer."""
        row, place = divmod(at, NEIGHBOURS_IN_A_ROW)
        images = self._rows[row].images
        image: NDArray[np.uint8] = (
            images[place] if place < len(images) else images[:0].sum(axis=0, dtype="uint8")
        )
        return image

    def caption(self, at: int) -> str:
        """Return its class and its distance."""
        row, place = divmod(at, NEIGHBOURS_IN_A_ROW)
        found = self._rows[row]
        name = short_name(self._names, found.label)
        if place < len(found.images):
            return f"{name}  {distance(found, place):.1f}"
        return "" if place else name


def distance(neighbours: Neighbours, at: int) -> float:
    """Return the Euclidean distance of one of them, of pixels from 0 to 1."""
    return math.sqrt(int(neighbours.distances[at])) / 255
