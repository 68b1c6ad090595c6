"""Activation functions as layers: forward, and the derivative in backward.

Each works element by element on `(batch, units)`. `forward` keeps in `Y` what `backward` needs; `backward`
multiplies the gradient that comes down by the derivative.
"""

import math
from typing import ClassVar

import numpy as np

from engine.network.layers import Array, Layer


class Activation(Layer):
    """A layer without parameters and with as many outputs as inputs."""

    buffers: ClassVar[dict[str, str]] = {"Y": "outputs", "dX": "outputs"}
    Y: Array
    dX: Array


class ReLU(Activation):
    """max(0, x); Nair and Hinton 2010. The derivative at 0 is taken as 0."""

    def forward(self, X: Array, *, training: bool) -> Array:
        """Cut off what is negative."""
        return np.maximum(X, 0.0, out=self.Y)

    def backward(self, dY: Array) -> Array:
        """Pass the gradient where the unit was on."""
        np.greater(self.Y, 0.0, out=self.dX)
        return np.multiply(dY, self.dX, out=self.dX)


class LeakyReLU(Activation):
    """max(x, 0.01 x); Maas et al. 2013."""

    slope = 0.01

    def forward(self, X: Array, *, training: bool) -> Array:
        """Let a hundredth of what is negative through."""
        np.multiply(X, self.slope, out=self.Y)
        return np.maximum(X, self.Y, out=self.Y)

    def backward(self, dY: Array) -> Array:
        """Scale the gradient by 1 where the unit was on, by the slope elsewhere."""
        np.greater(self.Y, 0.0, out=self.dX)
        np.maximum(self.dX, self.slope, out=self.dX)
        return np.multiply(dY, self.dX, out=self.dX)


class GELU(Activation):
    """x times the share of a normal distribution below x, in its tanh form.

    0.5 x (1 + tanh(u)) with u = sqrt(2/pi) (x + 0.044715 x^3); Hendrycks and Gimpel 2016.
    """

    buffers: ClassVar[dict[str, str]] = {
        "Y": "outputs",
        "dX": "outputs",
        "X": "outputs",
        "tanh": "outputs",
    }
    X: Array
    tanh: Array

    scale = math.sqrt(2 / math.pi)
    cubic = 0.044715

    def forward(self, X: Array, *, training: bool) -> Array:
        """Weigh each input by how large it is among normal ones."""
        np.copyto(self.X, X)
        np.multiply(X, X, out=self.tanh)
        self.tanh *= self.cubic * self.scale
        self.tanh += self.scale
        self.tanh *= X
        np.tanh(self.tanh, out=self.tanh)
        np.add(self.tanh, 1.0, out=self.Y)
        self.Y *= X
        self.Y *= 0.5
        return self.Y

    def backward(self, dY: Array) -> Array:
        """0.5 (1 + tanh u) + 0.5 x (1 - tanh² u) u', with u' = sqrt(2/pi) (1 + 3 * 0.044715 x²)."""
        X, tanh, dX = self.X, self.tanh, self.dX
        np.multiply(X, X, out=dX)
        dX *= 3 * self.cubic * self.scale
        dX += self.scale
        dX *= X
        np.multiply(tanh, tanh, out=X)  # X has done its work: it holds tanh² from here on
        np.subtract(1.0, X, out=X)
        dX *= X
        dX += tanh
        dX += 1.0
        dX *= 0.5
        dX *= dY
        return dX


class Tanh(Activation):
    """The hyperbolic tangent, from -1 to 1."""

    def forward(self, X: Array, *, training: bool) -> Array:
        """Squash to -1 to 1."""
        return np.tanh(X, out=self.Y)

    def backward(self, dY: Array) -> Array:
        """1 - y²."""
        np.multiply(self.Y, self.Y, out=self.dX)
        np.subtract(1.0, self.dX, out=self.dX)
        self.dX *= dY
        return self.dX

    @property
    def saturated(self) -> float:
        """The share of the last outputs where the slope is below a twenty-fifth of its largest."""
        return float(np.mean(np.abs(self.Y) > 0.98))


class Sigmoid(Activation):
    """1 / (1 + exp(-x)), from 0 to 1; computed as (1 + tanh(x/2)) / 2, which cannot overflow."""

    def forward(self, X: Array, *, training: bool) -> Array:
        """Squash to 0 to 1."""
        np.multiply(X, 0.5, out=self.Y)
        np.tanh(self.Y, out=self.Y)
        self.Y += 1.0
        self.Y *= 0.5
        return self.Y

    def backward(self, dY: Array) -> Array:
        """Y (1 - y)."""
        np.subtract(1.0, self.Y, out=self.dX)
        self.dX *= self.Y
        self.dX *= dY
        return self.dX

    @property
    def saturated(self) -> float:
        """The share of the last outputs where the slope is below a twenty-fifth of its largest."""
        return float(np.mean(np.abs(self.Y - 0.5) > 0.49))


ACTIVATIONS: dict[str, type[Activation]] = {
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "gelu": GELU,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
}
