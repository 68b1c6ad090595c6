"""`mlp-tui predict`: what a network predicts for a picture."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.sentences import N_
from tui.cli.help import Command, option
from tui.cli.options import json_option, language_option
from tui.session.paths import home
from tui.text.ascii_art import ascii_art
from tui.text.cell_widths import column_width, cut, right
from tui.text.cleaning import cleaning_text
from tui.text.glyphs import glyph
from tui.text.language import _
from tui.text.phrases import percent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.analysis.picture_prediction import PicturePrediction

LONGEST_BAR = 40
MOST_LINES = 28
WIDEST = 78
"""Columns of the cleaned photograph."""
SHOWN = 10
"""Classes that are listed; of more, the likeliest."""


@click.command(
    cls=Command,
    help=N_(
        "Print what a network predicts for pictures: PGM, and with Pillow PNG and others.\n\n"
        "A picture may be of any size, dark on light or light on dark, a drawing or a photograph of paper, "
        "with one digit, letter or other drawing, or several: each is found, and made like the images that "
        "the network learned. "
        "RUN is a run's id, a unique beginning of it, its name, or `latest`; or a file that "
        "`mlp-tui train --save` or `mlp-tui runs export` wrote."
    ),
)
@click.argument("images", metavar=N_("IMAGE..."), nargs=-1, required=True, type=click.Path(path_type=Path))
@option("--run", default="latest", metavar="RUN", text=lambda: _("Whose network predicts. [latest]"))
@option(
    "--center/--no-center",
    "centred",
    default=True,
    text=lambda: _("Scale and centre as MNIST's digits were, or only make the picture fit. [center]"),
)
@json_option
@language_option
def predict(images: tuple[Path, ...], run: str, centred: bool, as_json: bool) -> int:
    """Print what a network reads in pictures."""
    print_predictions(images, run, centred=centred, as_json=as_json)
    return 0


def print_predictions(pictures: Sequence[Path], text: str, *, centred: bool, as_json: bool) -> None:
    """Print what the network of a run, or of a file, reads in each picture.

    Raises:
        EngineError: when a picture, the run or its weights cannot be read.
    """
    from engine.analysis.picture_prediction import predict_prepared
    from engine.data.photographs import digits_of_file
    from engine.storage.model_lookup import find_model

    found_model = find_model(text, home())
    model = found_model.checkpoint
    network = model.network()
    for path in pictures:
        found = digits_of_file(path, model.height, model.width, centred=centred)
        if len(found.digits) > 1 and not as_json:
            _print_image(found.ink, WIDEST, MOST_LINES)
        for number, digit in enumerate(found.digits, 1):
            prediction = predict_prepared(network, model.standardization, digit.prepared)
            if as_json:
                fields = {
                    "image": str(path),
                    "run": found_model.record.id if found_model.record else None,
                    "epoch": model.epoch,
                    "digit": number,
                    "box": list(digit.box),
                    "predicted": prediction.predicted,
                    "name": model.class_names[prediction.predicted],
                    "class_names": model.class_names,
                    "probabilities": [round(float(p), 6) for p in prediction.probabilities],
                    "inverted": digit.prepared.inverted,
                    "centred": centred,
                    "cleaning": digit.cleaning,
                    "pixels": prediction.image.tolist(),
                }
                click.echo(json.dumps(fields, allow_nan=False))
            else:
                name = _("{path}, drawing {number}").format(path=path, number=number)
                shown = name if len(found.digits) > 1 else str(path)
                _print_prediction(shown, prediction, digit.cleaning, model.class_names)


def _print_image(image: "NDArray[np.uint8]", columns: int, lines: int) -> None:
    art = ascii_art(image, columns, lines)
    click.echo("\n".join(line.rstrip() for line in art).strip("\n"))


def _print_prediction(
    path: str, prediction: "PicturePrediction", cleaning: Sequence[str], names: Sequence[str]
) -> None:
    """Print the image as the network gets it, what was done to it, and the classes with bars."""
    probabilities, (height, width) = prediction.probabilities, prediction.image.shape
    lines = min(height, MOST_LINES)
    _print_image(prediction.image, 2 * round(lines * width / height), lines)
    if cleaning:
        click.echo(cleaning_text(cleaning))
    text = _("{path}: {predicted}, with {confidence}")
    if prediction.prepared.inverted:
        text = _("{path} (dark on light, inverted): {predicted}, with {confidence}")
    confidence = percent(float(probabilities[prediction.predicted]))
    click.echo(text.format(path=path, predicted=names[prediction.predicted], confidence=confidence))
    classes = range(len(probabilities))
    shown = sorted(sorted(classes, key=lambda label: -float(probabilities[label]))[:SHOWN])
    first = max(4, column_width(names[label] for label in shown))
    for label in shown:
        share = float(probabilities[label])
        bar = glyph("█", "#") * round(LONGEST_BAR * share)
        click.echo(f"{right(cut(names[label], first), first)} {percent(share):>7} {bar}".rstrip())
    click.echo()
