"""Text in the cells of a terminal: a Chinese character takes two of them.

For what is printed without Textual, and for where a line may be broken.
"""

import re
from collections.abc import Iterable
from unicodedata import combining, east_asian_width

from tui.text.glyphs import glyph

WIDEST_NAME = 40
"""Cells for the name of a class, or of anything else that people name, in a table."""
_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff01-\uff60"
_OPENING, _CLOSING = r"“‘（《(\[", r"，。、；：！？”’）》…)\],.;:!?%"
_BREAK = rf"(?<![{_OPENING}])(?![{_CLOSING}])(?:(?<=[{_WIDE}])|(?=[{_WIDE}]))"
_PIECE = re.compile(rf"\s*\S(?:(?!{_BREAK})\S)*\s*")
"""What a line is not broken in: a word with the space behind it, or a Chinese character.

The signs that open and close a clause stay with it.
"""


def width(text: str) -> int:
    """Return how many cells a line of text takes."""
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def left(text: str, cells: int) -> str:
    """Return `text` at the left of so many cells."""
    return text + " " * (cells - width(text))


def right(text: str, cells: int) -> str:
    """Return `text` at the right of so many cells."""
    return " " * (cells - width(text)) + text


def cut(text: str, cells: int) -> str:
    """Return `text` in at most so many cells; an ellipsis stands for the rest."""
    if width(text) <= cells:
        return text
    mark = glyph("…", ".")
    while text and width(text) + width(mark) > cells:
        text = text[:-1]
    return text + mark


def column_width(names: Iterable[str]) -> int:
    """Return the cells of a column of names: of the longest, and no more than `WIDEST_NAME`."""
    return min(max(map(width, names)), WIDEST_NAME)


def wrapped(text: str, cells: int) -> list[str]:
    """Return `text` in lines of at most so many cells, unless a single piece is longer."""
    lines = [""]
    for piece in _PIECE.findall(text):
        if lines[-1] and width(lines[-1] + piece.rstrip()) > cells:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def break_chinese_lines() -> None:
    """Let Rich, and Textual with it, break a line between Chinese characters, as `wrapped` does.

    Rich 14 breaks at spaces alone, and a clause without one wherever the line ends, before a comma too.
    """
    import rich._wrap

    rich._wrap.re_word = _PIECE
