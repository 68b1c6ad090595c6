"""The table of runs: one widget that draws the lines in view."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size, Spacing
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from engine.sentences import N_
from tui.panels.runs.columns import COLUMNS, Row, fitting, gap_of
from tui.text.glyphs import glyph
from tui.text.language import _
from tui.widgets.chart_series import OTHERS, other_symbol

SIGNS = 4
"""Cells on the left: the cursor, the marker of a run that lies over the charts, the mark for a comparison."""


class RunTable(ScrollView, can_focus=True):
    """A line for each run below the names of the columns, which stay at the top.

    Textual's `DataTable` (8.2.8) takes eight times as long to fill with 1,000 runs, which every letter of a
    filter does anew, and 2.5 times the memory (`python -m tests.benchmarks.widgets`); nor does it leave out
    the columns that matter least where not all have room.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", N_("Up"), show=False, tooltip=N_("One run up")),
        Binding("down", "move(1)", N_("Down"), show=False, tooltip=N_("One run down")),
        Binding("pageup", "page(-1)", N_("Page up"), show=False, tooltip=N_("One page up")),
        Binding("pagedown", "page(1)", N_("Page down"), show=False, tooltip=N_("One page down")),
        Binding("home", "move(-1_000_000)", N_("First"), show=False, tooltip=N_("To the first run")),
        Binding("end", "move(1_000_000)", N_("Last"), show=False, tooltip=N_("To the last run")),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "runs--heading",
        "runs--sorted",
        "runs--cursor",
        "runs--hover",
        *(f"runs--other-{number}" for number in range(len(OTHERS))),
    }
    DEFAULT_CSS = """
    RunTable {
        width: 1fr;
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .runs--heading { color: $foreground-muted; }
        & > .runs--sorted { color: $foreground; text-style: bold underline; }
        & > .runs--cursor { color: $foreground; background: $foreground 12%; text-style: bold; }
        & > .runs--hover { background: $block-hover-background; }
        &:focus > .runs--cursor { color: $block-cursor-foreground; background: $block-cursor-background; }
        OTHERS
    }
    """.replace(
        "OTHERS",
        "".join(f"& > .runs--other-{number} {{ color: {color}; }} " for number, color in enumerate(OTHERS)),
    )

    class Moved(Message):
        """The cursor stands on another run."""

    class Entered(Message):
        """A run was clicked twice."""

    @dataclass
    class Sorted(Message):
        """The name of a column was clicked."""

        column: int

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[Row] = ()
        self._at = 0
        self._sorted: tuple[int, bool] = (0, False)
        self._overlaid: Mapping[str, int] = {}
        self._marked: str | None = None
        self._columns: list[tuple[int, int]] = []
        self._hovered: int | None = None

    # What is shown

    def show(self, rows: Sequence[Row], sorted_by: int, *, falling: bool) -> None:
        """Show these runs; the cursor stays on its run, as long as that is among them."""
        here = self.run
        self._rows, self._sorted = rows, (sorted_by, falling)
        places = (at for at, row in enumerate(rows) if row.record.id == here)
        self._at = next(places, max(0, min(self._at, len(rows) - 1)))
        self._fit()

    def mark(self, overlaid: Mapping[str, int], marked: str | None) -> None:
        """Show which runs are overlaid on the charts, with their numbers, and which waits to be compared."""
        if (overlaid, marked) != (self._overlaid, self._marked):
            self._overlaid, self._marked = dict(overlaid), marked
            self.refresh()

    @property
    def here(self) -> Row | None:
        """The row under the cursor."""
        return self._rows[self._at] if self._rows else None

    @property
    def run(self) -> str | None:
        """The id of the run under the cursor."""
        return self.here.record.id if self.here else None

    def on_resize(self) -> None:
        """Choose the columns that there is room for."""
        self._fit()

    def _fit(self) -> None:
        self._columns = fitting(self._rows, max(0, self.size.width - SIGNS), self._sorted[0])
        self.virtual_size = Size(self.size.width, len(self._rows) + 1)
        self._show_cursor()
        self.refresh()

    # The cursor

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer nothing while there is no run."""
        return bool(self._rows)

    def action_move(self, by: int) -> None:
        """Go so many runs down, or as far as there are any."""
        at = max(0, min(self._at + by, len(self._rows) - 1))
        if at != self._at:
            self._at = at
            self._show_cursor()
            self.refresh()
            self.post_message(self.Moved())

    def action_page(self, pages: int) -> None:
        """Go as many runs down as are seen at once."""
        self.action_move(pages * max(1, self.size.height - 2))

    def _show_cursor(self) -> None:
        region = Region(0, self._at + 1, 1, 1)
        self.scroll_to_region(region, spacing=Spacing(top=1), animate=False, force=True)

    def on_click(self, event: events.Click) -> None:
        """Go to the run that was clicked, and open it at the second click; sort by a column's name."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y == 0:
            column = self._column_at(offset.x)
            if column is not None:
                self.post_message(self.Sorted(column))
        elif (at := self._row_at(event)) is not None:
            was_there = at == self._at
            self.action_move(at - self._at)
            if was_there and event.chain > 1:
                self.post_message(self.Entered())

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Have the run under the pointer stand out."""
        self._hover(self._row_at(event))

    def on_leave(self) -> None:
        """Have none stand out."""
        self._hover(None)

    def _hover(self, row: int | None) -> None:
        if row != self._hovered:
            self._hovered = row
            self.refresh()

    def _row_at(self, event: events.MouseEvent) -> int | None:
        """Return which run the pointer is on."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y == 0:
            return None
        at = offset.y - 1 + self.scroll_offset.y
        return at if at < len(self._rows) else None

    def _column_at(self, x: int) -> int | None:
        left, gap = SIGNS, gap_of(self.size.width - SIGNS)
        for number, width in self._columns:
            if left <= x < left + width + gap:
                return number
            left += width + gap
        return None

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width, base = self.size.width, self.rich_style
        if not self._rows:
            return Strip.blank(width, base)
        if y == 0:
            return Strip(self._heading()).adjust_cell_length(width, base)
        at = y - 1 + self.scroll_offset.y
        if at >= len(self._rows):
            return Strip.blank(width, base)
        style = base
        if at in (self._at, self._hovered):
            style = self.get_component_rich_style("runs--cursor" if at == self._at else "runs--hover")
        return Strip(self._line(self._rows[at], at == self._at, style)).adjust_cell_length(width, style)

    def _heading(self) -> list[Segment]:
        """Return the names of the columns; a sign stands by the one that is sorted by."""
        plain, marked = (self.get_component_rich_style(f"runs--{kind}") for kind in ("heading", "sorted"))
        segments = [Segment(" " * SIGNS, plain)]
        number_sorted, falling = self._sorted
        sign = glyph("▼", "v") if falling else glyph("▲", "^")
        for number, width in self._columns:
            text = _(COLUMNS[number].title)
            if number == number_sorted:
                text = f"{text} {sign}"
            style = marked if number == number_sorted else plain
            segments += [Segment(_placed(text, width, number), style), self._gap(plain)]
        return segments

    def _line(self, row: Row, is_here: bool, style: Style) -> list[Segment]:
        """Return the signs of a run, and its cells."""
        number = self._overlaid.get(row.record.id)
        over = Segment(" ", style)
        if number is not None:
            color = self.get_component_rich_style(f"runs--other-{number}", partial=True)
            over = Segment(other_symbol(number), style if is_here else style + color)
        compared = glyph("≠", "#") if row.record.id == self._marked else " "
        cursor = glyph("▸", ">") if is_here else " "
        segments = [Segment(cursor, style), over, Segment(f"{compared} ", style)]
        for number, width in self._columns:
            segments += [Segment(_placed(row.cells[number], width, number), style), self._gap(style)]
        return segments

    def _gap(self, style: Style) -> Segment:
        return Segment(" " * gap_of(self.size.width - SIGNS), style)


def _placed(text: str, width: int, number: int) -> str:
    """Return words in a column: at the right where it is one of numbers, cut with a sign where it is long."""
    if cell_len(text) > width:
        return set_cell_size(text, max(0, width - 1)) + glyph("…", ".") if width else ""
    if COLUMNS[number].at_right:
        return " " * (width - cell_len(text)) + text
    return set_cell_size(text, width)
