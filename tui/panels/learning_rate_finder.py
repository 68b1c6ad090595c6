"""The learning-rate finder: shown over the open tab; puts its suggestion into the form."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message

from engine.errors import EngineError
from engine.hyperparameters import Hyperparameters
from engine.sentences import N_
from tui.session.learning_rate_finder import LearningRateFinder
from tui.text.language import _, translate
from tui.text.phrases import NO_MEMORY, finding_text, value_text
from tui.widgets.graph import Graph
from tui.widgets.graph_figure import Curve, Figure
from tui.widgets.live_text import LiveText

if TYPE_CHECKING:
    from engine.analysis.learning_rate_finder import LearningRateFinder as RangeTest
    from engine.analysis.learning_rate_finder import Suggestion


class FinderPanel(Vertical, can_focus=True):
    """Tries learning rates on a network of its own, as the form describes it; a run goes on undisturbed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", N_("Into the form"), tooltip=N_("Put the suggested rate into the form")),
        Binding("r", "again", N_("Try again"), tooltip=N_("Try once more, with what the form says now")),
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
        & > .finder--found { height: auto; min-height: 2; margin-top: 1; }
    }
    """

    @dataclass
    class Taken(Message):
        """Put this learning rate into the form."""

        learning_rate: float

    @dataclass
    class Again(Message):
        """Have `panel` try once more, with what the form says now."""

        panel: "FinderPanel"

    class Closed(Message):
        """Close it."""

    def __init__(self, finder: LearningRateFinder) -> None:
        super().__init__()
        self._finder = finder
        self._finding: Suggestion | None = None
        self._about = LiveText(classes="finder--about", markup=False)
        self._found = LiveText(classes="finder--found", markup=False)
        self._graph = Graph()

    def compose(self) -> ComposeResult:
        """Yield words, the plot, and what was found."""
        yield self._about
        yield self._graph
        yield self._found

    def on_mount(self) -> None:
        """Say what is done here."""
        self.border_title = _("Learning-rate finder")
        self._about.set_text(
            _(
                "A fresh network, as the form describes it, learns each mini-batch with a larger learning "
                "rate: the loss stays while steps are too small, falls, and shoots up when they are too "
                "large (Smith 2017). No run is touched."
            )
        )

    @work(exclusive=True)
    async def find(self, hyperparameters: Hyperparameters, *, in_run: bool) -> None:
        """Run the test on the data that a run would start with, and draw it as it goes on.

        in_run: whether a run is active, which takes a rate from the form at once
        """
        self._finding = None
        self._graph.show(None, _("The data is being read."))
        self._found.set_text("")
        self._say_keys()
        try:
            async for test in self._finder.search(hyperparameters):
                if test.points:
                    self._draw(test)
                    self._found.set_text(_tried(test))
        except EngineError as error:
            self._graph.show(None, translate(error))
            return
        except MemoryError:
            self._graph.show(None, translate(NO_MEMORY))
            return
        self._finding = test.suggest()
        self._draw(test)
        text = finding_text(self._finding)
        if self._finding.suggestion is not None:
            text += " " + _in_the_form(hyperparameters)
            text += " " + _("A run that is active takes a new rate at once.") if in_run else ""
        self._found.set_text(text)
        self._say_keys()

    def _say_keys(self) -> None:
        """Say what can be done now; a narrow footer may have no room for it."""
        taken = _("enter puts it into the form") + ", "
        self.border_subtitle = (taken if self.check_action("take", ()) else "") + _("escape closes it")
        self.refresh_bindings()

    def _draw(self, test: "RangeTest") -> None:
        """Draw the losses so far; once the test has ended, the rates that were tried fill the plot."""
        suggestion = self._finding and self._finding.suggestion
        tried = test.points
        last = tried[-1].learning_rate if self._finding and tried else test.rates[-1]
        highest = max((trial.smoothed_loss for trial in tried), default=1.0)
        figure = Figure(
            (
                Curve(_("of a mini-batch"), tuple((t.learning_rate, t.loss) for t in tried), 5, "cloud"),
                Curve(_("smoothed"), tuple((t.learning_rate, t.smoothed_loss) for t in tried)),
            ),
            x_title=_("learning rate"),
            y_title=_("loss"),
            log_x=True,
            x_range=(test.rates[0], last),
            y_range=(0.0, 1.15 * highest),
            marks=((suggestion, _("suggested: {rate:g}").format(rate=suggestion)),) if suggestion else (),
        )
        self._graph.show(figure, _("Not one step could be taken."))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to take a suggestion when there is one."""
        return action != "take" or (self._finding is not None and self._finding.suggestion is not None)

    def action_take(self) -> None:
        """Put the suggestion into the form, and close."""
        if self._finding is not None and self._finding.suggestion is not None:
            self.post_message(self.Taken(self._finding.suggestion))

    def action_again(self) -> None:
        """Try once more."""
        self.post_message(self.Again(self))

    def action_close(self) -> None:
        """Close."""
        self.post_message(self.Closed())


def _in_the_form(hyperparameters: Hyperparameters) -> str:
    """Return which rate the form has now."""
    rate = value_text("learning_rate", hyperparameters.resolved().learning_rate)
    return _("The form has {rate}.").format(rate=rate)


def _tried(test: "RangeTest") -> str:
    """Return how far the test has come."""
    text = _("{steps} of at most {all} mini-batches, learning rate {rate:.2g}")
    return text.format(steps=len(test.points), all=len(test.rates), rate=test.points[-1].learning_rate)
