"""The help: what the field in focus means, and what every key does. Made, not written.

It lies over the right of the screen and takes no key away, so that a run goes on being steered, and the
explanation follows the focus through the form.
"""

from collections.abc import Iterable
from typing import Any

from rich.console import Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from engine.specification import Specification
from tui.panels.local_keys import LocalKey, keys
from tui.text.language import _, translate


class HelpPanel(VerticalScroll):
    """Explanation and keys; it is mounted with the first `f1`."""

    DEFAULT_CSS = """
    HelpPanel {
        layer: above;
        dock: right;
        width: 60;
        max-width: 60%;
        height: 1fr;
        border: round $primary;
        border-title-style: bold; border-title-color: $foreground;
        background: $surface;
        padding: 0 1;
        & > Static { width: 1fr; height: auto; }
    }
    """

    def __init__(self) -> None:
        super().__init__(id="help")
        self._text = Static()

    def compose(self) -> ComposeResult:
        """Yield the text."""
        yield self._text

    @property
    def is_open(self) -> bool:
        """Whether it is on the screen."""
        return self.is_attached and self.display

    def show(self, app: App[Any], screen: Screen[Any], local: Iterable[LocalKey]) -> None:
        """Show what the focused field means, which keys work there, and which work anywhere.

        local: the keys of what has the focus and of the tab that is open
        """
        self.border_title = _("Help")
        self.border_subtitle = _("f1 closes it")
        guide = Text(_("Guide") + " (f7)", style=Style(underline=True, meta={"@click": "app.guide"}))
        parts: list[RenderableType] = [guide, ""]
        field = focused_field(screen)
        if field is not None:
            parts += _explained(field)
        else:
            parts += [Text(line + "\n") for line in _the_whole()]
        here = [key.binding for key in local]
        if here:
            parts += [_heading(_("Keys here")), _table(app, here), ""]
        parts += [_heading(_("Keys")), _table(app, keys(app))]
        self._text.update(Group(*parts))


def _the_whole() -> list[str]:
    """Return what the program is for, and what stands where."""
    return [
        _(
            "A multilayer perceptron learns to classify images, and you watch. Go to a field for what it "
            "means."
        ),
        _(
            "Train: loss and accuracy of each epoch, and what early stopping waits for. Confusion: which "
            "classes are confused with which. Mistakes: the misclassified images."
        ),
        _(
            "Inside: layers, weights, one image and one mini-batch step by step, what if, gradient check. "
            "Evaluate: robustness, calibration, coverage, a map. Draw: images of your own. Data: what there "
            "is to learn from. Runs: all that were kept. Learn: eleven short lessons, and a workshop in "
            "which you write the network yourself. A comma and a full stop turn pages; f6 looks for a "
            "learning rate."
        ),
    ]


def focused_field(screen: Screen[Any]) -> Specification | None:
    """Return the hyperparameter whose field has the focus."""
    nodes = screen.focused.ancestors_with_self if screen.focused is not None else []
    fields = (getattr(node, "specification", None) for node in nodes)
    return next((field for field in fields if isinstance(field, Specification)), None)


def _explained(field: Specification) -> list[RenderableType]:
    """Return everything there is to say about a hyperparameter."""
    allowed = _("Allowed: {allowed}.").format(allowed=translate(field.kind.allowed()))
    live = _("May be changed during a run.") if field.live else _("A change counts from the next run.")
    lines = [_(field.help), _(field.explanation), allowed + " " + live]
    return [_heading(field.name), *(Text(line + "\n") for line in lines)]


def _heading(text: str) -> Text:
    return Text(text, style="bold")


def _table(app: App[Any], bindings: Iterable[Binding]) -> Table:
    """Return the keys on the left and what they do on the right; keys that do the same in one row."""
    rows: dict[str, tuple[str, list[str]]] = {}
    for binding in bindings:
        text = _(binding.tooltip or binding.description)
        _words, names = rows.setdefault(binding.description, (text, []))
        key = app.get_key_display(binding)
        if key not in names:
            names.append(key)
    table = Table.grid(padding=(0, 2))
    for text, names in rows.values():
        table.add_row(Text(", ".join(names)), Text(text))
    return table
