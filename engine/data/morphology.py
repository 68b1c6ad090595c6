"""Grey and binary pictures: made smaller, smoothed, closed, grown, and taken apart into components."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Mask = NDArray[np.bool_]

BAND = 64
"""Rows that are worked on at once, few enough for the processor's cache."""


def reduced(picture: Grey, factor: int) -> Grey:
    """Return a picture `factor` times smaller: means of squares; what does not fill a square is cut off."""
    if factor == 1:
        return picture
    rows, columns = (side // factor for side in picture.shape)
    small = np.empty((rows, columns), np.uint8)
    for row in range(0, rows, BAND):
        band = picture[row * factor : min(row + BAND, rows) * factor, : columns * factor]
        tall = np.add.reduce([band[offset::factor] for offset in range(factor)], axis=0, dtype=np.uint16)
        total = np.add.reduce([tall[:, offset::factor] for offset in range(factor)], axis=0, dtype=np.uint32)
        small[row : row + BAND] = (total + factor * factor // 2) // (factor * factor)
    return small


def smoothed(picture: Grey) -> Grey:
    """Return the mean of each pixel and its neighbours, by the weights 1 2 1 along each axis."""
    padded = np.pad(picture, 1, mode="edge")
    result = np.empty_like(picture)
    for row in range(0, len(picture), BAND):
        band = padded[row : row + BAND + 2].astype(np.uint16)
        tall = band[:-2] + 2 * band[1:-1] + band[2:]
        both = tall[:, :-2] + 2 * tall[:, 1:-1] + tall[:, 2:]
        result[row : row + BAND] = (both + 8) >> 4
    return result


def closed(picture: Grey, size: int) -> Grey:
    """Return the grey closing by a square of `size` x `size` pixels; `size` is odd.

    Dark things that the square does not fit into are filled; all others keep their edges, straight ones at
    any angle and however sharp (Soille 2003, Morphological Image Analysis, section 4.3). Things that touch
    the picture's edge are treated alike.
    """
    for axis in (0, 1):
        picture = extreme(picture, size, axis, np.maximum, 0)
    for axis in (0, 1):
        picture = extreme(picture, size, axis, np.minimum, 255)
    return picture


def extreme(picture: Grey, size: int, axis: int, choose: np.ufunc, outside: int) -> Grey:
    """Return the largest, or smallest, of `size` pixels in a line around each, by doubling the length."""
    margin = [(0, 0), (0, 0)]
    margin[axis] = (size // 2, size - 1 - size // 2)
    now = np.pad(picture, margin, constant_values=outside)
    length = 1
    while length < size:
        step = min(length, size - length)
        now = choose(now[step:], now[:-step]) if axis == 0 else choose(now[:, step:], now[:, :-step])
        length += step
    return now


def grown(mask: Mask, radius: float) -> Mask:
    """Return a mask grown by a disc of that radius, in pixels, to all sides; shrunk, where it is negative."""
    if radius < 0:
        return ~grown(~mask, -radius)
    reach = int(radius)
    padded = np.pad(mask, reach)
    rows, columns = mask.shape
    result = mask.copy()
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            if down * down + right * right <= radius * radius:
                top, left = reach + down, reach + right
                result |= padded[top : top + rows, left : left + columns]
    return result


def stroke_width(areas: NDArray[np.number], sides: NDArray[np.number]) -> NDArray[np.float64]:
    """Return the mean width of strokes, in pixels, from their areas and outlines.

    A stroke of length l and width w covers l w and has an outline of 2 l: w = 2 area / outline. `sides`
    counts the sides of pixels along it, which is 4 / pi too many on the mean of all directions (Cauchy,
    Crofton).
    """
    widths: NDArray[np.float64] = 2.0 * areas / np.maximum(sides * (np.pi / 4), 1.0)
    return widths


@dataclass(frozen=True, eq=False)
class Components:
    """What hangs together in a mask, also over corners: an entry of each array for each component.

    boxes: `(components, 4)`: left, top, right, bottom, the last two just outside; areas: in pixels;
    widths: of the strokes, in pixels; labels: `(rows, columns)`, 1 for the first component, 0 where there
    is none
    """

    boxes: NDArray[np.intp]
    areas: NDArray[np.float64]
    widths: NDArray[np.float64]
    labels: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.areas)

    def sums(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the sum of `values`, `(rows, columns)`, over each component."""
        return np.bincount(self.labels.ravel(), values.ravel(), len(self) + 1)[1:].astype(np.float64)


def components(mask: Mask) -> Components:
    """Return the connected components: runs of each row, joined with those that they touch in the next."""
    rows, columns = mask.shape
    stride = columns + 2  # two blank columns: a run never touches one at the other end of the next row
    padded = np.zeros((rows, stride), np.int8)
    padded[:, 1:-1] = mask
    changes = np.flatnonzero(np.diff(padded.ravel()))
    starts, ends = changes[::2] + 1, changes[1::2] + 1
    upper, lower = _touching(starts, ends, stride)
    kept, number = np.unique(_joined(len(starts), upper, lower), return_inverse=True)
    count, lengths = len(kept), ends - starts
    areas = np.bincount(number, lengths, count).astype(np.float64)
    shared = np.minimum(ends[upper] + stride, ends[lower]) - np.maximum(starts[upper] + stride, starts[lower])
    inside = np.bincount(number[upper], np.maximum(shared, 0), count)
    sides = 2 * np.bincount(number, minlength=count) + 2 * areas - 2 * inside
    row, left = starts // stride, starts % stride - 1
    boxes = np.empty((count, 4), np.intp)
    boxes[:, :2], boxes[:, 2:] = max(rows, columns), 0
    np.minimum.at(boxes[:, 0], number, left)
    np.minimum.at(boxes[:, 1], number, row)
    np.maximum.at(boxes[:, 2], number, left + lengths)
    np.maximum.at(boxes[:, 3], number, row + 1)
    labels = np.zeros((rows, columns), np.int32)
    places = np.repeat(row * columns + left - np.cumsum(lengths) + lengths, lengths)
    labels.ravel()[places + np.arange(len(places))] = np.repeat(number + 1, lengths)
    return Components(boxes, areas, stroke_width(areas, sides), labels)


def _touching(
    starts: NDArray[np.intp], ends: NDArray[np.intp], stride: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the pairs of runs that touch: the upper one and the lower one of each."""
    first = np.searchsorted(ends, starts + stride, "left")
    counts = np.maximum(np.searchsorted(starts, ends + stride, "right") - first, 0)
    upper = np.repeat(np.arange(len(starts)), counts)
    within = np.arange(len(upper)) - np.repeat(np.cumsum(counts) - counts, counts)
    return upper, within + np.repeat(first, counts)


def _joined(count: int, one: NDArray[np.intp], other: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return for each of `count` things the first of those that it hangs together with, given all pairs."""
    roots = np.arange(count)
    while True:
        a, b = roots[one], roots[other]
        if np.array_equal(a, b):
            return roots
        np.minimum.at(roots, np.maximum(a, b), np.minimum(a, b))
        while not np.array_equal(roots, roots[roots]):
            roots = roots[roots]
