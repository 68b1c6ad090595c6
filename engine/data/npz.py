"""Reads arrays from an untrusted `.npz` file: no pickle, and no more memory than allowed."""

import contextlib
import io
import lzma
import math
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError, cannot_read
from engine.sentences import N_
from engine.specification import printable

MAX_BYTES = 4 * 1024**3
"""A file that announces more is refused before anything is allocated."""

MAX_HEADER_BYTES = 10_000
"""Bytes of an array's header, as NumPy has it."""

MAX_COMPRESSION_RATIO = 1032
"""DEFLATE's best ratio: a smaller file cannot hold what it announces."""

CHUNK = 1 << 20
"""Bytes of an array read at once."""

MAX_READ_BYTES = 2 << 20
"""Bytes that may be asked of the file at once: a directory of some 40,000 arrays."""

MALFORMED_FILE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    ValueError,
    LookupError,
    EOFError,
    TypeError,
    SyntaxError,
    tokenize.TokenError,
    RecursionError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
    Warning,
)
"""The exceptions of NumPy and zipfile for files that are cut off, changed or forged."""


@contextlib.contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Yield the archive at `path`; raises OSError, or one of `MALFORMED_FILE_ERRORS`."""
    with path.open("rb", buffering=0) as raw, _LimitedReader(raw) as file, zipfile.ZipFile(file) as archive:
        yield archive


class _LimitedReader(io.BufferedReader):
    """A file that returns at most `MAX_READ_BYTES` at once: `zipfile` reads a whole directory in one go."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_READ_BYTES:
            raise ValueError("a directory of more arrays than anyone writes")
        return super().read(size)


def array_names(path: Path) -> set[str]:
    """Return what the arrays are called.

    Raises:
        DataError: when the file cannot be read or is damaged.
    """
    file = printable(path.name)
    try:
        with warnings.catch_warnings(action="error"), open_archive(path) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist()}
    except OSError as error:
        raise cannot_read(DataError, file, error) from None
    except MALFORMED_FILE_ERRORS:
        raise DataError(N_("{file} is not an .npz file, or it is damaged."), file=file) from None


def read_arrays(path: Path, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """Return the arrays of these names.

    Raises:
        DataError: when the file cannot be read, is damaged, lacks an array or holds a pickled one.
    """
    file = printable(path.name)
    names = tuple(names)
    try:
        with open_archive(path) as archive, warnings.catch_warnings(action="error"):
            sizes = {member.filename: member.file_size for member in archive.infolist()}
            if missing := [name for name in names if f"{name}.npy" not in sizes]:
                raise DataError(
                    N_("{file} has no array {missing}; it must have the arrays {names}."),
                    file=file,
                    missing=", ".join(missing),
                    names=", ".join(names),
                )
            if sum(sizes[f"{name}.npy"] for name in names) > MAX_BYTES:
                raise DataError(
                    N_("{file} declares more than {limit} GiB of data."),
                    file=file,
                    limit=MAX_BYTES // 1024**3,
                )
            for name in names:
                if read_header(archive, name).dtype.hasobject:
                    raise DataError(
                        N_(
                            "{array} in {file} is pickled (dtype object), which is never read; store "
                            "numbers, or words by .astype(str)."
                        ),
                        array=name,
                        file=file,
                    )
            return {name: read_array(archive, name, MAX_BYTES) for name in names}
    except OSError as error:
        raise cannot_read(DataError, file, error) from None
    except MALFORMED_FILE_ERRORS:
        raise DataError(N_("{file} is not an .npz file, or it is damaged."), file=file) from None


@dataclass(frozen=True)
class ArrayHeader:
    """The header of an array; `start` is where its numbers begin in its member."""

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype[Any]
    start: int


def read_header(archive: zipfile.ZipFile, name: str) -> ArrayHeader:
    """Read the header of an array and nothing else; raises one of `MALFORMED_FILE_ERRORS`."""
    if archive.getinfo(f"{name}.npy").compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError("what NumPy does not write, and whose window may take gigabytes")
    with archive.open(f"{name}.npy") as member:
        version = np.lib.format.read_magic(member)
        length = member.read(2 if version == (1, 0) else 4)
        if (size := int.from_bytes(length, "little")) > MAX_HEADER_BYTES:
            raise ValueError("a header of no array")
        header = io.BytesIO(length + member.read(size))
        read = np.lib.format.read_array_header_1_0
        if version != (1, 0):
            read = np.lib.format.read_array_header_2_0
        try:
            shape, fortran_order, dtype = read(header)
        except MemoryError:  # so Python's parser calls what is nested too deeply
            raise ValueError("a header of no array") from None
    return ArrayHeader(shape, fortran_order, dtype, np.lib.format.MAGIC_LEN + len(length) + size)


def read_array(archive: zipfile.ZipFile, name: str, limit: int) -> NDArray[Any]:
    """Return one array, read to the end, where checksums are compared; raises one of `MALFORMED_FILE_ERRORS`.

    Nothing is allocated before the header, the directory and the compressed size agree on no more than
    `limit` bytes.
    """
    found, info = read_header(archive, name), archive.getinfo(f"{name}.npy")
    size = math.prod(found.shape) * found.dtype.itemsize
    if found.dtype.hasobject or min(found.shape, default=0) < 0:
        raise ValueError("no numbers")
    if size > limit or found.start + size != info.file_size:
        raise ValueError("an array of another size than its file")
    if info.file_size > info.compress_size * MAX_COMPRESSION_RATIO:
        raise ValueError("more than can have been compressed")
    values = np.empty(size, np.uint8)
    room, filled = values.data, 0
    with archive.open(info) as member:
        member.read(found.start)
        while filled < size and (part := member.read(min(CHUNK, size - filled))):
            room[filled : filled + len(part)] = part
            filled += len(part)
        if filled < size or member.read(1):
            raise ValueError("cut off")
    return values.view(found.dtype).reshape(found.shape, order="F" if found.fortran_order else "C")
