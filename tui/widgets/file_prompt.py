"""A line that asks for the path of a file, to save to or to load from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from engine.sentences import N_
from tui.text.glyphs import glyph
from tui.text.language import _
from tui.widgets.live_text import LiveText
from tui.widgets.path_suggester import PathSuggester


class _Choices(OptionList, inherit_bindings=False):
    """What can be picked in place of a path."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", N_("Take it"), tooltip=N_("Take what the cursor is on")),
        Binding("up", "cursor_up", N_("Up the list"), show=False, tooltip=N_("One line up")),
        Binding("down", "cursor_down", N_("Down the list"), show=False, tooltip=N_("One line down")),
    ]


class FilePrompt(Vertical):
    """A title, a path, and what is wrong with it. Enter takes the path, escape gives up.

    The rest of a name that is there is suggested; the right arrow or tab takes it. Below the line stands what
    can be picked in its place, if anything: down goes there.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", N_("Give up"), tooltip=N_("Close the line; nothing is saved or loaded")),
        Binding("tab", "complete", N_("Complete"), show=False, tooltip=N_("Take the name that is suggested")),
        Binding("down", "go_to_list", N_("List"), show=False, tooltip=N_("Go to the list below the line")),
    ]
    DEFAULT_CSS = """
    FilePrompt {
        height: auto;
        padding: 0 1;
        border-top: solid $foreground 20%;
        & > .file--title { text-style: bold; }
        & > Input { background: $foreground 15%; }
        & > .file--words { color: $foreground-muted; height: auto; min-height: 1; }
        & > .file--words.-wrong { color: $text-error; }
        & > OptionList { height: auto; max-height: 7; border: none; padding: 0; background: transparent; }
    }
    """

    @dataclass
    class Chosen(Message):
        """A path was given; for saving, one that is new or may be overwritten."""

        path: Path
        saving: bool

    @dataclass
    class Picked(Message):
        """Something of the list is wanted."""

        choice: str

    class GivenUp(Message):
        """No path is wanted any more."""

    def __init__(
        self,
        saving: bool,
        path: str,
        *,
        title: str = "",
        example: str = "run.toml",
        more: str = "",
        choices: Mapping[str, str] | None = None,
    ) -> None:
        """Ask for a TOML file, or for another that `title` tells of, such as `example`.

        more: what else can be said in the line; choices: what can be picked, and what that is called
        """
        super().__init__()
        self.saving = saving
        self._title = title or (_("Save as TOML") if saving else _("Load from TOML"))
        self._example = example
        self._input = Input(path, compact=True, suggester=PathSuggester())
        self._words = LiveText(classes="file--words", markup=False)
        self._more = more
        self._list = _Choices(
            *(Option(Content(text), id=name) for name, text in (choices or {}).items()), compact=True
        )
        self._may_overwrite: Path | None = None

    def compose(self) -> ComposeResult:
        """Yield the parts."""
        yield Static(self._title, classes="file--title", markup=False)
        yield self._input
        yield self._words
        if self._list.option_count:
            yield self._list

    def on_mount(self) -> None:
        """Take the keys, and say which."""
        self._input.focus()
        self._say_keys()

    def _say_keys(self) -> None:
        text = _("enter saves, escape gives up") if self.saving else _("enter loads, escape gives up")
        self.say(f"{text}{self._more}")

    def say(self, sentence: str) -> None:
        """Say what is done with the path, until it is changed."""
        self._words.remove_class("-wrong")
        self._words.set_text(sentence)

    def complain(self, sentence: str) -> None:
        """Say what is wrong, until the path is changed."""
        self._words.add_class("-wrong")
        self._words.set_text(f"{glyph('✗', 'x')} {sentence}")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._may_overwrite = None
        self._say_keys()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if not event.value.strip():
            self.complain(_("Give a path, such as {example}.").format(example=self._example))
            return
        try:
            path = Path(event.value.strip()).expanduser()
            exists = path.is_file()
        except (OSError, RuntimeError, ValueError) as error:  # a name too long; no home; a null character
            self.complain(_("{path}: {reason}.").format(path=event.value, reason=error))
            return
        if self.saving and exists and path != self._may_overwrite:
            self._may_overwrite = path
            self.complain(_("{path} exists; enter once more overwrites it.").format(path=path))
        else:
            self.post_message(self.Chosen(path, self.saving))

    @on(OptionList.OptionSelected)
    def _picked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Picked(event.option_id or ""))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave tab alone where nothing is suggested, and down where there is no list."""
        if action == "complete":
            return self._input.has_focus and len(self._input._suggestion) > len(self._input.value)
        return action != "go_to_list" or (self._input.has_focus and self._list.is_attached)

    def action_complete(self) -> None:
        """Take the name that is suggested."""
        self._input.action_cursor_right()

    def action_go_to_list(self) -> None:
        """Go to the list."""
        self._list.focus()

    def action_give_up(self) -> None:
        """Ask no more."""
        self.post_message(self.GivenUp())
