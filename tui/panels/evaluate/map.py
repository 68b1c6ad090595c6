"""Evaluate, Map: what a layer makes of many images, in the plane."""

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content

from engine.analysis.projection import MOST_IMAGES, Projection, layers_to_map, project
from engine.analysis.sample import Sample
from engine.wording import N_
from tui.language import _
from tui.panels.evaluate.examination import ExaminationPage, Looks
from tui.sentences import percent
from tui.widgets.choices import Choices, Option
from tui.widgets.digit import Digit
from tui.widgets.scatter import Points, Scatter
from tui.widgets.words import FixedWords

if TYPE_CHECKING:
    from engine.training.subject import Subject
    from tui.laboratory import Laboratory


class MapPage(ExaminationPage, can_focus=False):
    """Images as the characters of their classes; those that are misread stand out, the cursor shows one."""

    TITLE = N_("Map")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "layer(1)", N_("Layer"), tooltip=N_("Map what the next layer makes of the images")),
        Binding("m", "misread", N_("Next misread"), tooltip=N_("Go to the next image that is misread")),
    ]
    DEFAULT_CSS = """
    MapPage {
        & > Horizontal { height: 1fr; }
        & .map--beside { width: 30; padding-left: 1; }
        & .map--words { height: 3; }
        & > .map--about { height: 1; color: $text-muted; }
    }
    """

    def __init__(self, laboratory: "Laboratory", looks: Looks) -> None:
        super().__init__(laboratory, looks)
        self._choices = Choices()
        self._scatter = Scatter()
        self._digit = Digit()
        self._words = FixedWords(classes="map--words", markup=False)
        self._about = FixedWords(classes="map--about", markup=False)
        self._layer: int | None = None
        self._layers: tuple[int, ...] = ()
        self._mapped: tuple[Sample, Projection] | None = None

    def contents(self) -> ComposeResult:
        """Yield the parts."""
        yield self.heading
        yield self._choices
        with Horizontal():
            yield self._scatter
            with Vertical(classes="map--beside"):
                yield self._words
                yield self._digit
        yield self._about

    @work(exclusive=True, group="look")
    async def look(self) -> None:
        """Map the images as the network sees them now."""
        examined = await self.examined()
        if examined is None:
            return
        subject, split = examined
        self._layers = layers_to_map(subject)
        if self._layer is None or self._layer not in self._layers:
            self._layer = max(0, len(self._layers) - 2)  # the last hidden layer
        sample = await self.laboratory.run(lambda: Sample.of(subject, split, MOST_IMAGES))
        found = await self.laboratory.run(partial(project, subject, sample, self._layer))
        self._mapped = sample, found
        self.say_what(subject, split, len(sample))
        self._show(subject)

    # Keys

    def action_layer(self, by: int) -> None:
        """Map another layer."""
        if self._layers and self._layer is not None:
            self._layer = self._layers[(self._layers.index(self._layer) + by) % len(self._layers)]
            self.look()

    def action_misread(self) -> None:
        """Go to the next image that is misread."""
        if self._mapped is not None:
            sample, found = self._mapped
            wrong = [int(at) for at in (found.predicted != sample.labels).nonzero()[0]]
            if wrong:
                self._scatter.move(next((at for at in wrong if at > self._scatter.at), wrong[0]))

    def on_scatter_moved(self) -> None:
        """Show the image under the cursor."""
        self._show_image()

    # Drawing

    def _show(self, subject: "Subject") -> None:
        assert self._mapped is not None
        sample, found = self._mapped
        self._choices.show(
            Option("l", self._named(layer), changed=layer == self._layer) for layer in self._layers
        )
        wrong = found.predicted != sample.labels
        self._scatter.show(Points(found.points, sample.labels.tolist(), wrong.tolist()))
        first, second = found.explained
        words = _("PCA: x and y have {first} and {second} of the variance. {wrong} misread, reversed.")
        self._about.say(words.format(first=percent(first), second=percent(second), wrong=int(wrong.sum())))
        self._show_image()

    def _named(self, layer: int) -> str:
        """Return what a layer is called."""
        if layer == 0:
            return _("pixels")
        if layer == len(self._layers) - 1:
            return _("logits")
        return _("hidden {number}").format(number=layer)

    def _show_image(self) -> None:
        """Show the image under the cursor, what it is and how it is read."""
        if self._mapped is None:
            return
        sample, found = self._mapped
        at = self._scatter.at
        self._digit.image = sample.images[at]
        true, read_as = int(sample.labels[at]), int(found.predicted[at])
        style = "$text-success" if true == read_as else "$text-error"
        self._words.say(
            Content.assemble(
                _("image {index}").format(index=int(sample.indices[at])),
                "\n",
                _("true class {label}").format(label=true),
                "\n",
                (
                    _("read as {label}").format(label=read_as) + f", {percent(float(found.confidence[at]))}",
                    style,
                ),
            )
        )
