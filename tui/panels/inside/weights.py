"""Inside, Weights: the weights of each unit as an image, and the images that excite it most."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from engine.analysis.evaluation_sample import EvaluationSample, NotFiniteError
from engine.analysis.feature_visualization import (
    by_norm,
    maximise_activations,
    most_activating_images,
    weight_images,
)
from engine.sentences import N_
from tui.panels.evaluation_page import EvaluationCounter, EvaluationPage
from tui.panels.page import weights_text
from tui.text.class_names import class_name, short_name
from tui.text.language import _
from tui.text.phrases import layer_name
from tui.widgets.digit import Digit
from tui.widgets.live_text import FixedText
from tui.widgets.option_line import Option, OptionLine
from tui.widgets.thumbnails import Thumbnails
from tui.widgets.unit_grid import UnitGrid

if TYPE_CHECKING:
    from engine.training.trained_network import TrainedNetwork
    from tui.session.background import BackgroundThread

MAX_IMAGES = 2_000
EXCITING = 6


@dataclass(frozen=True, eq=False)
class Units:
    """The units of a layer, the longest weights first.

    order: their numbers; weights: of the first layer, `(units, height, width)`; images: of a deeper one, what
    excites each most; exciting: places in the sample, `(units, EXCITING)`
    """

    trained: "TrainedNetwork"
    layer: int
    order: NDArray[np.int64]
    weights: NDArray[np.float32] | None
    images: NDArray[np.uint8] | None
    exciting: NDArray[np.int64]
    sample: EvaluationSample

    def __len__(self) -> int:
        return len(self.order)

    def signed(self, at: int) -> NDArray[np.float32] | None:
        """Return the weights of a unit as an image; None for deeper layers."""
        return None if self.weights is None else self.weights[self.order[at]]

    def picture(self, at: int) -> NDArray[np.uint8]:
        """Return the image that excites a unit most; nothing, for the first layer."""
        if self.images is None:
            data = self.trained.dataset
            return np.zeros((data.height, data.width), np.uint8)
        image: NDArray[np.uint8] = self.images[self.order[at]]
        return image

    def caption(self, at: int) -> str:
        """Return the number of a unit."""
        return str(int(self.order[at]))


@dataclass(frozen=True, eq=False)
class Exciting:
    """The images that excite one unit most."""

    units: Units
    at: int

    def __len__(self) -> int:
        return int(self.units.exciting.shape[1])

    @property
    def _places(self) -> NDArray[np.int64]:
        places: NDArray[np.int64] = self.units.exciting[self.units.order[self.at]]
        return places

    def picture(self, at: int) -> NDArray[np.uint8]:
        """Return one of them."""
        image: NDArray[np.uint8] = self.units.sample.images[self._places[at]]
        return image

    def caption(self, at: int) -> str:
        """Return its class."""
        names = self.units.trained.dataset.class_names
        return short_name(names, int(self.units.sample.labels[self._places[at]]))


def _units(trained: "TrainedNetwork", layer: int, split: str, images: NDArray[np.uint8] | None) -> Units:
    """Look at all units of a dense layer; `images` are those that excite them, of a deeper one."""
    if not np.isfinite(trained.network.parameters).all():
        raise NotFiniteError
    sample = EvaluationSample.of(trained, split, MAX_IMAGES)
    return Units(
        trained,
        layer,
        by_norm(trained, layer),
        weight_images(trained) if layer == 0 else None,
        images,
        most_activating_images(trained, sample, layer, EXCITING),
        sample,
    )


class WeightsPage(EvaluationPage):
    """A grid of units; the one under the cursor large, with the images that excite it most."""

    TITLE = N_("Weights")
    SCORES: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "go(-1)", N_("Unit"), key_display="←↑↓→", tooltip=N_("The unit before")),
        Binding("right", "go(1)", N_("Unit"), show=False, tooltip=N_("The next unit")),
        Binding("up", "row(-1)", N_("Unit"), show=False, tooltip=N_("A row up")),
        Binding("down", "row(1)", N_("Unit"), show=False, tooltip=N_("A row down")),
        Binding("l", "layer", N_("Layer"), tooltip=N_("Look at the units of the next layer")),
    ]
    DEFAULT_CSS = """
    WeightsPage {
        & > Horizontal { height: 1fr; }
        & .weights--beside { width: 32; padding-left: 1; }
        & .weights--words { height: 4; }
        & Digit { height: 1fr; }
        & .weights--exciting { height: 4; }
        &.-tall .weights--exciting { height: 10; }
    }
    """

    def __init__(self, background: "BackgroundThread", counter: EvaluationCounter) -> None:
        super().__init__(background, counter)
        self._choices = OptionLine()
        self._grid = UnitGrid(wanted=12)
        self._words = FixedText(classes="weights--words", markup=False)
        self._digit = Digit()
        self._exciting = Thumbnails(wanted=EXCITING, classes="weights--exciting")
        self._layer = 0
        self._at = 0
        self._units: Units | None = None
        self._shown_exciting: Exciting | None = None

    def contents(self) -> ComposeResult:
        """Yield the parts."""
        yield self.heading
        yield self._choices
        with Horizontal():
            yield self._grid
            with Vertical(classes="weights--beside"):
                yield self._words
                yield self._digit
                yield self._exciting

    def on_resize(self) -> None:
        """Give the exciting images more room where there is some."""
        self.set_class(self.size.height >= 30, "-tall")

    async def examine_on(self, trained: "TrainedNetwork", split: str) -> None:
        """Look at the units of the layer."""
        self._layer = min(self._layer, len(trained.network.dense) - 1)
        layer = self._layer
        images = None
        if layer:
            async for better in self.background.parts(lambda: maximise_activations(trained, layer)):
                images = better  # others have their turn between two steps
        units = await self.background.run(lambda: _units(trained, layer, split, images))
        if layer != self._layer:
            return  # another is wanted by now, and comes next
        same = self._units is not None and self._units.layer == layer and len(self._units) == len(units)
        here = int(self._units.order[self._at]) if same and self._units is not None else None
        self._units = units
        self._at = int(np.flatnonzero(units.order == here)[0]) if here is not None else 0
        self._show()

    # Keys

    def action_go(self, by: int) -> None:
        """Go on by so many units."""
        if self._units is not None:
            self._at = min(max(0, self._at + by), len(self._units) - 1)
            self._show()

    def action_row(self, by: int) -> None:
        """Go so many rows on."""
        self.action_go(by * self._grid.columns)

    def action_layer(self) -> None:
        """Look at the next layer, after the last at the first."""
        if self._units is not None:
            self._layer = (self._layer + 1) % len(self._units.trained.network.dense)
            self.compute()

    def on_thumbnails_picked(self, message: Thumbnails.Picked) -> None:
        """Go to the unit that was clicked."""
        message.stop()
        if self._units is not None:
            self._at = message.at
            self._show()

    # Drawing

    def _show(self) -> None:
        units = self._units
        if units is None:
            return
        network = units.trained.network
        what = _("weights of each unit, the longest first: + and # ink speaks for it, - and = against")
        if units.layer:
            what = _("for each unit an image that excites it most, found by gradient ascent")
        self.heading.set_text(f"{weights_text(units.trained)}: {what}")
        last = len(network.dense) - 1
        names = [layer_name(f"hidden {number + 1}") for number in range(last)] + [layer_name("output")]
        self._choices.show(
            Option("l", name, changed=number == units.layer) for number, name in enumerate(names)
        )
        self._grid.show(units, self._at)
        unit, dense = int(units.order[self._at]), network.dense[units.layer]
        lines = [
            _("unit {unit} of {layer}").format(unit=unit, layer=names[units.layer]),
            _("norm {norm:.2f}, bias {bias:+.3f}").format(
                norm=float(np.linalg.norm(dense.W[:, unit])), bias=float(dense.b[unit])
            ),
        ]
        if units.layer < last:
            onward = network.dense[units.layer + 1].W[unit]
            strongest = int(np.abs(onward).argmax())
            to = str(strongest)
            text = _("most to unit {to}: {weight:+.2f}")
            if units.layer + 1 == last:
                text = _("most to class {to}: {weight:+.2f}")
                to = class_name(units.trained.dataset.class_names, strongest)
            lines.append(text.format(to=to, weight=float(onward[strongest])))
        is_test = units.sample.split == "test"
        lines.append(_("excited most by test images") if is_test else _("excited most by validation images"))
        self._words.set_text("\n".join(lines))
        signed = units.signed(self._at)
        picture = units.picture(self._at)
        self._digit.show(picture, gradient=signed)
        shown = self._shown_exciting
        if shown is None or shown.units is not units or shown.at != self._at:
            self._shown_exciting = Exciting(units, self._at)
        self._exciting.show(self._shown_exciting)
