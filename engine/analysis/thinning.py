"""Reduces the points of a curve to what a chart can show, keeping every spike."""

from collections.abc import Sequence
from operator import itemgetter

Point = tuple[float, float]
"""A place on the axis of epochs and a value there."""

_value = itemgetter(1)


def thinned(points: Sequence[Point], columns: int) -> list[Point]:
    """Return at most two points a column, the lowest and the highest of each stretch: no spike is lost."""
    if len(points) <= 2 * columns:
        return list(points)
    kept: list[Point] = []
    for column in range(columns):
        stretch = points[column * len(points) // columns : (column + 1) * len(points) // columns]
        kept += sorted({min(stretch, key=_value), max(stretch, key=_value)})
    return kept
