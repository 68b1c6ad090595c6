"""The Confusion tab: which classes are confused with which, and precision, recall and F1 of each."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget

from engine.events import ConfusionMatrix
from engine.sentences import N_
from engine.training.metrics import accuracy, class_metrics, is_unbalanced, mean_recall
from tui.panels.local_keys import local_keys
from tui.panels.placeholder import what_is_missing
from tui.session.run_state import RunState
from tui.text.cell_widths import width
from tui.text.class_names import class_name
from tui.text.language import _, plural
from tui.text.phrases import percent
from tui.widgets.class_figures import ClassFiguresTable
from tui.widgets.confusion_grid import HEADER_HEIGHT, NO_MATRIX, CellOpened, ConfusionGrid
from tui.widgets.live_text import LiveText
from tui.widgets.option_line import Option, OptionLine
from tui.widgets.worst_confusions import WorstConfusions

ROOM_FOR_WORDS = 84
"""Columns from which the headings of the table are written out."""
LINES_OF_LEGEND = 3
ROOM_FOR_LIST = 27
"""Lines from which the list of the worst confusions stands below a matrix of ten classes."""


class ConfusionPanel(Vertical):
    """A confusion matrix, its figures by class, the cell under the cursor in words, the worst confusions.

    It is the newest one of the run, unless a person went back to an earlier epoch. The list of the worst
    stands below the matrix where there is room, and takes its place on request where there is not.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "worst", N_("Worst"), tooltip=N_("The most frequent confusions as a list, or back")),
        Binding(
            "left_square_bracket",
            "scrub(-1)",
            N_("Earlier"),
            key_display="[",
            tooltip=N_("The matrix of the epoch before"),
        ),
        Binding(
            "right_square_bracket",
            "scrub(1)",
            N_("Later"),
            key_display="]",
            tooltip=N_("The matrix of the epoch after, and at last the newest"),
        ),
        Binding(
            "left_curly_bracket",
            "scrub(-1_000_000)",
            N_("First epoch"),
            key_display="{",
            show=False,
            tooltip=N_("The matrix of the first epoch"),
        ),
        Binding(
            "right_curly_bracket",
            "scrub(1_000_000)",
            N_("Newest"),
            key_display="}",
            show=False,
            tooltip=N_("The newest matrix"),
        ),
    ]
    DEFAULT_CSS = """
    ConfusionPanel {
        padding: 0 0 0 1;
        & > .confusion--heading { height: auto; }
        & > .confusion--cell { height: auto; }
        & > .confusion--legend { display: none; height: auto; max-height: 3; color: $text-muted; }
        &.-legend > .confusion--legend { display: block; }
        & > .confusion--nothing {
            height: 1fr;
            content-align: center middle;
            text-align: center;
            color: $text-muted;
        }
        & > Horizontal { height: 1fr; }
        &.-low > WorstConfusions { display: none; }
        &.-low.-worst > WorstConfusions { display: block; height: 1fr; max-height: 100%; }
        &.-low.-worst > Horizontal, &.-low.-worst > .confusion--legend { display: none; }
        &.-empty > .confusion--heading, &.-empty > .confusion--cell, &.-empty > OptionLine,
        &.-empty > Horizontal, &.-empty > .confusion--legend, &.-empty > WorstConfusions {
            display: none;
        }
        &.-filled > .confusion--nothing { display: none; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.add_class("-empty")
        self.grid = ConfusionGrid()
        self._figures = ClassFiguresTable()
        self._worst = WorstConfusions()
        self._heading = LiveText(classes="confusion--heading")
        self._cell = LiveText(classes="confusion--cell")
        self._legend = LiveText(classes="confusion--legend", markup=False)
        self._choices = OptionLine()
        self._nothing = LiveText(classes="confusion--nothing", markup=False)
        self._state = RunState()
        self._epoch: int | None = None  # the newest
        self._shown: tuple[ConfusionMatrix, str, int, int | None] | None = None
        self._missing = ""

    def compose(self) -> ComposeResult:
        """Yield the parts."""
        yield self._nothing
        yield self._heading
        yield self._cell
        yield self._choices
        with Horizontal():
            yield self.grid
            yield self._figures
        yield self._legend
        yield self._worst

    def on_mount(self) -> None:
        """Keep the table beside the grid in step with it, and explain its figures."""
        self._figures.tooltip = _(
            "Precision: of the images predicted as this class, how many are of it. Recall: of the images "
            "of this class, how many were predicted as it. F1: their harmonic mean. All in per cent. "
            "Support: images of this class."
        )
        self.watch(self.grid, "scroll_y", self._follow, init=False)
        self.watch(self.grid, "row_height", self._follow, init=False)
        self.watch(self.grid, "show_horizontal_scrollbar", self._follow, init=False)
        self.watch(self.grid, "legend", self._explain_names, init=False)
        self.watch(self.grid, "percent", self._offer, init=False)

    def on_resize(self) -> None:
        """Shorten the headings of the table where the room is needed for the grid."""
        self._figures.compact = self.size.width < ROOM_FOR_WORDS
        self.set_class(self.size.height < ROOM_FOR_LIST, "-low")
        self.call_after_refresh(self._explain_names)

    def show(self, state: RunState) -> None:
        """Draw the newest matrix or that of the chosen epoch, if it is another than the one that is shown."""
        if state.started is not self._state.started:
            self._epoch = None  # another run
        self._state = state
        confusion = self._chosen(state)
        self.set_class(confusion is None, "-empty")
        self.set_class(confusion is not None, "-filled")
        if confusion is None:
            self._show_nothing(what_is_missing(state))
            if self._shown is not None:
                self._shown = None
                self.grid.matrix = NO_MATRIX
                self._choices.show(())
                self.refresh_bindings()
            return
        last = state.epochs[-1].epoch if self._epoch is not None else None
        if self._shown != (*confusion, last):
            matrix, split, epoch = confusion
            self._shown = (matrix, split, epoch, last)
            self._heading.set_text(_heading(matrix, split, epoch, last))
            self.grid.names = state.class_names
            self.grid.matrix = matrix
            self._figures.figures = class_metrics(matrix)
            self._worst.show(matrix, state.class_names)
            self._describe_cell()
        self._offer()

    def _chosen(self, state: RunState) -> tuple[ConfusionMatrix, str, int] | None:
        """Return the matrix to show, its split and its epoch."""
        if self._epoch is not None:
            if self._shown is not None and self._shown[1:3] == ("validation", self._epoch):
                return self._shown[:3]
            if matrix := state.matrix(self._epoch):
                return matrix, "validation", self._epoch
        return state.confusion

    # Where to look

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what would do something."""
        match action, parameters:
            case "worst", _:
                return self._shown is not None
            case "scrub", (int(epochs),):
                return self._scrubbed(epochs) != self._epoch
        return True

    def _scrubbed(self, epochs: int) -> int | None:
        """Return the epoch that is so many on from the one that is shown; None for the newest matrix."""
        state = self._state
        if not state.epochs:
            return None
        newest = state.epochs[-1].epoch + (1 if state.ended and state.ended.confusion_matrix else 0)
        epoch = max(1, (self._epoch or newest) + epochs)
        return epoch if epoch < newest else None

    def action_scrub(self, epochs: int) -> None:
        """Go back or on by so many epochs; beyond the last one stands the newest matrix."""
        self._epoch = self._scrubbed(epochs)
        self.show(self._state)

    def action_worst(self) -> None:
        """Show the list and go to it; from there, go back to the matrix."""
        wanted = not self._worst.has_focus
        self.set_class(wanted, "-worst")
        (self._worst if wanted else self.grid).focus()

    def on_descendant_focus(self) -> None:
        """Let what has the keys stand where there is room for one of them alone."""
        self.set_class(self._worst.has_focus, "-worst")
        self._offer()

    def on_mouse_down(self) -> None:
        """Take the keys when the tab is clicked anywhere: a click on an offered key presses it."""
        if not self.has_focus_within:
            self.screen.set_focus(self._worst if self.has_class("-worst") else self.grid)

    def _offer(self) -> None:
        """Say what else can be looked at; the keys that a narrow footer has no room for as well."""
        is_list, percent = self.has_class("-worst"), self.grid.percent
        text = {
            "p": _("per cent") if percent else _("counts"),
            "w": _("worst"),
            "left_square_bracket": _("earlier epoch"),
            "right_square_bracket": _("later epoch"),
            "right_curly_bracket": _("newest"),
        }
        changed = {"p": percent, "w": is_list, "right_curly_bracket": True}
        answering: list[Widget] = [self] if is_list else [self.grid, self]
        bindings = [key.binding for key in local_keys(answering) if key.binding.key in text]
        options = [
            Option(b.key, text[b.key], _(b.tooltip), changed.get(b.key, False), b.key_display or "")
            for b in bindings
        ]
        if self._choices.show(options):
            self.refresh_bindings()

    def on_worst_confusions_pointed(self, message: WorstConfusions.Pointed) -> None:
        """Let the matrix follow the list."""
        message.stop()
        self.grid.cursor = (message.true, message.predicted)

    def on_cell_opened(self, message: CellOpened) -> None:
        """Say which epoch's matrix a cell is of, if that is an earlier one."""
        if self._epoch is not None and message.epoch is None:
            message.stop()
            self.post_message(CellOpened(message.true, message.predicted, self._epoch))

    def _show_nothing(self, missing: str) -> None:
        if missing != self._missing:
            self._missing = missing
            about = _(
                "Here comes the confusion matrix: a row for each true class, a column for each predicted "
                "class."
            )
            self._nothing.set_text(f"{about}\n\n{missing}")

    def _follow(self) -> None:
        self._figures.row_height = self.grid.row_height
        self._figures.lines_above = self.grid.scroll_y
        self._figures.blank_below = self.grid.scrollbar_size_horizontal

    def _explain_names(self) -> None:
        """Say what names are whole that are cut before their rows, where no row is lost by it."""
        text = "  ".join(f"{short} = {whole}" for short, whole in self.grid.legend)
        self._legend.set_text(text)
        lines = min(LINES_OF_LEGEND, -(-width(text) // max(1, self.size.width - 1)))
        free = self.grid.size.height + (self._legend.size.height if self.has_class("-legend") else 0)
        rows = HEADER_HEIGHT + self.grid.matrix.classes
        self.set_class(bool(text) and rows + lines <= free, "-legend")

    def on_confusion_grid_moved(self, message: ConfusionGrid.Moved) -> None:
        """Say what the cell under the cursor means."""
        message.stop()
        self._describe_cell()

    def _describe_cell(self) -> None:
        true, predicted = self.grid.cursor
        self._figures.here = true
        self._cell.set_text(
            Content(
                cell_in_words(
                    class_name(self.grid.names, true),
                    class_name(self.grid.names, predicted),
                    self.grid.count(true, predicted),
                    self.grid.support(true),
                )
                if self.grid.matrix is not NO_MATRIX
                else ""
            )
        )


def _heading(matrix: ConfusionMatrix, split: str, epoch: int, last: int | None) -> Content:
    """Return which matrix this is: of which images, with which weights, and how many were right.

    `last` is the newest epoch, if a person went back to an earlier one.
    """
    if split == "test":
        where = _("Test set, weights of epoch {epoch}")
    elif last is None:
        where = _("Validation set, epoch {epoch}")
    else:
        where = _("Validation set, epoch {epoch} of {last}")
    images = sum(count for _true, _predicted, count in matrix.cells)
    how_many = plural("{count:,} image", "{count:,} images", images)
    right = accuracy(matrix)
    if right is not None:
        how_many += _(", {share} predicted correctly").format(share=percent(right))
    if (recall := mean_recall(matrix)) is not None and is_unbalanced(matrix):
        how_many += _(", mean of the classes' recalls {share}").format(share=percent(recall))
    return Content.assemble(
        (where.format(epoch=epoch, last=last), "bold"), (f"  {how_many}", "$foreground-muted")
    )


def cell_in_words(true: str, predicted: str, count: int, support: int) -> str:
    """Return what a cell of a confusion matrix says."""
    if true == predicted:
        text = plural(
            "{count:,} of {{support:,}} images of {{true}} was predicted correctly.",
            "{count:,} of {{support:,}} images of {{true}} were predicted correctly.",
            count,
        )
    elif count:
        text = plural(
            "{count:,} image of {{true}} was predicted as {{predicted}}.",
            "{count:,} images of {{true}} were predicted as {{predicted}}.",
            count,
        )
    else:
        text = _("No image of {true} was predicted as {predicted}.")
    return text.format(true=true, predicted=predicted, support=support)
