"""Many small images in rows, to look over and to choose from."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.text.ascii_art import ascii_art, braille_art
from tui.text.cell_widths import cut
from tui.text.glyphs import glyph, is_ascii

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIZES = ((14, 7), (12, 6), (10, 5), (8, 4), (6, 3))
"""Sizes of a small image in characters, largest first: 28 x 28 dots of braille, down to 12 x 12."""
KEPT = 500
"""Drawn images that are kept for the next redraw."""


class Pictures(Protocol):
    """What can be looked over."""

    def __len__(self) -> int: ...

    def picture(self, at: int) -> "NDArray[np.uint8]":
        """Return one image: `(rows, columns)`, uint8."""

    def caption(self, at: int) -> str:
        """Return what stands under it, in a few characters."""


class Thumbnails(ScrollView, can_focus=False):
    """Small images with a caption each, in braille or ASCII shades; only those in view are ever drawn.

    They are as large as they can be while `wanted` of them are in view; `columns` fixes how many stand in a
    row. Where one of them is marked, a click on another tells of it.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"thumbnails--caption", "thumbnails--here"}
    DEFAULT_CSS = """
    Thumbnails {
        width: 1fr;
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .thumbnails--caption { color: $text-muted; }
        & > .thumbnails--here { color: $foreground; text-style: bold reverse; }
    }
    """

    @dataclass
    class Picked(Message):
        """The image `at` this number was clicked, `twice` in a row or once."""

        at: int
        twice: bool

    def __init__(self, *, wanted: int = 6, columns: int | None = None, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._wanted = wanted
        self._fixed_columns = columns
        self._pictures: Pictures | None = None
        self._at: int | None = None
        self._columns = 1
        self._width, self._height = SIZES[-1]
        self._kept: dict[int, list[str]] = {}
        self._ascii = False
        self._base = self._under = Style()

    @property
    def columns(self) -> int:
        """How many images stand in a row."""
        return self._columns

    @property
    def rows_in_view(self) -> int:
        """How many rows are seen at once, one at the least."""
        return max(1, self.size.height // (self._height + 1))

    def show(self, pictures: Pictures | None, at: int | None = None) -> None:
        """Show `pictures`, and mark one of them."""
        if pictures is not self._pictures:
            self._pictures, self._at = pictures, at
            self._kept.clear()
            self._fit()
        elif at != self._at:
            self._at = at
            self._show_marked()
            self.refresh()

    def on_resize(self) -> None:
        """Fit the images to the room there is."""
        self._fit()

    def _fit(self) -> None:
        """Choose the size of the images, and where they stand."""
        count = len(self._pictures) if self._pictures is not None else 0
        wanted = min(self._wanted, count)
        for size in SIZES:
            columns = self._fixed_columns or max(1, self.size.width // (size[0] + 1))
            fits = columns * (size[0] + 1) <= self.size.width + 1
            if fits and columns * (self.size.height // (size[1] + 1)) >= wanted:
                break
        if size != (self._width, self._height):
            self._kept.clear()
        self._columns, (self._width, self._height) = columns, size
        rows = -(-count // columns)
        self.virtual_size = Size(self.size.width, rows * (self._height + 1))
        self.refresh()
        self._show_marked()

    def _show_marked(self) -> None:
        """Bring the marked image into view."""
        if self._at is not None:
            tall = self._height + 1
            region = Region(0, self._at // self._columns * tall, 1, tall)
            self.scroll_to_region(region, animate=False, force=True)

    def on_click(self, event: events.Click) -> None:
        """Tell which image was clicked."""
        offset = event.get_content_offset(self)
        if offset is None or self._pictures is None or self._at is None:
            return
        x, y = offset + self.scroll_offset
        column, row = x // (self._width + 1), y // (self._height + 1)
        at = row * self._columns + column
        if column < self._columns and at < len(self._pictures):
            self.post_message(self.Picked(at, event.chain > 1))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Look up the styles of this moment once for all lines."""
        self._base = self.rich_style
        self._under = self.get_component_rich_style("thumbnails--caption")
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the images that it goes through."""
        width, base = self.size.width, self._base
        if self._pictures is None:
            return Strip.blank(width, base)
        if self._ascii != is_ascii():
            self._ascii = is_ascii()
            self._kept.clear()
        row, line = divmod(y + self.scroll_offset.y, self._height + 1)
        segments: list[Segment] = []
        first = row * self._columns
        for at in range(first, min(first + self._columns, len(self._pictures))):
            if line == self._height:
                segments.append(self._caption(at))
            else:
                segments.extend(self.segments(self._art(at)[line]))
            segments.append(Segment(" ", base))
        return Strip(segments).adjust_cell_length(width, base)

    def drawn(self, at: int, width: int, height: int) -> list[str]:
        """Return the lines of an image, in at most so many cells."""
        assert self._pictures is not None
        return (ascii_art if self._ascii else braille_art)(self._pictures.picture(at), width, height)

    def segments(self, line: str) -> Iterable[Segment]:
        """Return one line of an image as it is drawn."""
        yield Segment(line, self._base)

    def _caption(self, at: int) -> Segment:
        """Return the line under an image; signs and style mark the one that is looked at."""
        text = self._pictures.caption(at) if self._pictures is not None else ""
        if at != self._at:
            return Segment(_centred(fitted(text, self._width), self._width), self._under)
        room = self._width - 2
        text = f"{glyph('›', '>')}{_centred(fitted(text, room), room)}{glyph('‹', '<')}"
        return Segment(text, self.get_component_rich_style("thumbnails--here"))

    def _art(self, at: int) -> list[str]:
        """Return the lines of an image, all as wide and high as there is room for."""
        if at not in self._kept and self._pictures is not None:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            art = self.drawn(at, self._width, self._height)
            above = (self._height - len(art)) // 2
            lines = [""] * above + art + [""] * (self._height - len(art) - above)
            self._kept[at] = [_centred(line, self._width) for line in lines]
        return self._kept[at]


def fitted(text: str, room: int) -> str:
    """Return a caption in so many cells.

    Of two classes with an arrow between them, both are cut; of a class with a number behind it, the class.
    """
    if cell_len(text) <= room:
        return text
    if behind := re.search(r"(?: #|  )[\d.]+$", text):
        return cut(text[: behind.start()], max(0, room - len(behind[0]))) + behind[0]
    first, arrow, second = text.partition(glyph("→", ">"))
    room_of_both = room - cell_len(arrow)
    if not arrow or room_of_both < 2:
        return cut(text, room)
    first = cut(first, max(room_of_both // 2, room_of_both - cell_len(second)))
    return f"{first}{arrow}{cut(second, room_of_both - cell_len(first))}"


def _centred(text: str, width: int) -> str:
    """Return `text` in the middle of so many cells, cut where they are too long."""
    return set_cell_size(" " * max(0, (width - cell_len(text)) // 2) + text, width)
