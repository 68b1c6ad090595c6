"""Data, Averages: the mean image of each class, and how far its images are from it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from engine.sentences import N_
from tui.panels.data import phrases
from tui.panels.data.dataset_view import DatasetContents, DatasetView
from tui.panels.data.gallery import GalleryPage
from tui.panels.data.page import DataPage
from tui.text.class_names import short_name
from tui.text.language import _
from tui.widgets.digit import Rendering
from tui.widgets.live_text import LiveText

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.analysis.pixel_statistics import PixelStatistics

LARGEST_DEVIATION = 0.5
"""Of values from 0 to 1: it is drawn as full ink."""


class Averages:
    """The mean image of all classes, then that of each."""

    def __init__(self, figures: "PixelStatistics", names: Sequence[str]) -> None:
        self.figures, self.names = figures, names

    def __len__(self) -> int:
        return 1 + len(self.figures.counts)

    def label(self, at: int) -> int | None:
        """Return the class of a picture; None for all of them."""
        return at - 1 if at else None

    def picture(self, at: int) -> "NDArray[np.uint8]":
        """Return a mean image: `(height, width)`, uint8."""
        from engine.analysis.pixel_statistics import as_picture

        return as_picture(self.figures.means[at - 1] if at else self.figures.mean_image)

    def deviation(self, at: int) -> "NDArray[np.uint8]":
        """Return the standard deviation of each pixel, the largest possible as full ink."""
        from engine.analysis.pixel_statistics import as_picture

        figures = self.figures
        return as_picture(figures.deviations[at - 1] if at else figures.deviation_image, LARGEST_DEVIATION)

    def caption(self, at: int) -> str:
        """Return the class."""
        return short_name(self.names, at - 1) if at else _("all")


class AveragesPage(DataPage, GalleryPage):
    """A mean image for each class, and one of them large with the deviations from it."""

    TITLE: ClassVar[str] = N_("Averages")
    NEEDS_FIGURES: ClassVar[bool] = True
    WANTED: ClassVar[int] = 10
    LARGES: ClassVar[int] = 2
    RENDERING: ClassVar[Rendering] = Rendering.BLOCKS
    DEFAULT_CSS = """
    AveragesPage {
        & > LiveText { height: auto; margin-bottom: 1; }
        & .gallery--beside { width: 64%; }
    }
    """

    def __init__(self, library: DatasetView) -> None:
        super().__init__(library)
        self._heading = LiveText()
        self._averages: Averages | None = None

    def contents(self) -> ComposeResult:
        """Yield the heading and the images."""
        yield self._heading
        yield self.gallery

    def present(self, material: DatasetContents) -> None:
        """Show the averages of these images."""
        if material.figures is not None:
            self._averages = Averages(material.figures, material.dataset.class_names)
            self._heading.set_text(phrases.averages_heading(material.figures, material.dataset.class_names))
            self.gallery.show(self._averages, self.gallery.at)

    def turn(self, at: int | None) -> None:
        """Show the image that is looked at large."""
        averages = self._averages
        if averages is not None and at is not None and at < len(averages):
            said = phrases.average(averages.figures, averages.names, averages.label(at))
            self.gallery.show_large([averages.picture(at), averages.deviation(at)], said)
