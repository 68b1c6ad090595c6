"""Many points in the plane, each the character of its class; a cursor goes from one to the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from engine.sentences import N_
from tui.text.glyphs import glyph

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIGNS = "0123456789abcdefghijklmnopqrstuvwxyz"
"""The characters of classes that have none of their own."""
COLORS = 10
ASIDE = 2.5
"""How much farther away a point seems for each step aside of the cursor's way."""


@dataclass(frozen=True, eq=False)
class Points:
    """places: `(points, 2)`, x to the right and y up; labels: `(points,)`; marked: which stand out.

    label: the class that is looked at, the others being dots that the cursor passes over; None: all of them
    signs: the characters of the classes, in order; those beyond share the last
    """

    places: "NDArray[np.float64]"
    labels: Sequence[int]
    marked: Sequence[bool]
    label: int | None = None
    signs: Sequence[str] = SIGNS

    def sign(self, at: int) -> str:
        """Return the character of a point."""
        return self.signs[min(self.labels[at], len(self.signs) - 1)]

    def is_open(self, at: int) -> bool:
        """Whether the cursor may stand on a point."""
        return self.label is None or self.labels[at] == self.label


class Scatter(Widget, can_focus=True):
    """A map of points. Where several share a cell, one that is marked is drawn, or else the last."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "go(0, 1)", N_("Go"), key_display="←↑↓→", tooltip=N_("Go to the next point there")),
        Binding("down", "go(0, -1)", N_("Go"), show=False, tooltip=N_("Go to the next point there")),
        Binding("left", "go(-1, 0)", N_("Go"), show=False, tooltip=N_("Go to the next point there")),
        Binding("right", "go(1, 0)", N_("Go"), show=False, tooltip=N_("Go to the next point there")),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "scatter--cursor",
        "scatter--faint",
        *(f"scatter--{number}" for number in range(COLORS)),
    }
    DEFAULT_CSS = """
    Scatter {
        width: 1fr;
        height: 1fr;
        & > .scatter--cursor { color: $block-cursor-foreground; background: $block-cursor-background; }
        & > .scatter--faint { color: $foreground 40%; }
        & > .scatter--0 { color: $primary; }
        & > .scatter--1 { color: $text-warning; }
        & > .scatter--2 { color: $text-success; }
        & > .scatter--3 { color: $text-error; }
        & > .scatter--4 { color: $accent; }
        & > .scatter--5 { color: $foreground; }
        & > .scatter--6 { color: $secondary; }
        & > .scatter--7 { color: $text-primary; }
        & > .scatter--8 { color: $foreground 60%; }
        & > .scatter--9 { color: $text-accent; }
    }
    """

    @dataclass
    class Moved(Message):
        """The cursor is at another point."""

        at: int

    def __init__(self) -> None:
        super().__init__()
        self._points: Points | None = None
        self.at = 0

    def show(self, points: Points | None) -> None:
        """Draw these points; the cursor stays at the same number."""
        if points is not self._points:
            self._points = points
            if points is None or self.at >= len(points.labels):
                self.at = 0
            if points is not None and points.labels and not points.is_open(self.at):
                self.at = next((at for at in range(len(points.labels)) if points.is_open(at)), 0)
            self.refresh()

    def move(self, at: int) -> None:
        """Put the cursor at a point."""
        self.at = at
        self.refresh()
        self.post_message(self.Moved(at))

    def action_go(self, right: int, up: int) -> None:
        """Go to the nearest point in that direction, as it looks in cells."""
        if self._points is None or not len(self._points.labels):
            return
        cells = self._cells(self._points)
        ahead = (cells[:, 0] - cells[self.at, 0]) * right - (cells[:, 1] - cells[self.at, 1]) * 2 * up
        aside = abs(cells[:, 0] - cells[self.at, 0]) * abs(up) + 2 * abs(
            cells[:, 1] - cells[self.at, 1]
        ) * abs(right)
        far = ahead + ASIDE * aside
        far[ahead <= 0] = float("inf")
        far[self._shut(self._points)] = float("inf")
        nearest = int(far.argmin())
        if far[nearest] < float("inf"):
            self.move(nearest)

    def on_click(self, event: events.Click) -> None:
        """Go to the point nearest to the pointer."""
        offset = event.get_content_offset(self)
        if offset is not None and self._points is not None and len(self._points.labels):
            cells = self._cells(self._points)
            far = (cells[:, 0] - offset.x) ** 2.0 + 4 * (cells[:, 1] - offset.y) ** 2
            far[self._shut(self._points)] = float("inf")
            self.move(int(far.argmin()))

    def _shut(self, points: Points) -> list[int]:
        """Return the points that the cursor passes over."""
        return [at for at in range(len(points.labels)) if not points.is_open(at)]

    def _cells(self, points: Points) -> "NDArray[np.int64]":
        """Return column and row of each point: `(points, 2)`."""
        import numpy as np

        low, high = points.places.min(axis=0), points.places.max(axis=0)
        span = np.where(high > low, high - low, 1.0)
        share = (points.places - low) / span
        room = np.array([max(1, self.size.width) - 1, max(1, self.size.height) - 1])
        share[:, 1] = 1.0 - share[:, 1]
        cells: NDArray[np.int64] = np.rint(share * room).astype(np.int64)
        return cells

    def render(self) -> Text:
        """Draw the characters, marked ones over others, and the cursor over all."""
        width, height = self.size
        points = self._points
        if points is None or not len(points.labels) or not width or not height:
            return Text()
        styles = [
            self.get_component_rich_style(f"scatter--{number}", partial=True) for number in range(COLORS)
        ]
        grid: list[list[tuple[str, Style]]] = [[(" ", Style())] * width for _row in range(height)]
        order = sorted(range(len(points.labels)), key=lambda at: (points.is_open(at), points.marked[at]))
        faint = self.get_component_rich_style("scatter--faint", partial=True)
        cells = self._cells(points).tolist()
        for at in order:
            column, row = cells[at]
            label = points.labels[at]
            if not points.is_open(at):
                grid[row][column] = glyph("·", "."), faint
                continue
            style = styles[label % COLORS]
            grid[row][column] = (
                points.sign(at),
                style + Style(reverse=True) if points.marked[at] else style,
            )
        column, row = cells[self.at]
        grid[row][column] = (
            points.sign(self.at),
            self.get_component_rich_style("scatter--cursor") + Style(bold=True),
        )
        lines = []
        for line in grid:
            text = Text(no_wrap=True, end="")
            for sign, style in line:
                text.append(sign, style)
            lines.append(text)
        return Text("\n", no_wrap=True, end="").join(lines)
