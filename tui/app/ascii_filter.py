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
    words = set(name.replace("/", " ").split())
    if name.startswith("BOX DRAWINGS"):
        return _line(words)
    if "BLOCK" in words or "SHADE" in words or "QUADRANT" in words:
        return _block(words)
    if "ARROW" in words or "ARROWHEAD" in words or "TRIANGLE" in words or "POINTER" in words:
        return _arrow(words)
    is_letter = unicodedata.category(character)[0] in "LMN"
    is_wide = unicodedata.east_asian_width(character) in "WF"
    if is_wide and not is_letter and unicodedata.category(character) == "So":
        return "  "  # a picture
    return character if is_letter or is_wide else "?"


def _line(words: set[str]) -> str:
    across, upright = words & {"HORIZONTAL", "LEFT", "RIGHT"}, words & {"VERTICAL", "UP", "DOWN"}
    if "DIAGONAL" in words:
        return "X" if "CROSS" in words else "/"
    return "+" if across and upright else "-" if across else "|"


def _block(words: set[str]) -> str:
    """Return what stands for a part of a cell: an edge upright or at the bottom, else its colour alone."""
    if "FULL" in words or words >= {"DARK", "SHADE"}:
        return "#"
    if "SHADE" in words:
        return ":" if "MEDIUM" in words else "."
    if words & {"LEFT", "RIGHT"} and not words & {"QUADRANT", "UPPER", "LOWER"}:
        return "|"
    return "_" if words >= {"LOWER", "ONE", "EIGHTH"} else " "


def _arrow(words: set[str]) -> str:
    marks = (("RIGHT", ">"), ("RIGHTWARDS", ">"), ("LEFT", "<"), ("LEFTWARDS", "<"), ("UP", "^"))
    return next((mark for word, mark in (*marks, ("UPWARDS", "^")) if word in words), "v")
