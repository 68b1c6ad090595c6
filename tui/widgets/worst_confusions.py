"""The most frequent confusions as a list."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from engine.events import ConfusionMatrix
from engine.sentences import N_
from tui.text.class_names import class_name
from tui.text.language import _, plural
from tui.widgets.confusion_grid import CellOpened

MOST = 10


class _Confusion(Option):
    """A line of the list, which knows its cell: another matrix may come before its message is heard."""

    def __init__(self, true: int, predicted: int, count: int, widest: int, names: Sequence[str]) -> None:
        super().__init__(_described(true, predicted, count, widest, names))
        self.cell = true, predicted


class WorstConfusions(OptionList, inherit_bindings=False):
    """Ten confusions at most, the most frequent first; Enter or a click shows their images."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "select", N_("Show this confusion"), tooltip=N_("Show the images of this confusion")
        ),
        Binding("up", "cursor_up", N_("Up the list"), show=False, tooltip=N_("One line up")),
        Binding("down", "cursor_down", N_("Down the list"), show=False, tooltip=N_("One line down")),
        Binding("home", "first", N_("Top of the list"), show=False, tooltip=N_("To the first line")),
        Binding("end", "last", N_("End of the list"), show=False, tooltip=N_("To the last line")),
    ]
    DEFAULT_CSS = """
    WorstConfusions {
        height: auto;
        max-height: 11;
        border: none;
        border-top: solid $foreground 20%;
        border-title-color: $foreground;
        border-title-style: bold;
        padding: 0;
        background: transparent;
        &:focus { border: none; border-top: solid $primary; background-tint: transparent; }
    }
    """

    class Pointed(Message):
        """The cursor stands on another confusion."""

        def __init__(self, true: int, predicted: int) -> None:
            super().__init__()
            self.true = true
            self.predicted = predicted

    def __init__(self) -> None:
        super().__init__()
        self._cells: tuple[tuple[int, int, int], ...] = ()
        self._names: tuple[str, ...] = ()

    def show(self, matrix: ConfusionMatrix, names: tuple[str, ...] = ()) -> None:
        """List the worst confusions of another matrix; the cursor stays on its line."""
        self.border_title = _("Most frequent confusions")
        cells = worst(matrix)
        if (cells, names) == (self._cells, self._names) and self.option_count:
            return
        self._cells, self._names = cells, names
        line = self.highlighted
        with self.prevent(OptionList.OptionHighlighted):
            self.clear_options()
            widest = len(f"{cells[0][2]:,}") if cells else 1
            self.add_options([_Confusion(*cell, widest, names) for cell in cells] or [_nothing_wrong()])
            self.highlighted = min(line, len(cells) - 1) if line is not None and cells else None

    def on_option_list_option_highlighted(self, message: OptionList.OptionHighlighted) -> None:
        """Tell where the cursor stands, if a person put it there."""
        message.stop()
        if self.has_focus and isinstance(message.option, _Confusion):
            self.post_message(self.Pointed(*message.option.cell))

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Ask for the images of the line that was chosen, whatever is listed by now."""
        message.stop()
        if isinstance(message.option, _Confusion):
            self.post_message(CellOpened(*message.option.cell))


def worst(matrix: ConfusionMatrix) -> tuple[tuple[int, int, int], ...]:
    """Return `(true, predicted, count)` of the most frequent confusions; of equals the first classes."""
    wrong = [cell for cell in matrix.cells if cell[0] != cell[1]]
    return tuple(sorted(wrong, key=lambda cell: (-cell[2], cell[0], cell[1]))[:MOST])


def _described(true: int, predicted: int, count: int, widest: int, names: Sequence[str]) -> Content:
    text = plural(
        "image of {{true}} predicted as {{predicted}}", "images of {{true}} predicted as {{predicted}}", count
    ).format(true=class_name(names, true), predicted=class_name(names, predicted))
    return Content.assemble((f" {count:>{widest},} ", "bold"), text)


def _nothing_wrong() -> Option:
    return Option(_("Every image was predicted correctly."), disabled=True)
