"""The Mistakes tab: one image large, what was predicted and why, and many to choose from."""

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from engine.analysis.image_selection import ImageFilter, ImageSelection, Order
from engine.events import Explanation
from tui.panels.messages import ExplanationWanted, PredictionsWanted
from tui.panels.mistakes import phrases
from tui.panels.mistakes.keys import KEYS
from tui.panels.mistakes.requests import ExplanationRequest, ShownSelection
from tui.panels.mistakes.thumbnails import NEIGHBOURS_IN_A_ROW, NeighbourThumbnails, SelectionThumbnails
from tui.session.run_state import Phase, RunState
from tui.text.glyphs import is_ascii
from tui.widgets.digit import Digit, Rendering, renderings
from tui.widgets.live_text import LiveText
from tui.widgets.option_line import OptionLine
from tui.widgets.probability_bars import ProbabilityBars
from tui.widgets.thumbnails import Thumbnails

ROOM_BESIDE = 104
"""Columns from which the grid stands beside the large image and the bars."""
ROOM_BELOW = 30
"""Lines from which it stands below them."""


class MistakesPanel(Vertical, can_focus=True):
    """One image large, the probabilities or the reasons beside it, and a grid of all that are chosen.

    Where there is room the grid is there from the start, beside the image or below it; in a small panel it
    takes the place of the image. Its keys work whatever is shown.
    """

    BINDINGS: ClassVar[list[BindingType]] = KEYS
    DEFAULT_CSS = """
    MistakesPanel {
        padding: 0 1;
        & > .mistakes--heading { height: auto; }
        & > OptionLine { margin-bottom: 1; }
        & > .mistakes--nothing {
            display: none;
            height: 1fr;
            content-align: center middle;
            text-align: center;
            color: $text-muted;
        }
        & > Horizontal { height: 1fr; }
        & .mistakes--beside { width: 36; padding-left: 2; }
        & .mistakes--verdict { height: auto; margin-bottom: 1; }
        & > .mistakes--why { display: none; height: auto; }
        & .mistakes--grid { display: none; }
        & .mistakes--neighbours { display: none; overflow: hidden; }

        &.-nothing > .mistakes--nothing { display: block; }
        &.-nothing > Horizontal { display: none; }
        &.-why > .mistakes--why { display: block; }
        &.-nothing > .mistakes--why { display: none; }
        &.-why .mistakes--neighbours { display: block; }
        &.-why ProbabilityBars { display: none; }

        &.-grid .mistakes--grid { display: block; }
        &.-instead.-grid Digit { display: none; }
        &.-beside .mistakes--grid { dock: right; width: 33%; padding-left: 2; }
        &.-below .mistakes--grid { dock: bottom; height: 40%; padding-top: 1; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._shown = ShownSelection()
        self._inquiry = ExplanationRequest()
        self._asks_why = False
        self._grid_wanted: bool | None = None
        self._rendering = Rendering.SHADES
        self._drawn: tuple[object, ...] = ()
        self._heading = LiveText(classes="mistakes--heading")
        self._choices = OptionLine()
        self._nothing = LiveText(classes="mistakes--nothing", markup=False)
        self._verdict = LiveText(classes="mistakes--verdict")
        self._why = LiveText(classes="mistakes--why")
        self._digit = Digit()
        self._bars = ProbabilityBars()
        self._grid = Thumbnails(classes="mistakes--grid")
        self._neighbours = Thumbnails(
            wanted=2 * NEIGHBOURS_IN_A_ROW, columns=NEIGHBOURS_IN_A_ROW, classes="mistakes--neighbours"
        )
        self._in_grid: SelectionThumbnails | None = None
        self._as_neighbours: tuple[Explanation, NeighbourThumbnails] | None = None

    def compose(self) -> ComposeResult:
        """Yield the parts."""
        yield self._heading
        yield self._choices
        yield self._nothing
        with Horizontal():
            yield self._grid
            yield self._digit
            with Vertical(classes="mistakes--beside"):
                yield self._verdict
                yield self._bars
                yield self._neighbours
        yield self._why

    # What is shown

    def show(self, state: RunState) -> None:
        """Draw the mistakes of `state`, or ask for them."""
        wanted = self._shown.compute(state)
        if wanted is not None:
            self.post_message(PredictionsWanted(*wanted))
        self._draw()

    def show_cell(self, true: int, predicted: int, epoch: int | None = None) -> None:
        """Show the images of one cell of a confusion matrix, the newest or an earlier epoch's."""
        self._shown.open_cell(true, predicted, epoch)
        self.show(self._shown.state)

    def _choose(self, choice: ImageFilter) -> None:
        """Look at other images, or in another order."""
        self._shown.choose(choice)
        self.show(self._shown.state)

    @property
    def _selection(self) -> ImageSelection | None:
        return self._shown.selection

    @property
    def _choice(self) -> ImageFilter:
        return self._shown.choice

    # Room

    def on_resize(self) -> None:
        """Put the grid where there is room for it."""
        self._arrange()

    def _arrange(self) -> None:
        """Decide where the grid stands, and whether it does."""
        beside = self.size.width >= ROOM_BESIDE
        below = not beside and self.size.height >= ROOM_BELOW
        room = beside or below
        self.set_class(beside, "-beside")
        self.set_class(below, "-below")
        self.set_class(not room, "-instead")
        self.set_class(room if self._grid_wanted is None else self._grid_wanted, "-grid")
        self.refresh_bindings()

    @property
    def _covers(self) -> bool:
        """Whether the grid stands in the place of the image."""
        return self.has_class("-grid") and self.has_class("-instead")

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what would do something."""
        selection, shown = self._selection, self._shown
        match action:
            case "browse":
                if not selection:
                    return False
                at = selection.at + int(str(parameters[0]))
                return True if 0 <= at < len(selection) else None
            case "turn_to" | "why" | "grid" | "only_these" | "rendering":
                return bool(selection)
            case "row" | "page":
                return bool(selection) and self.has_class("-grid")
            case "open":
                return bool(selection) and self._covers
            case "next_class" | "correct" | "order" | "reverse":
                return selection is not None
            case "show_all":
                return self._choice.is_filtered
            case "newest":
                return shown.newer is not None and shown.state.phase is not Phase.FAILED
        return True

    def action_browse(self, by: int) -> None:
        """Go on by so many images."""
        if self._selection:
            self.action_turn_to(max(0, self._selection.at + by))

    def action_turn_to(self, at: int) -> None:
        """Go to an image; -1 is the last."""
        if self._selection:
            self._selection.go_to(len(self._selection) - 1 if at == -1 else at)
            self._draw()

    def action_row(self, by: int) -> None:
        """Go so many rows of the grid on."""
        self.action_browse(by * self._grid.columns)

    def action_page(self, by: int) -> None:
        """Go on by as many rows of the grid as are in view."""
        self.action_row(by * self._grid.rows_in_view)

    def on_thumbnails_picked(self, message: Thumbnails.Picked) -> None:
        """Go to the image that was clicked; at the second click, show it large."""
        message.stop()
        self.action_turn_to(message.at)
        if message.twice and self._covers:
            self.action_open()

    def action_grid(self) -> None:
        """Show the grid, or put it away."""
        self._grid_wanted = not self.has_class("-grid")
        self._arrange()
        self._draw()

    def action_open(self) -> None:
        """Show the image large, in the place of the grid."""
        self._grid_wanted = None
        self._arrange()
        self._draw()

    def action_why(self) -> None:
        """Ask why this image is predicted as it is, or stop asking."""
        self._asks_why = not self._asks_why
        self._inquiry.forget()
        if self._asks_why and self._covers:
            self.action_open()
        self._draw()

    def action_rendering(self) -> None:
        """Draw the image in the next way; of the signs that lay over it nothing is left."""
        self._asks_why = False
        ways = renderings()
        at = ways.index(self._rendering) if self._rendering in ways else 0
        self._rendering = ways[(at + 1) % len(ways)]
        self._draw()

    def action_next_class(self, kind: str, by: int) -> None:
        """Show one class alone, true or predicted: the next one that has images; after the last, all."""
        if self._selection is None:
            return
        now = self._choice.predicted if kind == "predicted" else self._choice.true
        classes = [None, *self._selection.classes(predicted=kind == "predicted")]
        at = classes.index(now) if now in classes else 0
        label = classes[(at + by) % len(classes)]
        self._choose(
            replace(self._choice, predicted=label)
            if kind == "predicted"
            else replace(self._choice, true=label)
        )

    def action_only_these(self) -> None:
        """Show only images of this true class that were read as this one was."""
        if self._selection:
            self._choose(
                replace(self._choice, true=self._selection.true, predicted=self._selection.predicted)
            )

    def action_show_all(self) -> None:
        """Show all classes again."""
        self._choose(self._choice.without_classes)

    def action_correct(self) -> None:
        """Show the images that were read correctly too, or mistakes alone."""
        self._choose(replace(self._choice, correct=not self._choice.correct))

    def action_order(self) -> None:
        """Sort by the next figure."""
        orders = list(Order)
        following = orders[(orders.index(self._choice.order) + 1) % len(orders)]
        self._choose(replace(self._choice, order=following, reverse=False))

    def action_reverse(self) -> None:
        """Turn the order round."""
        self._choose(replace(self._choice, reverse=not self._choice.reverse))

    def action_newest(self) -> None:
        """Ask for what the newest weights make of the images."""
        self._shown.turn_to_newest()
        self.show(self._shown.state)

    # Drawing

    @property
    def _names(self) -> tuple[str, ...]:
        """The names of the classes."""
        return self._shown.state.class_names

    def _draw(self) -> None:
        """Draw what has changed."""
        selection, show_message = self._selection, phrases.missing(self._shown)
        answer = self._ask_why()
        heading = phrases.heading(self._shown)
        at = selection.at if selection else 0
        phase = self._shown.state.phase
        drawn = (
            selection,
            at,
            show_message,
            heading,
            self._asks_why,
            answer,
            phase,
            self._rendering,
            is_ascii(),
        )
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self.set_class(bool(show_message), "-nothing")
        self.set_class(self._asks_why, "-why")
        self._heading.set_text(heading)
        self._choices.show(
            phrases.options(self._choice, self._rendering, self._names) if selection is not None else ()
        )
        self._nothing.set_text(show_message)
        if selection and not show_message:
            self._show_image(selection, answer)
        self.refresh_bindings()

    def _show_image(self, selection: ImageSelection, answer: Explanation | None) -> None:
        """Draw the image that is looked at, and those around it."""
        gradient = answer.gradient if answer is not None else None
        self._digit.show(selection.image, self._rendering, gradient)
        self._verdict.set_text(phrases.verdict(selection, self._names))
        self._bars.show(selection.probabilities, selection.true, self._names)
        if self._in_grid is None or self._in_grid.selection is not selection:
            self._in_grid = SelectionThumbnails(selection, self._names)
        self._grid.show(self._in_grid, selection.at)
        if not self._asks_why:
            return
        self._why.set_text(phrases.why(selection, answer, self._shown.state, self._names))
        if answer is None:
            self._as_neighbours = None
        elif self._as_neighbours is None or self._as_neighbours[0] is not answer:
            self._as_neighbours = answer, NeighbourThumbnails(answer, self._names)
        self._neighbours.show(self._as_neighbours[1] if self._as_neighbours else None)

    def _ask_why(self) -> Explanation | None:
        """Ask about the image that is looked at, if that is wanted; return the answer once it is there."""
        if not self._asks_why:
            return None
        question = self._inquiry.ask(self._selection, self._shown.state)
        if question is not None:
            self.post_message(ExplanationWanted(*question))
        return self._inquiry.answer
