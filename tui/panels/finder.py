"""The learning-rate finder: lies over the tabs, and puts what it found into the form."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message

from engine.errors import EngineError
from engine.hyperparameters import Hyperparameters
from engine.wording import N_
from tui.finding import finding_in_words
from tui.laboratory import Laboratory
from tui.language import _, translate
from tui.run_state import RunState
from tui.widgets.graph import Graph
from tui.widgets.graph_drawing import Curve, Figure
from tui.widgets.words import Words

if TYPE_CHECKING:
    from engine.analysis.learning_rate_finder import LearningRateFinder

BETWEEN_DRAWINGS = 10
"""Mini-batches that are tried from one drawing to the next."""


class FinderPanel(Vertical, can_focus=True):
    """Tries learning rates on a network of its own, as the form describes it; a run goes on undisturbed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", N_("Into the form"), tooltip=N_("Put the suggested rate into the form")),
        Binding("r", "again", N_("Again"), tooltip=N_("Try once more, with what the form says now")),
        Binding("escape", "close", N_("Close"), tooltip=N_("Close the learning-rate finder")),
    ]
    DEFAULT_CSS = """
    FinderPanel {
        layer: above;
        dock: top;
        width: 100%;
        height: 100%;
        border: round $primary;
        border-title-style: bold; border-title-color: $foreground;
        background: $surface;
        padding: 0 1;
        & > .finder--about { height: auto; color: $text-muted; }
        & > .finder--found { height: auto; margin-top: 1; }
    }
    """

    @dataclass
    class Taken(Message):
        """Put this learning rate into the form."""

        learning_rate: float

    class Again(Message):
        """Try once more, with what the form says now."""

    class Closed(Message):
        """It was closed."""

    def __init__(self, laboratory: Laboratory) -> None:
        super().__init__(id="finder")
        self._laboratory = laboratory
        self._finder: LearningRateFinder | None = None
        self._about = Words(classes="finder--about", markup=False)
        self._found = Words(classes="finder--found", markup=False)
        self._graph = Graph()

    def compose(self) -> ComposeResult:
        """Yield words, the plot, and what was found."""
        yield self._about
        yield self._graph
        yield self._found

    def on_mount(self) -> None:
        """Say what is done here."""
        self.border_title = _("Learning-rate finder")
        self._say_keys()
        self._about.say(
            _(
                "A network as the form describes it learns one mini-batch after the other, each with a "
                "larger learning rate: the loss falls while steps have a good length, and shoots up when "
                "they are too long (Smith 2017). No run is touched."
            )
        )

    @work(exclusive=True)
    async def find(self, hyperparameters: Hyperparameters, state: RunState) -> None:
        """Run the test on the data of the app, and draw it as it goes on."""
        from engine.analysis.learning_rate_finder import LearningRateFinder

        self._finder = None
        self._graph.show(None, _("The data is being read."))
        self._found.say("")
        self._say_keys()
        try:
            place = self._laboratory.place(RunState() if state.stored is not None else state)
            finder = await self._laboratory.run(
                lambda: LearningRateFinder(hyperparameters, self._laboratory.load(place))
            )
            async for _point in self._laboratory.parts(lambda: finder.in_groups(BETWEEN_DRAWINGS)):
                self._draw(finder)
        except EngineError as error:
            self._graph.show(None, translate(error))
            return
        except MemoryError:
            self._graph.show(None, _("There is not enough memory for this."))
            return
        self._finder = finder
        self._draw(finder)
        self._found.say(finding_in_words(finder))
        self._say_keys()

    def _say_keys(self) -> None:
        """Say what can be done now; a narrow footer may have no room for it."""
        taken = _("enter puts it into the form") + ", "
        self.border_subtitle = (taken if self.check_action("take", ()) else "") + _("escape closes it")
        self.refresh_bindings()

    def _draw(self, finder: "LearningRateFinder") -> None:
        """Draw the losses so far."""
        tried = tuple((point.learning_rate, point.loss) for point in finder.points)
        smoothed = tuple((point.learning_rate, point.smoothed) for point in finder.points)
        suggestion = self._finder and self._finder.suggestion
        words = _("suggestion {rate:g}").format(rate=suggestion) if suggestion else ""
        highest = max((loss for _rate, loss in smoothed), default=1.0)
        figure = Figure(
            (Curve(_("loss"), tried, 5, "dots"), Curve(_("smoothed"), smoothed, 0)),
            x_title=_("learning rate"),
            log_x=True,
            x_range=(finder.first_rate, finder.last_rate),
            y_range=(0.0, 1.15 * highest),
            marks=((suggestion, words),) if suggestion else (),
        )
        self._graph.show(figure, _("Not one step could be taken."))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to take a suggestion when there is one."""
        return action != "take" or (self._finder is not None and self._finder.suggestion is not None)

    def action_take(self) -> None:
        """Put the suggestion into the form, and close."""
        if self._finder is not None and self._finder.suggestion is not None:
            self.post_message(self.Taken(self._finder.suggestion))
            self.action_close()

    def action_again(self) -> None:
        """Try once more."""
        self.post_message(self.Again())

    def action_close(self) -> None:
        """Close."""
        self.post_message(self.Closed())
