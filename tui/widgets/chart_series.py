"""What a chart shows, as values: curves, marks, how it is looked at; and how points are made ready for it."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from operator import itemgetter

from engine.analysis.thinning import Point
from tui.text.glyphs import glyph

ZOOMS = (100, 20, 5)
"""How many of the last epochs may be looked at alone."""

SMOOTHING = 0.9
"""How much of the average stays when a point is added to it."""

OTHERS = ("$accent", "$success", "$error", "$secondary", "$warning", "$primary")
"""The colours of curves that lie over the chart's own: component classes `chart--other-0` and so on."""

_value = itemgetter(1)


def other_symbol(number: int) -> str:
    """Return the symbol of a curve that lies over the chart's own."""
    return glyph("▲■▼◇✚✱"[number], str(number + 1))


@dataclass(frozen=True)
class Curve:
    """A line of a chart, its points from left to right; `style` names one of the chart's component classes.

    Symbols stand at whole epochs. A curve `by_batch` has points between them as well: what it was at an epoch
    is its last point up to there. One of `dots` has its symbol at every point, and no line. One that lies
    `under` the others is drawn before them.
    """

    label: str
    points: tuple[Point, ...]
    symbol: str
    style: str
    by_batch: bool = False
    dots: bool = False
    under: bool = False

    @property
    def latest(self) -> float | None:
        """The value at the last whole epoch; of a curve by batch, the last value."""
        points = reversed(self.points)
        return next((y for x, y in points if self.by_batch or x == int(x)), None)

    def at(self, epoch: int) -> float | None:
        """Return the value at a whole epoch, None where there is none."""
        found = bisect_right(self.points, (epoch, math.inf)) - 1
        if found < 0:
            return None
        x, y = self.points[found]
        return y if x == epoch or (self.by_batch and x > epoch - 1) else None


class MarkKind(Enum):
    """What happened at a place of the axis of epochs; the value names the chart's component class."""

    CHANGE = "change"
    WOULD_STOP = "would-stop"
    DIVERGED = "diverged"

    @property
    def symbol(self) -> str:
        """The character at the top of the line."""
        return {
            MarkKind.CHANGE: glyph("◆", "^"),
            MarkKind.WOULD_STOP: glyph("◌", "?"),
            MarkKind.DIVERGED: glyph("✗", "X"),
        }[self]

    @property
    def line(self) -> str:
        """The character that the line is made of."""
        return {
            MarkKind.CHANGE: glyph("┊", ":"),
            MarkKind.WOULD_STOP: glyph("╎", "!"),
            MarkKind.DIVERGED: glyph("│", "|"),
        }[self]


@dataclass(frozen=True)
class Mark:
    """A line from top to bottom at `x`: `name` stands in the legend, `text` where the cursor is."""

    x: float
    kind: MarkKind
    name: str
    text: str

    @property
    def epoch(self) -> int:
        """The epoch that it lies in."""
        return max(1, math.ceil(self.x))


@dataclass(frozen=True)
class Drawing:
    """What a chart shows: curves from epoch 0 to `last_epoch`, the best epoch, and what happened when."""

    curves: tuple[Curve, ...]
    last_epoch: int
    best: Point | None = None
    marks: tuple[Mark, ...] = ()

    @property
    def reached(self) -> float:
        """How far along the axis of epochs there are points."""
        return max((curve.points[-1][0] for curve in self.curves if curve.points), default=0.0)

    @property
    def read_to(self) -> int:
        """The last whole epoch that can be read off; 0 where there is none."""
        return int(self.reached)


@dataclass(frozen=True)
class View:
    """How a chart is looked at: the epoch that is read off, and how many of the last epochs are shown.

    `zoom` is 0 for all of them.
    """

    cursor: int | None = None
    zoom: int = 0

    def span(self, drawing: Drawing) -> tuple[int, int]:
        """Return the first and the last epoch of the axis."""
        end = max(1, math.ceil(drawing.reached))
        if self.zoom and self.zoom < end:
            return end - self.zoom, end
        return 0, max(1, drawing.last_epoch)

    def zoomed(self, drawing: Drawing) -> "View":
        """Return the next closer look that leaves something out, or all again."""
        end = math.ceil(drawing.reached)
        closer = [zoom for zoom in ZOOMS if zoom < end and (not self.zoom or zoom < self.zoom)]
        return View(self.cursor, closer[0] if closer else 0)

    def reading(self, drawing: Drawing) -> int | None:
        """Return the epoch that is read off: the cursor, kept inside what is shown."""
        if self.cursor is None or not drawing.read_to:
            return None
        return max(1, self.span(drawing)[0], min(self.cursor, drawing.read_to))


def finite(points: Iterable[Point]) -> list[Point]:
    """Return the points that can be drawn: plotext raises on an infinite one."""
    return [point for point in points if math.isfinite(point[0]) and math.isfinite(point[1])]


def within(points: Sequence[Point], first: float, last: float) -> Sequence[Point]:
    """Return the points from `first` to `last`, both included."""
    return points[bisect_right(points, (first, -math.inf)) : bisect_right(points, (last, math.inf))]


def spaced_out(points: Sequence[Point], limit: int) -> list[Point]:
    """Return about `limit` of the points at whole epochs, evenly, the last one included."""
    whole = [point for point in points if point[0] == int(point[0])]
    every = max(1, math.ceil(len(whole) / max(1, limit)))
    return whole[::-1][::every]


def smoothed(points: Iterable[Point]) -> tuple[Point, ...]:
    """Return the exponential moving average of the values, which starts at the first of them.

    Divided by the weight given so far, as Adam's moments are (Kingma and Ba 2015, section 3).
    """
    average = weight = 0.0
    result = []
    for x, y in points:
        average = SMOOTHING * average + (1 - SMOOTHING) * y
        weight = SMOOTHING * weight + (1 - SMOOTHING)
        result.append((x, average / weight))
    return tuple(result)
