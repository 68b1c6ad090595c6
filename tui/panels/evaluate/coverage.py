"""Evaluate, Coverage: the accuracy when images of low confidence are left out."""

from typing import TYPE_CHECKING

from textual.app import ComposeResult

from engine.analysis.calibration import Coverage, at_temperature, coverage, evenly_spaced
from engine.analysis.evaluation_sample import EvaluationSample
from engine.sentences import N_
from tui.panels.evaluation_page import EvaluationCounter, EvaluationPage
from tui.text.language import _
from tui.text.phrases import percent
from tui.widgets.graph import Graph
from tui.widgets.graph_figure import Curve, Figure
from tui.widgets.live_text import LiveText

if TYPE_CHECKING:
    from engine.training.trained_network import TrainedNetwork
    from tui.session.background import BackgroundThread

AIMS = (0.98, 0.99, 0.995, 0.999)
FEWEST = 0.02
"""The share of the images from which on the curve is drawn: of fewer, one mistake decides."""


class CoveragePage(EvaluationPage):
    """Accuracy on the images that it is surest of, from few to all of them."""

    TITLE = N_("Coverage")

    def __init__(self, background: "BackgroundThread", counter: EvaluationCounter) -> None:
        super().__init__(background, counter)
        self._graph = Graph()
        self._words = LiveText(classes="examination--words", markup=False)

    def contents(self) -> ComposeResult:
        """Yield the parts."""
        yield self.heading
        yield self._graph
        yield self._words

    async def examine_on(self, trained: "TrainedNetwork", split: str) -> None:
        """Sort the images by how sure it is, and count."""
        sample = await self.background.run(lambda: EvaluationSample.of(trained, split))
        logits = await self.logits(trained, sample)
        found = await self.background.run(lambda: coverage(at_temperature(logits, 1.0), sample.labels))
        if not self.is_of_this_run(trained):
            return
        self.heading.set_text(self.what(trained, sample))
        shares, accuracies = found.shares.tolist(), found.accuracies.tolist()
        places = [place for place in evenly_spaced(shares, 400) if shares[place] >= FEWEST]
        lowest = min((accuracies[place] for place in places), default=1.0)
        figure = Figure(
            (Curve(_("accuracy on the rest"), tuple((shares[p], accuracies[p]) for p in places), 0),),
            title=_("Accuracy against coverage"),
            x_title=_("share of the images that it answers"),
            x_range=(0.0, 1.0),
            y_range=(max(0.0, min(lowest - 0.05 * (1 - lowest), 0.99)), 1.0),
            x_ticks=tuple((tenth / 10, f"{tenth / 10:.0%}") for tenth in range(0, 11, 2)),
            percent=True,
        )
        self._graph.show(figure, _("There are too few images for a curve."))
        self._words.set_text(_in_words(found))


def _in_words(found: Coverage) -> str:
    """Return what silence buys."""
    whole = float(found.accuracies[-1])
    lines = []
    for aim in AIMS:
        reached = found.at_accuracy(aim)
        if aim > whole and reached is not None:
            share, sure = reached
            text = _(
                "Silent on {silent} (confidence below {sure}), at least {aim:.1%} of the rest are right."
            )
            lines.append(text.format(silent=percent(1 - share), sure=percent(sure), aim=aim))
    first = _("Reading every image, {accuracy} are right.").format(accuracy=percent(whole))
    if lines:
        first += " " + _("With thresholds fitted to these same images:")
    return "\n".join([first, *lines])
