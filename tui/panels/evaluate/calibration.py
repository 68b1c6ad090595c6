"""Evaluate, Calibration: whether it is as often right as it is sure."""

from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult

from engine.analysis.calibration import BINS, Calibration, at_temperature, best_temperature, calibration
from engine.analysis.sample import Sample, logits_of
from engine.wording import N_
from tui.language import _
from tui.panels.evaluate.examination import ExaminationPage, Looks
from tui.sentences import percent
from tui.widgets.graph import Graph
from tui.widgets.graph_drawing import Curve, Figure
from tui.widgets.words import Words

if TYPE_CHECKING:
    from engine.training.subject import Subject
    from tui.laboratory import Laboratory

EVEN = 0.002
"""A gap between sureness and accuracy below which neither is said to be larger."""


class CalibrationPage(ExaminationPage):
    """A reliability diagram: how often it is right, by how sure it is, beside the diagonal."""

    TITLE = N_("Calibration")

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
        """Compare how sure it is with how often it is right."""
        examined = await self.examined()
        if examined is None:
            return
        subject, split = examined
        found, temperature, cooled = await self.laboratory.run(lambda: _measured(subject, split))
        self.say_what(subject, split, sum(part.images for part in found.bins))
        bars = tuple(((part.low + part.high) / 2, part.accuracy) for part in found.bins)
        diagonal = tuple((number / BINS, number / BINS) for number in range(BINS + 1))
        figure = Figure(
            (Curve(_("right"), bars, 0, "bars"), Curve(_("as often as it is sure"), diagonal, 1)),
            title=_("Reliability"),
            x_title=_("how sure"),
            y_title=_("how often right"),
            x_range=(0.0, 1.0),
            y_range=(0.0, 1.0),
            x_ticks=tuple((tenth / 10, f"{tenth / 10:.0%}") for tenth in range(0, 11, 2)),
            percent=True,
        )
        self._graph.show(figure, "")
        self._words.say(_in_words(found, temperature, cooled))


def _measured(subject: "Subject", split: str) -> tuple[Calibration, float, Calibration]:
    """Return the calibration, the temperature that suits the validation images best, and what it brings."""
    sample, held_out = Sample.of(subject, split), Sample.of(subject, "validation")
    logits = logits_of(subject, sample.images)
    temperature = best_temperature(logits_of(subject, held_out.images), held_out.labels)
    return (
        calibration(at_temperature(logits, 1.0), sample.labels),
        temperature,
        calibration(at_temperature(logits, temperature), sample.labels),
    )


def _in_words(found: Calibration, temperature: float, cooled: Calibration) -> str:
    """Return whether it is too sure, and what a temperature would change."""
    gap = found.confidence - found.accuracy
    if abs(gap) < EVEN:
        verdict = _("On the whole it is about as sure as it is right")
    elif gap > 0:
        verdict = _("On the whole it is surer than it is right")
    else:
        verdict = _("On the whole it is right more often than it is sure")
    figures = _("{confidence} sure, {accuracy} right; expected calibration error {error:.2%}.").format(
        confidence=percent(found.confidence), accuracy=percent(found.accuracy), error=found.error
    )
    mended = _(
        "Its logits divided by {temperature:.2f}, which suits the validation images best, make that "
        "{error:.2%}; what it reads stays the same."
    ).format(temperature=temperature, error=cooled.error)
    return f"{verdict}: {figures} {mended}"
