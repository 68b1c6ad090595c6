"""How many images each class has in the parts of a data set: a line for each class, a bar for each part."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.text.cell_widths import cut, right
from tui.text.class_names import class_name
from tui.text.language import _
from tui.text.phrases import percent
from tui.widgets.probability_bars import bar

GAP = 2
LEAST_BAR, LONGEST_BAR = 4, 40


@dataclass(frozen=True)
class Part:
    """A part of a data set: what it is called, and how many images of each class it has."""

    title: str
    counts: Sequence[int]


class ClassBars(ScrollView, can_focus=False):
    """Bars are shares of their own part, all on one scale: where classes are as frequent, they are as long.

    What there is no room for is left out: first the bars, then the shares. The headings stay at the top.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"class-bars--header", "class-bars--bar"}
    DEFAULT_CSS = """
    ClassBars {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .class-bars--header { color: $text-muted; }
        & > .class-bars--bar { color: $primary; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._parts: tuple[Part, ...] = ()
        self._names: Sequence[str] = ()
        self._longest = 1.0
        self._base = self._header = self._bar = Style()

    def show(self, parts: Sequence[Part], names: Sequence[str] = ()) -> None:
        """Show these parts, which have the same classes, with the names of those."""
        self._parts, self._names = tuple(parts), names
        shares = (count / max(1, sum(part.counts)) for part in parts for count in part.counts)
        self._longest = max(shares, default=0.0) or 1.0
        self._fit()

    def on_resize(self) -> None:
        """Scroll as far as there are classes."""
        self._fit()

    def _fit(self) -> None:
        lines = 1 + len(self._parts[0].counts) if self._parts else 0
        self.virtual_size = Size(self.size.width, lines)
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Look up the styles of this moment once for all lines."""
        self._base = self.rich_style
        self._header = self.get_component_rich_style("class-bars--header")
        self._bar = self.get_component_rich_style("class-bars--bar")
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw the headings, or one class."""
        width = self.scrollable_content_region.width  # beside the scrollbar
        label = y - 1 + self.scroll_offset.y
        if not self._parts or (y and label >= len(self._parts[0].counts)):
            return Strip.blank(width, self._base)
        heading = _("class")
        widest = max(cell_len(class_name(self._names, one)) for one in range(len(self._parts[0].counts)))
        name_width = max(cell_len(heading), min(widest, width // 4))
        name = heading if y == 0 else cut(class_name(self._names, label), name_width)
        room = (width - name_width) // len(self._parts) - GAP
        cells = self._headings(room) if y == 0 else self._figures(label, room)
        return Strip([Segment(right(name, name_width), self._header), *cells]).adjust_cell_length(
            width, self._base
        )

    def _headings(self, room: int) -> list[Segment]:
        return [
            Segment(" " * GAP + set_cell_size(part.title, max(0, room)), self._header) for part in self._parts
        ]

    def _figures(self, label: int, room: int) -> list[Segment]:
        """Return bar, count and share of one class in each part, as far as there is room."""
        widest = max(len(f"{max(part.counts):,}") for part in self._parts)
        share_width = len(percent(1.0)) + 1
        bar_room = room - widest - share_width - 1
        segments = []
        for part in self._parts:
            count = part.counts[label]
            share = count / max(1, sum(part.counts))
            drawn = ""
            if bar_room >= LEAST_BAR:
                drawn = bar(share / self._longest, min(bar_room, LONGEST_BAR)) + " "
            figures = f"{count:>{widest},}"
            if room >= widest + share_width:
                figures += f"{percent(share):>{share_width}}"
            segments.append(Segment(" " * GAP + drawn, self._bar))
            segments.append(Segment(set_cell_size(figures, max(0, room - len(drawn))), self._base))
        return segments
