"""Reads IDX, the format of MNIST's files: a magic number, the sizes, then the bytes.

The magic number is two zero bytes, the type of the values (8: unsigned byte) and the number of dimensions;
it and the sizes are big-endian integers of four bytes (http://yann.lecun.com/exdb/mnist, "File formats").
Files may be gzipped.
"""

import gzip
import math
import os
import struct
import zlib
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from engine.data.npz import MAX_BYTES, MAX_COMPRESSION_RATIO
from engine.errors import DataError, cannot_read
from engine.sentences import N_, Sentence
from engine.specification import quoted

IMAGES_MAGIC = 2051
LABELS_MAGIC = 2049
GZIP_MAGIC = b"\x1f\x8b"
CHUNK = 1 << 20
"""Bytes read at once: `GzipFile.readinto` would hold a second copy of all that it is asked for."""


def read_images(path: Path | Traversable) -> NDArray[np.uint8]:
    """Return the images of a file: `(images, height, width)`, 0 is background.

    Raises:
        DataError: when the file cannot be read or does not hold what its header announces.
    """
    return _read(path, IMAGES_MAGIC)


def read_labels(path: Path | Traversable) -> NDArray[np.int64]:
    """Return the labels of a file: `(images,)`.

    Raises:
        DataError: as for `read_images`.
    """
    return _read(path, LABELS_MAGIC).astype(np.int64)


def _read(path: Path | Traversable, magic: int) -> NDArray[np.uint8]:
    """Read header and body, and check that nothing is missing and nothing left over."""
    name = quoted(path.name)
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == GZIP_MAGIC
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            if not zipped:
                return _parse(cast(BinaryIO, file), magic, name, size_limit=size)
            with gzip.GzipFile(fileobj=cast(BinaryIO, file)) as unzipped:
                return _parse(unzipped, magic, name, size_limit=size * MAX_COMPRESSION_RATIO)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise DataError(
            N_("{file} is damaged: its gzip data end early or are corrupt. Download it again."), file=name
        ) from None
    except OSError as error:
        raise cannot_read(DataError, name, error) from None


def _parse(file: BinaryIO | gzip.GzipFile, magic: int, name: str, *, size_limit: int) -> NDArray[np.uint8]:
    """Read an opened file of at most `size_limit` bytes."""
    kind = {IMAGES_MAGIC: Sentence(N_("images")), LABELS_MAGIC: Sentence(N_("labels"))}
    start = file.read(4)
    if len(start) < 4:
        raise _ends_in_header(name, kind[magic], len(start))
    found = int.from_bytes(start, "big")
    if found != magic:
        other = kind.get(found)
        raise DataError(
            N_("{file} holds {other}; {wanted} are expected here (magic number {magic}, found {found}).")
            if other
            else N_(
                "{file} is not an IDX file of {wanted}, gzipped or not: magic number {magic}, found {found}."
            ),
            file=name,
            other=other,
            wanted=kind[magic],
            magic=magic,
            found=found,
        )
    dimensions = magic & 0xFF
    header = file.read(4 * dimensions)
    if len(header) < 4 * dimensions:
        raise _ends_in_header(name, kind[magic], len(start) + len(header))
    shape = struct.unpack(f">{dimensions}I", header)
    announced = math.prod(shape)
    if announced == 0:
        raise DataError(
            N_("{file} declares {sizes}, which is no data at all."),
            file=name,
            sizes=" x ".join(map(str, shape)),
        )
    if announced > min(size_limit, MAX_BYTES):
        raise DataError(
            N_("{file} declares {announced:,} bytes ({sizes}), more than it can hold; it is damaged.")
            if announced > size_limit
            else N_("{file} declares {announced:,} bytes ({sizes}); at most {limit} GiB are read."),
            file=name,
            announced=announced,
            sizes=" x ".join(map(str, shape)),
            limit=MAX_BYTES // 1024**3,
        )
    values = np.empty(shape, np.uint8)
    room = values.reshape(-1).data
    filled = 0
    while filled < announced and (part := file.read(min(announced - filled, CHUNK))):
        room[filled : filled + len(part)] = part
        filled += len(part)
    if filled < announced or file.read(1):
        raise DataError(
            N_("{file} declares {announced:,} bytes ({sizes}) and holds {held}; it is cut off or damaged."),
            file=name,
            announced=announced,
            sizes=" x ".join(map(str, shape)),
            held=f"{filled:,}" if filled < announced else Sentence(N_("more")),
        )
    return values


def _ends_in_header(name: str, wanted: Sentence, held: int) -> DataError:
    """Return the error for a file that ends within its header."""
    return DataError(
        N_("{file} holds {held} bytes and ends within its header; an IDX file of {wanted} is expected here."),
        file=name,
        held=held,
        wanted=wanted,
    )
