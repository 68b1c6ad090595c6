"""Layers: dense, batch normalisation and dropout, each with its forward and backward pass.

A layer reads `X` of `(batch, inputs)` and returns `Y` of `(batch, outputs)`; going back it reads `dY`, the
gradient of the loss by `Y`, writes the gradients of its own parameters, and returns `dX`. Parameters and
their gradients are views of the network's flat vectors. Nothing is allocated in a step: `resize` makes the
buffers, and every operation writes into one of them. What a layer returns is its own buffer, valid until
its next call.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.aligned_arrays import aligned_empty

Array = NDArray[np.floating]
"""Numbers in the network's dtype."""

DROPOUT_BLOCK = 16_384
"""Units whose mask is drawn at once: 32 KiB of random bits, which stay in the L1 cache."""

Precision = type[np.float32] | type[np.float64]
"""The dtype of a network: float32 for training, float64 for gradient checking."""


class Layer(ABC):
    """The base of all layers.

    buffers: the arrays that the layer needs for a batch, by name; each is `(batch, inputs)` or
    `(batch, outputs)`, as the value says, and an attribute of that name after `resize`.
    """

    buffers: ClassVar[dict[str, str]] = {}

    def __init__(self, inputs: int, outputs: int, dtype: Precision) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self.dtype = dtype
        self._memory: dict[str, Array] = {}

    def resize(self, batch: int) -> None:
        """Make the buffers `batch` rows high. Memory is kept for the largest batch so far."""
        for name, columns in self.buffers.items():
            memory = self._memory.get(name)
            if memory is None or len(memory) < batch:
                memory = aligned_empty((batch, getattr(self, columns)), self.dtype)
                self._memory[name] = memory
            setattr(self, name, memory[:batch])

    @abstractmethod
    def forward(self, X: Array, *, training: bool) -> Array:
        """Return `Y` for `X`. `training` tells dropout and batch normalisation which of two ways to go."""

    @abstractmethod
    def backward(self, dY: Array) -> Array:
        """Return `dX` for `dY`, after writing the gradients of the parameters."""

    def input_gradient(self, dY: Array) -> Array:
        """Return `dX` alone; the gradients of the parameters are undefined afterwards."""
        return self.backward(dY)


class Dense(Layer):
    """Y = X W + b, with `W` of `(inputs, outputs)` and `b` of `(outputs,)`."""

    buffers: ClassVar[dict[str, str]] = {"Y": "outputs", "dX": "inputs"}
    Y: Array
    dX: Array
    W: Array
    b: Array
    dW: Array
    db: Array

    def resize(self, batch: int) -> None:
        """Make the buffers, and a row of ones to sum over the batch with."""
        super().resize(batch)
        self.ones = np.ones(batch, self.dtype)

    def forward(self, X: Array, *, training: bool) -> Array:
        """Return the weighted sums."""
        self.X = X
        np.dot(X, self.W, out=self.Y)
        self.Y += self.b
        return self.Y

    def backward(self, dY: Array) -> Array:
        """dW = Xᵀ dY, db = the sum of dY over the batch, dX = dY Wᵀ."""
        self.parameter_gradients(dY)
        return self.input_gradient(dY)

    def input_gradient(self, dY: Array) -> Array:
        """Compute the second half of `backward`."""
        return np.dot(dY, self.W.T, out=self.dX)

    def parameter_gradients(self, dY: Array) -> None:
        """Compute the first half of `backward`: all that the first layer of a network needs."""
        np.dot(self.X.T, dY, out=self.dW)
        np.dot(self.ones, dY, out=self.db)  # a sum over the batch, which BLAS does in half the time


