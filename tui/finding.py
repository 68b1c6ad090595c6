"""The learning-rate finder on the command line, and what it says in words."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.hyperparameters import Hyperparameters
from tui.glyphs import glyph
from tui.language import _
from tui.sentences import loss_figure

if TYPE_CHECKING:
    from engine.analysis.learning_rate_finder import LearningRateFinder, Point

LINES = 20
"""Lines of the table that is printed."""
LONGEST_BAR = 40


def print_learning_rate(hyperparameters: Hyperparameters, *, data: Path | None, as_json: bool) -> None:
    """Try learning rates, and print what became of the loss and which one to begin with.

    Raises:
        EngineError: when the data cannot be read, or the hyperparameters do not fit them.
    """
    from engine.analysis.learning_rate_finder import LearningRateFinder
    from engine.data.dataset import load_dataset

    finder = LearningRateFinder(hyperparameters, load_dataset(data))
    for point in finder:
        if as_json:
            _print_json(
                "learning_rate_tried",
                step=len(finder.points),
                learning_rate=point.learning_rate,
                loss=point.loss,
                smoothed_loss=point.smoothed,
            )
    if as_json:
        lowest = finder.lowest
        _print_json(
            "learning_rate_found",
            suggestion=finder.suggestion,
            lowest_loss=lowest.smoothed if lowest else None,
            lowest_loss_at=lowest.learning_rate if lowest else None,
            steps=len(finder.points),
        )
        return
    for line in _table(finder.points):
        click.echo(line)
    click.echo(finding_in_words(finder))


def finding_in_words(finder: "LearningRateFinder") -> str:
    """Return what the test found: a rate and why, or why there is none."""
    if not finder.points:
        return _("The very first step goes too far; no learning rate can be suggested.")
    lowest, suggestion = finder.lowest, finder.suggestion
    if lowest is None or suggestion is None:
        return _(
            "The loss does not fall at any learning rate from {first:.0e} to {last:.2g}: something else "
            "keeps this network from learning."
        ).format(first=finder.points[0].learning_rate, last=finder.points[-1].learning_rate)
    return _(
        "The loss is lowest, {loss}, at a learning rate of {lowest:.2g}; steps grow too long soon after. "
        "Begin with about half of it: {suggestion:g}."
    ).format(loss=loss_figure(lowest.smoothed), lowest=lowest.learning_rate, suggestion=suggestion)


def _table(points: "list[Point]") -> list[str]:
    """Return the lowest point of each few in lines: rate, smoothed loss, and the loss as a bar."""
    if not points:
        return []
    every = max(1, -(-len(points) // LINES))
    groups = [points[start : start + every] for start in range(0, len(points), every)]
    shown = [min(group, key=lambda point: point.smoothed) for group in groups]
    worst = max(point.smoothed for point in shown)
    lowest = min(shown, key=lambda point: point.smoothed)
    lines = [_("learning rate   loss (smoothed)")]
    for point in shown:
        bar = glyph("█", "#") * max(1, round(LONGEST_BAR * point.smoothed / worst))
        mark = " " + glyph("◂", "<") if point is lowest else ""
        lines.append(f"{point.learning_rate:>13.2g}   {loss_figure(point.smoothed):>7}  {bar}{mark}")
    return lines


def _print_json(event: str, **fields: object) -> None:
    click.echo(json.dumps({"event": event, **fields}, allow_nan=False))
