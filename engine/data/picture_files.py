"""Reads picture files: PGM without any library, PNG and others through Pillow, an extra."""

import re
import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError, cannot_read, open_file
from engine.sentences import N_
from engine.specification import printable

MAX_PIXELS, MAX_SIDE = 25_000_000, 10_000
"""The largest picture that is read, such as one of 5,000 x 5,000 pixels."""
MAX_FILE_BYTES = 120 * 1024**2
ORIENTATION = 0x0112
"""The number of EXIF's field that says how a picture is to be turned."""
_FIELD = re.compile(rb"(?:\s|#[^\n]*\n)*(\d{1,9})")


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Return a picture in grey, upright: `(rows, columns)`, uint8. Transparent parts are white.

    Raises:
        DataError: when it cannot be read, is damaged or too large, or needs Pillow and that is missing.
    """
    return read_turned(path)[0]


def read_turned(path: Path) -> tuple[NDArray[np.uint8], bool]:
    """Return a picture as `read_picture` does, and whether it was turned, as the camera noted in EXIF."""
    name = printable(path.name)
    try:
        with open_file(path) as file:
            start = file.read(2)
            file.seek(0)
            if start in (b"P2", b"P5"):
                data = file.read(MAX_FILE_BYTES + 1)
                if len(data) > MAX_FILE_BYTES:
                    raise _too_large(name)
                return _pgm(data, name), False
            return _with_pillow(file, name)
    except OSError as error:
        raise cannot_read(DataError, name, error) from None


def _pgm(data: bytes, name: str) -> NDArray[np.uint8]:
    """Read a PGM (netpbm.sourceforge.net/doc/pgm.html): `P2` in digits, `P5` in bytes, one or two a pixel."""
    fields, place = [], 2
    for _field in range(3):
        found = _FIELD.match(data, place)
        if found is None:
            raise _damaged(name)
        fields.append(int(found[1]))
        place = found.end()
    columns, rows, white = fields
    if not (columns and rows and 0 < white < 65536):
        raise _damaged(name)
    if columns * rows > MAX_PIXELS or max(columns, rows) > MAX_SIDE:
        raise _too_large(name)
    if data[:2] == b"P5":
        kind = np.dtype(np.uint8 if white < 256 else ">u2")
        wanted = columns * rows * kind.itemsize
        if len(data) - place - 1 < wanted:
            raise _damaged(name)
        pixels = np.frombuffer(data, kind, columns * rows, place + 1).astype(np.int64)
    else:
        text = re.sub(rb"#[^\n]*", b"", data[place:]).split(None, columns * rows)[: columns * rows]
        if len(text) < columns * rows or not all(word.isdigit() and len(word) < 6 for word in text):
            raise _damaged(name)
        pixels = np.array([int(word) for word in text])
    if int(pixels.max()) > white:
        raise _damaged(name)
    grey: NDArray[np.uint8] = np.rint(pixels * (255.0 / white)).astype(np.uint8).reshape(rows, columns)
    return grey


def _with_pillow(file: BinaryIO, name: str) -> tuple[NDArray[np.uint8], bool]:
    """Read whatever Pillow knows, laid on white, and turn it upright."""
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError:
        raise DataError(
            N_(
                "{file} is no PGM; other pictures need Pillow, which is missing: "
                "pip install 'mlp-tui[images]' brings it."
            ),
            file=name,
        ) from None
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(file) as picture:
            if picture.width * picture.height > MAX_PIXELS or max(picture.size) > MAX_SIDE:
                raise _too_large(name)
            turned = picture.getexif().get(ORIENTATION, 1) in range(2, 9)
            upright = ImageOps.exif_transpose(picture)
            if upright.mode.startswith("I"):  # 16 bits of grey, which would be cut off at 255
                wide = np.asarray(upright, np.int64)
                limit = 65535 if wide.max() > 255 else 255
                grey: NDArray[np.uint8] = np.rint(np.clip(wide, 0, limit) * (255.0 / limit)).astype(np.uint8)
                return grey, turned
            if upright.has_transparency_data:
                coloured = upright.convert("RGBA")
                white = Image.new("RGBA", coloured.size, (255, 255, 255, 255))
                upright = Image.alpha_composite(white, coloured)
            return np.asarray(upright.convert("L")), turned
    except UnidentifiedImageError:
        raise DataError(N_("{file} is no picture that can be read; PNG and PGM can."), file=name) from None
    except (ValueError, SyntaxError, OSError, EOFError, Image.DecompressionBombError) as error:
        if isinstance(error, Image.DecompressionBombError):
            raise _too_large(name) from None
        raise _damaged(name) from None


def _damaged(name: str) -> DataError:
    return DataError(
        N_("{file} is damaged: it does not hold the picture that its beginning announces."), file=name
    )


def _too_large(name: str) -> DataError:
    return DataError(
        N_("{file} is too large; a picture may have {limit:,} pixels, and {longest:,} in a line."),
        file=name,
        limit=MAX_PIXELS,
        longest=MAX_SIDE,
    )
