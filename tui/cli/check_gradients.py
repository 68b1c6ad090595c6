"""`mlp-tui check-gradients`: backpropagation against numerical gradients, layer by layer."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.data.location import Location
from engine.events import finite
from engine.hyperparameters import Hyperparameters
from engine.sentences import N_
from tui.cli.help import Command, WholeNumber, option
from tui.cli.options import (
    FAILED,
    NETWORK,
    data_option,
    gather,
    hyperparameter_options,
    json_option,
    language_option,
)
from tui.text.cell_widths import left, right
from tui.text.gradient_check import bar, overall_verdict, scale, verdict
from tui.text.language import _
from tui.text.phrases import layer_name

if TYPE_CHECKING:
    from engine.analysis.gradient_check import LayerCheck

BAR = 14
"""Cells of the bars of a gradient check: a row then fits into 80, with the name of an array that differs."""


@click.command(
    "check-gradients",
    cls=Command,
    help=N_("Hold backpropagation against numerical gradients, layer by layer, in float64."),
)
@hyperparameter_options(NETWORK)
@option(
    "--samples",
    type=WholeNumber(1),
    default=100,
    metavar="N",
    text=lambda: _(
        "Parameters to check in each array of a layer (W, b, gamma, beta); all of a smaller one. [100]"
    ),
)
@data_option
@json_option
@language_option
def check_gradients(
    preset: str | None,
    config: Path | None,
    samples: int,
    data: Location | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Hold backpropagation against numerical gradients."""
    passed = print_gradient_check(
        gather(preset, config, options), samples=samples, data=data, as_json=as_json
    )
    return 0 if passed else FAILED


def print_gradient_check(
    hyperparameters: Hyperparameters, *, samples: int, data: Location | None, as_json: bool
) -> bool:
    """Print each layer's comparison as it is done, with the error of its worst array.

    Return whether all of them agree.

    Raises:
        EngineError: when the data cannot be read.
    """
    import numpy as np

    from engine.analysis.gradient_check import GradientCheck
    from engine.data.dataset import load_dataset

    check = GradientCheck.on_data(hyperparameters, load_dataset(data))
    checks = []
    if not as_json:
        figures = _("parameters"), _("checked"), _("kinks"), _("relative error")
        click.echo(_check_row(_("layer"), figures, scale(BAR)))
    with np.errstate(over="ignore", invalid="ignore"):  # an error that is no number does not pass
        for layer in check.layers(samples):
            checks.append(layer)
            _print_layer_check(layer, as_json=as_json)
    if not as_json:
        click.echo(
            _("The bars are of the relative error; “:” is where too much begins: {tolerance:g}.").format(
                tolerance=check.tolerance
            )
        )
        click.echo(overall_verdict([array for layer in checks for array in layer.arrays]))
    return all(layer.passed for layer in checks)


def _print_layer_check(layer: "LayerCheck", *, as_json: bool) -> None:
    worst = layer.worst
    if as_json:
        fields = {
            "layer": layer.layer,
            "parameters": layer.parameters,
            "checked": layer.checked,
            "kinks": layer.kinks,
            "relative_error": finite(worst.relative_error),
            "tolerance": worst.tolerance,
            "rounding": finite(worst.rounding),
            "passed": layer.passed,
        }
        click.echo(json.dumps(fields, allow_nan=False))
        return
    figures = f"{layer.parameters:,}", f"{layer.checked:,}", f"{layer.kinks:,}", f"{worst.relative_error:.1e}"
    differing = ", ".join(array.array for array in layer.arrays if not array.passed)
    said = f"{bar(worst, BAR)}  {verdict(worst)}" + (f": {differing}" if differing else "")
    click.echo(_check_row(layer_name(layer.layer), figures, said))


def _check_row(name: str, figures: Sequence[str], rest: str) -> str:
    """Return a line of the table of a gradient check: name, four figures, the bar and what it means."""
    columns = (right(cell, wide) for cell, wide in zip(figures, (11, 8, 6, 15), strict=True))
    return (left(name, 12) + "".join(columns) + "  " + rest).rstrip()
