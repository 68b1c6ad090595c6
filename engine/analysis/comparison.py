"""Compares two runs: which hyperparameters differ, and whether their accuracies differ significantly."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.hyperparameters import SPECIFICATIONS, Hyperparameters
from engine.sentences import N_

SIGNIFICANCE = 0.05
"""Below this chance of being luck a difference counts as more than that."""


@dataclass(frozen=True)
class Difference:
    """A hyperparameter that differs between two runs."""

    name: str
    first: object
    second: object


def differences(first: Hyperparameters, second: Hyperparameters) -> tuple[Difference, ...]:
    """Return the hyperparameters that differ, in their usual order.

    A learning rate that was not set counts as the optimizer's default.
    """
    first, second = first.resolved(), second.resolved()
    pairs = ((name, getattr(first, name), getattr(second, name)) for name in SPECIFICATIONS)
    return tuple(Difference(*pair) for pair in pairs if pair[1] != pair[2])


@dataclass(frozen=True)
class McNemarTest:
    """Whether two networks differ in how many of the same test images they predict correctly.

    McNemar 1947, as Dietterich 1998 (Neural Computation 10, section 3.1) recommends it for two networks that
    were trained once: only images count that one of them predicted correctly and the other did not. If
    neither is better, each of those is as likely on either side.

    first_only, second_only: how many images only the first, only the second read correctly (b and c)
    p_value: the chance of a difference at least as large, if neither is better, by the binomial distribution:
        chi squared gives other verdicts near 5 %, also where hundreds of images count
    """

    first_only: int
    second_only: int
    p_value: float

    @property
    def is_significant(self) -> bool:
        """Whether the difference is significant."""
        return self.p_value < SIGNIFICANCE


def mcnemar(first_only: int, second_only: int) -> McNemarTest:
    """Test the difference of two networks, of which each alone predicted so many images correctly."""
    tosses, fewer = first_only + second_only, min(first_only, second_only)
    ways = tail = 1  # in which no toss falls to the smaller side; then one, two, ...
    for heads in range(fewer):
        ways = ways * (tosses - heads) // (heads + 1)
        tail += ways
    # both sides have such a tail; with as many on either they overlap, and all there is lies in them
    return McNemarTest(first_only, second_only, min(1.0, 2 * tail / 2**tosses))


@dataclass(frozen=True, eq=False)
class ImageComparison:
    """Two networks on the same test images, image by image.

    first_only, second_only: `(images,)`, the indices of the images that only one of them predicted correctly
    first_predicted, second_predicted: `(images,)`, the prediction of each for every test image
    """

    labels: NDArray[np.int64]
    first_predicted: NDArray[np.int64]
    second_predicted: NDArray[np.int64]
    first_only: NDArray[np.int64]
    second_only: NDArray[np.int64]
    both_right: int
    both_wrong: int

    @property
    def test(self) -> McNemarTest:
        """The test of the difference of their accuracies."""
        return mcnemar(len(self.first_only), len(self.second_only))


def compare_images(
    labels: NDArray[np.int64], first_predicted: NDArray[np.int64], second_predicted: NDArray[np.int64]
) -> ImageComparison:
    """Return which images only one of two networks predict correctly.

    labels, first_predicted, second_predicted: `(images,)`

    Raises:
        EngineError: when they are not of the same images.
    """
    if not len(labels) == len(first_predicted) == len(second_predicted):
        raise EngineError(N_("The two runs were tested on different images."))
    first_right, second_right = first_predicted == labels, second_predicted == labels
    return ImageComparison(
        labels=labels,
        first_predicted=first_predicted,
        second_predicted=second_predicted,
        first_only=np.flatnonzero(first_right & ~second_right),
        second_only=np.flatnonzero(~first_right & second_right),
        both_right=int(np.count_nonzero(first_right & second_right)),
        both_wrong=int(np.count_nonzero(~first_right & ~second_right)),
    )
