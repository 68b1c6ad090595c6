"""Pieces of ink put together to digits, and digits to lines."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.data.morphology import Components, Mask, components

MOST_PIECES = 200
SPECK, LOWEST = 0.06, 0.45
"""Length of a piece, and height of a digit, as shares of a digit's usual height, at the least."""
THINNEST = 0.1
"""Ink of a digit, as a share of the one with the most, at the least."""
WIDEST = 1.25
"""Width of a digit, as a share of its height; in what is wider, two touch."""


@dataclass(frozen=True)
class Box:
    """A rectangle of pixels; right and bottom are just outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    def around(self, other: "Box") -> "Box":
        """Return the smallest that holds both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def overlap(self, other: "Box") -> tuple[int, int]:
        """Return how many columns and rows they share; negative is the gap between them."""
        return (
            min(self.right, other.right) - max(self.left, other.left),
            min(self.bottom, other.bottom) - max(self.top, other.top),
        )

    def enlarged(self, factor: int) -> "Box":
        """Return where it lies in a picture `factor` times as large."""
        return Box(self.left * factor, self.top * factor, self.right * factor, self.bottom * factor)


@dataclass(frozen=True, eq=False)
class Group:
    """The ink of one digit: where it lies, and which pixels of its box are ink, `(rows, columns)`."""

    box: Box
    mask: Mask


def grouped(
    parts: Components, wanted: NDArray[np.bool_], usual_height: float, *, split: bool = True
) -> list[Group]:
    """Put pieces that belong together into one group for each digit; what is too small for one is left out.

    wanted: `(components,)`, which may be part of a digit; usual_height: of the digits, in pixels; split: cut
    what is too wide for a digit
    """
    sizes = (parts.boxes[:, 2:] - parts.boxes[:, :2]).max(axis=1)
    chosen = np.flatnonzero(wanted & (sizes > SPECK * usual_height) & (sizes < 2.5 * usual_height))
    chosen = chosen[np.argsort(-parts.areas[chosen])][:MOST_PIECES]
    pieces = [(Box(*parts.boxes[number].tolist()), [int(number)]) for number in chosen]
    place = 0
    while place < len(pieces):
        box, numbers = pieces[place]
        for other in range(place + 1, len(pieces)):
            if _belong_together(box, pieces[other][0], usual_height):
                pieces[place] = box.around(pieces[other][0]), numbers + pieces.pop(other)[1]
                place = -1  # the larger box may reach others
                break
        place += 1
    most = max((parts.areas[numbers].sum() for _box, numbers in pieces), default=0.0)
    groups: list[Group] = []
    for box, numbers in pieces:
        if box.height >= LOWEST * usual_height and parts.areas[numbers].sum() >= THINNEST * most:
            labels = parts.labels[box.top : box.bottom, box.left : box.right]
            group = Group(box, np.isin(labels, np.array(numbers) + 1))
            groups += _split(group) if split else [group]
    return groups


def _belong_together(one: Box, other: Box, usual: float) -> bool:
    """Return whether two pieces are of one digit: a broken stroke, the bar of a 5, the two strokes of a 4."""
    columns, rows = one.overlap(other)
    both = one.around(other)
    above = (
        columns >= 0.5 * min(one.width, other.width) and rows > -0.25 * usual and both.height < 1.5 * usual
    )
    small = min(one.height, other.height) < 0.55 * usual
    beside = columns > -0.15 * usual and rows > -0.12 * usual and both.height < 1.4 * usual
    side_by_side = (
        columns > -0.1 * usual and rows > 0 and both.height < 1.3 * usual and both.width < 0.9 * usual
    )
    return above or (small and beside) or side_by_side


def _split(group: Group) -> list[Group]:
    """Cut what is too wide for a digit where it has least ink, if both parts are nearly as high as it was.

    At most one stroke is cut: a wide 0 has two above each other.
    """
    box, mask = group.box, group.mask
    if box.width <= WIDEST * box.height:
        return [group]
    ink = mask.sum(axis=0)
    strokes = mask[0].astype(int) + (mask[1:] & ~mask[:-1]).sum(axis=0)
    from_middle = np.abs(np.arange(box.width) - box.width / 2) / box.width
    cost = np.where((from_middle < 0.25) & (strokes < 2), ink + 0.1 * box.height * from_middle, np.inf)
    if np.isinf(cost.min()):
        return [group]
    cut = int(cost.argmin())
    parts = [_trimmed(box, mask, 0, cut), _trimmed(box, mask, cut, box.width)]
    if min(_longest(part.mask) for part in parts) < 0.7 * box.height:
        return [group]
    return [piece for part in parts for piece in _split(part)]


def _longest(mask: Mask) -> int:
    """Return the height of the highest of what hangs together."""
    boxes = components(mask).boxes
    return int((boxes[:, 3] - boxes[:, 1]).max(initial=0))


def _trimmed(box: Box, mask: Mask, start: int, end: int) -> Group:
    """Return the ink of some columns, in a box without blank rows."""
    part = mask[:, start:end]
    rows = np.flatnonzero(part.any(axis=1))
    top, bottom = (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, 0)
    smaller = replace(
        box, left=box.left + start, right=box.left + end, top=box.top + top, bottom=box.top + bottom
    )
    return Group(smaller, part[top:bottom])


def reading_order(boxes: Sequence[Box]) -> list[int]:
    """Return the numbers of the boxes line by line, from left to right; a line may rise or fall.

    A box goes on with the line whose last one is nearest to its left and overlaps it in height.
    """
    lines: list[list[int]] = []
    for number in sorted(range(len(boxes)), key=lambda number: boxes[number].left):
        box = boxes[number]
        nearest: list[int] | None = None
        for line in lines:
            last = boxes[line[-1]]
            shared = box.overlap(last)[1] > 0.5 * min(box.height, last.height)
            if shared and (nearest is None or last.right > boxes[nearest[-1]].right):
                nearest = line
        if nearest is None:
            lines.append([number])
        else:
            nearest.append(number)
    lines.sort(key=lambda line: sum(boxes[n].top + boxes[n].bottom for n in line) / len(line))
    return [number for line in lines for number in line]
