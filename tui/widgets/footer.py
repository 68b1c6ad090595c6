"""The footer: only the keys that can do something now, in the language in use, as many as fit."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text

from tui.text.language import _
from tui.widgets.clickable_line import ClickableLine


@dataclass(frozen=True)
class Key:
    """A key as the footer shows it."""

    key: str
    display: str
    text: str
    tooltip: str
    enabled: bool

    @property
    def width(self) -> int:
        """Its cells, with a space at each side and one between."""
        return cell_len(self.display) + cell_len(self.text) + 3


class KeyFooter(ClickableLine):
    """One line of keys, told by `label` what a key is called now; None leaves the key out.

    A key that is left out still answers, by saying why it can do nothing: that is why this is not left to
    `check_action`, which would make it silent. Where not all keys fit, the last ones give way, so that
    none is cut in two; the palette has them all. Textual's `Footer` (8.2.8) makes a widget for each key anew
    whenever the focus moves, which takes five times as long (`python -m tests.benchmarks.widgets`).
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"footer--key", "footer--words", "footer--disabled"}
    DEFAULT_CSS = """
    KeyFooter {
        dock: bottom;
        background: $footer-background;
        & > .footer--key { color: $footer-key-foreground; background: $footer-key-background;
                           text-style: bold; }
        & > .footer--words { color: $footer-description-foreground;
                             background: $footer-description-background; }
        & > .footer--disabled { color: $foreground 40%; background: $footer-background; }
    }
    """

    def __init__(self, label: Callable[[str, str], str | None]) -> None:
        super().__init__()
        self._label = label

    def on_mount(self) -> None:
        """Follow the keys: the focus or the state of the run has changed what they can do."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _screen: self.refresh())

    def keys(self) -> tuple[list[Key], list[Key]]:
        """Return the keys that have room, on the left and on the right; one key for each action."""
        actions = set()
        here: list[Key] = []
        anywhere: list[Key] = []
        right: list[Key] = []
        for _node, binding, enabled, tooltip in self.screen.active_bindings.values():
            in_palette = binding.key == self.app.COMMAND_PALETTE_BINDING
            text = self._label(binding.action, binding.description)
            if text and (binding.show or in_palette) and binding.action not in actions:
                actions.add(binding.action)
                tip = _(tooltip or binding.tooltip)
                key = Key(binding.key, self.app.get_key_display(binding), text, tip, enabled)
                (right if in_palette else anywhere if binding.priority else here).append(key)
        room = self.size.width - sum(key.width for key in right)
        fitting = []
        for key in (*anywhere, *here):
            room -= key.width
            if room >= 0:
                fitting.append(key)
        return fitting, right

    def render(self) -> Text:
        """Return the line; each key can be clicked."""
        left, right = (Text().join(map(self._drawn, keys)) for keys in self.keys())
        gap = max(0, self.size.width - left.cell_len - right.cell_len)
        return Text.assemble(left, " " * gap, right, no_wrap=True, end="")

    def choose(self, name: str) -> None:
        """Do what a key does."""
        self.app.simulate_key(name)

    def explanation(self, name: str) -> str:
        """Return what a key does, in more words."""
        return next((key.tooltip for group in self.keys() for key in group if key.key == name), "")

    def _drawn(self, key: Key) -> Text:
        name, text = ("key", "words") if key.enabled else ("disabled", "disabled")
        return Text.assemble(
            (f" {key.display} ", self.style_of(f"footer--{name}", key.key)),
            (f"{key.text} ", self.style_of(f"footer--{text}", key.key)),
        )
