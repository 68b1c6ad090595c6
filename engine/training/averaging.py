"""A running average of the weights, which is nearer to where they are going than any step of theirs."""

import numpy as np

from engine.memory import aligned_empty
from engine.network.layers import Array
from engine.optimization.optimizers import BLOCK


class WeightAverage:
    """a ← d a + (1 - d) w after each step, with d = min(decay, (1 + t) / (10 + t)) after t steps.

    An exponential form of the average of Polyak and Juditsky 1992; the smaller d at first keeps the initial
    weights from lingering, as in Tarvainen and Valpola 2017. Batch-norm statistics are averaged alike.

    vectors: the averages, each of the form of what it follows
    """

    def __init__(self, decay: float, followed: tuple[Array, ...]) -> None:
        self.decay = decay
        self.vectors = tuple(vector.copy() for vector in followed)
        self._followed = followed
        self._scratch = aligned_empty((BLOCK,), followed[0].dtype.type)

    def follow(self, steps: int) -> None:
        """Take in the weights after so many steps; in blocks that stay in the processor's cache."""
        weight = 1.0 - min(self.decay, (1 + steps) / (10 + steps))
        for average, now in zip(self.vectors, self._followed, strict=True):
            for start in range(0, len(average), BLOCK):
                block = average[start : start + BLOCK]
                scratch = self._scratch[: len(block)]
                np.subtract(now[start : start + BLOCK], block, out=scratch)
                scratch *= weight
                block += scratch
