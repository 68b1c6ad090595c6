"""Turns any picture into an image like MNIST's: light ink on black, scaled and centred.

MNIST's digits were scaled into a box of 20 x 20 pixels, proportions kept, and put into 28 x 28 with their
centre of mass in the middle (LeCun, Bottou, Bengio and Haffner 1998, section III.A). A network that learned
such images reads others badly, until they are made alike.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data.resampling import averaged
from engine.errors import DataError
from engine.sentences import N_

BOX = 20 / 28
"""The side of the box that the ink is scaled into, as a share of the image's."""
FAINT = 0.12
"""Ink below this share of the darkest is paper: its grain, and the shadow of a hand."""
MIN_CONTRAST = 8
"""Grey levels between paper and ink below which nothing is said to be drawn."""


@dataclass(frozen=True, eq=False)
class PreparedImage:
    """An image for the network: `(height, width)`, uint8, 0 is paper; `inverted`: it was dark on light."""

    image: NDArray[np.uint8]
    inverted: bool


def prepare(picture: NDArray[np.uint8], height: int, width: int, *, centred: bool = True) -> PreparedImage:
    """Make an image of `height` x `width` out of a grey picture `(rows, columns)` of any size.

    What is drawn dark on light is inverted: the edge of a picture is paper. `centred` scales and centres the
    ink as MNIST's was; without it the picture is only made to fit, as it was drawn.

    Raises:
        DataError: when nothing is drawn on it.
    """
    ink, full, inverted = ink_of(picture)
    fitted = centred_ink(ink, height, width) if centred else fitted_ink(ink, height, width)
    strongest = float(fitted.max()) or 1.0
    return PreparedImage(np.rint(np.minimum(fitted / strongest, 1.0) * full).astype(np.uint8), inverted)


def ink_of(picture: NDArray[np.uint8]) -> tuple[NDArray[np.float64], float, bool]:
    """Return the ink on flat paper, from 0 to 1, how dark 1 is to be, and whether it was dark on light.

    Raises:
        DataError: when nothing is drawn.
    """
    paper = float(np.median(edge_of(picture)))
    inverted = paper > (float(picture.min()) + float(picture.max())) / 2
    ink = paper - picture.astype(np.float64) if inverted else picture - paper
    darkest = float(ink.max())
    if darkest < MIN_CONTRAST:
        raise DataError(N_("Nothing is drawn on the picture: all of it is nearly as light as its edge."))
    ink = np.clip(ink / darkest, 0.0, 1.0)
    if paper not in (0.0, 255.0):
        ink[ink < FAINT] = 0.0
    full = darkest if not inverted and paper == 0.0 else 255.0  # pale ink of an image like ours stays pale
    return ink, full, inverted


def edge_of(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the pixels along the edge of a picture, which are paper."""
    return np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])


def centred_ink(ink: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    """Scale the ink into the box, and put its centre of mass into the middle.

    That is pixel 14 of 28, counted from 0: the centres of MNIST's test images lie from 13.5 to 14.5.
    """
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = min(BOX * height / ink.shape[0], BOX * width / ink.shape[1])
    tall, wide = (max(1, round(side * scale)) for side in ink.shape)
    small = averaged(ink, min(tall, height), min(wide, width))
    total = small.sum()
    centre_y = float((small.sum(axis=1) @ np.arange(len(small))) / total)
    centre_x = float((small.sum(axis=0) @ np.arange(small.shape[1])) / total)
    top = _within(round(height / 2 - centre_y), height - small.shape[0])
    left = _within(round(width / 2 - centre_x), width - small.shape[1])
    return _placed(small, height, width, top, left)


def fitted_ink(ink: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    """Make the whole picture as large as the image has room for, proportions kept."""
    scale = min(height / ink.shape[0], width / ink.shape[1])
    tall, wide = (max(1, round(side * scale)) for side in ink.shape)
    small = averaged(ink, min(tall, height), min(wide, width))
    return _placed(small, height, width, (height - small.shape[0]) // 2, (width - small.shape[1]) // 2)


def _placed(small: NDArray[np.float64], height: int, width: int, top: int, left: int) -> NDArray[np.float64]:
    image = np.zeros((height, width))
    image[top : top + small.shape[0], left : left + small.shape[1]] = small
    return image


def _within(place: int, last: int) -> int:
    return min(max(0, place), last)
