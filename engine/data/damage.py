"""Images made worse in five ways, to see what a network can still read.

Every function takes and returns images `(images, height, width)`, uint8, 0 is paper, of any size, and leaves
what it is given as it is. What is drawn by chance is drawn by `rng` alone, and alike for every strength: the
curve over the strength then has no other noise than the images' own.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.wording import N_

Images = NDArray[np.uint8]


@dataclass(frozen=True)
class Damage:
    """A way to make images worse. `unit` is what its strength is counted in.

    strengths: those that are tried on images of `(height, width)`, from the lowest up, 0 among them
    """

    name: str
    title: str
    unit: str
    strengths: Callable[[int, int], tuple[float, ...]]
    apply: Callable[[Images, float, np.random.Generator], Images]


def noise(images: Images, deviation: float, rng: np.random.Generator) -> Images:
    """Add normal noise to each pixel; `deviation` is a fraction of full ink. What is beyond is cut off."""
    noisy = rng.standard_normal(images.shape, np.float32)
    noisy *= 255 * deviation
    noisy += images
    np.rint(noisy, out=noisy)
    return np.clip(noisy, 0, 255, out=noisy).astype(np.uint8)


def rotate(images: Images, degrees: float, rng: np.random.Generator) -> Images:
    """Turn each image about its middle, left or right by chance; pixels in between are interpolated."""
    turned = np.empty_like(images)
    to_the_left = rng.random(len(images)) < 0.5
    turned[to_the_left] = _rotated(images[to_the_left], -degrees)
    turned[~to_the_left] = _rotated(images[~to_the_left], degrees)
    return turned


def shift(images: Images, pixels: float, rng: np.random.Generator) -> Images:
    """Move each image up, down, left or right, by chance. What leaves it is lost."""
    shifted = np.zeros_like(images)
    step = round(pixels)
    directions = rng.integers(4, size=len(images))
    _count, height, width = images.shape
    for direction, (down, right) in enumerate(((-step, 0), (step, 0), (0, -step), (0, step))):
        chosen = np.flatnonzero(directions == direction)
        if abs(down) < height and abs(right) < width:
            (new_rows, rows), (new_columns, columns) = _overlap(down, height), _overlap(right, width)
            shifted[chosen, new_rows, new_columns] = images[chosen, rows, columns]
    return shifted


def thicken(images: Images, pixels: float, rng: np.random.Generator) -> Images:
    """Make strokes wider by so many pixels, or thinner where it is negative: grey dilation and erosion.

    A whole step takes the largest (or smallest) of 2 x 2 pixels, by turns to either side so that nothing
    moves by more than half a pixel; a part of a step goes that part of the way.
    """
    extreme = np.maximum if pixels > 0 else np.minimum
    done, left, side = images, abs(pixels), 0
    while left > 0:
        padded = np.pad(done, ((0, 0), (1 - side, side), (1 - side, side)))
        taller = extreme(padded[:, 1:], padded[:, :-1])
        further = extreme(taller[:, :, 1:], taller[:, :, :-1])
        if left < 1:
            further = np.rint(done + left * (further.astype(np.float32) - done)).astype(np.uint8)
        done, left, side = further, left - 1, 1 - side
    return done.copy() if done is images else done


def occlude(images: Images, share: float, rng: np.random.Generator) -> Images:
    """Cover `share` of each image's area with paper: a rectangle of its proportions, at a place by chance."""
    count, height, width = images.shape
    tall, wide = round(height * share**0.5), round(width * share**0.5)
    places = rng.random((2, count, 1))
    top, left = np.rint(places[0] * (height - tall)), np.rint(places[1] * (width - wide))
    rows, columns = np.arange(height), np.arange(width)
    hidden_rows = (rows >= top) & (rows < top + tall)
    hidden_columns = (columns >= left) & (columns < left + wide)
    return np.where(hidden_rows[:, :, None] & hidden_columns[:, None, :], np.uint8(0), images)


def _rotated(images: Images, degrees: float) -> Images:
    """Turn images about their middle: bilinear interpolation, paper beyond the edge."""
    _count, height, width = images.shape
    angle = np.deg2rad(degrees)
    y, x = np.mgrid[:height, :width].astype(np.float64)
    y -= (height - 1) / 2
    x -= (width - 1) / 2
    from_y = np.cos(angle) * y - np.sin(angle) * x + (height - 1) / 2
    from_x = np.sin(angle) * y + np.cos(angle) * x + (width - 1) / 2
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    from_y, from_x = np.clip(from_y + 1, 0, height + 0.999), np.clip(from_x + 1, 0, width + 0.999)
    above, before = np.floor(from_y).astype(np.intp), np.floor(from_x).astype(np.intp)
    down, right = (from_y - above).astype(np.float32), (from_x - before).astype(np.float32)
    flat = padded.reshape(len(images), (height + 2) * (width + 2))
    corner = (above * (width + 2) + before).reshape(-1)
    turned = np.zeros((len(images), height * width), np.float32)
    for offset, weight in (
        (0, (1 - down) * (1 - right)),
        (1, (1 - down) * right),
        (width + 2, down * (1 - right)),
        (width + 3, down * right),
    ):
        turned += flat[:, corner + offset] * weight.reshape(-1)
    return np.rint(turned).astype(np.uint8).reshape(images.shape)


def _overlap(step: int, size: int) -> tuple[slice, slice]:
    """Return where the pixels of a line come to lie that is moved by `step`, and which they are."""
    return slice(max(0, step), size + min(0, step)), slice(max(0, -step), size + min(0, -step))


def _steps(height: int, width: int) -> tuple[float, ...]:
    """Return the shifts that are tried: up to two sevenths of the image, nine at the most."""
    most = max(2, 2 * min(height, width) // 7)
    return tuple(float(pixels) for pixels in range(0, most + 1, max(1, -(-most // 9))))


DAMAGES = (
    Damage(
        "noise",
        N_("Noise"),
        N_("standard deviation, as a share of full ink"),
        lambda height, width: (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0),
        noise,
    ),
    Damage(
        "rotation",
        N_("Rotation"),
        N_("degrees, to the left or to the right"),
        lambda height, width: (0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 75.0, 90.0),
        rotate,
    ),
    Damage(
        "shift",
        N_("Shift"),
        N_("pixels, up, down, left or right"),
        _steps,
        shift,
    ),
    Damage(
        "thickness",
        N_("Thickness"),
        N_("pixels that strokes are wider, or thinner"),
        lambda height, width: (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0),
        thicken,
    ),
    Damage(
        "occlusion",
        N_("Occlusion"),
        N_("share of the area that is covered"),
        lambda height, width: (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5),
        occlude,
    ),
)
