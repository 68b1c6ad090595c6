"""The one screen of the app."""

from collections.abc import Sequence

from textual import events
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from tui.panels.too_small import SMALLEST, is_too_small


class Desk(Screen[None]):
    """A screen on which a move of the focus draws what changes by it.

    Textual's own draws everything anew, which takes longer than all else that a key does.
    """

    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-cramped"),
        (SMALLEST[0], "-narrow"),
        (110, "-wide"),
        (150, "-roomy"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-cramped"), (SMALLEST[1], "-short"), (32, "-tall")]  # noqa: RUF012

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    _focused_before: Widget | None = None

    def on_resize(self, event: events.Resize) -> None:
        """Give the focus back to what was hidden for want of room."""
        if is_too_small(event.size):
            self._focused_before = self.focused or self._focused_before
        elif self._focused_before is not None:
            widget, self._focused_before = self._focused_before, None
            self.call_after_refresh(self._give_back, widget)

    def _give_back(self, widget: Widget) -> None:
        around = (node for node in widget.ancestors_with_self if isinstance(node, Widget))
        if self.focused is None and widget.is_attached and all(node.display for node in around):
            self.set_focus(widget)
        elif self.focused is None:
            self.focus_next()


def fitting(breakpoints: Sequence[tuple[int, str]], cells: int) -> str:
    """Return the class for a width or height: that of the last breakpoint not beyond it.

    A screen that has it from the start is not styled a second time when Textual learns the size.
    """
    return [name for least, name in breakpoints if cells >= least][-1]
