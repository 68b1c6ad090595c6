"""A line that asks for the path of a file, to save to or to load from."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from engine.sentences import N_
from tui.text.glyphs import glyph
from tui.text.language import _
from tui.widgets.live_text import LiveText
from tui.widgets.path_suggester import PathSuggester


class FilePrompt(Vertical):
    """A title, a path, and what is wrong with it. Enter takes the path, escape gives up.

    The rest of a name that is there is suggested; the right arrow takes it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", N_("Give up"), tooltip=N_("Close the line; nothing is saved or loaded"))
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
    }
    """

    @dataclass
    class Chosen(Message):
        """A path was given; for saving, one that is new or may be overwritten."""

        path: Path
        saving: bool

    class GivenUp(Message):
        """No path is wanted any more."""

    def __init__(self, saving: bool, path: str, *, title: str = "", example: str = "run.toml") -> None:
        """Ask for a TOML file, or for another that `title` tells of, such as `example`."""
        super().__init__()
        self.saving = saving
        self._title = title or (_("Save as TOML") if saving else _("Load from TOML"))
        self._example = example
        self._input = Input(path, compact=True, suggester=PathSuggester())
        self._words = LiveText(classes="file--words", markup=False)
        self._may_overwrite: Path | None = None

    def compose(self) -> ComposeResult:
        """Yield the parts."""
        yield Static(self._title, classes="file--title", markup=False)
        yield self._input
        yield self._words

    def on_mount(self) -> None:
        """Take the keys, and say which."""
        self._input.focus()
        self._say_keys()

    def _say_keys(self) -> None:
        text = _("enter saves, escape gives up") if self.saving else _("enter loads, escape gives up")
        self._words.remove_class("-wrong")
        self._words.set_text(text)

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
            self.complain(_("Give the path of a file, such as {example}.").format(example=self._example))
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

    def action_give_up(self) -> None:
        """Ask no more."""
        self.post_message(self.GivenUp())
