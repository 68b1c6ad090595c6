"""The table of an experiment: its settings, the best first, or every trial."""

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import DataTable

from engine.sentences import N_

MAX_ROWS = 200
"""Rows; filling in more would be felt at every trial that ends."""


class ExperimentTable(DataTable[Text], inherit_bindings=False):
    """A `DataTable` whose rows alone are gone through: left and right belong to the page."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "cursor_up", N_("Up"), show=False),
        Binding("down", "cursor_down", N_("Down"), show=False),
        Binding("pageup", "page_up", N_("Page up"), show=False),
        Binding("pagedown", "page_down", N_("Page down"), show=False),
        Binding("home", "scroll_top", N_("Top of the list"), show=False),
        Binding("end", "scroll_bottom", N_("End of the list"), show=False),
    ]
    DEFAULT_CSS = """
    ExperimentTable {
        height: 1fr;
        background: transparent;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
    }
    """

    class Entered(Message):
        """A row was clicked twice."""

    def __init__(self) -> None:
        super().__init__(cursor_type="row", zebra_stripes=False, cell_padding=1)
        self._filled: tuple[tuple[str, ...], list[tuple[int, tuple[str, ...]]]] | None = None

    def fill(self, headings: tuple[str, ...], rows: list[tuple[int, tuple[str, ...]]]) -> None:
        """Show rows of cells by their numbers; the cursor stays on its row."""
        rows = rows[:MAX_ROWS]
        if self._filled == (headings, rows):
            return
        here, self._filled = self.here, (headings, rows)
        self.clear(columns=True)
        self.add_columns(*headings)
        for number, cells in rows:
            self.add_row(*(Text(cell, no_wrap=True) for cell in cells), key=str(number))
        numbers = [number for number, _cells in rows]
        if here in numbers:
            self.move_cursor(row=numbers.index(here), animate=False)

    @property
    def here(self) -> int | None:
        """The number of the row under the cursor."""
        if self._filled is None or not 0 <= self.cursor_row < len(self._filled[1]):
            return None
        return self._filled[1][self.cursor_row][0]

    def on_data_table_row_selected(self, message: DataTable.RowSelected) -> None:
        """Open what is clicked while the cursor is there."""
        message.stop()
        self.post_message(self.Entered())
