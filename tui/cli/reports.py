"""What the smaller commands print: mistakes, a gradient check, a data set."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from engine.analysis.data_figures import class_counts
from engine.analysis.gradient_check import GradientCheck, LayerCheck
from engine.analysis.image_selection import Choice, chosen
from engine.data.dataset import load_dataset
from engine.errors import HyperparameterError
from engine.events import finite
from engine.hyperparameters import Hyperparameters
from engine.sentences import N_
from engine.storage.model_lookup import count_look, find_model, place_of_data
from tui.session.paths import home
from tui.text.ascii_art import ascii_art
from tui.text.cell_widths import left, right
from tui.text.gradient_check import all_in_words, bar, scale, verdict
from tui.text.language import _, plural
from tui.text.phrases import layer_name, looks_in_words

ART_HEIGHT = 28
BAR = 18
"""Cells of the bars of a gradient check: a row then fits into 80."""


def print_mistakes(
    words: str, *, true: int | None, predicted: int | None, limit: int, data: Path | None, as_json: bool
) -> None:
    """Print the misclassified test images of a run or of a model in a file, the surest mistakes first.

    Raises:
        EngineError: when the checkpoint or the data cannot be read, or a class does not exist.
    """
    found = find_model(words, home())
    model = found.checkpoint
    for option, given in (("true", true), ("predicted", predicted)):
        _check_class(option, given, model.classes)
    dataset = load_dataset(place_of_data(found.record, data))
    probabilities = model.test_probabilities(dataset)
    looks = count_look(dataset.fingerprint, home())
    labels, read_as = dataset.test_labels, probabilities.argmax(axis=1)
    places = chosen(labels, read_as, probabilities, Choice())
    if true is not None:
        places = places[labels[places] == true]
    if predicted is not None:
        places = places[read_as[places] == predicted]
    shown = places[:limit] if limit else places
    for place in shown.tolist():
        (image,) = model.standardization.prepared(dataset.test_images[place : place + 1])
        _print_mistake(place, image, int(labels[place]), probabilities[place], as_json=as_json)
    if not as_json:
        click.echo(
            plural(
                "{count} mistake in {{images:,}} test images",
                "{count} mistakes in {{images:,}} test images",
                len(places),
            ).format(images=len(labels))
            + (
                _("; {shown} shown, --limit 0 for all").format(shown=len(shown))
                if len(shown) < len(places)
                else ""
            )
        )
        if looks is not None:
            click.echo(looks_in_words(looks), err=True)


def _print_mistake(
    place: int, image: np.ndarray, label: int, probabilities: np.ndarray, *, as_json: bool
) -> None:
    read_as = int(probabilities.argmax())
    height = min(ART_HEIGHT, len(image))
    art = ascii_art(image, 2 * round(height * image.shape[1] / len(image)), height)
    if as_json:
        fields = {
            "index": place,
            "true": label,
            "predicted": read_as,
            "probabilities": [round(float(p), 6) for p in probabilities],
        }
        click.echo(json.dumps(fields | {"ascii": art}))
        return
    click.echo(
        _(
            "test image {index}: a {true}, read as {predicted} with {sureness:.1%} (a {true}: {right:.1%})"
        ).format(
            index=place,
            true=label,
            predicted=read_as,
            sureness=float(probabilities[read_as]),
            right=float(probabilities[label]),
        )
    )
    click.echo("\n".join(line.rstrip() for line in art).strip("\n") + "\n")


def _check_class(option: str, given: int | None, classes: int) -> None:
    if given is not None and not 0 <= given < classes:
        raise HyperparameterError(
            N_("--{name} is {given}; the network's classes are 0 to {last}."),
            name=option,
            given=given,
            last=classes - 1,
        )


def print_gradient_check(
    hyperparameters: Hyperparameters, *, samples: int, data: Path | None, as_json: bool
) -> bool:
    """Print each layer's comparison as it is done; return whether all of them agree.

    Raises:
        EngineError: when the data cannot be read.
    """
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
        click.echo(all_in_words(checks))
    return all(layer.passed for layer in checks)


def _print_layer_check(layer: LayerCheck, *, as_json: bool) -> None:
    if as_json:
        fields = dataclasses.asdict(layer) | {"passed": layer.passed}
        fields |= {"relative_error": finite(layer.relative_error), "rounding": finite(layer.rounding)}
        click.echo(json.dumps(fields, allow_nan=False))
        return
    figures = f"{layer.parameters:,}", f"{layer.checked:,}", f"{layer.kinks:,}", f"{layer.relative_error:.1e}"
    click.echo(_check_row(layer_name(layer.layer), figures, f"{bar(layer, BAR)}  {verdict(layer)}"))


def _check_row(name: str, figures: Sequence[str], rest: str) -> str:
    """Return a line of the table of a gradient check: name, four figures, the bar and what it means."""
    columns = (right(cell, wide) for cell, wide in zip(figures, (11, 8, 6, 15), strict=True))
    return (left(name, 12) + "".join(columns) + "  " + rest).rstrip()


def print_data(data: Path | None, *, as_json: bool) -> None:
    """Print what is in a data set.

    Raises:
        EngineError: when it cannot be read.
    """
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
