"""Names that a person has ticked off, in a small file."""

import contextlib
import json
from pathlib import Path

from engine.storage.files import atomic_write

MAX_FILE_BYTES = 64 * 1024


class Marks:
    """A set of names that grows: what is done, or has been seen. Each is written at once."""

    def __init__(self, folder: Path | None, name: str) -> None:
        """Keep the names in a file of a folder; without one they last as long as the program."""
        self._path = folder / name if folder is not None else None
        self._names: set[str] | None = None

    @property
    def names(self) -> frozenset[str]:
        """The names; none, where the file cannot be read."""
        if self._names is None:
            self._names = set()
            if self._path is not None and self._path.is_file():
                with contextlib.suppress(OSError, ValueError, RecursionError):
                    kept = json.loads(self._path.read_bytes()[:MAX_FILE_BYTES])
                    self._names = {name for name in kept if isinstance(name, str)}
        return frozenset(self._names)

    def add(self, name: str) -> None:
        """Mark a name."""
        if name in self.names or self._names is None:
            return
        self._names.add(name)
        if self._path is not None:
            with contextlib.suppress(OSError):  # not worth an error message
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                with atomic_write(self._path) as file:
                    file.write(json.dumps(sorted(self._names)).encode())
