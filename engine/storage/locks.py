"""A file lock that lasts as long as its process: it tells a run under way from one whose process died."""

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from engine.errors import RunIsBusyError, StoreError, cannot_write

if sys.platform == "win32":
    import msvcrt

    def _lock(number: int) -> None:
        msvcrt.locking(number, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(number: int) -> None:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """Taken by one process at a time; the system gives it back when that process ends, in whatever way."""

    def __init__(self, path: Path) -> None:
        """Take the lock of a file, which is made if it is not there.

        Raises:
            BlockingIOError: when another process has it.
            OSError: when there can be no such file.
        """
        self._number = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._number)
        except OSError as error:
            os.close(self._number)
            raise BlockingIOError(str(error)) from None

    def release(self) -> None:
        """Give the lock back."""
        if self._number >= 0:
            with contextlib.suppress(OSError):
                os.close(self._number)
            self._number = -1

    def __enter__(self) -> "FileLock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def lock_folder(folders: Sequence[Path], busy: RunIsBusyError) -> FileLock:
    """Make these folders, each in the one before it, and lock the last for this process.

    Raises:
        RunIsBusyError: this one, when another process has it.
        StoreError: when a folder cannot be made.
    """
    try:
        for folder in folders:  # `parents=True` would forget the mode
            folder.mkdir(exist_ok=True, mode=0o700)
        return FileLock(folders[-1] / "lock")
    except BlockingIOError:
        raise busy from None
    except OSError as error:
        raise cannot_write(StoreError, folders[-1], error) from None
