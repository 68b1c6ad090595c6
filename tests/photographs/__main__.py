"""`python -m tests.photographs RUN`: how many made photographs the network of a run, or of a file, reads.

`mlp-tui train --preset quick --save quick.npz` makes a network to measure with. The last style is held out:
nothing was tuned on it. `--write FOLDER` keeps the photographs to be looked at.
"""

import argparse
import io
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.analysis.picture_prediction import predict_prepared
from engine.data.dataset import load_dataset
from engine.data.photographs import find_digits
from engine.data.preprocessing import prepare
from engine.errors import DataError
from engine.storage.checkpoint import Checkpoint
from engine.storage.model_lookup import find_model
from tests.photographs.making import HELD_OUT, STYLES, Maker, Photograph
from tui.session.paths import home

Grey = NDArray[np.uint8]


def upright(photograph: Photograph, *, turn: bool = True) -> Grey:
    """Return the picture in grey, `(rows, columns)`."""
    picture = Image.open(io.BytesIO(photograph.data))
    orientation = picture.getexif().get(0x0112, 1) if turn else 1
    turned = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_270, 8: Image.Transpose.ROTATE_90}
    grey = picture.convert("L")
    return np.asarray(grey.transpose(turned[orientation]) if orientation in turned else grey)


def read(model: Checkpoint, picture: Grey) -> list[tuple[int, tuple[int, int, int, int]]]:
    """Return the digits that are read, and where."""
    network = model.network()
    try:
        found = find_digits(picture, model.height, model.width).digits
    except DataError:
        return []
    return [
        (predict_prepared(network, model.standardization, digit.prepared).predicted, digit.box)
        for digit in found
    ]


def read_before(model: Checkpoint, picture: Grey) -> int | None:
    """Return what was read before photographs were cleaned: the whole picture as one digit."""
    try:
        prepared = prepare(picture, model.height, model.width)
    except DataError:
        return None
    return predict_prepared(model.network(), model.standardization, prepared).predicted


def right(photograph: Photograph, digits: Sequence[tuple[int, tuple[int, int, int, int]]]) -> int:
    """Return how many digits are read correctly where they stand."""
    count = 0
    for label, (left, top, width, height) in zip(photograph.labels, photograph.boxes, strict=True):
        count += any(
            predicted == label and 0 <= x + w / 2 - left <= width and 0 <= y + h / 2 - top <= height
            for predicted, (x, y, w, h) in digits
        )
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="a run, or a file of weights")
    parser.add_argument("--count", type=int, default=60, help="photographs of each style")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--style", type=int, choices=range(len(STYLES)), action="append")
    parser.add_argument("--write", type=Path, help="a folder for the photographs")
    arguments = parser.parse_args()
    model = find_model(arguments.run, home()).checkpoint
    dataset = load_dataset(None)
    for style in arguments.style or range(len(STYLES)):
        maker = Maker(dataset.test_images, dataset.test_labels, style)
        whole = single = single_right = before = digits = digits_right = 0
        seconds: list[float] = []
        for seed in range(arguments.first, arguments.first + arguments.count):
            photograph = maker.make(seed)
            if arguments.write:
                (arguments.write / f"style{style}-{seed}.jpg").write_bytes(photograph.data)
            picture = upright(photograph)
            start = time.process_time()
            found = read(model, picture)
            seconds.append(time.process_time() - start)
            is_right = tuple(label for label, _box in found) == photograph.labels
            whole += is_right
            digits += len(photograph.labels)
            digits_right += right(photograph, found)
            if len(photograph.labels) == 1:
                single += 1
                single_right += is_right
                before += read_before(model, upright(photograph, turn=False)) == photograph.labels[0]
            if not is_right:
                got = tuple(label for label, _box in found)
                print(f"  {photograph.labels} read as {got}: {photograph.description}", flush=True)
        name = f"style {style}{' (held out)' if style == HELD_OUT else ''}"
        print(
            f"{name}: {whole} of {arguments.count} photographs, {single_right} of the {single} of one digit "
            f"(before: {before}), {digits_right} of {digits} digits; "
            f"{np.median(seconds):.2f} s in the median, {max(seconds):.2f} at the most",
            flush=True,
        )


if __name__ == "__main__":
    main()
