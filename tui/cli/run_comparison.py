"""`mlp-tui runs compare`: two stored runs side by side."""

import json
from typing import TYPE_CHECKING

from tui.text.cell_widths import left, width
from tui.text.language import _
from tui.text.run_comparison import comparison_names, figure_rows, remarks, setting_rows, verdict

if TYPE_CHECKING:
    from engine.data.dataset import Dataset
    from engine.storage.run_comparison import Comparison
    from engine.storage.run_record import RunRecord
    from engine.storage.runs import RunStore

LISTED = 20
"""How many images of each kind the command names."""


def print_comparison(
    store: "RunStore", first: "RunRecord", second: "RunRecord", *, dataset: "Dataset | None", as_json: bool
) -> None:
    """Print what differs between two runs, their figures, and whether the difference is more than luck.

    dataset: what both were tested on, None if it is not to be had
    """
    import click

    from engine.storage.run_comparison import compare

    comparison = compare(store, first, second, dataset)
    if as_json:
        click.echo(json.dumps(_fields(comparison), allow_nan=False, ensure_ascii=False))
        return
    settings, figures = setting_rows(comparison), figure_rows(comparison)
    heads = [("", *comparison_names(comparison))]
    rows = [*heads, *settings, *figures]
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    for part in (heads, settings, figures):
        if part is settings and not settings:
            click.echo(_("All hyperparameters are the same."))
        for row in part:
            click.echo("  ".join(map(left, row, widths)).rstrip())
        if part is not heads:
            click.echo()
    for line in [*remarks(comparison), *verdict(comparison)]:
        click.echo(line)
    if comparison.images is not None:
        for name, places in zip(
            comparison_names(comparison),
            (comparison.images.first_only, comparison.images.second_only),
            strict=True,
        ):
            if len(places):
                click.echo(_("Test images that {name} alone predicts correctly:").format(name=name))
                more = ", …" if len(places) > LISTED else ""
                click.echo("  " + ", ".join(map(str, places[:LISTED].tolist())) + more)


def _fields(comparison: "Comparison") -> dict[str, object]:
    """Return a comparison as JSON knows it."""
    images = comparison.images
    fields: dict[str, object] = {
        "runs": [comparison.first.id, comparison.second.id],
        "names": [comparison.first.name, comparison.second.name],
        "hyperparameters": {d.name: [_plain(d.first), _plain(d.second)] for d in comparison.differences},
    }
    for name in (
        *("test_accuracy", "test_loss", "best_validation_accuracy", "best_validation_loss"),
        *("best_epoch", "epochs", "seconds", "state"),
    ):
        fields[name] = [getattr(comparison.first, name), getattr(comparison.second, name)]
    fields["plain_test_loss"] = list(comparison.plain_test_losses)
    fields["mcnemar"] = None
    if images is None:
        return fields | {"missing": str(comparison.missing)}
    test = images.test
    return fields | {
        "mcnemar": {
            "first_only": test.first_only,
            "second_only": test.second_only,
            "p_value": test.p_value,
            "exact": True,
            "more_than_luck": test.is_significant,
        },
        "both_right": images.both_right,
        "both_wrong": images.both_wrong,
        "first_only": images.first_only.tolist(),
        "second_only": images.second_only.tolist(),
        "test_looks": comparison.looks,
    }


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
