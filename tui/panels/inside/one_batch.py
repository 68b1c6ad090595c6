"""Inside, One mini-batch: one training step, stage by stage: forward, loss, backward, update."""

from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from engine.sentences import N_
from tui.panels.inside.number_details import number
from tui.panels.inside.walkthrough_view import WalkthroughView
from tui.panels.page import Page, weights_text
from tui.session.background import BackgroundThread
from tui.text.glyphs import glyph
from tui.text.language import _, plural, translate
from tui.text.phrases import NO_MEMORY
from tui.widgets.live_text import LiveText

if TYPE_CHECKING:
    from engine.analysis.walkthrough import BatchTracer, BatchWalkthrough
    from engine.training.trained_network import TrainedNetwork

SMALLEST, LARGEST = 1e-9, 1e9
"""Learning rates that can be tried."""


class OneBatchPage(Page, can_focus=False):
    """What one step of training does to the weights and to the loss; of the run nothing changes."""

    TITLE = N_("One mini-batch")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "plus,equals_sign",
            "rate(2)",
            N_("Longer step"),
            key_display="+",
            tooltip=N_("Twice the learning rate"),
        ),
        Binding(
            "minus", "rate(0.5)", N_("Shorter step"), key_display="-", tooltip=N_("Half the learning rate")
        ),
        Binding(
            "right_square_bracket",
            "turn(1)",
            N_("Next mini-batch"),
            key_display="]",
            tooltip=N_("The next mini-batch, with the same weights"),
        ),
        Binding(
            "left_square_bracket",
            "turn(-1)",
            N_("Mini-batch before"),
            key_display="[",
            tooltip=N_("The mini-batch before, with the same weights"),
        ),
    ]
    DEFAULT_CSS = "OneBatchPage > .one-batch--heading { height: auto; }"

    def __init__(self, background: BackgroundThread) -> None:
        super().__init__(background)
        self._tracer: BatchTracer | None = None
        self._walk: BatchWalkthrough | None = None
        self._run = ""
        self._number = 0
        self._rate = 0.0
        self._heading = LiveText(classes="one-batch--heading", markup=False)
        self._view = WalkthroughView()

    def contents(self) -> ComposeResult:
        """Yield the heading and the walkthrough."""
        yield self._heading
        yield self._view

    # Computing

    @work(exclusive=True, group="compute")
    async def compute(self) -> None:
        """Take the step again, from other weights; of another run the first mini-batch, at its own rate."""
        trained = await self.trained_network()
        if trained is None:
            return
        tracer = await self.background.run(lambda: _tracer(trained))
        if trained.run != self._run:
            self._run, self._number = trained.run, 0
            self._rate = tracer.hyperparameters.learning_rate or 0.0
        self._tracer = tracer
        self._take()

    def action_rate(self, factor: float) -> None:
        """Take a longer or a shorter step."""
        self._rate = min(LARGEST, max(SMALLEST, self._rate * factor))
        self._take()

    def action_turn(self, by: int) -> None:
        """Take another mini-batch; after the last comes the first."""
        if self._tracer is not None:
            self._number = (self._number + by) % self._tracer.batches
            self._take()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer nothing before there is a step to be changed."""
        return self._walk is not None

    @work(exclusive=True, group="walk")
    async def _take(self) -> None:
        """Take the step that is asked for, and show it when it is done."""
        tracer, batch, rate = self._tracer, self._number, self._rate
        if tracer is None:
            return
        try:
            async for walk in self.background.parts(lambda: tracer.trace(batch % tracer.batches, rate)):
                if walk is not None:
                    self._walk = walk
                    self._draw(walk)
        except MemoryError:
            self.show_message(translate(NO_MEMORY))

    # Drawing

    def _draw(self, walk: "BatchWalkthrough") -> None:
        """Show the step."""
        with self.app.batch_update():
            self._heading.set_text(_heading(walk))
            self._view.show(walk.stages, self.state.class_names)
        self.refresh_bindings()


def _heading(walk: "BatchWalkthrough") -> Content:
    """Say which images these are, how long the step is, and what it has brought."""
    between, arrow = glyph(" · ", ", "), glyph("→", "->")
    before, after = walk.validation_before, walk.validation_after
    which = [
        _("Mini-batch {number:,} of {batches:,}").format(number=walk.number + 1, batches=walk.batches),
        plural("{count} image", "{count} images", len(walk.indices)),
        weights_text(walk.trained),
    ]
    effects = [
        _("learning rate {rate:.4g}").format(rate=walk.learning_rate),
        _("loss {before} {arrow} {after}").format(
            before=number(walk.loss_before, 3), arrow=arrow, after=number(walk.loss_after, 3)
        ),
        _("validation {before} {arrow} {after}").format(
            before=number(before.loss, 3), arrow=arrow, after=number(after.loss, 3)
        ),
    ]
    return Content("\n").join(
        [
            Content.assemble(between.join(which), between, _verdict(walk)),
            Content(between.join(effects)),
        ]
    )


def _verdict(walk: "BatchWalkthrough") -> tuple[str, str]:
    """Say in a few words whether the step did what it is for, and in which style."""
    if not walk.loss_after < float("inf"):
        return _("far too large"), "bold $text-error"
    if walk.loss_after > walk.loss_before:
        return _("overshot"), "bold $text-error"
    if walk.validation_after.loss > walk.validation_before.loss:
        return _("better here, worse elsewhere"), "bold $text-warning"
    return _("good step"), "bold $text-success"


def _tracer(trained: "TrainedNetwork") -> "BatchTracer":
    from engine.analysis.walkthrough import BatchTracer

    return BatchTracer(trained)
