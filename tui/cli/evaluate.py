"""`mlp-tui evaluate`: how a network does on the test images, class by class."""

import dataclasses
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from engine.data.location import Location
from engine.events import ConfusionMatrix, finite
from engine.sentences import N_
from tui.cli.help import Command, WholeNumber, option
from tui.cli.options import data_option, json_option, language_option
from tui.cli.runs import run_argument
from tui.session.paths import home
from tui.text.cell_widths import column_width, cut, left, right, width
from tui.text.language import _
from tui.text.phrases import evaluation_count_text, recall_text, tested_loss

if TYPE_CHECKING:
    from engine.training.learner import Evaluation
    from engine.training.metrics import ClassMetrics

MOST_COLUMNS = 26
"""Classes up to which a matrix is printed: its columns fit on a page."""
LINE = 100
"""Cells of a line of the matrix, where names are long; a column has at least `NARROWEST` for a name."""
NARROWEST = 3


@click.command(
    cls=Command,
    help=N_(
        "Try a network on the test images: accuracy, the figures of each class, the confusion matrix.\n\n"
        "RUN is a run's id, a unique beginning of it, its name, or `latest`; or a file that "
        "`mlp-tui train --save` or `mlp-tui runs export` wrote."
    ),
)
@run_argument
@option(
    "--shifts",
    type=WholeNumber(0, 5),
    default=0,
    metavar="N",
    text=lambda: _("Average over shifts of the images by up to N pixels as well. [0]"),
)
@data_option
@json_option
@language_option
def evaluate(run: str, shifts: int, data: Location | None, as_json: bool) -> int:
    """Try a network on the test images."""
    print_evaluation(run, data=data, shifts=shifts, as_json=as_json)
    return 0


def print_evaluation(text: str, *, data: Location | None, shifts: int, as_json: bool) -> None:
    """Print test accuracy, the figures of each class, and the confusion matrix of a run or a model.

    shifts: pixels up to which the images are shifted besides, for figures of their own; 0: they are not

    Raises:
        EngineError: when there is no such run or file, or the data cannot be read.
    """
    import numpy as np

    from engine.storage.model_lookup import count_test_evaluation, find_model, load_data
    from engine.storage.test_time_augmentation import evaluation_over_shifts
    from engine.training.metrics import class_metrics, confusion_matrix, mean_recall

    found = find_model(text, home())
    model = found.checkpoint
    dataset = load_data(found.record, data)
    evaluation = model.test_evaluation(dataset)
    labels, names = dataset.test_labels, dataset.class_names
    matrix = confusion_matrix(labels, evaluation.predicted, dataset.classes)
    accuracy = float(np.mean(evaluation.predicted == labels))
    averaged = evaluation_over_shifts(model, dataset, shifts) if shifts else None
    evaluations = count_test_evaluation(dataset, model, home())

    smoothing = model.hyperparameters.label_smoothing

    def loss_text(evaluation: "Evaluation") -> str:
        plain = finite(evaluation.plain_loss(labels, smoothing))
        return tested_loss(finite(evaluation.loss), plain, smoothing)

    if as_json:
        fields = {
            "run": found.record.id if found.record else None,
            "epoch": model.epoch,
            "images": len(labels),
            "test_accuracy": accuracy,
            "test_loss": finite(evaluation.loss),
            "plain_test_loss": finite(evaluation.plain_loss(labels, smoothing)),
            "confusion_matrix": matrix.rows(),
            "mean_recall": mean_recall(matrix),
            "class_names": names,
            "classes": [
                dataclasses.asdict(figures) | {"name": names[figures.label]}
                for figures in class_metrics(matrix)
            ],
            "test_looks": evaluations,
            "data": dataclasses.asdict(dataset.summary()),
        }
        if averaged is not None:
            fields |= {
                "shifts": shifts,
                "shifted_accuracy": float(np.mean(averaged.predicted == labels)),
                "shifted_loss": finite(averaged.loss),
                "plain_shifted_loss": finite(averaged.plain_loss(labels, smoothing)),
            }
        click.echo(json.dumps(fields, allow_nan=False))
        return
    click.echo(
        _(
            "test accuracy {accuracy:.2%}, test loss {loss}, {images:,} images, weights of epoch {epoch}"
        ).format(accuracy=accuracy, loss=loss_text(evaluation), images=len(labels), epoch=model.epoch)
    )
    if averaged is not None:
        click.echo(
            _(
                "averaged over {count} shifts by up to {pixels} pixels: accuracy {accuracy:.2%}, loss {loss}"
            ).format(
                count=(2 * shifts + 1) ** 2,
                pixels=shifts,
                accuracy=float(np.mean(averaged.predicted == labels)),
                loss=loss_text(averaged),
            )
        )
    if recall := recall_text(matrix):
        click.echo(recall)
    if evaluations is not None:
        click.echo(evaluation_count_text(evaluations))
    click.echo()
    _print_classes(class_metrics(matrix), names)
    if matrix.classes <= MOST_COLUMNS:
        click.echo()
        _print_matrix(matrix, names)


def _print_classes(classes: "tuple[ClassMetrics, ...]", names: Sequence[str]) -> None:
    """Print a line for each class, in per cent."""
    headings = _("class"), _("precision"), _("recall"), "F1", _("support")
    first = max(8, column_width((*names, headings[0])) + 1)
    click.echo(_row(headings, first))
    for figures in classes:
        shares = (figures.precision, figures.recall, figures.f1)
        cells = [_percent(share) for share in shares]
        click.echo(_row((names[figures.label], *cells, f"{figures.support:,}"), first))


def _row(cells: tuple[str, ...], first: int) -> str:
    name, *rest = cells
    return left(cut(name, first - 1), first) + "".join(right(cell, 12) for cell in rest)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"


def _print_matrix(matrix: ConfusionMatrix, names: Sequence[str]) -> None:
    """Print the counts: a row for each true class, a column for each that was predicted.

    Names that are too long for a column are cut; those of the rows say them whole.
    """
    rows = matrix.rows()
    first = max(8, column_width(names) + 1)
    wide = max(len(str(count)) for row in rows for count in row)
    room = (LINE - first) // matrix.classes - 1
    wide = max(wide, min(max(map(width, names)), max(room, NARROWEST))) + 1
    click.echo(_("true ↓  predicted →"))
    click.echo(" " * first + "".join(right(cut(name, wide - 1), wide) for name in names))
    for name, row in zip(names, rows, strict=True):
        counts = "".join((str(count) if count else "·").rjust(wide) for count in row)
        click.echo(left(cut(name, first - 1), first) + counts)
