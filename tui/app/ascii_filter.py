"""The last step before the terminal with `--ascii`: what Textual itself draws, in ASCII too.

Our own marks ask `tui.text.glyphs` which character to use, since a mark has a meaning. Borders, scroll bars,
the line under the tabs and the arrows of lists are Textual's; they are put into ASCII here, in one place,
cell by cell, so that nothing moves. Letters are left alone: a language is not a drawing.
"""

import functools
import unicodedata

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_MARKS = {
    "…": ".", "–": "-", "—": "-", "−": "-", "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'",
    "×": "x", "·": ".", "•": "*", "●": "*", "○": "o", "◉": "*", "■": "#", "□": "-", "★": "*", "☆": "*",
    "✗": "x", "✓": "v", "✔": "v", "✘": "x", "‖": "=", "‹": "<", "›": ">", "«": "<", "»": ">", "\u00a0": " ",
    "≤": "<", "≥": ">", "≈": "~", "±": "+", "°": "o", "∞": "8",
}  # fmt: skip
_BRAILLE = range(0x2800, 0x2900)


class PlainLines(LineFilter):
    """Puts every drawn character into ASCII."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments in ASCII, as wide as they were."""
        return [
            segment if segment.text.isascii() else Segment(plain(segment.text), segment.style)
            for segment in segments
        ]


def plain(text: str) -> str:
    """Return text with its drawn characters in ASCII, each in as many cells as before."""
    return "".join(character if character.isascii() else _plain(character) for character in text)


@functools.cache
def _plain(character: str) -> str:
    if character in _MARKS:
        return _MARKS[character]
    if ord(character) in _BRAILLE:
        return " .::::###"[(ord(character) - _BRAILLE.start).bit_count()]
    name = unicodedata.name(character, "")
    text = set(name.replace("/", " ").split())
    if name.startswith("BOX DRAWINGS"):
        return _line(text)
    if "BLOCK" in text or "SHADE" in text or "QUADRANT" in text:
        return _block(text)
    if "ARROW" in text or "ARROWHEAD" in text or "TRIANGLE" in text or "POINTER" in text:
        return _arrow(text)
    is_letter = unicodedata.category(character)[0] in "LMN"
    is_wide = unicodedata.east_asian_width(character) in "WF"
    if is_wide and not is_letter and unicodedata.category(character) == "So":
        return "  "  # a picture
    return character if is_letter or is_wide else "?"


def _line(text: set[str]) -> str:
    across, upright = text & {"HORIZONTAL", "LEFT", "RIGHT"}, text & {"VERTICAL", "UP", "DOWN"}
    if "DIAGONAL" in text:
        return "X" if "CROSS" in text else "/"
    return "+" if across and upright else "-" if across else "|"


def _block(text: set[str]) -> str:
    """Return what stands for a part of a cell: an edge upright or at the bottom, else its colour alone."""
    if "FULL" in text or text >= {"DARK", "SHADE"}:
        return "#"
    if "SHADE" in text:
        return ":" if "MEDIUM" in text else "."
    if text & {"LEFT", "RIGHT"} and not text & {"QUADRANT", "UPPER", "LOWER"}:
        return "|"
    return "_" if text >= {"LOWER", "ONE", "EIGHTH"} else " "


def _arrow(text: set[str]) -> str:
    marks = (("RIGHT", ">"), ("RIGHTWARDS", ">"), ("LEFT", "<"), ("LEFTWARDS", "<"), ("UP", "^"))
    return next((mark for word, mark in (*marks, ("UPWARDS", "^")) if word in text), "v")
