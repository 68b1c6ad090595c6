"""Evaluate, Map: the outputs of a layer for many images, projected onto a plane."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content

from engine.analysis.evaluation_sample import EvaluationSample
from engine.analysis.projection import MAX_IMAGES, METHODS, Projection, mappable_layers, project
from engine.analysis.tsne import MissingExtraError, check_installed
from engine.sentences import N_
from tui.panels.evaluation_page import EvaluationCounter, EvaluationPage
from tui.text.cell_widths import cut
from tui.text.class_names import class_name
from tui.text.glyphs import glyph
from tui.text.language import _, translate
from tui.text.phrases import percent
from tui.widgets.digit import Digit
from tui.widgets.live_text import FixedText, LiveText
from tui.widgets.option_line import Option, OptionLine
from tui.widgets.scatter import SIGNS, Points, Scatter

if TYPE_CHECKING:
    from engine.training.trained_network import TrainedNetwork
    from tui.session.background import BackgroundThread

LONGEST_NAME = 14
"""Cells of a class's name in the legend."""
NAMES = {"pca": "PCA", "tsne": "t-SNE"}


class MapPage(EvaluationPage, can_focus=False):
    """Images as the characters of their classes; misclassified ones stand out, the cursor shows one."""

    TITLE = N_("Map")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "layer(1)", N_("Layer"), tooltip=N_("Map what the next layer makes of the images")),
        Binding("t", "method", N_("t-SNE or PCA"), tooltip=N_("Lay the images out by another method")),
        Binding("c", "class(1)", N_("Class"), tooltip=N_("Look at the images of one class, or of all")),
        Binding("C", "class(-1)", N_("Class"), show=False, tooltip=N_("The class before")),
        Binding("m", "misread", N_("Next misclassified"), tooltip=N_("Go to the next misclassified image")),
    ]
    DEFAULT_CSS = """
    MapPage {
        & > Horizontal { height: 1fr; }
        & .map--beside { width: 30; padding-left: 1; }
        & .map--words { height: auto; max-height: 6; }
        & > .map--about { height: 1; color: $text-muted; }
        & > .map--legend { height: auto; max-height: 3; color: $text-muted; }
    }
    """

    def __init__(self, background: "BackgroundThread", counter: EvaluationCounter) -> None:
        super().__init__(background, counter)
        self._choices = OptionLine()
        self._scatter = Scatter()
        self._digit = Digit()
        self._words = LiveText(classes="map--words", markup=False)
        self._about = FixedText(classes="map--about", markup=False)
        self._legend = LiveText(classes="map--legend", markup=False)
        self._layer: int | None = None
        self._method = METHODS[0]
        self._shown: tuple[str, int, str] | None = None
        self._class: int | None = None
        self._layers: tuple[int, ...] = ()
        self._mapped: tuple[EvaluationSample, Projection] | None = None

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
        yield self._legend

    async def examine_on(self, trained: "TrainedNetwork", split: str) -> None:
        """Map the images as the network sees them now."""
        self._layers = mappable_layers(trained)
        if self._layer is None or self._layer not in self._layers:
            self._layer = max(0, len(self._layers) - 2)  # the last hidden layer
        sample = await self.background.run(lambda: EvaluationSample.of(trained, split, MAX_IMAGES))
        layer, method = self._layer, self._method
        wanted = trained.run, layer, method
        is_first = wanted != self._shown  # t-SNE is then seen as it forms; a later map replaces it when done
        async for found in self.background.parts(lambda: project(trained, sample, layer, method)):
            if not self.is_of_this_run(trained) or (layer, method) != (self._layer, self._method):
                return
            if found is not None and (is_first or found.done == 1.0):
                self._mapped, self._shown = (sample, found), wanted
                self.refresh_bindings()
                self.heading.set_text(self.what(trained, sample))
                self._show()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer nothing before there is a map."""
        return self._mapped is not None

    def action_layer(self, by: int) -> None:
        """Map another layer."""
        if self._layers and self._layer is not None:
            self._layer = self._layers[(self._layers.index(self._layer) + by) % len(self._layers)]
            self._show_choices()
            self.compute()

    def action_method(self) -> None:
        """Lay the images out by the other method, if it is there."""
        try:
            check_installed()
        except MissingExtraError as error:
            self.notify(translate(error), severity="warning", markup=False)
            return
        self._method = METHODS[1 - METHODS.index(self._method)]
        self._show_choices()
        self.compute()

    def action_class(self, by: int) -> None:
        """Look at the images of the next class; after the last, at those of all."""
        if self._mapped is not None:
            sample, _found = self._mapped
            choices = [None, *sorted(set(sample.labels.tolist()))]
            here = choices.index(self._class) if self._class in choices else 0
            self._class = choices[(here + by) % len(choices)]
            self._show()

    def action_misread(self) -> None:
        """Go to the next image that is misclassified."""
        if self._mapped is not None:
            sample, found = self._mapped
            is_wrong = found.predicted != sample.labels
            if self._class is not None:
                is_wrong = is_wrong & (sample.labels == self._class)
            wrong = is_wrong.nonzero()[0].tolist()
            if wrong:
                self._scatter.move(next((at for at in wrong if at > self._scatter.at), wrong[0]))

    def on_scatter_moved(self) -> None:
        """Show the image under the cursor."""
        self._show_image()

    # Drawing

    def _show(self) -> None:
        assert self._mapped is not None
        sample, found = self._mapped
        if self._class is not None and not (sample.labels == self._class).any():
            self._class = None
        self._show_choices()
        wrong = found.predicted != sample.labels
        signs, legend = signs_of(self.state.class_names)
        labels = sample.labels.tolist()
        self._scatter.show(Points(found.points, labels, wrong.tolist(), self._class, signs))
        self._legend.set_text(legend)
        self._legend.display = bool(legend)
        assert self._shown is not None
        misread = _("{wrong} misclassified, reversed.").format(wrong=int(wrong.sum()))
        self._about.set_text(f"{self._named(self._shown[1])}: {_how(found)} {misread}")
        self._show_image()

    def _show_choices(self) -> None:
        """Say which layer is chosen; its map may still be on its way."""
        if self._layer is not None:
            text = _("{layer} ({number} of {count})").format(
                layer=self._named(self._layer),
                number=self._layers.index(self._layer) + 1,
                count=len(self._layers),
            )
            one = (
                _("all classes")
                if self._class is None
                else _("class {label}").format(label=class_name(self.state.class_names, self._class))
            )
            self._choices.show(
                [
                    Option("l", text),
                    Option("t", NAMES[self._method], changed=self._method != METHODS[0]),
                    Option("c", one, changed=self._class is not None),
                    Option("m", _("next misclassified")),
                ]
            )

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
        names = self.state.class_names
        style = "$text-success" if true == read_as else "$text-error"
        self._words.set_text(
            Content.assemble(
                _("image {index}").format(index=int(sample.indices[at])),
                "\n",
                _("true class {label}").format(label=class_name(names, true)),
                "\n",
                (
                    _("predicted {label}").format(label=class_name(names, read_as))
                    + f", {percent(float(found.confidence[at]))}",
                    style,
                ),
            )
        )


def signs_of(names: Sequence[str]) -> tuple[Sequence[str], str]:
    """Return the characters of the classes on the map, and what they stand for where they do not say it."""
    if all(len(name) == 1 and name.isascii() for name in names) or not names:
        return names or SIGNS, ""
    pairs = [f"{sign}={cut(name, LONGEST_NAME)}" for sign, name in zip(SIGNS, names, strict=False)]
    beyond = [f"{SIGNS[-1]}={glyph('…', '...')}"] if len(names) > len(SIGNS) else []
    return SIGNS, "  ".join([*pairs[: len(SIGNS) - len(beyond)], *beyond])


def _how(found: Projection) -> str:
    """Return in words what the places of the images mean."""
    if found.explained is not None:
        first, second = map(percent, found.explained)
        return _("{first} and {second} of the variance.").format(first=first, second=second)
    if found.done < 1.0:
        return _("t-SNE, {done:.0%} done.").format(done=found.done)
    return _("t-SNE; nearness counts, distance does not.")
