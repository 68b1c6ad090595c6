"""A line in which something is typed about the runs: a filter, a name, a note."""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from engine.sentences import N_
from tui.widgets.live_text import LiveText

NOTHING_THAT_STEERS = r"[^\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]*"
"""What may be typed or pasted: no character that moves the cursor or turns the direction of text."""


class TextPrompt(Vertical):
    """A title with the keys, and a text. It is closed until it is opened for something."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", N_("Give up"), tooltip=N_("Close the line; everything stays as it was"))
    ]
    DEFAULT_CSS = """
    TextPrompt {
        display: none;
        height: 3;
        border-top: solid $foreground 20%;
        & > LiveText { height: 1; color: $foreground-muted; text-wrap: nowrap; text-overflow: ellipsis; }
        & > Input { background: $foreground 15%; }
        &.-open { display: block; }
    }
    """

    def __init__(self, closed: Callable[[], object]) -> None:
        """Call `closed` whenever nothing is asked any more."""
        super().__init__()
        self._title = LiveText(markup=False)
        self._input = Input(compact=True, restrict=NOTHING_THAT_STEERS, select_on_focus=False)
        self._input.can_focus = False
        self._when_closed = closed
        self._entered: Callable[[str], object] | None = None
        self._typed: Callable[[str], object] | None = None

    def compose(self) -> ComposeResult:
        """Yield the parts."""
        yield self._title
        yield self._input

    @property
    def is_open(self) -> bool:
        """Whether something is being typed."""
        return self.has_class("-open")

    def ask(
        self,
        title: str,
        text: str,
        limit: int,
        entered: Callable[[str], object] | None = None,
        *,
        typed: Callable[[str], object] | None = None,
    ) -> None:
        """Ask for a text of at most so many characters, beginning with this one.

        entered: takes the text when it is to count
        typed: takes it at every change, and an empty one when it is given up
        """
        self._entered, self._typed = entered, typed
        with self.prevent(Input.Changed):
            self._input.max_length = limit
            self._input.value = text
            self._input.cursor_position = len(text)
        self._title.set_text(title)
        self._input.can_focus = True
        self.add_class("-open")
        self.screen.set_focus(self._input)

    def _close(self) -> None:
        self.remove_class("-open")
        self._input.can_focus = False
        self._when_closed()

    @on(Input.Changed)
    def _follow(self, event: Input.Changed) -> None:
        event.stop()
        if self.is_open and self._typed is not None:
            self._typed(event.value)

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        event.stop()
        if self._entered is not None:
            self._entered(event.value)
        self._close()

    def action_give_up(self) -> None:
        """Leave everything as it was."""
        if self._typed is not None:
            self._typed("")
        self._close()
