"""Precision, recall, F1 and support of each class, line by line with a confusion grid."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from engine.training.metrics import ClassMetrics
from tui.text.language import _
from tui.widgets.confusion_grid import HEADER_HEIGHT

LEAST_WIDTH = 6


class ClassFiguresTable(Widget):
    """A line for each class, as high and as far scrolled as in the grid beside it. Figures in per cent."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"class-figures--header", "class-figures--here"}
    DEFAULT_CSS = """
    ClassFiguresTable {
        height: 1fr;
        & > .class-figures--header { color: $text-muted; }
        & > .class-figures--here { text-style: bold; }
    }
    """

    figures: reactive[Sequence[ClassMetrics]] = reactive(())
    """What is shown, in the order of the classes."""
    compact: reactive[bool] = reactive(True)
    """Whether the headings have to be short."""
    row_height: reactive[int] = reactive(1)
    """Lines for a class."""
    lines_above: reactive[float] = reactive(0.0)
    """Lines that are scrolled out at the top."""
    blank_below: reactive[int] = reactive(0)
    """Lines at the bottom beside which no row stands, but the scrollbar of the grid."""
    here: reactive[int] = reactive(0)
    """The class to point out."""

    def _headings(self) -> tuple[str, ...]:
        if self.compact:
            return _("prec."), _("rec."), "F1", _("supp.")
        return _("precision"), _("recall"), "F1", _("support")

    def _widths(self) -> list[int]:
        first, *others = (max(LEAST_WIDTH, cell_len(heading) + 1) for heading in self._headings())
        return [first - 1 if self.compact else first, *others]  # the grid's last column ends in a space

    def watch_compact(self) -> None:
        """Take the width of the headings.

        Set as a style, since a width of `auto` is kept by Textual 8.2.8 when it changes while another
        change of the layout is still to be drawn.
        """
        self.styles.width = sum(self._widths())

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw some lines; their styles are looked up once for all."""
        self._base = self.rich_style
        self._header = self.get_component_rich_style("class-figures--header")
        self._here = self.get_component_rich_style("class-figures--here")
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw one line; the headings stay at the top."""
        if y < HEADER_HEIGHT:
            cells = self._headings() if y == HEADER_HEIGHT - 1 else ()
            return self._line(cells, self._header)
        row, line = divmod(y - HEADER_HEIGHT + round(self.lines_above), self.row_height)
        if line or row >= len(self.figures) or y >= self.size.height - self.blank_below:
            return Strip.blank(self.size.width, self._base)
        figures = self.figures[row]
        shares = figures.precision, figures.recall, figures.f1
        cells = (*(_percent(share) for share in shares), f"{figures.support:,}")
        return self._line(cells, self._here if row == self.here else self._base)

    def _line(self, cells: Sequence[str], style: Style) -> Strip:
        text = "".join(
            " " * (width - cell_len(cell)) + cell for cell, width in zip(cells, self._widths(), strict=False)
        )
        return Strip([Segment(text, style)]).adjust_cell_length(self.size.width, self._base)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"
