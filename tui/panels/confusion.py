"""The Confusion tab: which classes are taken for which, and how well each is recognised."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content

from engine.events import ConfusionMatrix
from engine.training.metrics import accuracy, class_figures
from tui.language import _, plural
from tui.panels.placeholder import what_is_missing
from tui.run_state import RunState
from tui.sentences import percent
from tui.widgets.class_figures import ClassFiguresTable
from tui.widgets.confusion_grid import NO_MATRIX, ConfusionGrid
from tui.widgets.words import Words

ROOM_FOR_WORDS = 84
"""Columns from which the headings of the table are written out."""


class ConfusionPanel(Vertical):
    """The newest confusion matrix of a run, its figures by class, and the cell under the cursor in words."""

    DEFAULT_CSS = """
    ConfusionPanel {
        padding: 0 0 0 1;
        & > .confusion--heading { height: auto; }
        & > .confusion--cell { height: auto; margin-bottom: 1; }
        & > .confusion--nothing {
            height: 1fr;
            content-align: center middle;
            text-align: center;
            color: $text-muted;
        }
        & > Horizontal { height: 1fr; }
        &.-empty > .confusion--heading, &.-empty > .confusion--cell, &.-empty > Horizontal {
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
        self._heading = Words(classes="confusion--heading")
        self._cell = Words(classes="confusion--cell")
        self._nothing = Words(classes="confusion--nothing", markup=False)
        self._shown: tuple[ConfusionMatrix, str, int] | None = None
        self._missing = ""

    def compose(self) -> ComposeResult:
        """Yield the parts."""
        yield self._nothing
        yield self._heading
        yield self._cell
        with Horizontal():
            yield self.grid
            yield self._figures

    def on_mount(self) -> None:
        """Keep the table beside the grid in step with it, and explain its figures."""
        self._figures.tooltip = _(
            "Precision: of the images read as this class, how many are of it. Recall: of the images of "
            "this class, how many were read as it. F1: their harmonic mean. All in per cent. "
            "Support: images of this class."
        )
        self.watch(self.grid, "scroll_y", self._follow, init=False)
        self.watch(self.grid, "row_height", self._follow, init=False)

    def on_resize(self) -> None:
        """Shorten the headings of the table where the room is needed for the grid."""
        self._figures.compact = self.size.width < ROOM_FOR_WORDS

    def show(self, state: RunState) -> None:
        """Draw the newest matrix, if it is another than the one that is shown."""
        confusion = state.confusion
        self.set_class(confusion is None, "-empty")
        self.set_class(confusion is not None, "-filled")
        if confusion is None:
            self._shown = None
            self._show_nothing(what_is_missing(state))
        elif self._shown is None or confusion[1:] != self._shown[1:] or (confusion[0] is not self._shown[0]):
            self._shown = confusion
            matrix, split, epoch = confusion
            self._heading.say(_heading(matrix, split, epoch))
            self.grid.matrix = matrix
            self._figures.figures = class_figures(matrix)
            self._describe_cell()

    def _show_nothing(self, missing: str) -> None:
        if missing != self._missing:
            self._missing = missing
            about = _(
                "Here comes the confusion matrix: a row for each true class, "
                "a column for each class that the network read."
            )
            self._nothing.say(f"{about}\n\n{missing}")

    def _follow(self) -> None:
        self._figures.row_height = self.grid.row_height
        self._figures.lines_above = self.grid.scroll_y

    def on_confusion_grid_moved(self, message: ConfusionGrid.Moved) -> None:
        """Say what the cell under the cursor means."""
        message.stop()
        self._describe_cell()

    def _describe_cell(self) -> None:
        true, predicted = self.grid.cursor
        self._figures.here = true
        self._cell.say(
            cell_in_words(true, predicted, self.grid.count(true, predicted), self.grid.support(true))
            if self.grid.matrix is not NO_MATRIX
            else ""
        )


def _heading(matrix: ConfusionMatrix, split: str, epoch: int) -> Content:
    """Return which matrix this is: of which images, with which weights, and how many were right."""
    images = sum(count for _true, _predicted, count in matrix.cells)
    where = _("Test set, weights of epoch {epoch}") if split == "test" else _("Validation set, epoch {epoch}")
    how_many = plural("{count:,} image", "{count:,} images", images)
    right = accuracy(matrix)
    if right is not None:
        how_many += ", " + _("{share} read correctly").format(share=percent(right))
    return Content.assemble((where.format(epoch=epoch), "bold"), (f"  {how_many}", "$foreground-muted"))


def cell_in_words(true: int, predicted: int, count: int, support: int) -> str:
    """Return what a cell of a confusion matrix says."""
    if true == predicted:
        words = plural(
            "{count:,} of {{support:,}} images of {{true}} was read correctly.",
            "{count:,} of {{support:,}} images of {{true}} were read correctly.",
            count,
        )
    elif count:
        words = plural(
            "{count:,} image of {{true}} was read as {{predicted}}.",
            "{count:,} images of {{true}} were read as {{predicted}}.",
            count,
        )
    else:
        words = _("No image of {true} was read as {predicted}.")
    return words.format(true=true, predicted=predicted, support=support)
