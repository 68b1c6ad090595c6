"""Evaluate, Coverage: what a network gains when it may say that it does not know."""

from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult

from engine.analysis.calibration import Coverage, coverage, thinned
from engine.analysis.sample import Sample, probabilities_of
from engine.wording import N_
from tui.language import _
from tui.panels.evaluate.examination import ExaminationPage, Looks
from tui.sentences import percent
from tui.widgets.graph import Graph
from tui.widgets.graph_drawing import Curve, Figure
from tui.widgets.words import Words

if TYPE_CHECKING:
    from tui.laboratory import Laboratory

AIMS = (0.98, 0.99, 0.995, 0.999)
FEWEST = 0.02
"""The share of the images from which on the curve is drawn: of fewer, one mistake decides."""


class CoveragePage(ExaminationPage):
    """Accuracy on the images that it is surest of, from few to all of them."""

    TITLE = N_("Coverage")

    def __init__(self, laboratory: "Laboratory", looks: Looks) -> None:
        super().__init__(laboratory, looks)
        self._graph = Graph()
        self._words = Words(classes="examination--words", markup=False)

    def contents(self) -> ComposeResult:
        """Yield the parts."""
        yield self.heading
        yield self._graph
        yield self._words

    @work(exclusive=True, group="look")
    async def look(self) -> None:
        """Sort the images by how sure it is, and count."""
        examined = await self.examined()
        if examined is None:
            return
        subject, split = examined

        def measured() -> Coverage:
            sample = Sample.of(subject, split)
            return coverage(probabilities_of(subject, sample), sample.labels)

        found = await self.laboratory.run(measured)
        self.say_what(subject, split, len(found.accuracies))
        shares, accuracies = found.shares.tolist(), found.accuracies.tolist()
        places = [place for place in thinned(shares, 400) if shares[place] >= FEWEST]
        figure = Figure(
            (Curve(_("accuracy on the rest"), tuple((shares[p], accuracies[p]) for p in places), 0),),
            title=_("Accuracy against coverage"),
            x_title=_("share of the images that it reads"),
            x_range=(0.0, 1.0),
            x_ticks=tuple((tenth / 10, f"{tenth / 10:.0%}") for tenth in range(0, 11, 2)),
            percent=True,
        )
        self._graph.show(figure, _("There are too few images for a curve."))
        self._words.say(_in_words(found))


def _in_words(found: Coverage) -> str:
    """Return what silence buys."""
    whole = float(found.accuracies[-1])
    lines = [_("Reading every image, {accuracy} are right.").format(accuracy=percent(whole))]
    for aim in AIMS:
        reached = found.reaching(aim)
        if aim > whole and reached is not None:
            share, sure = reached
            words = _("Silent on {silent} (less than {sure} sure), {aim:.1%} of the rest are right.")
            lines.append(words.format(silent=percent(1 - share), sure=percent(sure), aim=aim))
    return "\n".join(lines)
