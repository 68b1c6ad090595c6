"""The training objective: the loss of a mini-batch, plus the L2 penalty on the weights."""

import numpy as np

from engine.aligned_arrays import aligned_empty
from engine.network.losses import SoftmaxCrossEntropy
from engine.network.mlp import MLP

AT_ONCE = 131_072
"""Weights whose share of the penalty is computed at once, in memory that stays in the cache."""


class Objective:
    """A network's loss on a mini-batch, plus l2 / 2 times the sum of its squared weights.

    The penalty is here alone: in training, in the gradient check, and where a step is walked through.
    """

    def __init__(self, network: MLP, loss: SoftmaxCrossEntropy, l2: float = 0.0) -> None:
        self.network = network
        self.loss = loss
        self.l2 = l2
        self._scratch = aligned_empty((min(AT_ONCE, network.weights.stop),), network.dtype)

    def penalty(self) -> float:
        """Return l2 / 2 times the sum of the squared weights."""
        weights = self.network.parameters[self.network.weights]
        return 0.5 * self.l2 * float(weights @ weights) if self.l2 else 0.0

    def backward(self, scale: float = 1.0) -> None:
        """Fill the network's gradients with `scale` times those of the whole, after both went forward."""
        self.network.backward(self.loss.backward(scale))
        self.add_penalty(scale)

    def add_penalty(self, scale: float = 1.0) -> None:
        """Add `scale` times the penalty's gradient, l2 times each weight, to that of the loss."""
        if not self.l2:
            return
        weights, gradients = self.network.parameters, self.network.gradients
        for start in range(0, self.network.weights.stop, AT_ONCE):
            block = slice(start, min(start + AT_ONCE, self.network.weights.stop))
            pull = self._scratch[: block.stop - start]
            np.multiply(weights[block], scale * self.l2, out=pull)
            gradients[block] += pull
