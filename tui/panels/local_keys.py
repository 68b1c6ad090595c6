"""The keys that the help and the palette list: the app's own, and those of the focus and the open tab."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from textual.actions import parse
from textual.app import App
from textual.binding import Binding
from textual.widget import Widget


@dataclass(frozen=True)
class LocalKey:
    """A key that a widget answers while it has the focus."""

    widget: Widget
    binding: Binding

    async def press(self, app: App[Any]) -> None:
        """Do what the key does, wherever the focus is; nothing, if the widget was taken away meanwhile."""
        if not self.widget.is_attached:
            return
        self.widget.screen.set_focus(self.widget if self.widget.focusable else self.widget.screen.focused)
        await app.run_action(self.binding.action, self.widget)


def local_keys(widgets: Iterable[Widget]) -> list[LocalKey]:
    """Return the keys that these widgets add and that can do something now, each action once.

    Those that Textual gives every widget of a kind (the cursor of a line of text) are not among them.
    """
    found: dict[tuple[type[Widget], str], LocalKey] = {}
    for widget in widgets:
        for kind in type(widget).__mro__:
            if kind.__module__.startswith("tui."):
                for binding in Binding.make_bindings(vars(kind).get("BINDINGS", ())):
                    if binding.description and _possible(widget, binding):
                        found.setdefault((kind, binding.action), LocalKey(widget, binding))
    return list(found.values())


def _possible(widget: Widget, binding: Binding) -> bool:
    _namespace, name, parameters = parse(binding.action)
    return bool(widget.check_action(name, parameters))


def keys(app: App[Any]) -> list[Binding]:
    """Return the keys of the app itself that have a description."""
    return [binding for _key, binding in app._bindings if binding.description]
