"""A line of choices in words, each with its key; a click does what the key does."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events
from textual.widget import Widget

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


class OptionLine(Widget):
    """As many choices as have room, none cut in two; those that are not as at first stand out."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"choices--key", "choices--words", "choices--changed"}
    DEFAULT_CSS = """
    OptionLine {
        height: 1;
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
            meta = Style.from_meta({"key": option.key})
            text = "choices--changed" if option.changed else "choices--words"
            line.append(" " * gap)
            line.append(f"{option.label} ", self.get_component_rich_style("choices--key") + meta)
            line.append(option.text, self.get_component_rich_style(text) + meta)
        return line

    def on_click(self, event: events.Click) -> None:
        """Do what the key of the choice under the pointer does."""
        if key := event.style.meta.get("key"):
            self.app.simulate_key(key)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Explain the choice under the pointer."""
        tips = {option.key: option.tooltip for option in self._options}
        self.tooltip = tips.get(event.style.meta.get("key", "")) or None
