"""Evaluate, Robustness: accuracy on images that are corrupted more and more."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from engine.analysis.evaluation_sample import EvaluationSample, NotFiniteError, logits_of
from engine.analysis.robustness import AT_ONCE, corrupted, robustness
from engine.data.corruptions import CORRUPTIONS, Corruption
from engine.sentences import N_
from tui.panels.evaluation_page import EvaluationCounter, EvaluationPage
from tui.text.class_names import short_name
from tui.text.glyphs import glyph
from tui.text.language import _
from tui.text.phrases import percent
from tui.widgets.graph import Graph
from tui.widgets.graph_figure import Curve, Figure
from tui.widgets.live_text import FixedText
from tui.widgets.tab_bar import TabBar
from tui.widgets.thumbnails import Thumbnails

if TYPE_CHECKING:
    from engine.training.trained_network import TrainedNetwork
    from tui.session.background import BackgroundThread

LOW = 28
"""Lines below which the images are smaller."""
FEW = 2_000
"""Images that are enough for a curve: its standard error is 1.1 % at most."""


@dataclass(frozen=True, eq=False)
class Row:
    """One image, corrupted more and more."""

    images: NDArray[np.uint8]
    captions: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.captions)

    def picture(self, at: int) -> NDArray[np.uint8]:
        """Return the image at one strength."""
        image: NDArray[np.uint8] = self.images[at]
        return image

    def caption(self, at: int) -> str:
        """Return the strength and the class that is read."""
        return self.captions[at]


@dataclass(frozen=True)
class Found:
    """The accuracy at each strength of a corruption, and which network and images it is of, in words."""

    what: str
    curve: dict[float, float]


class RobustnessPage(EvaluationPage):
    """Accuracy under one kind of corruption, beside that on clean images, and an image at each strength."""

    TITLE = N_("Robustness")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "right", "next(1)", N_("Corruption"), key_display="←→", tooltip=N_("The next kind of corruption")
        ),
        Binding(
            "left", "next(-1)", N_("Corruption"), show=False, tooltip=N_("The previous kind of corruption")
        ),
        Binding("i", "image", N_("Image"), tooltip=N_("Show the corruption on another image")),
        Binding("a", "all", N_("All images"), tooltip=N_("Try all images, or fewer again")),
    ]
    DEFAULT_CSS = """
    RobustnessPage {
        & > Graph { height: 1fr; }
        & > Thumbnails { height: 8; }
        &.-low > Thumbnails { height: 6; }
        & > .robustness--words { height: 1; }
    }
    """

    def __init__(self, background: "BackgroundThread", counter: EvaluationCounter) -> None:
        super().__init__(background, counter)
        self._kinds = TabBar(
            {corruption.name: partial(_, corruption.title) for corruption in CORRUPTIONS},
            CORRUPTIONS[0].name,
            numbered=False,
        )
        self._graph = Graph()
        self._words = FixedText(classes="robustness--words", markup=False)
        self._row = Thumbnails(wanted=7)
        self._corruption = 0
        self._image = 0
        self._all = False
        self._run: str | None = None
        self._found: dict[str, Found] = {}
        self._what = ""
        self._trained: TrainedNetwork | None = None
        self._sample: EvaluationSample | None = None
        self._working = ""
        self._painted: tuple[TrainedNetwork, EvaluationSample, Corruption, int] | None = None

    def contents(self) -> ComposeResult:
        """Yield the parts."""
        yield self.heading
        yield self._kinds
        yield self._graph
        yield self._words
        yield self._row

    async def examine_on(self, trained: "TrainedNetwork", split: str) -> None:
        """Try the network on one corruption after the other, the one that is looked at first.

        When there comes another network meanwhile, it is not kept waiting for those that nobody looks at.
        """
        most = None if self._all else FEW
        sample = await self.background.run(lambda: EvaluationSample.of(trained, split, most))
        if not self.is_of_this_run(trained):
            return
        if self._run != trained.run:
            self._run, self._found = trained.run, {}
        self._trained, self._sample, self._what = trained, sample, self.what(trained, sample)
        self.refresh_bindings()
        self._show()
        left = list(CORRUPTIONS)
        while left and not (self.is_due and len(left) < len(CORRUPTIONS)):
            shown = CORRUPTIONS[self._corruption]
            corruption = shown if shown in left else left[0]
            left.remove(corruption)
            if not await self._try(trained, sample, corruption):
                break
        self._working = ""
        self._show()

    async def _try(self, trained: "TrainedNetwork", sample: EvaluationSample, corruption: Corruption) -> bool:
        """Count what is read under one corruption; False if nobody wants to know any more."""
        curve: dict[float, float] = {}
        text = self._what
        async for reached in self.background.parts(lambda: robustness(trained, sample, (corruption,))):
            if not self._is_wanted(trained, sample):
                return False
            self._working = _("{corruption} {strength}: {done:,} of {images:,} images").format(
                corruption=_(corruption.title),
                strength=_strength(corruption, reached.strength),
                done=reached.done,
                images=len(sample),
            )
            if reached.accuracy is not None:
                curve[reached.strength] = reached.accuracy
                before = self._found.get(corruption.name)
                if len(curve) == len(_strengths(corruption, sample)) or before is None or before.what == text:
                    self._found[corruption.name] = Found(text, dict(curve))
                    self._show()
            self._say()
        return True

    def _is_wanted(self, trained: "TrainedNetwork", sample: EvaluationSample) -> bool:
        """Whether it is still this run, these images, and so many, that are to be examined."""
        is_as_many = sample.split_size <= FEW or self._all == (len(sample) > FEW)
        return (
            self.is_of_this_run(trained)
            and is_as_many
            and (sample.split == "test" or self.state.ended is None or not self.is_due)
        )

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what there is to see."""
        if action == "all":
            return self._sample is not None and self._sample.split_size > FEW
        return action != "image" or self._sample is not None

    def action_next(self, by: int) -> None:
        """Look at another kind of corruption."""
        self._corruption = (self._corruption + by) % len(CORRUPTIONS)
        self._show()

    def on_tab_bar_chosen(self, message: TabBar.Chosen) -> None:
        """Look at the kind of corruption that was clicked."""
        message.stop()
        self._corruption = [corruption.name for corruption in CORRUPTIONS].index(message.tab)
        self._show()

    def on_resize(self) -> None:
        """Leave room for the curve."""
        self.set_class(self.size.height < LOW, "-low")

    def action_image(self) -> None:
        """Show the corruption on another image."""
        self._image += 1
        self._show()

    def action_all(self) -> None:
        """Try all images, or few again."""
        self._all = not self._all
        self._working = _("The images are being corrupted and classified.")
        self.compute()
        self._say()

    # Drawing

    def _show(self) -> None:
        """Draw the corruption that is looked at."""
        corruption = CORRUPTIONS[self._corruption]
        self._kinds.active = corruption.name
        found = self._found.get(corruption.name)
        points = tuple(sorted(found.curve.items())) if found is not None else ()
        clean = found.curve.get(0.0) if found is not None else None
        strengths = _strengths(corruption, self._sample)
        ends = strengths[0], strengths[-1]
        self.heading.set_text(found.what if found is not None else self._what)
        flat: tuple[Curve, ...] = ()
        if clean is not None:
            name = _("clean {accuracy}").format(accuracy=percent(clean))
            flat = (Curve(name, tuple((end, clean) for end in ends), 2),)
        figure = Figure(
            (*flat, Curve(_("accuracy"), points, 0)),
            title=_(corruption.title),
            x_title=_(corruption.unit),
            x_range=ends,
            y_range=(0.0, 1.0),
            x_ticks=tuple((strength, _number(corruption, strength)) for strength in strengths),
            percent=True,
        )
        self._graph.show(figure if points else None, _("The images are being corrupted and classified."))
        self._say()
        if self._trained is None or self._sample is None:
            return
        if self._painted != (self._trained, self._sample, corruption, self._image):
            self._painted = self._trained, self._sample, corruption, self._image
            self._paint(*self._painted)

    @work(exclusive=True, group="paint")
    async def _paint(
        self, trained: "TrainedNetwork", sample: EvaluationSample, corruption: Corruption, image: int
    ) -> None:
        """Show one image as the network was shown it at each strength, and which class it reads."""
        place = image % len(sample)
        start = place // AT_ONCE * AT_ONCE
        part = sample.images[start : start + AT_ONCE]
        strengths = _strengths(corruption, sample)
        images = np.stack(
            [
                (await self.background.run(partial(corrupted, part, corruption, strength, start)))[
                    place - start
                ]
                for strength in strengths
            ]
        )
        try:
            logits = await self.background.run(lambda: logits_of(trained, images))
        except NotFiniteError:
            return  # the page says it
        label, predicted = int(sample.labels[place]), logits.argmax(axis=1).tolist()
        arrow, wrong = glyph("→", ">"), glyph("✗", "x")
        names = self.state.class_names
        captions = tuple(
            _strength(corruption, strength) + arrow + short_name(names, one) + ("" if one == label else wrong)
            for strength, one in zip(strengths, predicted, strict=True)
        )
        self._row.show(Row(images, captions))

    def _say(self) -> None:
        """Say what is being computed, or what the curve says."""
        corruption = CORRUPTIONS[self._corruption]
        found = self._found.get(corruption.name)
        strengths = _strengths(corruption, self._sample)
        is_newest = found is not None and found.what == self._what
        if found is None or len(found.curve) < len(strengths) or (self._working and not is_newest):
            self._words.set_text(self._working)
            return
        whole = found.curve[0.0]
        lost = [strength for strength in strengths if found.curve[strength] < whole - 0.1]
        if lost:
            first = min(lost, key=abs)
            text = _("At {strength} it has lost more than 10 points of accuracy: {accuracy} are left.")
            self._words.set_text(
                text.format(strength=_strength(corruption, first), accuracy=percent(found.curve[first]))
            )
        else:
            text = _("At no strength tried, up to {strength}, does it lose more than 10 points of accuracy.")
            self._words.set_text(text.format(strength=_strength(corruption, strengths[-1])))


def _strengths(corruption: Corruption, sample: EvaluationSample | None) -> tuple[float, ...]:
    """Return the strengths that are tried on images of this size."""
    return corruption.strengths if sample is None else corruption.strengths_on(*sample.images.shape[1:])


def _number(corruption: Corruption, strength: float) -> str:
    if corruption.name in ("noise", "occlusion"):
        return f"{strength:.0%}"
    return f"{strength:+g}" if corruption.name == "stroke" and strength else f"{strength:g}"


def _strength(corruption: Corruption, strength: float) -> str:
    """Return a strength with its unit, in a few characters."""
    units = {"rotation": glyph("°", " deg"), "shift": " px", "stroke": " px"}
    return _number(corruption, strength) + units.get(corruption.name, "")
