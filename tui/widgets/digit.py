"""One grey image, as large as there is room for."""

from collections.abc import Iterable
from enum import Enum
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.text.ascii_art import ascii_art, braille_art, fitted_size, inked, number_art, scaled
from tui.text.glyphs import glyph, is_ascii
from tui.widgets.pixel_colors import FULL, Cell, PixelColors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FAINT, STRONG = 0.25, 0.5
"""From which shares of the strongest gradient on a sign is drawn, and drawn bold."""
TINY = 1e-30
"""Keeps a gradient of zero from being divided by zero."""


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
        self._base = Style()

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

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw what has to be drawn anew, of the area and in the colours as they are now."""
        self._base = self.rich_style
        key = (self.size, self._base, is_ascii())
        if self._drawn[0] != key:
            self._drawn = key, list(self._strips())
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Return one line, the image in the middle."""
        width, lines = self.size.width, self._drawn[1]
        line = y - (self.size.height - len(lines)) // 2
        if not 0 <= line < len(lines):
            return Strip.blank(width, self._base)
        left = Segment(" " * ((width - lines[line].cell_length) // 2), self._base)
        return Strip([left, *lines[line]]).adjust_cell_length(width, self._base)

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
        return [Strip([Segment(line, self._base)]) for line in lines]

    def _blocks(self, image: "NDArray[np.uint8]") -> Iterable[Iterable[Cell]]:
        """Yield lines of half blocks: two pixels to a character, one above the other."""
        rows, columns = scaled(image.shape[0], image.shape[1], 2 * self.size.height, self.size.width)
        if rows and columns:
            levels = [*_greys(inked(image, rows, columns)), [0] * columns]
            ink = self._ink()
            for above, below in zip(levels[:-1:2], levels[1::2], strict=True):
                yield map(ink.block, above, below)

    def _signs(self, image: "NDArray[np.uint8]", gradient: "NDArray[np.float32]") -> Iterable[Iterable[Cell]]:
        """Yield lines of the image with the signs of the gradient over it."""
        rows, columns = fitted_size(image.shape[0], image.shape[1], *self.size)
        if rows and columns:
            from engine.data.resampling import averaged  # and with it NumPy, when it is needed

            ink, slope = self._ink(), averaged(gradient, rows, columns)
            slope /= max(abs(slope).max(), TINY)
            signs = [[_sign(share) for share in line] for line in slope.tolist()]
            bold = (abs(slope) >= STRONG).tolist()
            for line in zip(_greys(inked(image, rows, columns)), signs, bold, strict=True):
                yield map(ink.sign, *line)

    def _ink(self) -> PixelColors:
        """Return what makes cells in the colours of this moment."""
        _base, _base_color, background, color = self.colors
        signs = {
            "+": self.get_component_rich_style("digit--for"),
            "-": self.get_component_rich_style("digit--against"),
        }
        return PixelColors(background, color, self._base, signs)


def _greys(grey: "NDArray[np.float64]") -> list[list[int]]:
    """Return an image, from 0 to 255, in as many shades of grey as are drawn."""
    levels: list[list[int]] = (grey * (FULL / 255)).round().astype(int).tolist()
    return levels


def _sign(share: float) -> str:
    """Return the sign of a share of the strongest gradient; none where it is faint."""
    if abs(share) < FAINT:
        return ""
    return "+" if share > 0 else "-"


def _strip(cells: Iterable[Cell]) -> Strip:
    """Return one line; neighbours of one style go out together."""
    return Strip(
        Segment("".join(text for text, _style in group), style)
        for style, group in groupby(cells, key=lambda cell: cell[1])
    )
