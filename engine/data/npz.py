"""Arrays out of an `.npz` file that nobody vouches for: no pickle, no surprises."""

import lzma
import math
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError, cannot_read
from engine.specification import printable
from engine.wording import N_

MAX_BYTES = 4 * 1024**3
"""A file that announces more is refused before anything is allocated."""

DAMAGE = (
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
"""What NumPy and zipfile raise on files that are cut off, changed or made up."""


def read_arrays(path: Path, names: Iterable[str]) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of these names.

    Raises:
        DataError: when the file cannot be read, is damaged, lacks an array or holds a pickled one.
    """
    file = printable(path.name)
    names = tuple(names)
    try:
        with zipfile.ZipFile(path) as archive:
            _check(archive, names, file)
        with warnings.catch_warnings(action="error"), np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in names}
    except OSError as error:
        raise cannot_read(file, error) from None
    except DAMAGE:
        raise DataError(N_("{file} is no .npz file, or it is damaged."), file=file) from None


def _check(archive: zipfile.ZipFile, names: tuple[str, ...], file: str) -> None:
    """See, before anything is allocated, that the arrays are there and are what the file can hold."""
    sizes = {member.filename: member.file_size for member in archive.infolist()}
    if missing := [name for name in names if f"{name}.npy" not in sizes]:
        raise DataError(
            N_("{file} lacks {missing}; wanted are the arrays {names}."),
            file=file,
            missing=", ".join(missing),
            names=", ".join(names),
        )
    if sum(sizes[f"{name}.npy"] for name in names) > MAX_BYTES:
        raise DataError(
            N_("{file} announces more than {most} GiB of data."), file=file, most=MAX_BYTES // 1024**3
        )
    for name in names:
        with archive.open(f"{name}.npy") as member:
            version = np.lib.format.read_magic(member)
            read = np.lib.format.read_array_header_1_0
            shape, _, dtype = (read if version == (1, 0) else np.lib.format.read_array_header_2_0)(member)
        if dtype.hasobject:
            raise DataError(
                N_("{array} in {file} is pickled (dtype object), which is never read; store numbers."),
                array=name,
                file=file,
            )
        if math.prod(shape) * dtype.itemsize > sizes[f"{name}.npy"]:
            raise ValueError("an array larger than its file")
