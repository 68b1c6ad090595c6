"""The base of pages: a page shows what is computed from the run that is shown, or from its data."""

from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from engine.errors import EngineError
from tui.panels.messages import WeightsWanted
from tui.panels.placeholder import what_is_missing
from tui.session.background import BackgroundThread
from tui.session.run_state import Phase, RunState
from tui.text.language import _, translate
from tui.text.phrases import NO_MEMORY
from tui.widgets.live_text import LiveText

if TYPE_CHECKING:
    from engine.data.dataset import Dataset
    from engine.events import Weights
    from engine.training.trained_network import TrainedNetwork


class Page(Vertical, can_focus=True):
    """The base of all pages. A page says what is on it (`contents`), computes (`compute`) and draws (`draw`).

    One that needs weights has them fetched while it is open, anew with each epoch; until they are there it
    says why they are not. Figures that are being replaced stay until the new ones are there. A page whose
    contents take the keys is made with `can_focus=False`.
    """

    TITLE: ClassVar[str]
    """What stands on the line of pages."""
    NEEDS_WEIGHTS: ClassVar[bool] = True
    """Whether it is about the network that is shown; if not, about its data alone."""

    DEFAULT_CSS = """
    Page {
        height: 1fr;
        padding: 0 1;
        & > .page--nothing {
            display: none;
            height: 1fr;
            content-align: center middle;
            text-align: center;
            color: $text-muted;
        }
        &.-nothing > * { display: none; }
        &.-nothing > .page--nothing { display: block; }
    }
    """

    def __init__(self, background: BackgroundThread, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.background = background
        self.state = RunState()
        self.is_due = self._is_examining = self._has_network = False
        self._nothing = LiveText(classes="page--nothing", markup=False)
        self._computed_for: tuple[object, ...] | None = None

    def compose(self) -> ComposeResult:
        """Yield the words for an empty page, and its contents."""
        yield self._nothing
        yield from self.contents()

    # For pages to say

    def contents(self) -> ComposeResult:
        """Yield the widgets of the page."""
        yield from ()

    def compute(self) -> object:
        """Compute: there is another network, or other data, to be looked at. It is called seldom."""

    async def examine(self, trained: "TrainedNetwork") -> None:
        """Examine one network, and show what comes of it; `compute_in_turn` asks for it.

        Raises:
            EngineError: when it cannot be examined.
        """

    def draw(self) -> None:
        """Draw what is known of `self.state`. It is called often, and must be cheap when nothing changed."""

    def without_weights(self, text: str) -> None:
        """Show the page while there is no network; `text` say why. It is called often, like `draw`."""
        self.show_message(text)

    # For pages to use

    def show_message(self, text: str | None) -> None:
        """Show these words in place of the contents; None for the contents, which may then take the keys."""
        if text is not None:
            self._nothing.set_text(text)
        if (text is not None) == self.has_class("-nothing"):
            return
        self.set_class(text is not None, "-nothing")
        self.can_focus = text is not None or type(self).can_focus  # while what takes the keys is hidden
        if self.is_attached and self.screen.focused is self and not self.can_focus:
            self.screen.set_focus(None)
        self.call_after_refresh(self.take_focus)

    def take_focus(self) -> None:
        """Give the keys to the first that takes them, if nothing has them and the page is seen."""
        widgets = [node for node in self.ancestors_with_self if isinstance(node, Widget)]
        if self.is_attached and self.screen.focused is None and all(widget.display for widget in widgets):
            takers = (w for w in self.walk_children(Widget, with_self=True) if w.focusable and w.display)
            self.screen.set_focus(next(takers, None))

    async def trained_network(self) -> "TrainedNetwork | None":
        """Return the network to look at; None, and words on the page, where it is not to be had."""
        if self.state.weights is None:
            return None  # another run has begun
        if not self._has_network:
            self.show_message(_("The data are being read."))
        try:
            trained = await self.background.trained_network(self.state)
            if not self._has_network:
                self._has_network = True
                self.show_message(None)
            return trained
        except EngineError as error:
            self.show_message(translate(error))
        except MemoryError:
            self.show_message(translate(NO_MEMORY))
        return None

    def compute_in_turn(self) -> None:
        """Examine the newest network, as soon as another is done with: `is_due` says that it waits.

        In a run networks come faster than some pages can examine them. What is begun is then finished, and
        after it comes the newest: if each took the place of the one before, none would ever be done.
        """
        self.is_due = True
        if not self._is_examining:
            self._is_examining = True
            self._examine_in_turn()

    @work(group="compute")
    async def _examine_in_turn(self) -> None:
        try:
            while self.is_due:
                self.is_due = False
                if (trained := await self.trained_network()) is None:
                    continue
                try:
                    await self.examine(trained)
                except EngineError as error:
                    if self.is_of_this_run(trained):
                        self.show_message(translate(error))
                except MemoryError:
                    self.show_message(translate(NO_MEMORY))
        finally:
            self._is_examining = False

    def is_of_this_run(self, trained: "TrainedNetwork") -> bool:
        """Whether the network is of the run that is shown: another may have been opened meanwhile."""
        return self.state.started is not None and self.state.started.run == trained.run

    async def dataset(self) -> "Dataset | None":
        """Return the data to look at; None, and words on the page, where they are not to be had."""
        try:
            return await self.background.dataset(self.state)
        except EngineError as error:
            self.show_message(translate(error))
        except MemoryError:
            self.show_message(translate(NO_MEMORY))
        return None

    # For the panel

    def show(self, state: RunState) -> None:
        """Show what is known; have new weights fetched, where they are needed and there are any."""
        self.state = state
        if self.NEEDS_WEIGHTS:
            if state.moment is not None and state.moment != state.weights_asked:
                self.post_message(WeightsWanted())
            if state.weights is None:
                self._computed_for = None
                self.without_weights(_no_weights(state))
                return
        # Identity, not equality: a run may be shown again
        known = (
            (id(state.weights), state.weights)
            if self.NEEDS_WEIGHTS
            else (state.phase is Phase.LOADING, self.background.place(state), state.started is None)
        )
        if self._computed_for != known:
            self._computed_for = known
            self.show_message(None)
            self.compute()
        self.draw()


def _no_weights(state: RunState) -> str:
    """Say why there is no network to look at."""
    if state.why_no_weights is not None:
        return translate(state.why_no_weights)
    if state.started is None or state.phase is Phase.FAILED:
        return what_is_missing(state)
    return _("The weights of the run are being fetched.")


def weights_text(weights: "Weights | TrainedNetwork") -> str:
    """Return which weights these are."""
    if weights.batch is not None:
        text = _("weights in epoch {epoch}, after {batch:,} mini-batches")
        return text.format(epoch=weights.epoch, batch=weights.batch)
    if weights.epoch == 0:
        return _("weights before the first step")
    return _("weights of epoch {epoch}").format(epoch=weights.epoch)
