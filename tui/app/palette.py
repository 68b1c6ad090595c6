"""The command palette: every action of the app, and of the tab that is open."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from textual.app import App, ComposeResult, SystemCommand
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.command import CommandList, CommandPalette
from textual.events import Click

from tui.panels.local_keys import LocalKey, keys
from tui.text.language import _

LEFT_OUT = ("Quit", "Keys")
"""Commands of Textual's that are there already, by our own names."""


class Commands(CommandList):
    """The list of the palette."""

    def on_click(self, event: Click) -> None:
        """Leave a click on a command alone that a newer search has taken away."""
        if event.style.meta.get("option", 0) >= self.option_count:
            event.prevent_default()


class Palette(CommandPalette):
    """Textual's, with faults of 8.2.8 mended that ended the app.

    A page key failed in a list that was not drawn yet, a second click while it closed closed the whole, and a
    click failed on a command that was no longer there.
    """

    def compose(self) -> ComposeResult:
        """Yield what Textual does, with our list."""
        for widget in super().compose():
            yield Commands() if isinstance(widget, CommandList) else widget

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close, once."""
        return super().dismiss(result) if self.is_current else AwaitComplete()

    def _action_command_list(self, action: str) -> None:
        if self.query_one(CommandList).scrollable_content_region:
            super()._action_command_list(action)


def commands(
    app: App[Any], local: Iterable[LocalKey], textual: Iterable[SystemCommand]
) -> Iterator[SystemCommand]:
    """Yield what the palette offers: keys of what is looked at, keys of the whole, what Textual adds."""
    for key in local:
        text = _(key.binding.tooltip or key.binding.description)
        yield SystemCommand(
            _(key.binding.description), _help(app, key.binding, text), partial(key.press, app)
        )
    offered = set()
    for binding in keys(app):
        title = _(binding.description)
        if title not in offered and binding.action != "command_palette":
            offered.add(title)
            text = _(binding.tooltip)
            yield SystemCommand(title, _help(app, binding, text), partial(app.run_action, binding.action))
    for command in textual:
        if command.title not in LEFT_OUT:
            yield command._replace(title=_(command.title), help=_(command.help))


def _help(app: App[Any], binding: Binding, text: str) -> str:
    """Return the key, and what it does where the title does not say it all."""
    key = _("Key: {key}").format(key=app.get_key_display(binding))
    return f"{key}  {text}" if text else key
