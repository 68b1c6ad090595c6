"""The loss: softmax cross-entropy, computed from logits."""

import numpy as np
from numpy.typing import NDArray

from engine.network.layers import Array, Precision


class SoftmaxCrossEntropy:
    """The mean over the batch of -sum(target * log softmax(logits)).

    The targets are (1 - smoothing) for the right class plus smoothing / classes for every class (Szegedy et
    al. 2016, section 7). With log softmax(z) = z - max(z) - log(sum(exp(z - max(z)))) nothing overflows and
    no logarithm of zero is taken.

    Inside, classes come first: `(classes, batch)`. NumPy reduces a few long rows several times faster than
    many rows of ten.
    """

    def __init__(self, classes: int, smoothing: float = 0.0, dtype: Precision = np.float32) -> None:
        self.classes = classes
        self.smoothing = smoothing
        self.dtype = dtype
        self._batch = 0

    def forward(self, logits: Array, labels: NDArray[np.int64]) -> float:
        """Return the loss, in nats, for logits `(batch, classes)` and labels `(batch,)`."""
        if len(logits) != self._batch:
            self._resize(len(logits))
        shifted, exp = self._shifted, self._exp
        np.copyto(shifted, logits.T)
        np.maximum.reduce(shifted, axis=0, out=self._max)
        np.subtract(shifted, self._max, out=shifted)
        np.exp(shifted, out=exp)
        np.dot(self._ones, exp, out=self._sum)  # BLAS sums in half the time
        np.multiply(labels, self._batch, out=self._right)
        np.add(self._right, self._columns, out=self._right)
        wanted = float(np.add.reduce(shifted.ravel().take(self._right)))
        if self.smoothing:
            evenly = float(np.add.reduce(shifted, axis=None)) / self.classes
            wanted = (1.0 - self.smoothing) * wanted + self.smoothing * evenly
        return (float(np.add.reduce(np.log(self._sum))) - wanted) / self._batch

    def right(self) -> Array:
        """Return the probability of each image's true class, `(batch,)`; to be called before `backward`."""
        given: Array = self._exp.ravel().take(self._right)
        given /= self._sum
        return given

    def backward(self, scale: float = 1.0) -> Array:
        """Return `scale` times the gradient by the logits, (softmax - target) / batch: `(batch, classes)`."""
        gradient, each = self._exp, scale / self._batch
        np.divide(self._sum, each, out=self._sum)
        np.divide(gradient, self._sum, out=gradient)
        if self.smoothing:
            gradient -= each * self.smoothing / self.classes
        gradient.ravel()[self._right] -= each * (1.0 - self.smoothing)
        return gradient.T

    def _resize(self, batch: int) -> None:
        """Make the buffers for a batch of this size."""
        self._batch = batch
        self._shifted, self._exp = np.empty((2, self.classes, batch), self.dtype)
        self._max, self._sum = np.empty((2, batch), self.dtype)
        self._ones = np.ones(self.classes, self.dtype)
        self._columns = np.arange(batch)
        self._right = np.empty(batch, np.int64)  # where each image's right class stands, in a flat view


def softmax(logits: Array, temperature: float = 1.0) -> Array:
    """Return the probabilities `(batch, classes)` that logits stand for; rows add up to 1."""
    exp: Array = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    exp /= exp.sum(axis=1, keepdims=True)
    return exp


def log_softmax(logits: Array) -> Array:
    """Return the logarithms of these probabilities, which tell them apart even where they are near 0."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return log_p
