"""`mlp-tui data`: what is in a data set, and where it came from."""

import dataclasses
import json
from collections.abc import Sequence

import click

from engine.data.location import Location
from engine.sentences import N_
from tui.cli.help import Command
from tui.cli.options import data_option, json_option, language_option
from tui.text.cell_widths import column_width, cut, left, right
from tui.text.language import _, translate


@click.command("data", cls=Command, help=N_("Say what is in the data set, and where it came from."))
@data_option
@json_option
@language_option
def data_command(data: Location | None, as_json: bool) -> int:
    """Say what is in the data set."""
    print_data(data, as_json=as_json)
    return 0


def print_data(data: Location | None, *, as_json: bool) -> None:
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
        click.echo(
            json.dumps(
                fields
                | {"training_counts": counts[0], "test_counts": counts[1]}
                | {"form": dataset.form}
                | {"decisions": [str(decision) for decision in dataset.decisions]}
            )
        )
        return
    click.echo(
        _(
            "{name}, from {source} ({form})\n"
            "{training:,} training images and {test:,} test images of {height} x {width} pixels, "
            "{classes} classes\n"
            "fingerprint {fingerprint}\n"
        ).format(
            name=summary.name,
            source=_(summary.source),
            form=_(dataset.form),
            training=summary.training_images,
            test=summary.test_images,
            height=summary.height,
            width=summary.width,
            classes=summary.classes,
            fingerprint=summary.fingerprint,
        )
    )
    for decision in dataset.decisions:
        click.echo(translate(decision))
    if balance := _balance(dataset.class_names, counts[0]):
        click.echo(balance)
    if dataset.decisions or balance:
        click.echo()
    rows = [
        (name, f"{training:,}", f"{test:,}")
        for name, training, test in zip(dataset.class_names, *counts, strict=True)
    ]
    heading = _("class"), _("training"), _("test")
    first = max(5, column_width((*dataset.class_names, heading[0])))
    for name, *cells in [heading, *rows]:
        click.echo(" ".join([left(cut(name, first), first), *(right(cell, 10) for cell in cells)]))
    if data is None:
        click.echo()
        click.echo(
            _(
                "MNIST is by Y. LeCun, C. Cortes and C. J. C. Burges; "
                "licence as commonly stated: CC BY-SA 3.0."
            )
        )


def _balance(names: Sequence[str], counts: Sequence[int]) -> str:
    """Return how different the classes' sizes are in training; nothing where they are much alike."""
    from engine.training.metrics import UNBALANCED

    largest, smallest = max(counts), min(counts)
    if largest < UNBALANCED * max(smallest, 1):
        return ""
    return _(
        "The classes differ in size: {largest}, the largest, has {share:.1%} of the training images "
        "({most:,}), and {smallest}, the smallest, {least:,}."
    ).format(
        largest=names[counts.index(largest)],
        share=largest / sum(counts),
        most=largest,
        smallest=names[counts.index(smallest)],
        least=smallest,
    )
