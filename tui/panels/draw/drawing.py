"""A drawing: pixels, a pen that leaves a soft line, and what can be taken back. It knows no screen."""

import math

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

LARGEST = 32
"""Pixels of the longer side, at the most; larger images are drawn smaller, and scaled."""
REMEMBERED = 200


class Drawing:
    """A picture `(rows, columns)`, uint8, 0 is paper, and the pictures before it."""

    def __init__(self, rows: int, columns: int) -> None:
        """Begin an empty one, of the proportions of images of `rows` x `columns`."""
        scale = min(1.0, LARGEST / max(rows, columns))
        self.rows, self.columns = max(1, round(rows * scale)), max(1, round(columns * scale))
        self.pixels: Pixels = np.zeros((self.rows, self.columns), np.uint8)
        self.radius = 0.3 + 0.03 * max(self.rows, self.columns)
        self._before: list[Pixels] = []
        self._after: list[Pixels] = []

    @property
    def is_empty(self) -> bool:
        """Whether nothing is drawn."""
        return not self.pixels.any()

    def begin(self) -> None:
        """Remember the picture as it is, to come back to: a stroke begins, or something as large."""
        self._before = [*self._before[-REMEMBERED:], self.pixels.copy()]
        self._after = []

    def stroke(self, start: tuple[float, float], end: tuple[float, float], *, erase: bool = False) -> None:
        """Draw a line between two places `(row, column)`, soft at its edge; or wipe it clean."""
        length = math.dist(start, end)
        y, x = np.mgrid[: self.rows, : self.columns]
        ink = np.zeros(self.pixels.shape)
        for share in np.linspace(0.0, 1.0, 1 + math.ceil(2 * length)):
            row, column = (a + (b - a) * share for a, b in zip(start, end, strict=True))
            distance = np.hypot(y - row, x - column)
            np.maximum(ink, np.clip(self.radius + 0.8 - distance, 0.0, 1.0), out=ink)
        drawn = np.rint(255 * ink).astype(np.uint8)
        self.pixels = (
            np.minimum(self.pixels, 255 - drawn) if erase else np.maximum(self.pixels, drawn)
        ).astype(np.uint8)

    def put(self, pixels: Pixels) -> None:
        """Replace all of it."""
        self.begin()
        self.pixels = pixels.copy()

    def clear(self) -> None:
        """Begin anew; it can be taken back."""
        self.put(np.zeros_like(self.pixels))

    def undo(self) -> bool:
        """Go back to the picture before; return whether there was one."""
        return self._go(self._before, self._after)

    def redo(self) -> bool:
        """Take back the last `undo`; return whether there was one."""
        return self._go(self._after, self._before)

    def _go(self, there: list[Pixels], here: list[Pixels]) -> bool:
        if not there:
            return False
        here.append(self.pixels)
        self.pixels = there.pop()
        return True
