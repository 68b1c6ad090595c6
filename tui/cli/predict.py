"""`mlp-tui predict`: what a network reads in a picture."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from engine.analysis.picture_prediction import Reading, read_by
from engine.data.picture_files import read_picture
from engine.data.preprocessing import prepare
from engine.storage.model_lookup import find_model
from tui.session.paths import home
from tui.text.ascii_art import ascii_art
from tui.text.glyphs import glyph
from tui.text.language import _
from tui.text.phrases import percent

LONGEST_BAR = 40
MOST_LINES = 28
SHOWN = 10
"""Classes that are listed; of more, the likeliest."""


def print_predictions(pictures: Sequence[Path], words: str, *, centred: bool, as_json: bool) -> None:
    """Print what the network of a run, or of a file, reads in each picture.

    Raises:
        EngineError: when a picture, the run or its weights cannot be read.
    """
    found = find_model(words, home())
    model = found.checkpoint
    network = model.network()
    for path in pictures:
        prepared = prepare(read_picture(path), model.height, model.width, centred=centred)
        reading = read_by(network, model.standardization, prepared)
        if as_json:
            fields = {
                "image": str(path),
                "run": found.record.id if found.record else None,
                "epoch": model.epoch,
                "predicted": reading.predicted,
                "probabilities": [round(float(p), 6) for p in reading.probabilities],
                "inverted": prepared.inverted,
                "centred": centred,
                "pixels": reading.image.tolist(),
            }
            click.echo(json.dumps(fields, allow_nan=False))
        else:
            _print_reading(path, reading)


def _print_reading(path: Path, reading: Reading) -> None:
    """Print the image as the network gets it, and the classes with bars."""
    probabilities, (height, width) = reading.probabilities, reading.image.shape
    lines = min(height, MOST_LINES)
    art = ascii_art(reading.image, 2 * round(lines * width / height), lines)
    click.echo("\n".join(line.rstrip() for line in art).strip("\n"))
    words = _("{path}: a {predicted}, with {sureness}")
    if reading.prepared.inverted:
        words = _("{path} (dark on light, inverted): a {predicted}, with {sureness}")
    sureness = percent(float(probabilities[reading.predicted]))
    click.echo(words.format(path=path, predicted=reading.predicted, sureness=sureness))
    classes = range(len(probabilities))
    shown = sorted(sorted(classes, key=lambda label: -float(probabilities[label]))[:SHOWN])
    for label in shown:
        share = float(probabilities[label])
        bar = glyph("█", "#") * round(LONGEST_BAR * share)
        click.echo(f"{label:>4} {percent(share):>7} {bar}".rstrip())
    click.echo()
