"""The footer: only the keys that can do something now, in the language in use, as many as fit."""

from collections.abc import Callable

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

from tui.language import _

_AROUND = 3
"""Cells of a key that are neither its name nor its description."""


class KeyFooter(Footer):
    """Textual's footer, told by `label` what a key is called now; None leaves the key out.

    A key that is left out still answers, by saying why it can do nothing: that is why this is not left to
    `check_action`, which would make it silent. Where not all keys fit, the last ones give way, so that
    none is cut in two; the palette has them all.
    """

    def __init__(self, label: Callable[[str, str], str | None]) -> None:
        super().__init__()
        self._label = label

    def compose(self) -> ComposeResult:
        """Yield the keys that can do something and have room."""
        keys: list[FooterKey] = []
        palette: list[FooterKey] = []
        for key in super().compose():
            if isinstance(key, FooterKey) and (words := self._label(key.action, key.description)):
                key.description = words
                key.tooltip = _(str(key.tooltip)) if key.tooltip else None
                (palette if key.has_class("-command-palette") else keys).append(key)
        room = self.app.size.width - sum(_width(key) + 1 for key in palette)
        for key in keys:
            room -= _width(key)
            if room >= 0:
                yield key
        yield from palette

    def on_resize(self) -> None:
        """Fit the keys into the new width."""
        self.app.refresh_bindings()


def _width(key: FooterKey) -> int:
    return cell_len(key.key_display) + cell_len(key.description) + _AROUND
