"""How well a network reads images that are damaged more and more."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.analysis.sample import Sample, logits_of
from engine.data.damage import DAMAGES, Damage, Images
from engine.training.subject import Subject

AT_ONCE = 500
"""Images that are damaged and read in one piece: a tenth of a second at the most."""


@dataclass(frozen=True)
class Reached:
    """The share of images that are read correctly at one strength of a damage; None while it is counted.

    done: how many of the images were read so far
    """

    damage: Damage
    strength: float
    accuracy: float | None
    done: int


def robustness(subject: Subject, sample: Sample, damages: tuple[Damage, ...] = DAMAGES) -> Iterator[Reached]:
    """Yield, piece by piece, the accuracy at each strength of each damage.

    What is left to chance is decided by the place of a piece alone, so that two networks, or the same one
    twice, are shown the same images.
    """
    for damage in damages:
        for strength in damage.strengths:
            right = 0
            for start in range(0, len(sample), AT_ONCE):
                part = slice(start, start + AT_ONCE)
                read = logits_of(subject, damaged(sample.images[part], damage, strength, start)).argmax(
                    axis=1
                )
                right += int(np.sum(read == sample.labels[part]))
                done = min(start + AT_ONCE, len(sample))
                yield Reached(damage, strength, right / done if done == len(sample) else None, done)


def damaged(images: Images, damage: Damage, strength: float, place: int) -> Images:
    """Return images of the sample, from `place` on, as the network is shown them; unharmed at strength 0."""
    if strength == 0.0:
        return images
    return damage.apply(images, strength, np.random.default_rng((place, round(1000 * abs(strength)))))
