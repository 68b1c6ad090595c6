"""`mlp-tui data`: what is in a data set, and where it came from."""

import dataclasses
import json
from pathlib import Path

import click

from engine.sentences import N_
from tui.cli.help import Command
from tui.cli.options import data_option, json_option, language_option
from tui.text.cell_widths import right
from tui.text.language import _


@click.command("data", cls=Command, help=N_("Say what is in the data set, and where it came from."))
@data_option
@json_option
@language_option
def data_command(data: Path | None, as_json: bool) -> int:
    """Say what is in the data set."""
    print_data(data, as_json=as_json)
    return 0


def print_data(data: Path | None, *, as_json: bool) -> None:
    """Print what is in a data set.

    Raises:
        EngineError: when it cannot be read.
    """
    from engine.analysis.pixel_statistics import class_counts
    from engine.data.dataset import load_dataset

    dataset = load_dataset(data)
    summary = dataset.summary()
    counts = [
        class_counts(labels, dataset.classes).tolist()
        for labels in (dataset.train_labels, dataset.test_labels)
    ]
    if as_json:
        fields = dataclasses.asdict(summary)
        click.echo(json.dumps(fields | {"training_counts": counts[0], "test_counts": counts[1]}))
        return
    click.echo(
        _(
            "{name}, from {source}\n"
            "{training:,} training images and {test:,} test images of {height} x {width} pixels, "
            "{classes} classes\n"
            "fingerprint {fingerprint}\n"
        ).format(
            name=summary.name,
            source=_(summary.source),
            training=summary.training_images,
            test=summary.test_images,
            height=summary.height,
            width=summary.width,
            classes=summary.classes,
            fingerprint=summary.fingerprint,
        )
    )
    rows = [
        (str(label), f"{training:,}", f"{test:,}")
        for label, (training, test) in enumerate(zip(*counts, strict=True))
    ]
    for row in [(_("class"), _("training"), _("test")), *rows]:
        click.echo(" ".join(right(cell, wide) for cell, wide in zip(row, (5, 10, 10), strict=True)))
    if data is None:
        click.echo()
        click.echo(
            _(
                "MNIST is by Y. LeCun, C. Cortes and C. J. C. Burges; "
                "licence as commonly stated: CC BY-SA 3.0."
            )
        )
