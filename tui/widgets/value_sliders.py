"""Lines of which each holds a value that the arrows change."""

from textual import events
from textual.content import Content
from textual.widget import Widget

from tui.text.glyphs import glyph


class ValueSliders(Widget, can_focus=True):
    """A line for each value; `at` is the one that the arrows change."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    ValueSliders { height: auto; text-wrap: nowrap; }
    """

    def __init__(self, lines: int) -> None:
        super().__init__()
        self.at = 0
        self._lines = lines

    # For adjusters to say

    def clicked(self, at: int, x: int) -> None:
        """Do what a click on line `at` does; `self.at` is still the line before."""

    # For adjusters to use

    def line(self, number: int, text: str, style: str) -> Content:
        """Return a line, with a sign before the one that the arrows change."""
        here = number == self.at
        parts = style, "$text-primary" if here else ""
        style = " ".join(part for part in parts if part) or "$foreground"
        return Content.styled(f"{glyph('▸', '>') if here else ' '} {text}", style)

    @staticmethod
    def between_arrows(value: str) -> str:
        """Return a value between the arrows that change it."""
        return f"{glyph('‹', '<')} {value} {glyph('›', '>')}"

    def get_content_height(self, *_sizes: object) -> int:
        """Return a line for each."""
        return self._lines

    def action_go(self, by: int) -> None:
        """Go to another line."""
        self.at = min(max(0, self.at + by), self._lines - 1)
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Go to the line that was clicked."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y < self._lines:
            self.clicked(offset.y, offset.x)
            self.at = offset.y
            self.refresh()
