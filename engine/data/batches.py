"""From a data set to mini-batches: the validation split, standardisation, gathering a batch."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.aligned_arrays import aligned_empty
from engine.data.deskewing import deskewed
from engine.errors import HyperparameterError
from engine.sentences import N_

Distort = Callable[[NDArray[np.uint8]], object]


@dataclass(frozen=True)
class Split:
    """Which of the training images are learned from and which are held out: indices, sorted."""

    training: NDArray[np.int64]
    validation: NDArray[np.int64]


def stratified_split(labels: NDArray[np.int64], size: float, rng: np.random.Generator) -> Split:
    """Hold out the share `size` of every class, chosen by `rng`.

    Raises:
        HyperparameterError: when either side would be empty.
    """
    _, counts = np.unique(labels, return_counts=True)
    held = shares(counts, size)
    if not 0 < held.sum() < len(labels):
        raise HyperparameterError(
            N_(
                "{name} is {size:g}, which leaves no image for training or none for validation; choose "
                "another share."
            ),
            name="validation_size",
            size=size,
        )
    is_held = chosen(labels, held, rng)
    return Split(training=np.flatnonzero(~is_held), validation=np.flatnonzero(is_held))


def shares(counts: NDArray[np.int64], size: float) -> NDArray[np.int64]:
    """Return the share `size` of each count, rounded down; the largest remainders make up the total."""
    wanted = counts * size
    held: NDArray[np.int64] = np.floor(wanted).astype(np.int64)
    missing = round(float(wanted.sum())) - int(held.sum())
    held[np.argsort(held - wanted, kind="stable")[:missing]] += 1
    return held


def chosen(labels: NDArray[np.int64], held: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return which images `rng` chooses: as many of each class as `held` says."""
    _, counts = np.unique(labels, return_counts=True)
    shuffled = rng.permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    is_chosen = np.zeros(len(labels), bool)
    is_chosen[by_class] = np.concatenate([np.arange(n) < h for n, h in zip(counts, held, strict=True)])
    return is_chosen


@dataclass(frozen=True)
class Standardization:
    """How pixels become the inputs of a network: less their mean, over their standard deviation.

    mean, deviation: of the training pixels, on the scale from 0 to 1; deskew: whether images are
    deskewed first
    """

    mean: float
    deviation: float
    deskew: bool = False

    @property
    def scale(self) -> float:
        """What pixels from 0 to 255 are multiplied by, before `shift` is taken away from them."""
        return 1.0 / (255.0 * self.deviation)

    @property
    def shift(self) -> float:
        """What is taken away from scaled pixels."""
        return self.mean / self.deviation

    def prepared(self, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return images `(images, height, width)` ready to be scaled: deskewed, if `deskew` is set."""
        return deskewed(images) if self.deskew else images

    def exactly(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return images `(images, height, width)` as rows of standardised pixels, in float64."""
        return self.scaled(self.prepared(images))

    def scaled(self, prepared: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return images that are prepared already as rows of standardised pixels, in float64."""
        return (prepared.reshape(len(prepared), -1) / 255.0 - self.mean) / self.deviation

    @classmethod
    def of(
        cls, images: NDArray[np.uint8], indices: NDArray[np.int64], *, deskew: bool = False
    ) -> "Standardization":
        """Measure them over `images[indices]`, `(images, height, width)`; exact sums of integers.

        deskew: whether the images were deskewed, as all that follow are to be
        """
        total = squares = 0
        for start in range(0, len(indices), 1000):
            pixels = images[indices[start : start + 1000]].reshape(-1)
            total += int(pixels.sum(dtype=np.uint64))
            wide = pixels.astype(np.float32)  # 1000 images at a time: each square is exact in float32
            squares += int(np.einsum("i,i->", wide, wide, dtype=np.float64))
        count = len(indices) * images[0].size
        mean = total / count
        variance = max(squares / count - mean * mean, 0.0)
        deviation = variance**0.5 / 255.0
        return cls(mean / 255.0, deviation if deviation > 0.0 else 1.0, deskew)


class Batcher:
    """Gathers mini-batches: copies images into one float buffer, standardised.

    Images stay uint8 until here: gathering bytes and scaling them is faster than gathering floats, and
    takes a quarter of the memory.

    images, labels: `(images, height, width)`, uint8, deskewed already if that is wanted, and `(images,)`
    """

    def __init__(
        self,
        images: NDArray[np.uint8],
        labels: NDArray[np.int64],
        standardization: Standardization,
    ) -> None:
        self.images = images
        self._rows = images.reshape(len(images), -1)
        self.labels = labels
        self._scale = standardization.scale
        self._shift = standardization.shift
        self._allocate(0)

    def gather(
        self, indices: NDArray[np.int64], distort: Distort | None = None
    ) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
        """Return images `(batch, pixels)` and labels `(batch,)`: buffers, valid until the next call.

        distort: what changes the gathered bytes, `(batch, pixels)`, in place
        """
        batch = len(indices)
        if batch > len(self._bytes):
            self._allocate(batch)
        pixels, X, labels = self._bytes[:batch], self._floats[:batch], self._chosen[:batch]
        # mode="clip" since the default copies through a buffer of its own
        self._rows.take(indices, axis=0, out=pixels, mode="clip")
        self.labels.take(indices, out=labels, mode="clip")
        if distort is not None:
            distort(pixels)
        np.copyto(X, pixels)
        X *= self._scale
        X -= self._shift
        return X, labels

    def in_order(
        self, indices: NDArray[np.int64], batch_size: int, distort: Distort | None = None
    ) -> Iterator[tuple[slice, NDArray[np.floating], NDArray[np.int64]]]:
        """Yield the place, images and labels of one batch after the other."""
        for start in range(0, len(indices), batch_size):
            place = slice(start, min(start + batch_size, len(indices)))
            yield (place, *self.gather(indices[place], distort))

    def _allocate(self, batch: int) -> None:
        self._bytes = aligned_empty((batch, self._rows.shape[1]), np.uint8)
        self._floats = aligned_empty(self._bytes.shape, np.float32)
        self._chosen = np.empty(batch, np.int64)
