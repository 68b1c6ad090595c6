"""A grid of numbers, each in a cell with its sign and size, and a cursor to choose one."""

from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip
from textual.widget import Widget

from engine.sentences import N_
from tui.text.glyphs import glyph, is_ascii
from tui.widgets.number_layouts import LEVELS, Cell, NumberLayout, Picture, Place, Sheet, arranged

FAINTEST, STRONGEST = 0.08, 0.75
"""How much of its colour lies under a small number, and under the largest."""
WHEEL = 3
"""Lines that one turn of the mouse wheel scrolls by."""
LIGHTER, UNDER_BARS = 0.3, 0.5
"""How far signs and bars of a table are from their colour, and how much fainter what is under them is."""


class NumberGrid(Widget, can_focus=True):
    """A sheet of numbers: bars where there are few, cells in a table, or a picture where they are pixels.

    The sign is a character and the size another, so that nothing has to be told by colour alone. It scrolls
    by itself: a virtual size would have the whole screen laid out with every other sheet.
    """

    ALLOW_SELECT = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1, 0)", N_("Up"), show=False, tooltip=N_("One row up")),
        Binding("down", "move(1, 0)", N_("Down"), show=False, tooltip=N_("One row down")),
        Binding("left", "move(0, -1)", N_("Left"), show=False, tooltip=N_("One column left")),
        Binding("right", "move(0, 1)", N_("Right"), show=False, tooltip=N_("One column right")),
        Binding("pageup", "page(-1)", N_("Page up"), show=False, tooltip=N_("One page up")),
        Binding("pagedown", "page(1)", N_("Page down"), show=False, tooltip=N_("One page down")),
        Binding("home", "largest", N_("Largest"), show=False, tooltip=N_("To the largest number")),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "cells--positive",
        "cells--negative",
        "cells--zero",
        "cells--label",
        "cells--cursor",
    }
    DEFAULT_CSS = """
    NumberGrid {
        width: 1fr;
        height: 1fr;
        & > .cells--positive { color: $primary; }
        & > .cells--negative { color: $warning; }
        & > .cells--zero { color: $text-disabled; }
        & > .cells--label { color: $text-muted; }
        & > .cells--cursor { color: $foreground; text-style: bold reverse; }
    }
    """

    cursor: var[Place] = var((), init=False)
    """The place under the cursor."""

    @dataclass
    class Moved(Message):
        """The cursor stands on another number."""

        place: Place

    def __init__(self) -> None:
        super().__init__()
        self._sheet: Sheet | None = None
        self._arranged: NumberLayout | None = None
        self._styles: dict[tuple[bool, int], Style] = {}
        self._top = self._left = 0
        self._base = Style()
        self._for_theme: tuple[object, ...] = ()

    def show(self, sheet: Sheet | None, cursor: Place | None = None) -> Place:
        """Show a sheet with the cursor at a place, or on its largest number; return where it is."""
        self._sheet = sheet
        self._fit()
        if self._arranged is None:
            return ()
        if cursor is None or len(cursor) != len(self._arranged.shape):
            cursor = self._arranged.start
        with self.prevent(self.Moved):
            self.cursor = cursor
        self._show_cursor()
        return self.cursor

    # Sizes

    def on_resize(self) -> None:
        """Fit the cells to the room there is."""
        self._fit()

    def _fit(self) -> None:
        """Arrange the numbers."""
        width, height = self.size
        self._arranged = arranged(self._sheet, width - 1, height) if self._sheet is not None else None
        self._top = self._left = 0
        self.refresh()
        self._show_cursor()

    # The cursor

    def validate_cursor(self, cursor: Place) -> Place:
        """Keep the cursor on a number."""
        return self._arranged.within(cursor) if self._arranged is not None else cursor

    def watch_cursor(self, cursor: Place) -> None:
        """Bring the cursor into view and tell of it."""
        self.refresh()
        self._show_cursor()
        self.post_message(self.Moved(cursor))

    def _show_cursor(self) -> None:
        """Scroll as little as brings the cursor into view."""
        made = self._arranged
        if made is None or len(self.cursor) != len(made.shape):
            return
        place, (width, height) = made.region(made.within(self.cursor)), self.size
        room = max(1, width - 1)
        self._top = min(place.y, max(self._top, place.bottom - height))
        self._left = min(place.x - made.fixed, max(self._left, place.right - room))

    def action_move(self, down: int, right: int) -> None:
        """Move the cursor by so many cells."""
        if self._arranged is not None:
            self.cursor = self._arranged.moved(self.cursor, down, right)

    def action_page(self, pages: int) -> None:
        """Move the cursor by what is seen at once."""
        self.action_move(pages * max(1, self.size.height - 1), 0)

    def action_largest(self) -> None:
        """Move the cursor to the largest number."""
        if self._arranged is not None:
            self.cursor = self._arranged.start

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the number that was clicked."""
        offset = event.get_content_offset(self)
        if offset is None or self._arranged is None:
            return
        x, y = offset
        if x >= self._arranged.fixed:
            x += self._left
        place = self._arranged.place_at(x, y + self._top)
        if place is not None:
            self.cursor = place

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Go on to what is further down."""
        event.stop()
        self._scroll(WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Go back to what is further up."""
        event.stop()
        self._scroll(-WHEEL)

    def _scroll(self, lines: int) -> None:
        if self._arranged is not None:
            self._top = max(0, min(self._top + lines, self._arranged.height - self.size.height))
            self.refresh()

    # Drawing

    def render_lines(self, crop: Region) -> list[Strip]:
        """Mix the colours anew where they have changed."""
        self._base = self.rich_style
        theme = self.app.theme, self._base, is_ascii(), type(self._arranged)
        if theme != self._for_theme:
            self._for_theme = theme
            self._styles.clear()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        made, width, base = self._arranged, self.size.width, self._base
        line = y + self._top
        if made is None or line >= made.height:
            return Strip.blank(width, base)
        cells = made.line(line, self._left, width - 1, self.cursor)
        styled = ((cell.text, self._style(cell)) for cell in cells)
        strip = Strip(
            Segment("".join(text for text, _ in group), style)
            for style, group in groupby(styled, key=lambda pair: pair[1])
        ).adjust_cell_length(width - 1, base)
        return Strip([*strip, Segment(self._edge(y, made), self.get_component_rich_style("cells--label"))])

    def _edge(self, y: int, made: NumberLayout) -> str:
        """Return the last character of a line: where one is in what is too high; `…` if it is too wide."""
        height = self.size.height
        if made.height > height:
            start = self._top * height // made.height
            stop = -(-(self._top + height) * height // made.height)
            return glyph("┃", "#") if start <= y < stop else glyph("│", "|")
        return glyph("…", ">") if made.width - self._left > self.size.width - 1 else " "

    def _style(self, cell: Cell) -> Style:
        if cell.is_bar:
            sign = "negative" if (cell.share or 0) < 0 else "positive"
            return self.get_component_rich_style(f"cells--{sign}")
        if cell.here:
            cursor = self.get_component_rich_style("cells--cursor")
            return cursor if self.has_focus else Style(bold=True, underline=True) + self._shade(cell.share)
        return self._shade(cell.share)

    def _shade(self, share: float | None) -> Style:
        """Return the style of a share of the largest number, in few steps."""
        if share is None:
            return self.get_component_rich_style("cells--label")
        level = round(abs(share) * LEVELS)
        key = (share < 0, level)
        if key not in self._styles:
            self._styles[key] = self._mixed(*key)
        return self._styles[key]

    def _mixed(self, negative: bool, level: int) -> Style:
        name = "cells--zero" if not level else "cells--negative" if negative else "cells--positive"
        behind, color = self.background_colors[1], self.get_component_styles(name).color
        if not level or behind.ansi is not None or color.ansi is not None:
            return self.get_component_rich_style(name)
        strength = FAINTEST + (STRONGEST - FAINTEST) * level / LEVELS
        if isinstance(self._arranged, Picture):
            ground = behind.blend(color, strength)
            return Style.from_color(ground.get_contrast_text(0.9).rich_color, ground.rich_color)
        ink, ground = color.blend(self.colors[3], LIGHTER), behind.blend(color, UNDER_BARS * strength)
        return Style.from_color(ink.rich_color, ground.rich_color)
