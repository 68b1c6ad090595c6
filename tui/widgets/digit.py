"""One grey image, as large as there is room for."""

from collections.abc import Iterable
from enum import Enum
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip
from textual.widget import Widget

from tui.ascii_art import ascii_art, averaged, braille_art, fitted_size, inked, number_art, scaled
from tui.glyphs import glyph, is_ascii

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GREYS = 16
"""Shades of grey between background and foreground: few, so that neighbours share one and go out as one."""
DARK_HALF = 0.4
"""The share of ink from which a half block, or the ground under a sign, is dark where there is no grey."""
INK = " .:=o*#%@"
"""Shades without the signs of a gradient."""
FAINT, STRONG = 0.25, 0.5
"""From which shares of the strongest gradient on a sign is drawn, and drawn bold."""
UNDERLAID = 0.35
"""How far full ink darkens the ground under a sign."""

Cell = tuple[str, Style]


class Rendering(Enum):
    """A way to draw an image."""

    SHADES = "shades"
    BLOCKS = "half blocks"
    BRAILLE = "braille"
    NUMBERS = "numbers"


def renderings() -> list[Rendering]:
    """Return the ways to draw that the terminal can show."""
    return [Rendering.SHADES, Rendering.NUMBERS] if is_ascii() else list(Rendering)


class Digit(Widget):
    """An image of any size in the middle of its area. Shows nothing until given one.

    With a gradient, the image lies under signs: `+` where more ink speaks for a class, `-` where it speaks
    against it, bold where it does so strongly.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"digit--for", "digit--against"}
    DEFAULT_CSS = """
    Digit {
        width: 1fr;
        height: 1fr;
        & > .digit--for { color: $text-error; }
        & > .digit--against { color: $text-success; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._image: NDArray[np.uint8] | None = None
        self._gradient: NDArray[np.float32] | None = None
        self._rendering = Rendering.SHADES
        self._drawn: tuple[object, list[Strip]] = None, []

    @property
    def image(self) -> "NDArray[np.uint8] | None":
        """The image that is shown: `(rows, columns)`, uint8."""
        return self._image

    @image.setter
    def image(self, image: "NDArray[np.uint8] | None") -> None:
        self.show(image, self._rendering)

    def show(
        self,
        image: "NDArray[np.uint8] | None",
        rendering: Rendering = Rendering.SHADES,
        gradient: "NDArray[np.float32] | None" = None,
    ) -> None:
        """Draw `image`, and over it the signs of `gradient`, both `(rows, columns)`."""
        if image is self._image and rendering is self._rendering and gradient is self._gradient:
            return
        self._image, self._rendering, self._gradient = image, rendering, gradient
        self._drawn = None, []
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line, of the area as it is now."""
        key = (self.size, self.rich_style, is_ascii())
        if self._drawn[0] != key:
            self._drawn = key, list(self._strips())
        width, lines = self.size.width, self._drawn[1]
        line = y - (self.size.height - len(lines)) // 2
        if not 0 <= line < len(lines):
            return Strip.blank(width, self.rich_style)
        left = (width - lines[line].cell_length) // 2
        return Strip([Segment(" " * left, self.rich_style), *lines[line]]).adjust_cell_length(
            width, self.rich_style
        )

    def _strips(self) -> Iterable[Strip]:
        """Return the lines of the image."""
        if self._image is None:
            return []
        if self._gradient is not None:
            return map(_strip, self._signs(self._image, self._gradient))
        rendering = self._rendering if self._rendering in renderings() else Rendering.SHADES
        match rendering:
            case Rendering.BLOCKS:
                return map(_strip, self._blocks(self._image))
            case Rendering.BRAILLE:
                lines = braille_art(self._image, *self.size)
            case Rendering.NUMBERS:
                lines = number_art(self._image, *self.size, blank=glyph("·", "."))
            case _:
                lines = ascii_art(self._image, *self.size)
        return [Strip([Segment(line, self.rich_style)]) for line in lines]

    def _blocks(self, image: "NDArray[np.uint8]") -> Iterable[Iterable[Cell]]:
        """Yield lines of half blocks: two pixels to a character, one above the other."""
        import numpy as np

        rows, columns = scaled(image.shape[0], image.shape[1], 2 * self.size.height, self.size.width)
        if not rows or not columns:
            return
        grey = np.zeros((rows + rows % 2, columns))
        grey[:rows] = inked(image, rows, columns) / 255
        levels = np.rint(grey * (GREYS - 1)).astype(int).tolist()
        for above, below in zip(levels[::2], levels[1::2], strict=True):
            yield [self._block(*pixels) for pixels in zip(above, below, strict=True)]

    def _block(self, above: int, below: int) -> Cell:
        """Return the character for two pixels; where colours are not ours to mix, the darker half."""
        if above == below == 0:
            return " ", self.rich_style
        if self._has_ansi_colors:
            dark = GREYS * DARK_HALF
            return (" ▄▀█"[2 * (above >= dark) + (below >= dark)], self.rich_style)
        upper, lower = (self._ink(level / (GREYS - 1)) for level in (above, below))
        return "▀", Style.from_color(upper.rich_color, lower.rich_color)

    def _signs(self, image: "NDArray[np.uint8]", gradient: "NDArray[np.float32]") -> Iterable[Iterable[Cell]]:
        """Yield lines of the image with the signs of the gradient over it."""
        rows, columns = fitted_size(image.shape[0], image.shape[1], *self.size)
        if not rows or not columns:
            return
        ink = (inked(image, rows, columns) / 255).tolist()
        slope = averaged(gradient, rows, columns)
        slope /= max(abs(slope).max(), 1e-30)
        for inks, slopes in zip(ink, slope.tolist(), strict=True):
            yield [self._sign(*cell) for cell in zip(inks, slopes, strict=True)]

    def _sign(self, ink: float, slope: float) -> Cell:
        level = round(ink * (GREYS - 1)) / (GREYS - 1)
        shade = INK[min(int(ink * len(INK)), len(INK) - 1)]
        if self._has_ansi_colors:
            ground = Style(reverse=ink >= DARK_HALF)
        else:
            ground = Style(bgcolor=self._ink(UNDERLAID * level).rich_color)
        if abs(slope) < FAINT:
            return shade, self.rich_style + (Style() if self._has_ansi_colors else ground)
        kind = "digit--for" if slope > 0 else "digit--against"
        bold = Style(bold=abs(slope) >= STRONG)
        return "+" if slope > 0 else "-", self.get_component_rich_style(kind) + ground + bold

    def _ink(self, share: float) -> Color:
        """Return the colour of so much ink: from background to foreground."""
        _base, _base_color, background, color = self.colors
        return background.blend(color, share)

    @property
    def _has_ansi_colors(self) -> bool:
        """Whether the colours are the terminal's own, and so cannot be mixed."""
        _base, _base_color, background, color = self.colors
        return background.ansi is not None or color.ansi is not None


def _strip(cells: Iterable[Cell]) -> Strip:
    """Return one line; neighbours of one style go out together."""
    return Strip(
        Segment("".join(text for text, _style in group), style)
        for style, group in groupby(cells, key=lambda cell: cell[1])
    )
