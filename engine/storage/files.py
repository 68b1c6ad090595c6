"""Writes files atomically: completely or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from engine.errors import ExportError, cannot_write
from engine.sentences import N_

_UNFINISHED = ".unfinished"


def new_file(text: str) -> Path:
    """Return the file that a person names to write to, which is not there yet.

    Raises:
        ExportError: when it is there already, or there can be no such file.
    """
    path = Path(text)
    try:
        path = path.expanduser()
        if not path.exists():
            return path
    except RuntimeError:  # the home folder of nobody
        raise ExportError(N_("{path} cannot be written: nobody has such a home folder."), path=path) from None
    except OSError as error:
        raise cannot_write(ExportError, path, error) from None
    raise ExportError(N_("{path} is there already; choose another name."), path=path)


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
