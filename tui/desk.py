"""The one screen of the app."""

from collections.abc import Sequence

from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget


class Desk(Screen[None]):
    """A screen on which a move of the focus draws what changes by it.

    Textual's own draws everything anew, which takes longer than all else that a key does.
    """

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)


def fitting(breakpoints: Sequence[tuple[int, str]], cells: int) -> str:
    """Return the class for a width or height: that of the last breakpoint not beyond it.

    A screen that has it from the start is not styled a second time when Textual learns the size.
    """
    return [name for least, name in breakpoints if cells >= least][-1]
