"""Evaluate, Calibration: whether the confidence of the network matches its accuracy."""

from typing import TYPE_CHECKING

from textual.app import ComposeResult

from engine.analysis.calibration import BINS, Calibration, at_temperature, best_temperature, calibration
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

LOW = 26
"""Lines below which there is no room for the number of images."""
EVEN = 0.002
"""A gap between sureness and accuracy below which neither is said to be larger."""


class CalibrationPage(EvaluationPage):
    """A reliability diagram: how often it is right, by how sure it is, beside the diagonal."""

    TITLE = N_("Calibration")
    DEFAULT_CSS = """
    CalibrationPage {
        & > Graph { height: 2fr; }
        & > .calibration--counts { height: 1fr; }
        &.-low > .calibration--counts { display: none; }
    }
    """

    def __init__(self, background: "BackgroundThread", counter: EvaluationCounter) -> None:
        super().__init__(background, counter)
        self._graph = Graph()
        self._counts = Graph(classes="calibration--counts")
        self._words = LiveText(classes="examination--words", markup=False)

    def contents(self) -> ComposeResult:
        """Yield the parts."""
        yield self.heading
        yield self._graph
        yield self._counts
        yield self._words

    def on_resize(self) -> None:
        """Leave room for the diagram."""
        self.set_class(self.size.height < LOW, "-low")

    async def examine_on(self, trained: "TrainedNetwork", split: str) -> None:
        """Compare how sure it is with how often it is right."""
        sample = await self.background.run(lambda: EvaluationSample.of(trained, split))
        held_out = await self.background.run(lambda: EvaluationSample.of(trained, "validation"))
        logits, to_fit = await self.logits(trained, sample), await self.logits(trained, held_out)
        temperature = 1.0
        async for better in self.background.parts(lambda: best_temperature(to_fit, held_out.labels)):
            temperature = better

        def measured(temperature: float) -> Calibration:
            return calibration(at_temperature(logits, temperature), sample.labels)

        found = await self.background.run(lambda: measured(1.0))
        cooled = await self.background.run(lambda: measured(temperature))
        if not self.is_of_this_run(trained):
            return
        self.heading.set_text(self.what(trained, sample))
        bars = tuple(((part.low + part.high) / 2, part.accuracy) for part in found.bins)
        diagonal = tuple((number / BINS, number / BINS) for number in range(BINS + 1))
        figure = Figure(
            (Curve(_("right"), bars, 0, "bars"), Curve(_("as often right as it is confident"), diagonal, 1)),
            title=_("Reliability"),
            x_title=_("confidence"),
            y_title=_("how often right"),
            x_range=(0.0, 1.0),
            y_range=(0.0, 1.0),
            x_ticks=tuple((tenth / 10, f"{tenth / 10:.0%}") for tenth in range(0, 11, 2)),
            percent=True,
        )
        counts = tuple(((part.low + part.high) / 2, float(part.images)) for part in found.bins)
        images = Figure(
            (Curve("", counts, 3, "bars"),),
            title=_("Images in each bar"),
            log_y=True,
            x_range=(0.0, 1.0),
            y_range=(0.5, 2.0 * len(sample)),
            x_ticks=figure.x_ticks,
        )
        self._graph.show(figure, "")
        self._counts.show(images, "")
        self._words.set_text(_in_words(found, temperature, cooled))


def _in_words(found: Calibration, temperature: float, cooled: Calibration) -> str:
    """Return whether it is too sure, and what a temperature would change."""
    gap = found.confidence - found.accuracy
    if abs(gap) < EVEN:
        verdict = _("Overall its confidence matches its accuracy")
    elif gap > 0:
        verdict = _("Overall it is more confident than it is right")
    else:
        verdict = _("Overall it is right more often than it is confident")
    figures = _(
        "mean confidence {confidence}, accuracy {accuracy}; expected calibration error {error:.2%}."
    ).format(confidence=percent(found.confidence), accuracy=percent(found.accuracy), error=found.error)
    mended = _(
        "Its logits divided by {temperature:.2f}, which suits the validation images best, make that "
        "{error:.2%}; its predictions stay the same."
    ).format(temperature=temperature, error=cooled.error)
    surest = found.bins[-1]
    most = _("On {images:,} of {whole:,} images its confidence is at least {low:.0%}.").format(
        images=surest.images, whole=sum(part.images for part in found.bins), low=surest.low
    )
    return f"{verdict}: {figures} {mended} {most}"
