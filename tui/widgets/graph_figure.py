"""What a `Graph` shows, as values, and how plotext makes characters of it. Nothing here knows of widgets."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

from engine.analysis.thinning import Point, thinned
from tui.text.glyphs import glyph
from tui.widgets.chart_axes import labels, log_ticks, nice_ticks
from tui.widgets.plotext_figure import SMALLEST, Line, Rgb, drawn_lines, empty_figure, scatter

COLORS = ("$primary", "$text-warning", "$text-success", "$accent", "$text-error", "$secondary")
"""The colours of curves, by number: component classes `graph--0` and so on."""


@dataclass(frozen=True)
class Curve:
    """Points from left to right, as a line with symbols, as dots, as bars from the bottom, or as a cloud.

    `number`, from 0 to 5, decides colour and symbol. A bar is as wide as it is far to the next.
    """

    label: str
    points: tuple[Point, ...]
    number: int = 0
    kind: str = "line"


@dataclass(frozen=True)
class Figure:
    """Curves and what is said of their axes.

    x_range, y_range: the limits of the axes; the values decide, where they are None. x_ticks: places on the
    axis and what stands there, in place of round numbers. marks: lines from top to bottom, and their names.
    percent: the values are fractions, written in per cent.
    """

    curves: tuple[Curve, ...]
    title: str = ""
    x_title: str = ""
    y_title: str = ""
    log_x: bool = False
    log_y: bool = False
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    x_ticks: tuple[tuple[float, str], ...] = ()
    marks: tuple[tuple[float, str], ...] = ()
    percent: bool = False


def symbol(curve: Curve) -> str:
    """Return the character that tells a curve apart."""
    if curve.kind == "bars":
        return glyph("█▒▓░▚▞"[curve.number % 6], "#=:%&$"[curve.number % 6])
    if curve.kind == "cloud":  # of many points, which are not to hide a line
        return glyph("·", "'")
    return glyph("●◆▲■▼◇"[curve.number % 6], "ox^#v+"[curve.number % 6])


def mark_symbol() -> str:
    """Return the character of a line from top to bottom."""
    return glyph("┆", ":")


class Axis:
    """Where values lie between `low` and `high`, and which numbers stand beside them."""

    def __init__(
        self,
        values: Iterable[float],
        *,
        limits: tuple[float, float] | None,
        log: bool,
        limit: int,
        percent: bool = False,
    ) -> None:
        """Fit the axis to values, or to `limits`, with at most `limit` numbers."""
        self.log = log
        found = [self._logarithm(value) if log else value for value in limits or values if self.has(value)]
        self.low, self.high = min(found), max(found)
        if limits is None or self.low == self.high:
            room = 0.03 * (self.high - self.low) or 0.05 * abs(self.high) or 0.05
            self.low, self.high = self.low - room, self.high + room
        if log:
            chosen = log_ticks(self.low, self.high, max(2, limit))
            self.ticks = [math.log10(tick) for tick in chosen]
            self.labels = [f"{tick:.10g}" if 1e-4 <= tick < 1e5 else f"{tick:.0e}" for tick in chosen]
        else:
            self.ticks = nice_ticks(self.low, self.high, max(2, limit))
            self.labels = labels(self.ticks, 100 if percent else 1, "%" if percent else "")

    def has(self, value: float) -> bool:
        """Whether a value can stand on the axis."""
        return math.isfinite(value) and (value > 0.0 or not self.log)

    def at(self, value: float) -> float:
        """Return the place of a value, within the axis."""
        place = self._logarithm(value) if self.log else value
        return min(max(place, self.low), self.high)

    def _logarithm(self, value: float) -> float:
        return math.log10(value)


def draw(figure: Figure, width: int, height: int, color: Callable[[str], Rgb]) -> list[Line] | None:
    """Return `height` lines; None where there is no room, or nothing to draw.

    color: the colours of `axis`, `mark` and of each curve's number
    """
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return None
    points = [point for curve in figure.curves for point in curve.points]
    xs = [x for x, _y in points] + [x for x, _name in figure.marks]
    ys = [y for _x, y in points]
    has_bars = any(curve.kind == "bars" for curve in figure.curves)
    if has_bars and not figure.log_y:
        ys.append(0.0)
    x_axis_has = [x for x in xs if math.isfinite(x) and (x > 0 or not figure.log_x)]
    y_axis_has = [y for y in ys if math.isfinite(y) and (y > 0 or not figure.log_y)]
    if not x_axis_has or not y_axis_has:
        return None
    rows = height - 2
    x_axis = Axis(xs, limits=figure.x_range, log=figure.log_x, limit=max(2, width // 9))
    y_axis = Axis(
        ys, limits=figure.y_range, log=figure.log_y, limit=max(3, rows // 2), percent=figure.percent
    )
    if has_bars and not figure.log_y and figure.y_range is None and min(ys) >= 0.0:
        y_axis.low = 0.0  # bars stand on the axis
    columns = max(1, width - 1 - max(map(len, y_axis.labels), default=0))
    named = [(x_axis.at(x), name) for x, name in figure.x_ticks if x_axis.has(x)]
    plot = empty_figure(
        (width, height),
        ((x_axis.low, x_axis.high), (y_axis.low, y_axis.high)),
        ([x for x, _name in named], [name for _x, name in named]) if named else (x_axis.ticks, x_axis.labels),
        (y_axis.ticks, y_axis.labels),
        color("axis"),
    )
    for x, _name in figure.marks:
        if x_axis.has(x):
            span = y_axis.high - y_axis.low
            line = [(x_axis.at(x), y_axis.low + span * row / max(1, rows - 1)) for row in range(rows)]
            scatter(plot, line, mark_symbol(), color("mark"))
    for curve in sorted(figure.curves, key=lambda curve: curve.kind != "bars"):
        places = [(x_axis.at(x), y_axis.at(y)) for x, y in curve.points if x_axis.has(x) and y_axis.has(y)]
        if not places:
            continue
        shade = color(str(curve.number % len(COLORS)))
        match curve.kind:
            case "bars":
                scatter(plot, _filled(places, x_axis, y_axis, columns, rows), symbol(curve), shade)
            case "dots" | "cloud":
                scatter(plot, places, symbol(curve), shade)
            case _:
                line = thinned(places, width)
                if len(line) > 1:
                    plot.plot(*zip(*line, strict=True), marker=glyph("braille", "."), color=shade)
                every = max(1, len(line) * 8 // max(1, columns))
                scatter(plot, line[::-every][::-1], symbol(curve), shade)
    return drawn_lines(plot)


def _filled(places: list[Point], x_axis: Axis, y_axis: Axis, columns: int, rows: int) -> list[Point]:
    """Return a point for each cell that the bars cover: each reaches halfway to its neighbours."""
    cells = []
    width, tall = x_axis.high - x_axis.low, y_axis.high - y_axis.low
    gap = min((b[0] - a[0] for a, b in pairwise(places)), default=width / 10)
    at = 0
    for column in range(columns):
        x = x_axis.low + width * column / max(1, columns - 1)
        while at + 1 < len(places) and abs(places[at + 1][0] - x) <= abs(places[at][0] - x):
            at += 1
        if abs(places[at][0] - x) > gap / 2 + 1e-9 * width and gap > width / columns:
            continue
        top = round((places[at][1] - y_axis.low) / tall * (rows - 1))
        base = y_axis.low if y_axis.log else y_axis.at(0.0)
        least = 0.0 if y_axis.log else 0.25 * tall / max(1, rows - 1)  # less than that is no cell's worth
        if places[at][1] - base > least:
            cells += [(x, y_axis.low + tall * row / max(1, rows - 1)) for row in range(top + 1)]
    return cells
