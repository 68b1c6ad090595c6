"""Evaluate, Robustness: accuracy as images are damaged more and more."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from engine.analysis.robustness import AT_ONCE, Reached, damaged, robustness
from engine.analysis.sample import Sample
from engine.data.damage import DAMAGES, Damage
from engine.wording import N_
from tui.glyphs import glyph
from tui.language import _
from tui.panels.evaluate.examination import ExaminationPage, Looks
from tui.sentences import percent
from tui.widgets.graph import Graph
from tui.widgets.graph_drawing import Curve, Figure
from tui.widgets.tab_bar import TabBar
from tui.widgets.thumbnails import Thumbnails
from tui.widgets.words import FixedWords

if TYPE_CHECKING:
    from engine.training.subject import Subject
    from tui.laboratory import Laboratory

LOW = 28
"""Lines below which the images are smaller."""
FEW = 2_000
"""Images that are enough for a curve: its standard error is 1.1 % at most."""


@dataclass(frozen=True, eq=False)
class Row:
    """One image under rising damage."""

    images: NDArray[np.uint8]
    captions: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.captions)

    def picture(self, at: int) -> NDArray[np.uint8]:
        """Return the image at one strength."""
        image: NDArray[np.uint8] = self.images[at]
        return image

    def caption(self, at: int) -> str:
        """Return the strength."""
        return self.captions[at]


class RobustnessPage(ExaminationPage):
    """The curve of one damage, the accuracy without any beside it, and an image at each strength."""

    TITLE = N_("Robustness")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "next(1)", N_("Damage"), key_display="←→", tooltip=N_("The next kind of damage")),
        Binding("left", "next(-1)", N_("Damage"), show=False, tooltip=N_("The kind of damage before")),
        Binding("i", "image", N_("Image"), tooltip=N_("Show the damage on another image")),
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

    def __init__(self, laboratory: "Laboratory", looks: Looks) -> None:
        super().__init__(laboratory, looks)
        self._kinds = TabBar(
            {damage.name: partial(_, damage.title) for damage in DAMAGES}, DAMAGES[0].name, numbered=False
        )
        self._graph = Graph()
        self._words = FixedWords(classes="robustness--words", markup=False)
        self._row = Thumbnails(wanted=7)
        self._damage = 0
        self._image = 0
        self._all = False
        self._reached: dict[tuple[str, float], float] = {}
        self._sample: Sample | None = None
        self._working = ""
        self._painted: tuple[Sample, Damage, int] | None = None

    def contents(self) -> ComposeResult:
        """Yield the parts."""
        yield self.heading
        yield self._kinds
        yield self._graph
        yield self._words
        yield self._row

    @work(exclusive=True, group="look")
    async def look(self) -> None:
        """Try the network; the damage that is looked at first."""
        examined = await self.examined()
        if examined is None:
            return
        subject, split = examined
        sample = await self.laboratory.run(lambda: Sample.of(subject, split, None if self._all else FEW))
        first = DAMAGES[self._damage]
        order = (first, *(damage for damage in DAMAGES if damage is not first))
        fresh: dict[tuple[str, float], float] = {}
        async for reached in self.laboratory.parts(lambda: robustness(subject, sample, order)):
            self._take_in(subject, split, sample, reached, fresh)
        self._working = ""
        self._show()

    def _take_in(
        self,
        subject: "Subject",
        split: str,
        sample: Sample,
        reached: Reached,
        fresh: dict[tuple[str, float], float],
    ) -> None:
        """Put a figure in the place of the older network's, all of one damage at once."""
        damage = reached.damage
        self._working = _("{damage} {strength}: {done:,} of {images:,} images").format(
            damage=_(damage.title),
            strength=_strength(damage, reached.strength),
            done=reached.done,
            images=len(sample),
        )
        if reached.accuracy is not None:
            fresh[damage.name, reached.strength] = reached.accuracy
            if reached.strength == damage.strengths[-1] or not self._curve(damage):
                self._reached |= fresh
                self._sample = sample
                self.say_what(subject, split, len(sample))
                self._show()
        self._words.say(self._sentence())

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what there is to see."""
        return action != "image" or self._sample is not None

    def action_next(self, by: int) -> None:
        """Look at another kind of damage."""
        self._damage = (self._damage + by) % len(DAMAGES)
        self._show()

    def on_tab_bar_chosen(self, message: TabBar.Chosen) -> None:
        """Look at the kind of damage that was clicked."""
        message.stop()
        self._damage = [damage.name for damage in DAMAGES].index(message.tab)
        self._show()

    def on_resize(self) -> None:
        """Leave room for the curve."""
        self.set_class(self.size.height < LOW, "-low")

    def action_image(self) -> None:
        """Show the damage on another image."""
        self._image += 1
        self._show()

    def action_all(self) -> None:
        """Try all images, or few again."""
        self._all = not self._all
        self._reached = {}
        self.look()
        self._show()

    # Drawing

    def _curve(self, damage: Damage) -> tuple[tuple[float, float], ...]:
        return tuple(
            (strength, self._reached[damage.name, strength])
            for strength in damage.strengths
            if (damage.name, strength) in self._reached
        )

    def _show(self) -> None:
        """Draw the damage that is looked at."""
        damage = DAMAGES[self._damage]
        self._kinds.active = damage.name
        points = self._curve(damage)
        undamaged = self._reached.get((damage.name, 0.0))
        ends = damage.strengths[0], damage.strengths[-1]
        flat: tuple[Curve, ...] = ()
        if undamaged is not None:
            name = _("undamaged {accuracy}").format(accuracy=percent(undamaged))
            flat = (Curve(name, tuple((end, undamaged) for end in ends), 2),)
        figure = Figure(
            (*flat, Curve(_("accuracy"), points, 0)),
            title=_(damage.title),
            x_title=_(damage.unit),
            x_range=ends,
            y_range=(0.0, 1.0),
            x_ticks=tuple((strength, _number(damage, strength)) for strength in damage.strengths),
            percent=True,
        )
        self._graph.show(figure if points else None, _("The images are being damaged and read."))
        self._words.say(self._sentence())
        if self._sample is not None and self._painted != (self._sample, damage, self._image):
            self._painted = self._sample, damage, self._image
            self._paint(*self._painted)

    @work(exclusive=True, group="paint")
    async def _paint(self, sample: Sample, damage: Damage, image: int) -> None:
        """Show one image of the sample as the network was shown it at each strength."""
        place = image % len(sample)
        start = place // AT_ONCE * AT_ONCE
        part = sample.images[start : start + AT_ONCE]
        images = [
            (await self.laboratory.run(partial(damaged, part, damage, strength, start)))[place - start]
            for strength in damage.strengths
        ]
        captions = tuple(_strength(damage, strength) for strength in damage.strengths)
        self._row.show(Row(np.stack(images), captions))

    def _sentence(self) -> str:
        """Return what is being computed, or what the curve says."""
        if self._working:
            return self._working
        damage = DAMAGES[self._damage]
        points = dict(self._curve(damage))
        if len(points) < len(damage.strengths):
            return ""
        lost = [s for s in damage.strengths if s > 0 and points[s] < points[0.0] - 0.1]
        if not lost:
            return _("It loses less than 10 points of accuracy up to {strength}.").format(
                strength=_strength(damage, damage.strengths[-1])
            )
        return _("It loses more than 10 points of accuracy from {strength} on: {accuracy} are left.").format(
            strength=_strength(damage, lost[0]), accuracy=percent(points[lost[0]])
        )


def _number(damage: Damage, strength: float) -> str:
    if damage.name in ("noise", "occlusion"):
        return f"{strength:.0%}"
    return f"{strength:+g}" if damage.name == "stroke" and strength else f"{strength:g}"


def _strength(damage: Damage, strength: float) -> str:
    """Return a strength with its unit, in a few characters."""
    units = {"rotation": glyph("°", " deg"), "shift": " px", "stroke": " px"}
    return _number(damage, strength) + units.get(damage.name, "")
