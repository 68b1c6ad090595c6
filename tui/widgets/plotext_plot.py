"""A drawing made into characters by plotext: axes, lines, symbols. Nothing here knows of widgets.

plotext counts characters, not cells, so that a double-width one would shift its columns: everything that a
person reads in words stands outside the plot.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.analysis.thinning import Point, thinned
from tui.text.glyphs import glyph
from tui.widgets.chart_axes import ValueAxis, epoch_ticks
from tui.widgets.chart_series import Curve, Drawing, View, finite, spaced_out, within
from tui.widgets.plotext_figure import SMALLEST, Line, Rgb, drawn_lines, empty_figure, scatter


def best_mark() -> str:
    """Return the symbol of the best epoch."""
    return glyph("★", "*")


@dataclass(frozen=True)
class Frame:
    """The grid of characters inside the axes, on which lines of dots lie, two by four in a cell."""

    epochs: tuple[int, int]
    values: ValueAxis
    margin: int
    columns: int
    rows: int

    def dot(self, point: Point) -> Point:
        """Return where a line goes through a point, inside the axes."""
        return min(max(point[0], self.epochs[0]), self.epochs[1]), self.values.at(point[1])

    def centre(self, point: Point) -> Point:
        """Return the point whose symbol plotext puts into the cell that the line goes through there.

        plotext rounds a symbol to the nearest cell, but a line to the nearest dot, which may lie in the
        next cell: the symbol would hang beside its line.
        """
        x, y = self.dot(point)
        values = self.values.low, self.values.high
        return _snapped(x, self.epochs, self.columns, 2), _snapped(y, values, self.rows, 4)

    def upright(self, x: float) -> list[Point]:
        """Return the points of a line from bottom to top, one in each row."""
        low, high = self.values.low, self.values.high
        place = _snapped(x, self.epochs, self.columns, 2)
        return [(place, low + (high - low) * row / max(1, self.rows - 1)) for row in range(self.rows)]

    def epoch_at(self, column: int) -> int:
        """Return the whole epoch nearest to a column of the plot."""
        first, last = self.epochs
        return round(first + (last - first) * (column - self.margin) / max(1, self.columns - 1))


def _snapped(value: float, limits: tuple[float, float], cells: int, dots: int) -> float:
    low, high = limits
    share = min(1.0, max(0.0, (value - low) / (high - low)))
    cell = math.floor(0.5 + (cells * dots - 1) * share + 1e-9) // dots
    return low + (high - low) * cell / max(1, cells - 1)


@dataclass(frozen=True)
class Plot:
    """The lines of a plot, and the frame in which they lie."""

    lines: list[Line]
    frame: Frame


def plot(
    drawing: Drawing,
    width: int,
    height: int,
    color: Callable[[str], Rgb],
    *,
    view: View | None = None,
    percent: bool = False,
    log: bool = False,
) -> Plot | None:
    """Return the plot as `height` lines; None where it cannot fit, or where nothing is to be drawn.

    color: the colour of `axis`, `best`, `cursor`, of each kind of mark, and of each curve's style
    """
    view = view or View()
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return None
    span = view.span(drawing)
    from_below = sorted(drawing.curves, key=lambda curve: not curve.under)
    curves = [(curve, finite(within(curve.points, *span))) for curve in from_below]
    lines = [thinned(points, width) for _, points in curves]
    values = [y for line in lines for _, y in line]
    if not values:
        return None
    axis = ValueAxis(values, percent=percent, log=log, ticks=max(3, (height - 2) // 2))
    margin = max(map(len, axis.labels), default=0) + 1
    frame = Frame(span, axis, margin, max(1, width - margin), height - 2)
    ticks = epoch_ticks(*span, max(1, frame.columns // 8))
    figure = empty_figure(
        (width, height),
        (span, (axis.low, axis.high)),
        ([float(tick) for tick in ticks], [str(tick) for tick in ticks]),
        (axis.ticks, axis.labels),
        color("axis"),
    )
    _draw_marks(figure, frame, drawing, view, color)
    for (curve, _), line in zip(curves, lines, strict=True):
        _draw_line(figure, frame, curve, line, color(curve.style))
    for curve, points in curves:
        if not curve.by_batch:
            symbols = points if len(points) == 1 else spaced_out(points, frame.columns // 4)
            scatter(figure, [frame.centre(point) for point in symbols], curve.symbol, color(curve.style))
    if drawing.best is not None and math.isfinite(drawing.best[1]) and drawing.best[0] >= span[0]:
        scatter(figure, [frame.centre(drawing.best)], best_mark(), color("best"))
    return Plot(drawn_lines(figure), frame)


def _draw_marks(figure: Any, frame: Frame, drawing: Drawing, view: View, color: Callable[[str], Rgb]) -> None:
    """Draw what happened, and the cursor: lines from top to bottom, under the curves."""
    first, last = frame.epochs
    for mark in drawing.marks:
        if mark.x >= first:
            points = frame.upright(min(mark.x, last))
            scatter(figure, points[:-1], mark.kind.line, color(mark.kind.value))
            scatter(figure, points[-1:], mark.kind.symbol, color(mark.kind.value))
    reading = view.reading(drawing)
    if reading is not None:
        points = frame.upright(reading)
        scatter(figure, points[:-1], glyph("│", "|"), color("cursor"))
        scatter(figure, points[-1:], glyph("▼", "V"), color("cursor"))


def _draw_line(figure: Any, frame: Frame, curve: Curve, points: list[Point], color: Rgb) -> None:
    """Draw a curve without its symbols; one by batch has them along its line."""
    if curve.dots or (curve.by_batch and len(points) == 1):
        scatter(figure, [frame.centre(point) for point in points], curve.symbol, color)
    elif len(points) > 1:
        line = [frame.dot(point) for point in points]
        figure.plot(*zip(*line, strict=True), marker=glyph("braille", "."), color=color)
        if curve.by_batch:
            every = max(1, 8 * len(points) // frame.columns)
            scatter(figure, [frame.centre(point) for point in points[::-1][::every]], curve.symbol, color)
