"""Importance sampling: training images that the network is undecided about are drawn more often."""

import numpy as np
from numpy.typing import NDArray

from engine.network.layers import Array

MEMORY = 0.7
"""Share of its running mean that an image keeps each time it is learned."""
UNIFORM_WEIGHT = 0.01
"""The weight that every image has besides p (1 - p), which is 0.25 at most."""


class Emphasis:
    """Draws a share of an epoch's images in proportion to p (1 - p) + ε; the others come once each, as ever.

    p is a running mean of the probability of an image's true class while it was learned. Chang,
    Learned-Miller and McCallum 2017, section 4.2 (SGD-STC): images near the threshold teach most. Those that
    are surely right teach little, and those that are surely wrong, of which many are mislabelled, teach harm.

    Two things are otherwise than in the paper, which learns its first epochs, a burn-in, evenly, and has
    another ε. Here p begins undecided and moves by three tenths each time that an image is learned, so that
    emphasis comes by itself as there is something to go by: an undecided image is drawn 1.1 times as often as
    one that was surely right once, 1.3 times if twice, 3 times if five times, 26 times in the end. And ε is
    small, since it need not keep easy images from being lost: the share that is not drawn brings them.

    probabilities: `(training images of the data set,)`, as they stand; drawn_by: as they stood when the order
    of this epoch was drawn
    """

    def __init__(self, share: float, images: int) -> None:
        self.share = share
        self.probabilities = np.full(images, 0.5, np.float32)  # undecided about every one
        self.drawn_by = self.probabilities.copy()

    def order(self, training: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """Return an epoch's order of the images `training`, by the probabilities in `drawn_by`."""
        order = rng.permutation(training)
        drawn = round(self.share * len(order))
        weights = self.weights(training)
        order[:drawn] = rng.choice(training, drawn, p=weights / weights.sum())
        return rng.permutation(order)

    def weights(self, training: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return what each of these images counts when some are drawn."""
        p = self.drawn_by[training].astype(np.float64)
        return p * (1.0 - p) + UNIFORM_WEIGHT

    def update(self, images: NDArray[np.int64], right: Array) -> None:
        """Update the running means with the probabilities `(batch,)` of the true classes of these images."""
        kept = MEMORY * self.probabilities[images]
        self.probabilities[images] = np.clip(kept + (1.0 - MEMORY) * right, 0.0, 1.0)
