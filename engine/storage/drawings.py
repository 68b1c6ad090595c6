"""Keeps the pictures that a user drew and labelled in a file: a test set of their own."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.npz import read_arrays
from engine.errors import DataError, StoreError, cannot_write
from engine.sentences import N_
from engine.specification import printable
from engine.storage.files import atomic_write


@dataclass(frozen=True, eq=False)
class Drawings:
    """images: `(drawings, rows, columns)`, uint8, as they were drawn; labels: `(drawings,)`."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def none(cls, rows: int, columns: int) -> "Drawings":
        """Return an empty set of pictures of that size."""
        return cls(np.zeros((0, rows, columns), np.uint8), np.zeros(0, np.int64))

    def with_one(self, image: NDArray[np.uint8], label: int) -> "Drawings":
        """Return the set with one more."""
        return Drawings(np.concatenate([self.images, image[None]]), np.append(self.labels, label))

    def without(self, place: int) -> "Drawings":
        """Return the set without the one at `place`."""
        return Drawings(np.delete(self.images, place, axis=0), np.delete(self.labels, place))


class DrawingFile:
    """The file for drawings of one size, in a folder that need not exist yet."""

    def __init__(self, folder: Path, rows: int, columns: int) -> None:
        self.path = folder / f"drawings-{rows}x{columns}.npz"
        self._size = rows, columns

    def read(self) -> Drawings:
        """Return the stored drawings.

        Raises:
            DataError: when the file cannot be read or holds something else.
        """
        if not self.path.exists():
            return Drawings.none(*self._size)
        arrays = read_arrays(self.path, ("images", "labels"))
        images, labels = arrays["images"], arrays["labels"]
        fits = images.ndim == 3 and images.shape[1:] == self._size and images.dtype == np.uint8
        if not fits or labels.shape != (len(images),) or labels.dtype.kind not in "iu":
            raise DataError(N_("{file} does not hold drawings."), file=printable(self.path.name))
        return Drawings(images, labels.astype(np.int64))

    def write(self, drawings: Drawings) -> None:
        """Replace the stored drawings.

        Raises:
            StoreError: when they cannot be written; what was kept is then still there.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with atomic_write(self.path) as file:
                np.savez_compressed(file, images=drawings.images, labels=drawings.labels)
        except OSError as error:
            raise cannot_write(StoreError, printable(str(self.path)), error) from None
