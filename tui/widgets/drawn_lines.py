"""The base of widgets that draw all their lines at once, so that only those that differ are drawn again."""

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from functools import lru_cache

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.text.glyphs import is_ascii
from tui.widgets.plotext_figure import Line, Rgb


class DrawnLines(Widget):
    """A widget that knows its lines: `drawn` makes them, when what it shows or how is another.

    `redraw` takes the place of `refresh`: it compares each line with what is on the screen. Of a chart that
    has one more epoch most lines are the same.
    """

    _strips: tuple[Hashable, list[Strip]] | None = None

    @abstractmethod
    def drawn(self) -> Sequence[Text | Line]:
        """Return the lines, at most as many as there is room for."""

    @abstractmethod
    def shown(self) -> Hashable:
        """Return what decides the lines, apart from size and theme."""

    def redraw(self) -> None:
        """Draw the lines that have changed."""
        before = self._strips
        if before is None or not self.size or not self.is_on_screen:
            self.refresh()
            return
        width, after = self.size.width, self._current()
        if len(before[1]) != len(after):
            self.refresh()
            return
        changed = [y for y, (old, new) in enumerate(zip(before[1], after, strict=True)) if old != new]
        if changed:  # as one region: Textual draws a region in less time than two of its lines
            self.refresh(Region(0, changed[0], width, changed[-1] - changed[0] + 1))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return some of the lines; what they depend on is looked up once for all, not for each."""
        if self.size:  # without a size it may have no styles yet
            self._current()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Return a line, of those that were made last."""
        strips = self._strips[1] if self._strips else self._current()
        return strips[y] if y < len(strips) else Strip.blank(self.size.width, self.rich_style)

    def rgb(self, component: str) -> Rgb:
        """Return the colour of a component class; grey, where the terminal chooses it."""
        color = self.get_component_rich_style(component).color
        red, green, blue = color.get_truecolor() if color is not None else (128, 128, 128)
        return red, green, blue

    def _current(self) -> list[Strip]:
        """Return the lines as they are now, made anew only where something is another."""
        base = self.rich_style
        key = self.shown(), self.size, base, self.app.theme, is_ascii(), self.has_focus
        if self._strips is None or self._strips[0] != key:
            self._strips = key, [self._strip(line, base) for line in self.drawn()]
        return self._strips[1]

    def _strip(self, line: Text | Line, base: Style) -> Strip:
        if isinstance(line, Text):
            segments = list(Segment.apply_style(line.render(self.app.console), base))
        else:
            segments = [
                Segment(text, base if color is None else base + _foreground(color)) for text, color in line
            ]
        return Strip(segments).adjust_cell_length(self.size.width, base)


@lru_cache(maxsize=64)
def _foreground(color: Rgb) -> Style:
    return Style(color=Color.from_rgb(*color))


def hexadecimal(color: Rgb) -> str:
    """Return a colour as `#rrggbb`."""
    return "#{:02x}{:02x}{:02x}".format(*color)
