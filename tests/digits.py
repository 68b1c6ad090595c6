"""Real digits, read in a moment."""

import functools
import gzip
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray


@functools.cache
def mnist() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the first 500 test images of MNIST and their labels."""
    folder = files("assets") / "mnist"
    pixels = gzip.decompress((folder / "t10k-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / "t10k-labels-idx1-ubyte.gz").read_bytes())
    return (
        np.frombuffer(pixels, np.uint8, 500 * 784, 16).reshape(500, 28, 28),
        np.frombuffer(labels, np.uint8, 500, 8).astype(np.int64),
    )
