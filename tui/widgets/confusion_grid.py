"""A confusion matrix as a grid of shaded counts, with a cursor."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.geometry import Offset, Region, Size, Spacing
from textual.message import Message
from textual.reactive import reactive, var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from engine.events import ConfusionMatrix
from engine.sentences import N_
from tui.text.cell_widths import cut, right, width
from tui.text.class_names import class_name
from tui.text.glyphs import glyph
from tui.text.language import _

HEADER_HEIGHT = 2
WIDEST_CELL = 6
TALLEST_ROW = 2
WIDEST_LABEL, NARROWEST_LABEL, NARROWEST_HEADING = 12, 6, 3
"""Cells that the name of a class has before a row, at most and at least, and at least above a column."""
NO_MATRIX = ConfusionMatrix(0, ())


@dataclass
class CellOpened(Message):
    """Show the images of class `true` that were read as `predicted`.

    `epoch` is the one whose validation matrix the cell is of; None for a cell of the newest matrix.
    """

    true: int
    predicted: int
    epoch: int | None = None


class ConfusionGrid(ScrollView, can_focus=True):
    """Rows are true classes, columns what they were read as.

    Right answers and mistakes are shaded on scales of their own: a right one by the share of its class, a
    mistake by its count against the largest mistake, so that mistakes are seen at 98 % accuracy. The counts
    are printed, so no shade has to be told from another.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", N_("Show these images"), tooltip=N_("Show the images of this cell")),
        Binding("p", "percent", N_("Per cent"), tooltip=N_("Counts, or per cent of each row")),
        Binding("up", "move(-1, 0)", N_("Up"), show=False, tooltip=N_("One row up")),
        Binding("down", "move(1, 0)", N_("Down"), show=False, tooltip=N_("One row down")),
        Binding("left", "move(0, -1)", N_("Left"), show=False, tooltip=N_("One column left")),
        Binding("right", "move(0, 1)", N_("Right"), show=False, tooltip=N_("One column right")),
        Binding("pageup", "page(-1)", N_("Page up"), show=False, tooltip=N_("One page up")),
        Binding("pagedown", "page(1)", N_("Page down"), show=False, tooltip=N_("One page down")),
        Binding("home", "edge(0)", N_("First"), show=False, tooltip=N_("To the first class")),
        Binding("end", "edge(-1)", N_("Last"), show=False, tooltip=N_("To the last class")),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "confusion-grid--header",
        "confusion-grid--here",
        "confusion-grid--zero",
        "confusion-grid--right",
        "confusion-grid--wrong",
        "confusion-grid--cursor",
    }
    DEFAULT_CSS = """
    ConfusionGrid {
        width: 1fr;
        height: 1fr;
        & > .confusion-grid--header { color: $text-muted; }
        & > .confusion-grid--here { color: $text; text-style: bold; }
        & > .confusion-grid--zero { color: $text-disabled; }
        & > .confusion-grid--right { color: $primary; }
        & > .confusion-grid--wrong { color: $error; }
        & > .confusion-grid--cursor { color: $foreground; text-style: bold reverse; }
    }
    """

    matrix: var[ConfusionMatrix] = var(NO_MATRIX, init=False)
    """The counts that are shown."""
    names: var[tuple[str, ...]] = var((), init=False)
    """The names of the classes; those that are too long for their column or row are cut."""
    cursor: reactive[tuple[int, int]] = reactive((0, 0))
    """The cell under the cursor: true class, predicted class."""
    percent: reactive[bool] = reactive(False, init=False)
    """Whether cells show their share of the row, in per cent, in place of counts."""
    legend: var[tuple[tuple[str, str], ...]] = var(())
    """The names that are cut before their rows, and the whole ones."""
    row_height: reactive[int] = reactive(1)
    """Lines for a class, chosen for the height there is; a table beside the grid follows it."""

    @dataclass
    class Moved(Message):
        """The cursor stands on another cell."""

        true: int
        predicted: int

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[tuple[int, int], int] = {}
        self._support: list[int] = []
        self._most_wrong = 1
        self._label_width = 2
        self._cell_width = 3
        self._base = Style()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer nothing while there is no matrix."""
        return self.matrix.classes > 0

    # What is shown

    def watch_matrix(self, matrix: ConfusionMatrix) -> None:
        """Look at other counts; the cursor stays where it is, as far as there is such a cell."""
        self._counts = {(true, predicted): count for true, predicted, count in matrix.cells}
        self._support = [0] * matrix.classes
        for true, _predicted, count in matrix.cells:
            self._support[true] += count
        wrong = (count for true, predicted, count in matrix.cells if true != predicted)
        self._most_wrong = max(wrong, default=1)
        if last := max(0, matrix.classes - 1):  # without a matrix it waits where it is for the next
            self.cursor = (min(self.cursor[0], last), min(self.cursor[1], last))
        self._fit()

    def watch_names(self) -> None:
        """Fit the cells to other names."""
        self._fit()

    def count(self, true: int, predicted: int) -> int:
        """Return how many images of class `true` were read as `predicted`."""
        return self._counts.get((true, predicted), 0)

    def support(self, true: int) -> int:
        """Return how many images of class `true` there are."""
        return self._support[true] if true < len(self._support) else 0

    # Sizes

    def on_resize(self) -> None:
        """Fit the cells to the room there is."""
        self._fit()

    def _fit(self) -> None:
        """Choose the size of a cell: as large as all of them fit, within reason."""
        classes = self.matrix.classes
        digits = len("100") if self.percent else len(str(max(self._counts.values(), default=0)))
        names = [class_name(self.names, label) for label in range(classes)]
        label = max(map(width, names), default=1)
        least = max(digits, min(label, NARROWEST_HEADING)) + 1
        beside = self.size.width - classes * least - 1
        self._label_width = min(label, WIDEST_LABEL, max(beside, NARROWEST_LABEL)) + 1
        if classes:
            roomy = (self.size.width - self._label_width) // classes
            self._cell_width = max(least, min(roomy, max(WIDEST_CELL, min(label, WIDEST_LABEL) + 2)))
            tall = (self.size.height - HEADER_HEIGHT) // classes
            self.row_height = max(1, min(tall, TALLEST_ROW))
        self.virtual_size = Size(
            self._label_width + classes * self._cell_width,
            HEADER_HEIGHT + classes * self.row_height,
        )
        self.legend = tuple(
            (cut(n, self._label_width - 1), n) for n in names if width(n) >= self._label_width
        )
        self.refresh()
        self._show_cursor()

    def watch_percent(self) -> None:
        """Fit the cells to what they show."""
        self._fit()

    def action_percent(self) -> None:
        """Show per cent of each row, or counts again."""
        self.percent = not self.percent

    # The cursor

    def validate_cursor(self, cursor: tuple[int, int]) -> tuple[int, int]:
        """Keep the cursor inside the matrix."""
        last = max(0, self.matrix.classes - 1)
        return max(0, min(cursor[0], last)), max(0, min(cursor[1], last))

    def watch_cursor(self, cursor: tuple[int, int]) -> None:
        """Bring the cell into view and tell of it."""
        self._show_cursor()
        self.post_message(self.Moved(*cursor))

    def _show_cursor(self) -> None:
        true, predicted = self.cursor
        region = Region(
            self._label_width + predicted * self._cell_width,
            HEADER_HEIGHT + true * self.row_height,
            self._cell_width,
            self.row_height,
        )
        fixed = Spacing(top=HEADER_HEIGHT, left=self._label_width)
        self.scroll_to_region(region, spacing=fixed, animate=False, force=True)

    def action_move(self, down: int, aside: int) -> None:
        """Move the cursor by so many cells."""
        self.cursor = (self.cursor[0] + down, self.cursor[1] + aside)

    def action_page(self, pages: int) -> None:
        """Move the cursor by what is seen at once."""
        rows = max(1, (self.size.height - HEADER_HEIGHT) // self.row_height - 1)
        self.action_move(pages * rows, 0)

    def action_edge(self, column: int) -> None:
        """Move the cursor to the first or the last column."""
        self.cursor = (self.cursor[0], self.matrix.classes - 1 if column else 0)

    def action_open(self) -> None:
        """Ask for the images of the cell under the cursor."""
        if self.matrix.classes:
            self.post_message(CellOpened(*self.cursor))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the cell that was clicked; open it at the second click."""
        cell = self._cell_at(event.get_content_offset(self))
        if cell is None:
            return
        if cell == self.cursor and event.chain > 1:
            self.action_open()
        self.cursor = cell

    def _cell_at(self, offset: Offset | None) -> tuple[int, int] | None:
        if offset is None or offset.x < self._label_width or offset.y < HEADER_HEIGHT:
            return None
        x, y = offset + self.scroll_offset
        cell = (y - HEADER_HEIGHT) // self.row_height, (x - self._label_width) // self._cell_width
        return cell if max(cell) < self.matrix.classes else None

    # Drawing

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw some lines; the style they share is looked up once for all."""
        self._base = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw one line: the header stays at the top and the labels at the left, whatever is scrolled.

        A column that is not wholly in view stays empty: half of a count would be another count.
        """
        room_across, base = self.scrollable_content_region.width, self._base  # beside the scrollbar
        classes = self.matrix.classes
        if not classes:
            return Strip.blank(room_across, base)
        hidden = -self.scroll_offset.x % self._cell_width
        first = (self.scroll_offset.x + hidden) // self._cell_width
        room = max(0, room_across - self._label_width - hidden)
        columns = range(first, min(classes, first + room // self._cell_width))
        if y == 0:
            return Strip([Segment(self._corner(), self._style("header"))]).adjust_cell_length(
                room_across, base
            )
        if y < HEADER_HEIGHT:
            row, label = None, Segment(" " * self._label_width, base)
            cells = [self._column_label(column) for column in columns]
        else:
            row, line = divmod(y - HEADER_HEIGHT + self.scroll_offset.y, self.row_height)
            if row >= classes:
                return Strip.blank(room_across, base)
            label, behind = self._row_label(row, line), self.background_colors[1]
            cells = [self._cell(row, column, line, behind) for column in columns]
        return Strip([label, Segment(" " * hidden, base), *cells]).adjust_cell_length(room_across, base)

    def _corner(self) -> str:
        text = _("true {down}  predicted {right}").format(down=glyph("↓", "|"), right=glyph("→", "->"))
        return text + "  " + _("(per cent of the row)") if self.percent else text

    def _column_label(self, column: int) -> Segment:
        return Segment(
            right(cut(class_name(self.names, column), self._cell_width - 1), self._cell_width - 1) + " ",
            self._style("here" if column == self.cursor[1] else "header"),
        )

    def _row_label(self, row: int, line: int) -> Segment:
        name = class_name(self.names, row) if line == 0 else ""
        return Segment(
            right(cut(name, self._label_width - 1), self._label_width - 1) + " ",
            self._style("here" if row == self.cursor[0] else "header"),
        )

    def _cell(self, true: int, predicted: int, line: int, behind: Color) -> Segment:
        """Return one line of a cell; the first has the count, and a sign where the cursor is."""
        count = self.count(true, predicted)
        here = (true, predicted) == self.cursor
        text = f"{self._written(true, count) if line == 0 else '':>{self._cell_width - 1}}"
        text += glyph("‹", "<") if here and line == 0 else " "
        if here and self.has_focus:
            return Segment(text, self._style("cursor"))
        return Segment(text, self._shade(true, predicted, count, behind))

    def _written(self, true: int, count: int) -> str:
        """Return what stands in a cell: per cent with a decimal where there is room for it."""
        if not count:
            return glyph("·", ".")
        if not self.percent:
            return str(count)
        share = 100 * count / self._support[true]
        text = f"{share:.1f}" if self._cell_width >= len("99.9 ") and share < 99.95 else f"{share:.0f}"
        return "<.1" if text == "0.0" else "<1" if text == "0" else text

    def _shade(self, true: int, predicted: int, count: int, behind: Color) -> Style:
        """Return the style of a cell: the colour of its kind, the stronger the more of it there is."""
        if not count:
            return self._style("zero")
        if true == predicted:
            kind, share = "right", count / self._support[true]
        else:
            kind, share = "wrong", math.sqrt(count / self._most_wrong)
        full = self.get_component_styles(_class(kind)).color
        if full.ansi is not None or behind.ansi is not None:
            return self._style(kind)
        return _blended(behind, full, 0.15 + 0.7 * share)

    def _style(self, kind: str) -> Style:
        return self.get_component_rich_style(_class(kind))


@lru_cache(maxsize=1024)
def _blended(behind: Color, full: Color, share: float) -> Style:
    """Return so much of the full colour over the one behind, under a text that can be read on it."""
    shade = behind.blend(full, share)
    return Style.from_color(shade.get_contrast_text(1).rich_color, shade.rich_color)


def _class(kind: str) -> str:
    return f"confusion-grid--{kind}"
