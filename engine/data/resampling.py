"""Images in another size, each pixel the mean of the area that it covers."""

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
