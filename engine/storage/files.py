"""Writes files atomically: completely or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_UNFINISHED = ".unfinished"


@contextlib.contextmanager
def temporary_file_beside(path: Path) -> Iterator[Path]:
    """Make an empty file in the folder of `path`, and remove it at the end unless it was renamed.

    Raises:
        OSError: when no file can be made there.
    """
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=_UNFINISHED, dir=path.parent)
    os.close(number)
    temporary = Path(name)
    try:
        yield temporary
    finally:
        with contextlib.suppress(OSError):  # what went wrong before is what counts
            temporary.unlink()


def unfinished(folder: Path) -> Iterator[Path]:
    """Yield what is half written in the folders in `folder`; its writer may have been killed."""
    yield from folder.glob(f"*/.*{_UNFINISHED}")


def remove_unfinished_files(folder: Path) -> None:
    """Remove from a folder what was half written by a program that was killed; no one else may be writing."""
    for path in folder.glob(f".*{_UNFINISHED}"):
        with contextlib.suppress(OSError):
            path.unlink()


@contextlib.contextmanager
def atomic_write(path: Path, mode: int | None = None) -> Iterator[BinaryIO]:
    """Yield a file that takes the place of `path` when the block ends well; otherwise nothing changes.

    It is written under a temporary name, flushed to the disk, then renamed. Its owner alone may read it,
    unless `mode` says who else may.

    Raises:
        OSError: when it cannot be written.
    """
    with temporary_file_beside(path) as temporary:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(path)
