"""A line of choices in words, each with its key; a click does what the key does."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text

from tui.widgets.clickable_line import ClickableLine

GAP = 2
"""Cells between two choices."""


@dataclass(frozen=True)
class Option:
    """One choice: the key that changes it, what it is now, and what the key does.

    `sign` is how the key is written, where that is not its name.
    """

    key: str
    text: str
    tooltip: str = ""
    changed: bool = False
    sign: str = ""

    @property
    def label(self) -> str:
        """The key as it is written."""
        return self.sign or self.key


class OptionLine(ClickableLine):
    """As many choices as have room, none cut in two; those that are not as at first stand out."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"choices--key", "choices--words", "choices--changed"}
    DEFAULT_CSS = """
    OptionLine {
        & > .choices--key { color: $footer-key-foreground; text-style: bold; }
        & > .choices--words { color: $text-muted; }
        & > .choices--changed { color: $foreground; text-style: bold underline; }
    }
    """

    def __init__(self, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._options: tuple[Option, ...] = ()

    def show(self, options: Iterable[Option]) -> bool:
        """Show these choices; return whether they are others than before."""
        options, before = tuple(options), self._options
        if options == before:
            return False
        self._options = options
        self.refresh()
        return True

    def render(self) -> Text:
        """Return the line; each choice can be clicked."""
        line = Text(no_wrap=True, end="")
        for option in self._options:
            gap = GAP if line else 0
            if line.cell_len + gap + cell_len(option.label) + 1 + cell_len(option.text) > self.size.width:
                break
            text = "choices--changed" if option.changed else "choices--words"
            line.append(" " * gap)
            line.append(f"{option.label} ", self.style_of("choices--key", option.key))
            line.append(option.text, self.style_of(text, option.key))
        return line

    def choose(self, name: str) -> None:
        """Do what the key of a choice does."""
        self.app.simulate_key(name)

    def explanation(self, name: str) -> str:
        """Return what the key of a choice does."""
        return next((option.tooltip for option in self._options if option.key == name), "")
