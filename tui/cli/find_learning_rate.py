"""`mlp-tui find-learning-rate`: the range test without a screen."""

import dataclasses
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.data.location import Location
from engine.hyperparameters import Hyperparameters, available_cores
from engine.sentences import N_
from tui.cli.help import Command, option
from tui.cli.options import data_option, gather, hyperparameter_options, language_option
from tui.text.cell_widths import right
from tui.text.command_line import command_line
from tui.text.language import _
from tui.text.phrases import finding_text

if TYPE_CHECKING:
    from engine.analysis.learning_rate_finder import LearningRateFinder, RangeTestPoint, Suggestion

ROWS = 25
WIDEST_BAR = 40
COLUMNS = (14, 8, 10)


@click.command(
    "find-learning-rate",
    cls=Command,
    help=N_(
        "Try one learning rate after the other on a network of its own, and suggest one to begin with.\n\n"
        "Each mini-batch is learned with a larger rate (Smith 2017); the loss falls, then shoots up."
    ),
)
@hyperparameter_options()
@data_option
@option("--json", "as_json", is_flag=True, text=lambda: _("Print each step as one line of JSON."))
@language_option
def find_learning_rate(
    preset: str | None, config: Path | None, data: Location | None, as_json: bool, **options: Any
) -> int:
    """Suggest a learning rate."""
    print_learning_rate(gather(preset, config, options), data=data, as_json=as_json)
    return 0


def print_learning_rate(hyperparameters: Hyperparameters, *, data: Location | None, as_json: bool) -> None:
    """Print the range test as it goes, and the learning rate that it suggests.

    Raises:
        EngineError: when the data cannot be read, or the hyperparameters do not fit them.
    """
    from engine.analysis.learning_rate_finder import LearningRateFinder
    from engine.data.dataset import load_dataset
    from engine.training.threads import default_threads, limit_threads

    finder = LearningRateFinder(hyperparameters, load_dataset(data))
    threads = hyperparameters.threads or default_threads(
        finder.layer_sizes, hyperparameters.batch_size, available_cores()
    )
    with limit_threads(threads):
        if as_json:
            _print_lines(finder)
        else:
            _print_table(finder, hyperparameters)
    finding = finder.suggest()
    if as_json:
        _print_line(
            "learning_rate_found",
            suggestion=finding.suggestion,
            lowest_loss=finding.lowest.smoothed_loss if finding.lowest else None,
            lowest_loss_at=finding.lowest.learning_rate if finding.lowest else None,
            steps=len(finder.points),
            reason=str(finding.reason),
        )
    else:
        click.echo("\n" + _outcome(finding, hyperparameters, data))


def _print_lines(finder: "LearningRateFinder") -> None:
    for trial in finder:
        _print_line("learning_rate_tried", **dataclasses.asdict(trial))


def _print_line(event: str, **fields: object) -> None:
    click.echo(json.dumps({"event": event, **fields}, allow_nan=False))


def _print_table(finder: "LearningRateFinder", hyperparameters: Hyperparameters) -> None:
    """Print a row for each few mini-batches: rate, losses, and the smoothed one as a bar."""
    click.echo(
        _("{network}, {optimizer}, mini-batches of {size}: the learning rate rises with each.").format(
            network="-".join(map(str, finder.layer_sizes)),
            optimizer=hyperparameters.optimizer,
            size=hyperparameters.batch_size,
        )
    )
    click.echo(_row((_("learning rate"), _("loss"), _("smoothed")), ""))
    for last in _last_of_rows(finder):
        figures = f"{last.learning_rate:.2g}", f"{last.loss:.4g}", f"{last.smoothed_loss:.4g}"
        click.echo(_row(figures, _bar(last.smoothed_loss / finder.untrained_loss)))


def _last_of_rows(finder: "LearningRateFinder") -> "Iterator[RangeTestPoint]":
    """Yield each trial that ends a row; the last of all ends one, too."""
    from engine.analysis.learning_rate_finder import STEPS

    trial = None
    for trial in finder:
        if trial.step % (STEPS // ROWS) == 0:
            yield trial
    if trial is not None and trial.step % (STEPS // ROWS):
        yield trial


def _row(cells: Sequence[str], bar: str) -> str:
    columns = (right(cell, wide) for cell, wide in zip(cells, COLUMNS, strict=True))
    return "  ".join((*columns, bar)).rstrip()


def _bar(share: float) -> str:
    """Return a bar, half as long as there is room for the loss of a network that knows nothing."""
    length = math.ceil(min(share, 2.0) * WIDEST_BAR / 2)
    return "#" * length if share <= 2.0 else "#" * (length - 1) + ">"


def _outcome(finding: "Suggestion", hyperparameters: Hyperparameters, data: Location | None) -> str:
    """Return what came of the test, and the command that goes on with it."""
    if finding.suggestion is None:
        return finding_text(finding)
    chosen = hyperparameters.changed("learning_rate", finding.suggestion)
    return f"{finding_text(finding)}\n{command_line(chosen, data)}"
