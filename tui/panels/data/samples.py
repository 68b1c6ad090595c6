"""Data, Samples: the images themselves, of one class or of all, of each part of the data."""

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from engine.sentences import N_
from tui.panels.data import phrases
from tui.panels.data.dataset_view import PARTS, DatasetContents, DatasetView
from tui.panels.data.gallery import GalleryPage
from tui.panels.data.page import DataPage
from tui.text.cell_widths import cut
from tui.text.class_names import SHORT
from tui.text.language import _
from tui.widgets.live_text import FixedText
from tui.widgets.option_line import Option, OptionLine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Samples:
    """Images of one part and class, as they stand in their file."""

    def __init__(self, material: DatasetContents, part: str, label: int | None) -> None:
        dataset = material.dataset
        of_test = part == "test"
        self._images = dataset.test_images if of_test else dataset.train_images
        self._labels = dataset.test_labels if of_test else dataset.train_labels
        self._names = dataset.class_names
        places = material.places(part)
        self._places = places if label is None else places[self._labels[places] == label]

    def __len__(self) -> int:
        return len(self._places)

    def place(self, at: int) -> int:
        """Return where an image stands in its file."""
        return int(self._places[at])

    def name(self, at: int) -> str:
        """Return the name of its class."""
        return self._names[int(self._labels[self._places[at]])]

    def picture(self, at: int) -> "NDArray[np.uint8]":
        """Return one image: `(height, width)`, uint8."""
        image: NDArray[np.uint8] = self._images[self._places[at]]
        return image

    def caption(self, at: int) -> str:
        """Return its class and its place in the file."""
        return f"{cut(self.name(at), SHORT)} #{self.place(at)}"


class SamplesPage(DataPage, GalleryPage):
    """Small images, one of them large. A key goes to the next class, another to the next part."""

    TITLE: ClassVar[str] = N_("Samples")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "turn_class(1)", N_("Next class"), tooltip=N_("Only images of the next class")),
        Binding(
            "T",
            "turn_class(-1)",
            N_("Class before"),
            show=False,
            tooltip=N_("Only images of the class before"),
        ),
        Binding("a", "all_classes", N_("All classes"), tooltip=N_("Not one class alone")),
        Binding("p", "turn_part", N_("Part"), tooltip=N_("Training, validation or test images")),
    ]
    DEFAULT_CSS = """
    SamplesPage {
        & > FixedText { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
        & > OptionLine { margin-bottom: 1; }
    }
    """

    def __init__(self, library: DatasetView) -> None:
        super().__init__(library)
        self._heading = FixedText()
        self._choices = OptionLine()
        self._part = PARTS[0]
        self._label: int | None = None
        self._samples: Samples | None = None

    def contents(self) -> ComposeResult:
        """Yield the heading, what can be chosen, and the images."""
        yield self._heading
        yield self._choices
        yield self.gallery

    def present(self, material: DatasetContents) -> None:
        """Show the images, of the class that was chosen if there is one such."""
        if self._label is not None and self._label >= material.dataset.classes:
            self._label = None
        self._choose(self.gallery.at)

    def _choose(self, at: int = 0) -> None:
        """Show the images that are chosen."""
        if self.material is None:
            return
        part, label = self._part, self._label
        self._samples = Samples(self.material, part, label)
        self._heading.set_text(phrases.samples_heading(self.material, part, label, len(self._samples)))
        which = phrases.class_words(self.material, label)
        self._choices.show(
            [
                Option("t", which, _("Only images of the next class"), label is not None),
                Option(
                    "p", phrases.part_name(part), _("Training, validation or test images"), part != PARTS[0]
                ),
            ]
        )
        self.gallery.show(self._samples, at)
        self.refresh_bindings()

    def turn(self, at: int | None) -> None:
        """Show the image that is looked at large."""
        samples = self._samples
        if samples is None or at is None or at >= len(samples):
            none = _("No such image.")
            self.gallery.show_large([None], phrases.muted(none))
            return
        said = phrases.sample(self._part, samples.place(at), samples.name(at), at, len(samples))
        self.gallery.show_large([samples.picture(at)], said)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what would do something."""
        if action == "all_classes":
            return self._label is not None
        if action in ("turn_class", "turn_part"):
            return self._samples is not None
        return super().check_action(action, parameters)

    def action_turn_class(self, by: int) -> None:
        """Show the next class alone; after the last, all of them."""
        if self.material is not None:
            choices = [None, *range(self.material.dataset.classes)]
            self._label = choices[(choices.index(self._label) + by) % len(choices)]
            self._choose()

    def action_all_classes(self) -> None:
        """Show all classes."""
        self._label = None
        self._choose()

    def action_turn_part(self) -> None:
        """Show the next part of the data."""
        self._part = PARTS[(PARTS.index(self._part) + 1) % len(PARTS)]
        self._choose()
