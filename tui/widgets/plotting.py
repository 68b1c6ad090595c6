"""A drawing made into characters by plotext: axes, lines, symbols. Nothing here knows of widgets.

plotext counts characters, not cells, so that a double-width one would shift its columns: everything that a
person reads in words stands outside the plot.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Point = tuple[float, float]
Rgb = tuple[int, int, int]

LINE = "braille"
BEST, DIVERGED = "★", "✗"
_SMALLEST = (12, 3)
"""Below this many columns and rows there is no room for axes, and nothing is drawn."""


@dataclass(frozen=True)
class Curve:
    """A line of a chart. Symbols stand at whole epochs; `style` names one of the plot's component classes."""

    label: str
    points: tuple[Point, ...]
    symbol: str
    style: str

    @property
    def latest(self) -> float | None:
        """The value at the last whole epoch."""
        return next((y for x, y in reversed(self.points) if x == int(x)), None)


@dataclass(frozen=True)
class Drawing:
    """What a chart shows: curves from epoch 0 to `last_epoch`, the best epoch, and where it diverged."""

    curves: tuple[Curve, ...]
    last_epoch: int
    best: Point | None = None
    diverged: float | None = None


def plot(drawing: Drawing, width: int, height: int, color: Callable[[str], Rgb], *, percent: bool) -> str:
    """Return the plot as `height` lines with its colours as ANSI codes; empty where it cannot fit.

    color: the colour of `axis`, `best`, `diverged`, and of each curve's style
    """
    if width < _SMALLEST[0] or height < _SMALLEST[1]:
        return ""
    curves = [(curve, finite(curve.points)) for curve in drawing.curves]
    values = [y for _, points in curves for _, y in points]
    if not values:
        return ""
    low, high = value_range(values, (0.0, 1.0) if percent else (0.0, math.inf))
    y_ticks = nice_ticks(low, high, max(3, (height - 2) // 2))
    y_labels = _labels(y_ticks, 100 if percent else 1, "%" if percent else "")
    margin = max(map(len, y_labels), default=0) + 1
    columns, rows = width - margin, height - 2
    last = max(1, drawing.last_epoch)

    figure = _figure(width, height)
    axis = color("axis")
    figure.ticks_color(axis)
    figure.axes_color("default")
    figure.canvas_color("default")
    figure.xaxes(True, False)
    figure.yaxes(True, False)
    figure.xlim(0, last)
    figure.ylim(low, high)
    x_ticks = epoch_ticks(last, max(1, columns // 8))
    figure.xticks(x_ticks, [str(tick) for tick in x_ticks])
    figure.yticks(y_ticks, y_labels)

    cells = _Cells((0, last), (low, high), columns, rows)
    for curve, points in curves:
        if len(points) > 1:
            line = [(min(x, last), min(max(y, low), high)) for x, y in thinned(points, columns)]
            figure.plot(*zip(*line, strict=True), marker=LINE, color=color(curve.style))
    for curve, points in curves:
        symbols = points if len(points) == 1 else spaced_out(points, columns // 4)
        marked = [cells.centre(point) for point in symbols]
        if marked:
            xs, ys = zip(*marked, strict=True)
            figure.scatter(xs, ys, marker=curve.symbol, color=color(curve.style))
    if drawing.diverged is not None:
        figure.vertical_line(min(drawing.diverged, last), color=color("diverged"))
    if drawing.best is not None and math.isfinite(drawing.best[1]):
        x, y = cells.centre(drawing.best)
        figure.scatter([x], [y], marker=BEST, color=color("best"))
    return str(figure.build()).rstrip("\n")


@dataclass(frozen=True)
class _Cells:
    """The grid of characters of a plot, on which its lines of braille dots lie."""

    x_range: Point
    y_range: Point
    columns: int
    rows: int

    def centre(self, point: Point) -> Point:
        """Return the point whose symbol plotext puts into the cell that the line goes through there.

        plotext rounds a symbol to the nearest cell, but a line to the nearest dot, which may lie in the
        next cell: the symbol would hang beside its line.
        """
        return (
            _snapped(point[0], self.x_range, self.columns, 2),
            _snapped(point[1], self.y_range, self.rows, 4),
        )


def _snapped(value: float, limits: Point, cells: int, dots: int) -> float:
    low, high = limits
    share = min(1.0, max(0.0, (value - low) / (high - low)))
    cell = math.floor(0.5 + (cells * dots - 1) * share + 1e-9) // dots
    return low + (high - low) * cell / max(1, cells - 1)


def finite(points: Iterable[Point]) -> list[Point]:
    """Return the points that can be drawn: plotext raises on an infinite one."""
    return [point for point in points if math.isfinite(point[0]) and math.isfinite(point[1])]


def thinned(points: Sequence[Point], columns: int) -> list[Point]:
    """Return at most two points a column, the lowest and the highest of each stretch: no spike is lost."""
    if len(points) <= 2 * columns:
        return list(points)
    kept: list[Point] = []
    for column in range(columns):
        start = column * len(points) // columns
        stretch = range(start, (column + 1) * len(points) // columns)
        lowest = min(stretch, key=lambda index: points[index][1])
        highest = max(stretch, key=lambda index: points[index][1])
        kept += [points[index] for index in sorted({lowest, highest})]
    return kept


def spaced_out(points: Sequence[Point], most: int) -> list[Point]:
    """Return about `most` of the points at whole epochs, evenly, the last one included."""
    whole = [point for point in points if point[0] == int(point[0])]
    every = max(1, math.ceil(len(whole) / max(1, most)))
    return whole[::-1][::every]


def value_range(values: Sequence[float], bounds: Point) -> Point:
    """Return the limits of the axis: a little beyond the values, within `bounds`, never empty."""
    low, high = min(values), max(values)
    room = 0.05 * (high - low) or 0.05 * abs(high) or 0.05
    return max(bounds[0], low - room), min(bounds[1], high + room)


def nice_ticks(low: float, high: float, most: int) -> list[float]:
    """Return the multiples of 1, 2 or 5 times a power of ten from `low` to `high`: as many as are allowed."""
    exponent = math.floor(math.log10((high - low) / most)) - 1
    for power in range(exponent, exponent + 4):
        for factor in (1, 2, 5):
            step = factor * 10.0**power
            first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
            if last - first < most:
                return [number * step for number in range(first, last + 1)]
    return []


def epoch_ticks(last: int, most: int) -> list[int]:
    """Return whole epochs from 0 on: at most about `most`, with 1, 2 or 5 times a power of ten between."""
    step = 1
    while last // step > most:
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    return list(range(0, last + 1, step))


def _labels(ticks: Sequence[float], scale: float, unit: str) -> list[str]:
    """Return the ticks as numbers with the places that tell them apart."""
    gaps = [scale * (later - earlier) for earlier, later in pairwise(ticks)]
    smallest = min(gaps, default=abs(scale * ticks[0]) if ticks else 1.0) or 1.0
    places = max(0, -math.floor(math.log10(smallest) + 1e-9))
    return [f"{scale * tick:.{places}f}{unit}" for tick in ticks]


def _figure(width: int, height: int) -> Any:
    """Return an empty plotext figure of this size."""
    from textual_plotext.plot import Plot as Figure

    figure = Figure()
    figure.plotsize(width, height)
    figure._set_size(width, height)
    return figure
