"""A file lock that lasts as long as its process: it tells a run under way from one whose process died."""

import contextlib
import os
import sys
from pathlib import Path
from types import TracebackType

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
