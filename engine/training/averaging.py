"""A running average of the weights."""

import numpy as np

from engine.aligned_arrays import aligned_empty
from engine.network.layers import Array
from engine.optimization.optimizers import BLOCK

INTERVAL = 4
"""Steps between two updates of the average: each takes a tenth as long as a step of large networks."""


class WeightAverage:
    """a ← d a + (1 - d) w every four steps, with d = min(decay, (1 + t) / (10 + t))⁴ after t steps.

    The first four steps are averaged one by one, with the fourth root of that: an epoch may have no more.

    An exponential form of the average of Polyak and Juditsky 1992; the smaller d at first keeps the initial
    weights from lasting, as in Tarvainen and Valpola 2017. Averaging every fourth of thousands of
    steps makes almost no difference. Batch-norm statistics are averaged alike.

    vectors: the averages, each in the shape of the vector that it averages
    """

    def __init__(self, decay: float, followed: tuple[Array, ...]) -> None:
        self.decay = decay
        self.vectors = tuple(vector.copy() for vector in followed)
        self._followed = followed
        self._scratch = aligned_empty((BLOCK,), followed[0].dtype.type)

    def update(self, steps: int) -> None:
        """Update the averages after so many steps, if it is due; in blocks that stay in the cache."""
        if steps % INTERVAL and steps > INTERVAL:
            return
        kept = min(self.decay, (1 + steps) / (10 + steps))
        weight = 1.0 - (kept**INTERVAL if steps > INTERVAL else kept)
        for average, now in zip(self.vectors, self._followed, strict=True):
            for start in range(0, len(average), BLOCK):
                block = average[start : start + BLOCK]
                scratch = self._scratch[: len(block)]
                np.subtract(now[start : start + BLOCK], block, out=scratch)
                scratch *= weight
                block += scratch
