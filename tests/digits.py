"""Real digits, read in a moment."""

import functools
import gzip
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray


@functools.cache
def mnist(split: str = "t10k") -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the first 500 test images of MNIST and their labels; of `train`, its training images."""
    return (
        _first_bytes(f"{split}-images-idx3-ubyte.gz", 16, 500 * 784).reshape(500, 28, 28),
        _first_bytes(f"{split}-labels-idx1-ubyte.gz", 8, 500).astype(np.int64),
    )


def _first_bytes(name: str, header: int, count: int) -> NDArray[np.uint8]:
    """Return so many bytes after the header of a file, without unpacking the rest."""
    with (files("assets") / "mnist" / name).open("rb") as packed, gzip.open(packed) as file:
        return np.frombuffer(file.read(header + count), np.uint8, count, header)
