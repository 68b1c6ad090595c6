"""Grey images as text, for the screen and for the command line. NumPy is imported when it is needed."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHADES = " .:-=+*#%@"
"""Ten characters, each darker than the one before."""


def ascii_art(image: "NDArray[np.uint8]", width: int, height: int) -> list[str]:
    """Return `image` as lines of text that fill at most `width` by `height` characters.

    A character is about twice as high as wide, so a pixel is two characters wide where there is room; a
    larger image, or less room, is averaged down, and a small image is enlarged by whole numbers.

    image: `(rows, columns)`, uint8, 0 is blank and 255 is darkest
    """
    import numpy as np

    rows, columns = fitted_size(image.shape[0], image.shape[1], width, height)
    if not rows or not columns:
        return []
    grey = _averaging(rows, image.shape[0]) @ image @ _averaging(columns, image.shape[1]).T
    brightest = grey.max()
    if brightest > 0:  # averaging makes thin strokes pale: give the image its darkest shade back
        grey *= image.max() / brightest
    levels = np.clip(grey * len(SHADES) / 256 + 1e-9, 0, len(SHADES) - 1).astype(np.intp)
    return ["".join(SHADES[level] for level in line) for line in levels]


def fitted_size(rows: int, columns: int, width: int, height: int) -> tuple[int, int]:
    """Return how many lines and characters an image of `rows` by `columns` pixels takes in that room."""
    if min(rows, columns, width, height) < 1:
        return 0, 0
    scale = min(width / (2 * columns), height / rows)
    if scale >= 1:
        scale = int(scale)
    return max(1, int(rows * scale + 1e-9)), max(1, int(2 * columns * scale + 1e-9))


def _averaging(cells: int, pixels: int) -> "NDArray[np.float64]":
    """Return the `(cells, pixels)` matrix that averages a line of pixels into so many cells."""
    import numpy as np

    edges = np.linspace(0, pixels, cells + 1)
    starts, ends = edges[:-1, None], edges[1:, None]
    left = np.arange(pixels)[None, :]
    overlap = np.clip(np.minimum(ends, left + 1) - np.maximum(starts, left), 0, None)
    weights: NDArray[np.float64] = overlap / overlap.sum(axis=1, keepdims=True)
    return weights
