"""Resizes images by area averaging, and samples them between pixels by bilinear interpolation."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


def averaged(
    image: "NDArray[np.uint8] | NDArray[np.floating]", rows: int, columns: int
) -> NDArray[np.float64]:
    """Return `image` in another size: `(rows, columns)`."""
    grey: NDArray[np.float64] = averaging(rows, image.shape[0]) @ image @ averaging(columns, image.shape[1]).T
    return grey


@lru_cache(maxsize=64)
def averaging(cells: int, pixels: int) -> NDArray[np.float64]:
    """Return the `(cells, pixels)` matrix that averages a line of pixels into so many cells."""
    edges = np.linspace(0, pixels, cells + 1)
    starts, ends = edges[:-1, None], edges[1:, None]
    left = np.arange(pixels)[None, :]
    overlap = np.clip(np.minimum(ends, left + 1) - np.maximum(starts, left), 0, None)
    weights: NDArray[np.float64] = overlap / overlap.sum(axis=1, keepdims=True)
    return weights


def sampled(
    images: NDArray[np.uint8], rows: NDArray[np.floating], columns: NDArray[np.floating]
) -> NDArray[np.uint8]:
    """Return what stands at these places `(images, pixels)`, in proportion between pixels; outside: paper."""
    count, height, width = images.shape
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1))).reshape(count, -1)
    rows, columns = np.clip(rows + 1, 0, height + 0.999), np.clip(columns + 1, 0, width + 0.999)
    top, left = rows.astype(np.intp), columns.astype(np.intp)
    down, right = rows - top, columns - left
    places = top * (width + 2) + left
    found = np.zeros(rows.shape, np.float32)
    for offset, share in (
        (0, (1 - down) * (1 - right)),
        (1, (1 - down) * right),
        (width + 2, down * (1 - right)),
        (width + 3, down * right),
    ):
        found += share * np.take_along_axis(padded, places + offset, axis=1)
    result: NDArray[np.uint8] = np.rint(found).astype(np.uint8).reshape(images.shape)
    return result
