"""A chart of outcomes over the values of one hyperparameter: each trial, the spread, the mean."""

import math
from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text

from engine.experiments.outcomes import Outcome, Outcomes
from tui.text.cell_widths import width as cells
from tui.text.glyphs import glyph
from tui.text.language import _
from tui.widgets.chart import centred
from tui.widgets.drawn_lines import DrawnLines
from tui.widgets.plotext_figure import Line

AXIS = 8
"""Cells for the accuracies at the left."""
LEAST_ROWS = 3


class OutcomeChart(DrawnLines):
    """A column of marks for each value; numbers stand where they belong on the axis, logarithmic or not.

    Plotext draws curves over epochs; here three marks in each of a few columns are all there is.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *("outcomes--title", "outcomes--axis", "outcomes--trial", "outcomes--mean", "outcomes--nothing")
    }
    DEFAULT_CSS = """
    OutcomeChart {
        height: 1fr;
        & > .outcomes--title { text-style: bold; }
        & > .outcomes--axis { color: $text-muted; }
        & > .outcomes--trial { color: $primary; }
        & > .outcomes--mean { color: $text-warning; text-style: bold; }
        & > .outcomes--nothing { color: $text-muted; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Outcomes, str] | None = None

    def show(self, outcomes: Outcomes, nothing: str) -> None:
        """Draw, if there is anything new; `nothing` is what to say while there is no outcome."""
        if self._shown != (outcomes, nothing):
            self._shown = (outcomes, nothing)
            self.redraw()

    def shown(self) -> tuple[object, ...]:
        """Return what decides the lines."""
        return (self._shown,)

    def drawn(self) -> Sequence[Text | Line]:
        """Return the title, the marks, and the values below them."""
        if self._shown is None:
            return []
        (outcomes, nothing), (width, height) = self._shown, self.size
        title = _("validation accuracy over {name}").format(name=outcomes.name)
        if outcomes.is_logarithmic:
            title += ", " + _("log")
        legend = Text.assemble(
            (title, self._style("title")),
            "  ",
            (mean_sign(), self._style("mean")),
            " " + _("mean") + "  ",
            (trial_sign(), self._style("trial")),
            " " + _("trial"),
        )
        rows = height - 2
        if outcomes.outcomes and rows < LEAST_ROWS:
            nothing = _("There is no room for the chart here.")
        if not outcomes.outcomes or rows < LEAST_ROWS:
            style = self.get_component_rich_style("outcomes--nothing")
            return [legend, *centred(nothing, style, self.app.console, (width, rows))][:height]
        columns = places(outcomes, max(1, width - AXIS - 2))
        return [legend, *self._plot(outcomes.outcomes, columns, width, rows), self._values(outcomes, columns)]

    def _plot(self, outcomes: Sequence[Outcome], columns: Sequence[int], width: int, rows: int) -> list[Text]:
        values = [accuracy for outcome in outcomes for accuracy in outcome.accuracies]
        low, high = min(values), max(values)
        if high - low < 1e-9:
            low, high = low - 0.005, high + 0.005
        grid: list[list[tuple[str, str]]] = [[(" ", "axis")] * (width - AXIS) for _row in range(rows)]

        def row(accuracy: float) -> int:
            return round((high - accuracy) / (high - low) * (rows - 1))

        for outcome, column in zip(outcomes, columns, strict=True):
            for at in range(row(max(outcome.accuracies)), row(min(outcome.accuracies)) + 1):
                grid[at][column] = (glyph("│", "|"), "axis")
            for accuracy in outcome.accuracies:
                grid[row(accuracy)][column] = (trial_sign(), "trial")
            grid[row(outcome.mean)][column] = (mean_sign(), "mean")
        lines = []
        for at, cells_of_row in enumerate(grid):
            is_named = at in (0, rows // 2, rows - 1)
            label = f"{high - (high - low) * at / (rows - 1):.2%}" if is_named else ""
            parts = [(sign, self._style(style)) for sign, style in cells_of_row]
            lines.append(Text.assemble((f"{label:>{AXIS - 1}} ", self._style("axis")), *parts))
        return lines

    def _values(self, outcomes: Outcomes, columns: Sequence[int]) -> Text:
        """Return the values below their columns, those that have room."""
        line = " " * AXIS
        for outcome, column in zip(outcomes.outcomes, columns, strict=True):
            text = outcome.text if outcome.text != "none" else _("none")
            start = max(AXIS + column - cells(text) // 2, AXIS)
            if start > len(line) - (not line.strip()):
                line += " " * (start - len(line)) + text
        return Text(line, self._style("axis"), no_wrap=True)

    def _style(self, name: str) -> str:
        style = self.get_component_rich_style(f"outcomes--{name}")
        return f"{'bold ' if style.bold else ''}{style.color.name if style.color else ''}".strip() or "none"


def mean_sign() -> str:
    """Return the mark of a mean."""
    return glyph("●", "o")


def trial_sign() -> str:
    """Return the mark of a trial."""
    return glyph("∘", ".")


def places(outcomes: Outcomes, width: int) -> list[int]:
    """Return the column of each value, of so many columns; values that are not numbers stand evenly."""
    shown = outcomes.outcomes
    if outcomes.is_numeric:
        at = [math.log(o.place) if outcomes.is_logarithmic else o.place for o in shown]
    else:
        at = [float(number) for number in range(len(shown))]
    span = max(at) - min(at)
    margin = min(4, width // 8)
    room = max(0, width - 1 - 2 * margin)
    return [margin + round((x - min(at)) / span * room) if span else width // 2 for x in at]