class BatchNorm(Layer):
    """Y = gamma x̂ + beta, with x̂ the input at mean 0 and variance 1 over the batch.

    Ioffe and Szegedy 2015, algorithm 1. As in PyTorch, the running figures move by a tenth of the way to
    those of each full batch, the running variance is the unbiased one, and evaluation uses the running
    figures. A smaller batch, as the last of an epoch may be, moves them by its share of a full one: in
    PyTorch one of two images counts a tenth like any other, just before validation. One image alone, which
    PyTorch refuses, has no variance, and leaves the running one as it is.

    full_batch: images in a full batch; remembers: whether training moves the running figures
    """

    buffers: ClassVar[dict[str, str]] = {"centred": "outputs", "Y": "outputs", "dX": "outputs"}
    centred: Array
    Y: Array
    dX: Array
    gamma: Array
    beta: Array
    dgamma: Array
    dbeta: Array
    running_mean: Array
    running_variance: Array

    epsilon = 1e-5
    momentum = 0.1
    full_batch = 1
    remembers = True

    def resize(self, batch: int) -> None:
        """Make the buffers, and a row that takes the mean over the batch."""
        super().resize(batch)
        self.evenly = np.full(batch, 1.0 / batch, self.dtype)

    def forward(self, X: Array, *, training: bool) -> Array:
        """Normalise by the batch in training, by the running figures in evaluation."""
        self._by_batch = training
        if training:
            mean = np.dot(self.evenly, X)
            np.subtract(X, mean, out=self.centred)
            np.multiply(self.centred, self.centred, out=self.Y)
            variance = np.dot(self.evenly, self.Y)
            if self.remembers:
                self._remember(mean, variance, len(X))
        else:
            np.subtract(X, self.running_mean, out=self.centred)
            variance = self.running_variance
        self.inverse_deviation = 1.0 / np.sqrt(variance + self.epsilon)
        np.multiply(self.centred, self.gamma * self.inverse_deviation, out=self.Y)
        self.Y += self.beta
        return self.Y

    def backward(self, dY: Array) -> Array:
        """Return gamma / deviation * (dY - mean(dY) - x̂ mean(dY x̂)), the means over the batch.

        The last two terms are there because every input of a batch moves its mean and its variance; after an
        evaluation, which uses the running figures, they are not.
        """
        np.multiply(dY, self.centred, out=self.dX)
        mean_dY = np.dot(self.evenly, dY)
        mean_dY_x_hat = np.dot(self.evenly, self.dX) * self.inverse_deviation
        np.multiply(mean_dY, len(dY), out=self.dbeta)
        np.multiply(mean_dY_x_hat, len(dY), out=self.dgamma)
        scale: Array = self.gamma * self.inverse_deviation
        if not self._by_batch:
            return np.multiply(dY, scale, out=self.dX)
        np.multiply(self.centred, mean_dY_x_hat * self.inverse_deviation, out=self.dX)
        np.subtract(dY, self.dX, out=self.dX)
        self.dX -= mean_dY
        self.dX *= scale
        return self.dX

    def _remember(self, mean: Array, variance: Array, batch: int) -> None:
        """Move the running figures towards those of this batch."""
        share = self.momentum * min(batch / self.full_batch, 1.0)
        self.running_mean += share * (mean - self.running_mean)
        if batch > 1:
            unbiased = variance * (batch / (batch - 1))
            self.running_variance += share * (unbiased - self.running_variance)


class Dropout(Layer):
    """In training, switch each unit off with probability `rate` and scale up the rest by 1 / (1 - rate).

    Srivastava et al. 2014, in the inverted form: evaluation then leaves everything as it is.
    """

    buffers: ClassVar[dict[str, str]] = {"mask": "outputs", "Y": "outputs", "dX": "outputs"}
    mask: Array
    Y: Array
    dX: Array

    def __init__(self, units: int, dtype: Precision, rate: float, rng: np.random.Generator) -> None:
        super().__init__(units, units, dtype)
        self.rate = rate
        self.rng = rng
        self.frozen = False  # whether the mask stays: some ask twice for the same network
        self._active = False

    def resize(self, batch: int) -> None:
        """Make the buffers, if there is anything to drop."""
        self._batch = batch
        if self.rate > 0.0:
            super().resize(batch)

    def forward(self, X: Array, *, training: bool) -> Array:
        """Return `X` times a fresh mask, or `X` itself in evaluation."""
        self._active = training and self.rate > 0.0
        if not self._active:
            return X
        if not self.frozen:
            self._draw()
        return np.multiply(X, self.mask, out=self.Y)

    def backward(self, dY: Array) -> Array:
        """Multiply by the same mask."""
        return np.multiply(dY, self.mask, out=self.dX) if self._active else dY

    def _draw(self) -> None:
        """Fill the mask with zeros and 1 / (1 - rate), from 16 random bits a unit.

        The rate is so rounded to 1/65,536. Drawing a float for each unit takes four times as long.
        """
        super().resize(self._batch)  # the rate may have been 0 until now
        mask = self.mask.reshape(-1)
        dropped = min(round(self.rate * 2**16), 2**16 - 1)
        for start in range(0, mask.size, DROPOUT_BLOCK):
            part = mask[start : start + DROPOUT_BLOCK]
            bits = self.rng.bit_generator.random_raw(-(-part.size // 4)).view(np.uint16)
            np.greater_equal(bits[: part.size], dropped, out=part)
        mask *= 2**16 / (2**16 - dropped)
