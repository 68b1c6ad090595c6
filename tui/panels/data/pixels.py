"""Data, Pixels: which values the pixels have, and what standardisation makes of them."""

import math
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from engine.sentences import N_
from tui.panels.data import phrases
from tui.panels.data.dataset_view import DatasetContents, DatasetView
from tui.panels.data.page import DataPage
from tui.text.language import _
from tui.widgets.graph import Graph
from tui.widgets.graph_figure import Curve, Figure
from tui.widgets.live_text import LiveText

if TYPE_CHECKING:
    from engine.analysis.pixel_statistics import PixelStatistics

BINS = 32


class PixelsPage(DataPage):
    """The figures in words, and a histogram below them."""

    TITLE: ClassVar[str] = N_("Pixels")
    NEEDS_FIGURES: ClassVar[bool] = True
    DEFAULT_CSS = """
    PixelsPage > LiveText { height: auto; }
    PixelsPage > Graph { margin-top: 1; }
    """

    def __init__(self, library: DatasetView) -> None:
        super().__init__(library)
        self._words = LiveText()
        self._graph = Graph()

    def contents(self) -> ComposeResult:
        """Yield the words and the histogram."""
        yield self._words
        yield self._graph

    def present(self, material: DatasetContents) -> None:
        """Show the pixels of these images."""
        if material.figures is not None:
            self._words.set_text(phrases.pixels(material, material.figures))
            self._graph.show(histogram(material.figures))


def histogram(figures: "PixelStatistics") -> Figure:
    """Return which shares of the pixels have which values: so unlike that the axis is logarithmic."""
    wide = 256 // BINS
    shares = [count / figures.pixels for count in figures.binned(BINS).tolist()]
    points = tuple((wide * number + (wide - 1) / 2, share) for number, share in enumerate(shares))
    least = min(share for share in shares if share)
    return Figure(
        curves=(Curve("", points, kind="bars"),),
        title=_("Values of the pixels"),
        x_title=_("value, {wide} to a bar").format(wide=wide),
        y_title=_("share of them, logarithmic"),
        log_y=True,
        x_range=(0, 255),
        y_range=(10.0 ** math.floor(math.log10(least) - 1e-9), 1.0),
        x_ticks=tuple((value, str(value)) for value in (0, 64, 128, 192, 255)),
        marks=((255 * figures.mean, _("mean")),),
    )
