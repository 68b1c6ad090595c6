"""Reads and writes a file of named arrays with a description: `.npz` with a checksum, without pickle."""

import hashlib
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.npz import open_archive, read_array
from engine.errors import CheckpointError, cannot_read
from engine.sentences import N_
from engine.storage.files import atomic_write

MAX_BYTES = 4 * 1024**3
"""A file whose parts announce more than this, or than it holds, is refused before anything is allocated."""

Arrays = Mapping[str, NDArray[Any]]


def write(path: Path, description: Mapping[str, object], arrays: Arrays) -> None:
    """Write the file, whole or not at all; its owner alone can read it.

    Raises:
        OSError: when it cannot be written.
    """
    text = json.dumps(description)
    with atomic_write(path) as file:
        more: dict[str, Any] = {"description": text, "checksum": _checksum(text, arrays), **arrays}
        np.savez(file, **more)


def read(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the description and the arrays, after comparing the checksum.

    Raises:
        CheckpointError: when the file cannot be read, is damaged, or is none of ours.
    """
    try:
        with warnings.catch_warnings(action="error"), open_archive(path) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > min(path.stat().st_size, MAX_BYTES):
                raise ValueError  # we write nothing that unfolds to more than it takes
            names = [member.filename.removesuffix(".npy") for member in members]
            arrays = {name: read_array(archive, name, MAX_BYTES) for name in names}
        text, checksum = str(arrays.pop("description")), str(arrays.pop("checksum"))
        if checksum != _checksum(text, arrays):
            raise ValueError
        description = json.loads(text)
    except OSError as error:
        raise cannot_read(CheckpointError, path, error) from None
    except Exception:  # zipfile, NumPy and JSON raise a dozen kinds for a damaged file
        raise damaged_error(path) from None
    return description, arrays


def damaged_error(path: Path) -> CheckpointError:
    """Return the error for a file whose content has changed, or that is not ours."""
    return CheckpointError(N_("{path} is not a checkpoint of mlp-tui, or it is damaged."), path=path)


def _checksum(text: str, arrays: Arrays) -> str:
    """Return thirty-two hexadecimal digits that change with any bit of a description and its arrays."""
    digest = hashlib.blake2b(text.encode(), digest_size=16)
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(repr((name, array.dtype.str, array.shape)).encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
