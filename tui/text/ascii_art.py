"""Grey images as text, for the screen and for the command line. NumPy is imported when it is needed."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHADES = " .:-=+*#%@"
"""Ten characters, each darker than the one before."""

BRAILLE = 0x2800
"""The character without a dot; the dots are bits of what is added to it."""
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Which bit stands for which dot of a character: four rows of two."""
DARK = 0.4
"""The share of the darkest pixel from which a dot is set: low, so that a thin stroke stays in one piece."""


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
    grey = inked(image, rows, columns)
    levels = np.clip(grey * len(SHADES) / 256 + 1e-9, 0, len(SHADES) - 1).astype(np.intp)
    return ["".join(SHADES[level] for level in line) for line in levels]


def braille_art(image: "NDArray[np.uint8]", width: int, height: int) -> list[str]:
    """Return `image` in dots, two by four to a character, in at most `width` by `height` characters."""
    import numpy as np

    rows, columns = scaled(image.shape[0], image.shape[1], 4 * height, 2 * width)
    if not rows or not columns:
        return []
    grey = inked(image, rows, columns)
    dots = np.zeros((-(-rows // 4) * 4, -(-columns // 2) * 2), np.intp)
    dots[:rows, :columns] = grey >= DARK * max(grey.max(), 1)
    signs = sum(
        bit * dots[row::4, column::2] for row, bits in enumerate(DOTS) for column, bit in enumerate(bits)
    )
    return ["".join(chr(BRAILLE + sign) if sign else " " for sign in line) for line in np.asarray(signs)]


def number_art(image: "NDArray[np.uint8]", width: int, height: int, blank: str = ".") -> list[str]:
    """Return the pixels of `image` as numbers: from 0 to 255 where all fit, else in tenths of full ink.

    Those that do not fit are averaged down. `blank` stands for 0.
    """
    rows, columns = image.shape
    if rows <= height and 4 * columns <= width:
        return ["".join(f"{pixel or blank:>4}" for pixel in line) for line in image.tolist()]
    rows, columns = scaled(rows, columns, min(rows, height), min(columns, width // 2))
    if not rows or not columns:
        return []
    from engine.data.resampling import averaged

    tenths = (averaged(image, rows, columns) * 10 / 256 + 1e-9).astype("intp")
    return ["".join(f"{tenth or blank:>2}" for tenth in line) for line in tenths.tolist()]


def fitted_size(rows: int, columns: int, width: int, height: int) -> tuple[int, int]:
    """Return how many lines and characters an image of `rows` by `columns` pixels takes in that room."""
    return scaled(rows, 2 * columns, height, width)


def scaled(rows: int, columns: int, most_rows: int, most_columns: int) -> tuple[int, int]:
    """Return the size of an image in that room: enlarged by a whole number, or as much smaller as it must."""
    if min(rows, columns, most_rows, most_columns) < 1:
        return 0, 0
    scale = min(most_columns / columns, most_rows / rows)
    if scale >= 1:
        scale = int(scale)
    return max(1, int(rows * scale + 1e-9)), max(1, int(columns * scale + 1e-9))


def inked(image: "NDArray[np.uint8]", rows: int, columns: int) -> "NDArray[np.float64]":
    """Return `image` in another size, as dark at its darkest as it was: averaging makes thin strokes pale."""
    from engine.data.resampling import averaged

    grey = averaged(image, rows, columns)
    brightest = grey.max()
    if brightest > 0:
        grey *= image.max() / brightest
    return grey
