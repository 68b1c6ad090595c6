"""The one screen of the app."""

from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget


class Desk(Screen[None]):
    """A screen on which a move of the focus draws what changes by it.

    Textual's own draws everything anew, which takes longer than all else that a key does.
    """

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
