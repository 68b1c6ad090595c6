"""The drawings of one size that a person keeps, and the last that was removed."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import EngineError, StoreError
from engine.sentences import N_
from tui.panels.draw.drawing import Drawing, Pixels

if TYPE_CHECKING:
    from engine.storage.drawings import DrawingFile, Drawings


class SavedDrawings:
    """Reads the drawings when they are first wanted; every change is on the disk before it is seen."""

    def __init__(self, folder: Path | None) -> None:
        """Keep them in `folder`; without one nothing can be kept."""
        self._folder = folder
        self._file: DrawingFile | None = None
        self._drawings: Drawings | None = None
        self._size = 28, 28
        self._removed: list[tuple[Pixels, int]] = []

    def use(self, drawing: Drawing) -> None:
        """Hold the drawings that are as large as `drawing`."""
        from engine.storage.drawings import DrawingFile

        self._size = drawing.rows, drawing.columns
        self._file = DrawingFile(self._folder, *self._size) if self._folder is not None else None
        self._drawings, self._removed = None, []

    @property
    def drawings(self) -> "Drawings":
        """What is kept; nothing, where that cannot be read (`keep` then says why, and overwrites nothing)."""
        from engine.storage.drawings import Drawings

        if self._drawings is None and self._file is not None:
            with contextlib.suppress(EngineError):
                self._drawings = self._file.read()
        if self._drawings is None:
            self._drawings = Drawings.none(*self._size)  # kept too: it is asked for at every redraw
        return self._drawings

    @property
    def can_put_back(self) -> bool:
        """Whether something was removed."""
        return bool(self._removed)

    def keep(self, pixels: Pixels, label: int) -> None:
        """Keep one more.

        Raises:
            EngineError: when that cannot be done; nothing is lost then.
        """
        self._write(self._readable().with_one(pixels, label))

    def remove(self, place: int) -> None:
        """Take one out.

        Raises:
            EngineError: when that cannot be done; nothing is lost then.
        """
        drawings = self._readable()
        if place < len(drawings):
            gone = drawings.images[place].copy(), int(drawings.labels[place])
            self._write(drawings.without(place))
            self._removed.append(gone)

    def put_back(self) -> None:
        """Keep again what was removed last.

        Raises:
            EngineError: when that cannot be done.
        """
        if self._removed:
            self.keep(*self._removed[-1])
            self._removed.pop()

    def _readable(self) -> "Drawings":
        """Return what is on the disk: another window may have added to it."""
        if self._file is None:
            raise StoreError(N_("No drawings are kept here: the app was opened without a folder for them."))
        self._drawings = self._file.read()
        return self._drawings

    def _write(self, drawings: "Drawings") -> None:
        assert self._file is not None
        self._file.write(drawings)
        self._drawings = drawings
