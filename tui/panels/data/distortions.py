"""Data, Distortions: one training image and twelve of what distortions make of it."""

from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, ClassVar

from rich.cells import set_cell_size
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message

from engine.data.augmentation import Augmenter, Distortion
from engine.hyperparameters import SPECIFICATIONS
from engine.sentences import N_
from tui.panels.data.dataset_view import DatasetContents, DatasetView
from tui.panels.data.page import DataPage
from tui.panels.messages import FieldsWanted
from tui.text.language import _
from tui.widgets.live_text import FixedText
from tui.widgets.thumbnails import Thumbnails
from tui.widgets.value_sliders import ValueSliders

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tui.session.run_state import RunState

DISTORTED = 12
NAMES = tuple(field.name for field in fields(Distortion))
WIDEST = max(map(len, NAMES))
TO_BEGIN_WITH = Distortion(rotation=10.0, scaling=0.1, shear=0.1, shift=1.0, elastic=1.0)
"""What is shown until someone chooses; of a run that distorts its images, its own strengths are."""


def distortion_of(state: "RunState") -> Distortion:
    """Return how the run that is shown distorts its images, or what is worth a look."""
    chosen = state.hyperparameters
    if chosen is not None:
        distortion = Distortion.of(chosen)
        if not distortion.is_none:
            return distortion
    return TO_BEGIN_WITH


class Strengths(ValueSliders):
    """A line for each strength, in the steps of its field in the form."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "go(-1)", N_("Choose"), key_display="↑↓", tooltip=N_("The strength above")),
        Binding("down", "go(1)", N_("Choose"), show=False, tooltip=N_("The strength below")),
        Binding("right", "step(1)", N_("Change"), key_display="←→", tooltip=N_("Distort more")),
        Binding("left", "step(-1)", N_("Change"), show=False, tooltip=N_("Distort less")),
    ]
    DEFAULT_CSS = """
    Strengths { width: 29; }
    """

    class Changed(Message):
        """Another strength is wanted."""

    def __init__(self) -> None:
        super().__init__(len(NAMES))
        self.distortion = TO_BEGIN_WITH

    def show(self, distortion: Distortion) -> None:
        """Show these strengths."""
        self.distortion = distortion
        self.refresh()

    def action_step(self, by: int) -> None:
        """Distort more, or less."""
        name = NAMES[self.at]
        value = SPECIFICATIONS[name].kind.next_value(getattr(self.distortion, name), by > 0)
        self.show(replace(self.distortion, **{name: value}))  # type: ignore[arg-type]
        self.post_message(self.Changed())

    def clicked(self, at: int, x: int) -> None:
        """Take less or more of it where its arrows were clicked."""
        self.at = at
        if x >= WIDEST + 2:
            self.action_step(-1 if x <= WIDEST + 4 else 1)

    def render(self) -> Content:
        """Return the lines."""
        lines = []
        for number, name in enumerate(NAMES):
            value = SPECIFICATIONS[name].kind.format(getattr(self.distortion, name))
            text = f"{set_cell_size(name, WIDEST)} {self.between_arrows(value)}"
            lines.append(self.line(number, text, "bold" if number == self.at else ""))
        return Content("\n").join(lines)


@dataclass(frozen=True, eq=False)
class Distorted:
    """An image as it is, and what became of it."""

    images: "NDArray[np.uint8]"

    def __len__(self) -> int:
        return len(self.images)

    def picture(self, at: int) -> "NDArray[np.uint8]":
        """Return one of them: `(height, width)`, uint8."""
        image: NDArray[np.uint8] = self.images[at]
        return image

    def caption(self, at: int) -> str:
        """Return what stands under it."""
        return _("as it is") if at == 0 else str(at)


class DistortionsPage(DataPage, can_focus=False):
    """The same image with the same chances while strengths change, so that one sees what each does."""

    TITLE: ClassVar[str] = N_("Distortions")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "image(1)", N_("Image"), tooltip=N_("Distort the next training image")),
        Binding("I", "image(-1)", N_("Image"), show=False, tooltip=N_("Distort the image before")),
        Binding("a", "again", N_("Other chances"), tooltip=N_("Distort it in other ways, as strongly")),
        Binding("enter", "take", N_("Into the form"), tooltip=N_("Put these strengths into the form")),
    ]
    DEFAULT_CSS = """
    DistortionsPage {
        & > .distortions--heading { height: 2; }
        & > Horizontal { height: 1fr; }
    }
    """

    def __init__(self, library: DatasetView) -> None:
        super().__init__(library)
        self._heading = FixedText(classes="distortions--heading", markup=False)
        self.strengths = Strengths()
        self._pictures = Thumbnails(wanted=DISTORTED + 1)
        self._image = self._seed = 0
        self._run: str | None = None

    def contents(self) -> ComposeResult:
        """Yield the parts."""
        yield self._heading
        with Horizontal():
            yield self.strengths
            yield self._pictures

    def present(self, material: DatasetContents) -> None:
        """Distort an image of these; another run brings its own strengths."""
        run = self.state.started.run if self.state.started else None
        if run != self._run:
            self._run = run
            self.strengths.show(distortion_of(self.state))
        self._distort()

    def on_strengths_changed(self) -> None:
        """Show at once what another strength does."""
        self._distort()

    @work(exclusive=True, group="distort")
    async def _distort(self) -> None:
        """Show the image and twelve distortions of it."""
        material = self.material
        if material is None:
            return
        places = material.places("training")
        place = int(places[self._image % len(places)])
        image, distortion, seed = material.dataset.train_images[place], self.strengths.distortion, self._seed
        images = await self.background.run(lambda: distorted(image, distortion, seed))
        self._pictures.show(Distorted(images))
        text = _(
            "Training image {index}, {label}, and {count} of the distortions that it would be learned with."
        )
        label = material.dataset.class_names[int(material.dataset.train_labels[place])]
        self._heading.set_text(text.format(index=place, label=label, count=DISTORTED))

    # Keys

    def action_image(self, by: int) -> None:
        """Distort another image."""
        self._image += by
        self._distort()

    def action_again(self) -> None:
        """Distort it in other ways."""
        self._seed += 1
        self._distort()

    def action_take(self) -> None:
        """Put the strengths into the form."""
        self.post_message(FieldsWanted(asdict(self.strengths.distortion)))


def distorted(image: "NDArray[np.uint8]", distortion: Distortion, seed: int) -> "NDArray[np.uint8]":
    """Return an image and what `seed` makes of it: `(1 + DISTORTED, height, width)`."""
    import numpy as np

    images = np.repeat(image[None], DISTORTED + 1, axis=0)
    augmenter = Augmenter(distortion, *image.shape)
    images[1:] = augmenter.distort(images[1:], np.random.default_rng(seed))
    return images
