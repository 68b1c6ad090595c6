"""Cells of an image in the colours of a theme: half blocks of grey, and signs over a shaded ground."""

from functools import cache

from rich.style import Style
from textual.color import Color

GREYS = 16
"""Shades of grey between background and foreground: few, so that neighbours share one and go out as one."""
FULL = GREYS - 1
DARK = 0.4 * FULL
"""The grey from which a half block, or the ground under a sign, is dark where there is none in between."""
UNDERLAID = 0.35
"""How far full ink darkens the ground under a sign."""
SHADES = " .:=o*#%@"
"""Shades without the signs `+` and `-`."""

Cell = tuple[str, Style]


class PixelColors:
    """Makes cells from `background` to `color`; each kind of cell is made once.

    Where these are the terminal's own colours, which cannot be mixed, a cell is dark or it is not.
    """

    def __init__(self, background: Color, color: Color, base: Style, signs: dict[str, Style]) -> None:
        """Use `base` for what is blank, and the styles of `signs` for these."""
        self._background, self._color = background, color
        self._mixes = background.ansi is None and color.ansi is None
        self._base, self._signs = base, signs
        self.block = cache(self._block)
        self.sign = cache(self._sign)

    def _block(self, above: int, below: int) -> Cell:
        """Return the character for two greys, one above the other."""
        if above == below == 0:
            return " ", self._base
        if not self._mixes:
            return " ▄▀█"[2 * (above >= DARK) + (below >= DARK)], self._base
        upper, lower = (self._background.blend(self._color, grey / FULL) for grey in (above, below))
        return "▀", Style.from_color(upper.rich_color, lower.rich_color)

    def _sign(self, grey: int, sign: str, bold: bool) -> Cell:
        """Return `sign` over a ground of so much ink, or that ink alone where there is none."""
        ground = Style()
        if self._mixes:
            ground = Style(bgcolor=self._background.blend(self._color, UNDERLAID * grey / FULL).rich_color)
        elif sign:
            ground = Style(reverse=grey >= DARK)
        if not sign:
            return SHADES[grey * len(SHADES) // GREYS], self._base + ground
        return sign, self._signs[sign] + ground + Style(bold=bold)
