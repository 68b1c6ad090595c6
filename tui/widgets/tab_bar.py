"""The names of the tabs, in one line; the active one stands out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.message import Message
from textual.reactive import reactive

from tui.widgets.clickable_line import ClickableLine

SPACES = ((" ", " ", " "), (" ", " ", ""), ("", " ", " "), ("", "", " "))
"""The spaces around a tab, after its digit, and to the next one: from roomy to narrow."""


class TabBar(ClickableLine):
    """One line of tabs. It takes no focus: digits choose a tab from anywhere, and so does a click.

    Textual's `Tabs` (8.2.8) are two rows of a widget for each tab, scroll where this one puts the tabs closer
    together, and take seven times as long to mount (`python -m tests.benchmarks.widgets`).
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"tab-bar--active", "tab-bar--tab", "tab-bar--key"}
    DEFAULT_CSS = """
    TabBar {
        background: $foreground 4%;
        & > .tab-bar--active { color: $block-cursor-foreground; background: $block-cursor-background;
                               text-style: bold; }
        & > .tab-bar--tab { color: $foreground 80%; }
        & > .tab-bar--key { color: $foreground 50%; }
    }
    """

    active: reactive[str] = reactive("", init=False)
    """The tab that is shown."""

    @dataclass
    class Chosen(Message):
        """A tab was clicked."""

        tab: str

    def __init__(
        self, titles: Mapping[str, Callable[[], str]], active: str, *, numbered: bool = True
    ) -> None:
        """Name the tabs, in order; a title is asked for whenever it is drawn.

        Those of the whole are `numbered` by the digits that show them; pages within one are not.
        """
        super().__init__()
        self._titles = titles
        self._numbered = numbered
        self.set_reactive(TabBar.active, active)

    def render(self) -> Text:
        """Return the line: each tab with the digit that shows it, as wide apart as there is room for."""
        lines = (self._line(*spaces) for spaces in SPACES)
        return next((line for line in lines if line.cell_len <= self.size.width), self._line(*SPACES[-1]))

    def _line(self, around: str, after_digit: str, between: str) -> Text:
        """Return the tabs with these spaces around each, after its digit, and to the next."""
        line = Text(no_wrap=True, end="")
        for number, (tab, title) in enumerate(self._titles.items(), 1):
            active = tab == self.active
            key = self.style_of("tab-bar--active" if active else "tab-bar--key", tab)
            name = self.style_of("tab-bar--active" if active else "tab-bar--tab", tab)
            digit = f"{number}{after_digit}" if self._numbered else ""
            line.append_text(Text.assemble((f"{around}{digit}", key), (f"{title()}{around}", name), between))
        return line

    def choose(self, name: str) -> None:
        """Tell of the tab that was clicked."""
        self.post_message(self.Chosen(name))
