"""Adversarial training: perturbs images in the direction that raises their loss."""

import numpy as np
from numpy.typing import NDArray

from engine.network.layers import Array
from engine.network.losses import SoftmaxCrossEntropy
from engine.network.mlp import MLP

INTERVAL = 2
"""One of so many mini-batches is perturbed: as good as all of them, in three quarters of the time."""
MIN_NORM = 1e-30
"""The smallest norm that a gradient is divided by, so that a zero gradient perturbs nothing."""


class Adversary:
    """Perturbs each image of a mini-batch so that its loss rises: X + ε G / ‖G‖, with G its gradient by X.

    Goodfellow, Shlens and Szegedy 2015, section 6, learn such images beside untouched ones; that each step
    has the same Euclidean length is from Miyato, Maeda, Koyama and Ishii 2018, section 3.1.

    The way up is that of the network which then learns the images: the same units are off both times, since
    what raises the loss of one choice of units may lower that of another. Batch normalisation's running
    figures follow the images that are learned, and so move once a step.

    length: ε, in standardised pixels
    """

    def __init__(self, length: float) -> None:
        self.length = length

    def is_due(self, steps: int) -> bool:
        """Return whether the mini-batch after so many steps is perturbed."""
        return self.length > 0.0 and steps % INTERVAL == 0

    def perturb(self, X: Array, labels: NDArray[np.int64], network: MLP, loss: SoftmaxCrossEntropy) -> None:
        """Move the images of `X`, `(batch, pixels)`, in place; the network's gradients are used up.

        Dropout draws its masks here, and running figures stay as they are.
        """
        network.freeze(statistics=True)
        loss.forward(network.forward(X, training=True), labels)
        network.freeze()
        uphill = network.input_gradient(loss.backward(), alone=True)
        lengths = np.sqrt(np.einsum("ij,ij->i", uphill, uphill))
        uphill *= (self.length / np.maximum(lengths, MIN_NORM))[:, None]
        X += uphill
