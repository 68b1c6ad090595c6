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
from tui.text.glyphs import glyph
from tui.text.language import _
from tui.text.phrases import percent

if TYPE_CHECKING:
    from engine.analysis.picture_prediction import PicturePrediction

LONGEST_BAR = 40
MOST_LINES = 28
SHOWN = 10
"""Classes that are listed; of more, the likeliest."""


@click.command(
    cls=Command,
    help=N_(
        "Print what a network predicts for pictures: PGM, and with Pillow PNG and others.\n\n"
        "A picture may be of any size, dark on light or light on dark, and anywhere on the paper: "
        "it is made like the images that the network learned. RUN is a run's id, a unique beginning "
        "of it, its name, or `latest`; or a file that `mlp-tui train --save` or `mlp-tui runs "
        "export` wrote."
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
    from engine.data.picture_files import read_picture
    from engine.data.preprocessing import prepare
    from engine.storage.model_lookup import find_model

    found = find_model(text, home())
    model = found.checkpoint
    network = model.network()
    for path in pictures:
        prepared = prepare(read_picture(path), model.height, model.width, centred=centred)
        prediction = predict_prepared(network, model.standardization, prepared)
        if as_json:
            fields = {
                "image": str(path),
                "run": found.record.id if found.record else None,
                "epoch": model.epoch,
                "predicted": prediction.predicted,
                "probabilities": [round(float(p), 6) for p in prediction.probabilities],
                "inverted": prepared.inverted,
                "centred": centred,
                "pixels": prediction.image.tolist(),
            }
            click.echo(json.dumps(fields, allow_nan=False))
        else:
            _print_prediction(path, prediction)


def _print_prediction(path: Path, prediction: "PicturePrediction") -> None:
    """Print the image as the network gets it, and the classes with bars."""
    probabilities, (height, width) = prediction.probabilities, prediction.image.shape
    lines = min(height, MOST_LINES)
    art = ascii_art(prediction.image, 2 * round(lines * width / height), lines)
    click.echo("\n".join(line.rstrip() for line in art).strip("\n"))
    text = _("{path}: a {predicted}, with {confidence}")
    if prediction.prepared.inverted:
        text = _("{path} (dark on light, inverted): a {predicted}, with {confidence}")
    confidence = percent(float(probabilities[prediction.predicted]))
    click.echo(text.format(path=path, predicted=prediction.predicted, confidence=confidence))
    classes = range(len(probabilities))
    shown = sorted(sorted(classes, key=lambda label: -float(probabilities[label]))[:SHOWN])
    for label in shown:
        share = float(probabilities[label])
        bar = glyph("█", "#") * round(LONGEST_BAR * share)
        click.echo(f"{label:>4} {percent(share):>7} {bar}".rstrip())
    click.echo()
