"""How accuracy falls when images are made worse."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analysis.sample import Sample
from engine.data.damage import Damage

FIRST = 2_000
"""Images that are enough for a curve: accuracy is then known to about one point in a hundred."""


@dataclass(frozen=True)
class Point:
    """How many of `images` damaged images were read correctly; it is whole when they are all `of`."""

    damage: Damage
    strength: float
    right: int
    images: int
    of: int

    @property
    def accuracy(self) -> float:
        """The share that was read correctly."""
        return self.right / self.images

    @property
    def is_whole(self) -> bool:
        """Whether all images were read."""
        return self.images == self.of


def robustness(sample: Sample, damage: Damage, seed: int = 0) -> Iterator[Point]:
    """Yield the accuracy at one strength after the other, undamaged first, and each batch by batch.

    Undamaged images give the accuracy of `Learner.evaluate` exactly. The same seed gives the same damage.

    Raises:
        NotFiniteError: when the network's outputs are not finite.
    """
    dataset = sample.subject.dataset
    for strength in sorted(damage.strengths(dataset.height, dataset.width), key=lambda s: (s != 0, s)):
        right = 0
        for number, place in enumerate(sample.places()):
            images = sample.images(place)
            if strength:
                images = damage.apply(images, strength, np.random.default_rng((seed, number)))
            predicted = sample.forward(images).argmax(axis=1)
            right += int(np.count_nonzero(predicted == sample.labels[place]))
            yield Point(damage, strength, right, place.stop, len(sample))


@dataclass(frozen=True, eq=False)
class Damaged:
    """One image, under one strength after the other.

    images: `(strengths, height, width)`, uint8; read_as: the class that each is read as
    """

    strengths: tuple[float, ...]
    images: NDArray[np.uint8]
    read_as: tuple[int, ...]
    label: int


def rising(sample: Sample, damage: Damage, at: int, seed: int = 0) -> Damaged:
    """Return image number `at` of the sample under every strength, from the lowest up."""
    dataset = sample.subject.dataset
    strengths = damage.strengths(dataset.height, dataset.width)
    original = sample.images(slice(at, at + 1))
    images = np.concatenate(
        [damage.apply(original, strength, np.random.default_rng((seed, at))) for strength in strengths]
    )
    read_as = sample.forward(images).argmax(axis=1)
    return Damaged(strengths, images, tuple(read_as.tolist()), int(sample.labels[at]))
