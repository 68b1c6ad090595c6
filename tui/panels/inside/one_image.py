"""Inside, One image: forward through the network to the loss, backward to the image, in numbers."""

from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from engine.sentences import N_
from tui.panels.inside.walkthrough_view import WalkthroughView
from tui.panels.page import Page, weights_text
from tui.session.background import BackgroundThread
from tui.session.run_state import Phase
from tui.text.class_names import class_name
from tui.text.glyphs import glyph
from tui.text.language import _, translate
from tui.text.phrases import NO_MEMORY, percent
from tui.widgets.live_text import LiveText

if TYPE_CHECKING:
    from engine.analysis.walkthrough import ImageTracer, ImageWalkthrough
    from engine.training.trained_network import TrainedNetwork

COLDEST, HOTTEST = 2.0**-6, 2.0**6
SOFTMAX = N_("Softmax")


class OneImagePage(Page, can_focus=False):
    """What the network computes for one image, number by number, and what going back makes of the loss."""

    TITLE = N_("One image")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "right_square_bracket", "turn(1)", N_("Next image"), key_display="]", tooltip=N_("The next image")
        ),
        Binding(
            "left_square_bracket",
            "turn(-1)",
            N_("Image before"),
            key_display="[",
            tooltip=N_("The image before this one"),
        ),
        Binding("w", "misread", N_("Next misclassified"), tooltip=N_("The next misclassified image")),
        Binding(
            "plus,equals_sign", "heat(2)", N_("Hotter"), key_display="+", tooltip=N_("Twice the temperature")
        ),
        Binding("minus", "heat(0.5)", N_("Colder"), key_display="-", tooltip=N_("Half the temperature")),
    ]
    DEFAULT_CSS = "OneImagePage > .one-image--heading { height: auto; }"

    def __init__(self, background: BackgroundThread) -> None:
        super().__init__(background)
        self._tracer: ImageTracer | None = None
        self._walk: ImageWalkthrough | None = None
        self._split = ""
        self._at = 0
        self._temperature = 1.0
        self._said = ""
        self._heading = LiveText(classes="one-image--heading", markup=False)
        self._view = WalkthroughView()

    def contents(self) -> ComposeResult:
        """Yield the heading and the walkthrough."""
        yield self._heading
        yield self._view

    # Computing

    @work(exclusive=True, group="compute")
    async def compute(self) -> None:
        """Walk again, with other weights; of another split the first image."""
        trained = await self.trained_network()
        if trained is None:
            return
        tracer = await self.background.run(lambda: _tracer(trained))
        split = "test" if self.state.phase is Phase.ENDED else "validation"
        if split != self._split or not self._same_images(trained):
            self._split, self._at = split, 0
        self._tracer = tracer
        await self._go(self._at)

    @work(exclusive=True, group="walk")
    async def action_turn(self, by: int) -> None:
        """Go so many images on; after the last comes the first."""
        if self._walk is not None:
            await self._go(self._at + by)

    @work(exclusive=True, group="walk")
    async def action_misread(self) -> None:
        """Go to the next image that is read wrongly."""
        tracer, split, after = self._tracer, self._split, self._at
        if tracer is None:
            return
        found = None
        async for place in self.background.parts(lambda: tracer.next_misclassified(split, after)):
            found = place
        if found is None:
            self._said = _("No image is misclassified.")
            self._draw()
        else:
            await self._go(found)

    async def _go(self, at: int) -> None:
        """Walk with an image, and show it."""
        tracer, split = self._tracer, self._split
        assert tracer is not None
        self._at = at % len(tracer.indices(split))  # there may be other images by now
        try:
            self._walk = await self.background.run(lambda: tracer.trace(split, self._at))
        except MemoryError:
            self.show_message(translate(NO_MEMORY))
            return
        self._said = ""
        self._draw()

    def _same_images(self, trained: "TrainedNetwork") -> bool:
        before = self._walk.trained.dataset if self._walk is not None else None
        return before is trained.dataset

    # Drawing

    def action_heat(self, factor: float) -> None:
        """Change the temperature of the softmax."""
        self._temperature = min(HOTTEST, max(COLDEST, self._temperature * factor))
        self._draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the temperature where there is one."""
        if action == "heat":
            stage = self._view.stage
            return stage is not None and stage.group.template == SOFTMAX
        return self._walk is not None

    def _draw(self) -> None:
        """Show the walkthrough."""
        walk = self._walk
        if walk is None:
            return
        with self.app.batch_update():
            self._heading.set_text(self._heading_of(walk))
            self._view.show(walk.stages(self._temperature), self.state.class_names)
        self.refresh_bindings()

    def _heading_of(self, walk: "ImageWalkthrough") -> str:
        """Say which image this is, how it is read, and with which weights."""
        text = (
            _("Test image {number:,} of {images:,}")
            if walk.split == "test"
            else _("Validation image {number:,} of {images:,}")
        ).format(number=walk.at + 1, images=walk.images)
        read = _("class {label}, predicted {predicted} ({probability})").format(
            label=class_name(self.state.class_names, walk.label),
            predicted=class_name(self.state.class_names, walk.predicted),
            probability=percent(walk.probability),
        )
        parts = [text, read, weights_text(walk.trained)]
        if self._temperature != 1.0:
            parts.append(_("temperature {temperature:g}").format(temperature=self._temperature))
        return glyph(" · ", ", ").join(parts) + (f"  {self._said}" if self._said else "")


def _tracer(trained: "TrainedNetwork") -> "ImageTracer":
    from engine.analysis.walkthrough import ImageTracer

    return ImageTracer(trained)
