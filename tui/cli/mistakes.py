"""`mlp-tui mistakes`: the misclassified test images as ASCII art."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from engine.data.location import Location
from engine.errors import HyperparameterError
from engine.sentences import N_
from engine.specification import printable
from tui.cli.help import Command, WholeNumber, option
from tui.cli.options import data_option, json_option, language_option
from tui.cli.runs import run_argument
from tui.session.paths import home
from tui.text.ascii_art import ascii_art
from tui.text.language import _, plural
from tui.text.phrases import evaluation_count_text

if TYPE_CHECKING:
    import numpy as np

ART_HEIGHT = 28


@click.command(
    cls=Command,
    help=N_(
        "Print the test images that a network gets wrong, as ASCII art, the most confident mistakes "
        "first.\n\n"
        "RUN is a run's id, a unique beginning of it, its name, or `latest`; or a file that "
        "`mlp-tui train --save` or `mlp-tui runs export` wrote."
    ),
)
@run_argument
@option("--true", metavar=N_("CLASS"), text=lambda: _("Only images of this class."))
@option(
    "--predicted",
    metavar=N_("CLASS"),
    text=lambda: _("Only images predicted as this class."),
)
@option(
    "--limit",
    type=WholeNumber(0),
    default=10,
    metavar="N",
    text=lambda: _("How many to print; 0: all. [10]"),
)
@data_option
@json_option
@language_option
def mistakes(
    run: str, true: str | None, predicted: str | None, limit: int, data: Location | None, as_json: bool
) -> int:
    """Print the test images that a network gets wrong."""
    print_mistakes(run, true=true, predicted=predicted, limit=limit, data=data, as_json=as_json)
    return 0


def print_mistakes(
    text: str, *, true: str | None, predicted: str | None, limit: int, data: Location | None, as_json: bool
) -> None:
    """Print the misclassified test images of a run, or of a model in a file, the most confident first.

    Raises:
        EngineError: when the checkpoint or the data cannot be read, or a class does not exist.
    """
    from engine.analysis.image_selection import ImageFilter, select_images
    from engine.storage.model_lookup import count_test_evaluation, find_model, load_data

    found = find_model(text, home())
    model = found.checkpoint
    names = model.class_names
    true_class, predicted_class = _class_of("true", true, names), _class_of("predicted", predicted, names)
    dataset = load_data(found.record, data)
    probabilities = model.test_probabilities(dataset)
    evaluations = count_test_evaluation(dataset, model, home())
    labels, read_as = dataset.test_labels, probabilities.argmax(axis=1)
    places = select_images(labels, read_as, probabilities, ImageFilter())
    if true_class is not None:
        places = places[labels[places] == true_class]
    if predicted_class is not None:
        places = places[read_as[places] == predicted_class]
    shown = places[:limit] if limit else places
    for place in shown.tolist():
        (image,) = model.standardization.prepared(dataset.test_images[place : place + 1])
        _print_mistake(place, image, int(labels[place]), probabilities[place], names, as_json=as_json)
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
        if evaluations is not None:
            click.echo(evaluation_count_text(evaluations), err=True)


def _print_mistake(
    place: int,
    image: "np.ndarray",
    label: int,
    probabilities: "np.ndarray",
    names: Sequence[str],
    *,
    as_json: bool,
) -> None:
    read_as = int(probabilities.argmax())
    height = min(ART_HEIGHT, len(image))
    art = ascii_art(image, 2 * round(height * image.shape[1] / len(image)), height)
    if as_json:
        fields = {
            "index": place,
            "true": label,
            "predicted": read_as,
            "true_name": names[label],
            "predicted_name": names[read_as],
            "probabilities": [round(float(p), 6) for p in probabilities],
        }
        click.echo(json.dumps(fields | {"ascii": art}))
        return
    click.echo(
        _(
            "test image {index}: {true}, predicted {predicted} with {confidence:.1%} confidence "
            "({true}: {right:.1%})"
        ).format(
            index=place,
            true=names[label],
            predicted=names[read_as],
            confidence=float(probabilities[read_as]),
            right=float(probabilities[label]),
        )
    )
    click.echo("\n".join(line.rstrip() for line in art).strip("\n") + "\n")


def _class_of(option: str, given: str | None, names: Sequence[str]) -> int | None:
    """Return the class of a name, or of a number from 0; None where nothing is given.

    Raises:
        HyperparameterError: when there is no such class.
    """
    if given is None:
        return None
    if given in names:
        return names.index(given)
    if given.isascii() and given.isdigit() and len(given) < 6 and int(given) < len(names):
        return int(given)
    from engine.data.forms.labels import listed

    raise HyperparameterError(
        N_("--{name} is {given}; the network's classes are {names}."),
        name=option,
        given=printable(given),
        names=listed(names),
    )
