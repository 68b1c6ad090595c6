"""Measures the accuracy of a network on images that are corrupted more and more."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.analysis.evaluation_sample import EvaluationSample, logits_of
from engine.data.corruptions import CORRUPTIONS, Corruption, Images
from engine.training.trained_network import TrainedNetwork

AT_ONCE = 500
"""Images that are corrupted and predicted at once: some 10 ms with the default network."""


@dataclass(frozen=True)
class RobustnessPoint:
    """The accuracy at one strength of a corruption; None while it is being measured.

    done: how many of the images were predicted so far
    """

    corruption: Corruption
    strength: float
    accuracy: float | None
    done: int


def robustness(
    trained: TrainedNetwork, sample: EvaluationSample, corruptions: tuple[Corruption, ...] = CORRUPTIONS
) -> Iterator[RobustnessPoint]:
    """Yield, piece by piece, the accuracy at each strength of each corruption, starting with strength 0.

    The position of a piece seeds all random choices: two networks, or the same one twice, are evaluated on
    the same images, and an image turns the same way, with the same noise, at every strength.

    Raises:
        NotFiniteError: when what the network puts out is not finite.
    """
    for corruption in corruptions:
        strengths = corruption.strengths_on(*sample.images.shape[1:])
        for strength in sorted(strengths, key=lambda strength: (strength != 0.0, strength)):
            right = 0
            for start in range(0, len(sample), AT_ONCE):
                part = slice(start, start + AT_ONCE)
                read = logits_of(trained, corrupted(sample.images[part], corruption, strength, start)).argmax(
                    axis=1
                )
                right += int(np.sum(read == sample.labels[part]))
                done = min(start + AT_ONCE, len(sample))
                yield RobustnessPoint(
                    corruption, strength, right / done if done == len(sample) else None, done
                )


def corrupted(images: Images, corruption: Corruption, strength: float, place: int) -> Images:
    """Return images of the sample, from `place` on, corrupted; unchanged at strength 0."""
    if strength == 0.0:
        return images
    return corruption.apply(images, strength, np.random.default_rng(place))
