"""Turns numbers into images: bytes from 0 to 255, of one size, upright."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.forms.loaded import Images
from engine.data.npz import MAX_BYTES
from engine.errors import DataError
from engine.sentences import N_, Sentence

AT_ONCE = 1 << 20
"""Numbers that are turned into bytes at once."""

SCALED = N_("The pixels are floats from 0 to {high:g}: they were multiplied by 255 and rounded.")
ROUNDED = N_("The pixels are floats from 0 to {high:g}: they were rounded to whole numbers.")


def scale_of(array: NDArray[Any]) -> tuple[int, tuple[Sentence, ...]]:
    """Return what the pixels of a data set are to be multiplied by, decided by its training images."""
    if array.dtype.kind not in "fb" or not array.size:
        return 1, ()
    high = float(array.max())
    scale = 255 if high <= 1 else 1
    return scale, (Sentence(SCALED if scale == 255 else ROUNDED, {"high": high}),)


def not_alike(file: str, high: float) -> DataError:
    """Return the error for test images of fractions where training images go to `high`: all would be dark."""
    return DataError(
        N_(
            "The test images in {file} go from 0 to 1, and the training images to {high:g}; scale both alike."
        ),
        file=file,
        high=high,
    )


def has_fractions(array: NDArray[Any]) -> bool:
    """Whether numbers `(images, ...)` are floats from 0 to 1, not all of them whole."""
    if array.dtype.kind != "f" or not array.size or not array.max() <= 1:
        return False
    step = max(1, AT_ONCE // max(1, math.prod(array.shape[1:])))
    return any(bool((array[at : at + step] % 1).any()) for at in range(0, len(array), step))


def to_bytes(array: NDArray[Any], scale: int, key: str, file: str) -> Images:
    """Return numbers `(images, ...)` times `scale`, rounded, as bytes.

    Raises:
        DataError: when one is no number, negative, or then more than 255.
    """
    if array.dtype == np.uint8 and scale == 1:
        return np.ascontiguousarray(array)
    if array.dtype.kind not in "biuf":
        raise DataError(
            N_("{key} in {file} is of {dtype}; images must be numbers from 0 to 255, or from 0 to 1."),
            key=key,
            file=file,
            dtype=array.dtype.name,
        )
    images = np.empty(array.shape, np.uint8)
    step = max(1, AT_ONCE // max(1, math.prod(array.shape[1:])))
    for start in range(0, len(array), step):
        part = array[start : start + step]
        if part.dtype.kind in "bf":
            part = part.astype(np.float64) * scale
        bad = ~((part >= 0) & (part <= 255))
        if bad.any():
            place = tuple(int(index[0]) for index in np.nonzero(bad))
            value = array[start : start + step][place]
            raise DataError(
                N_("{key} in {file}: image {image:,} has a pixel of {value}; pixels go from 0 to {high}."),
                key=key,
                file=file,
                image=start + place[0],
                value=f"{value:g}" if array.dtype.kind == "f" else str(value),
                high=1 if scale == 255 else 255,
            )
        images[start : start + step] = np.rint(part) if part.dtype.kind == "f" else part
    return images


def grey(colours: Images) -> Images:
    """Return images `(images, height, width, 3)` of red, green and blue as grey, by ITU-R 601's weights."""
    images = np.empty(colours.shape[:3], np.uint8)
    step = max(1, AT_ONCE // max(1, math.prod(colours.shape[1:])))
    for start in range(0, len(colours), step):
        part = colours[start : start + step].astype(np.uint32)
        # Pillow's own sum, so that pictures and arrays give the same bits
        sums = 19595 * part[..., 0] + 38470 * part[..., 1] + 7471 * part[..., 2] + 0x8000
        images[start : start + step] = sums >> 16
    return images


def square_side(pixels: int) -> int | None:
    """Return the side of a square of so many pixels, None if there is no such square."""
    side = math.isqrt(pixels)
    return side if side * side == pixels else None


def check_shape(asked: tuple[int, int], pixels: int, what: str) -> None:
    """Check that rows of so many pixels can be of the shape that was asked for.

    Raises:
        DataError: when they cannot.
    """
    if math.prod(asked) != pixels:
        raise DataError(
            N_("{what} has {pixels:,} pixels an image; --shape {height}x{width} would be {wanted:,}."),
            what=what,
            pixels=pixels,
            height=asked[0],
            width=asked[1],
            wanted=math.prod(asked),
        )


def check_size(asked: tuple[int, int] | None, images: Images, what: str) -> None:
    """Check that images that have a size of their own are of the shape that was asked for.

    Raises:
        DataError: when they are not.
    """
    if asked is not None and images.shape[1:] != asked:
        raise DataError(
            N_(
                "{what} has images of {height} x {width} pixels; --shape resizes folders of pictures only. "
                "Leave it out."
            ),
            what=what,
            height=images.shape[1],
            width=images.shape[2],
        )


def too_large(what: str) -> DataError:
    """Return the error for a data set that would take more memory than is allowed."""
    return DataError(
        N_("{file} declares more than {limit} GiB of data."), file=what, limit=MAX_BYTES // 1024**3
    )
