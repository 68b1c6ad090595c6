"""Optimizers: how a gradient becomes a step. Sorted from the plain to the involved.

All work in place on one flat vector of parameters `p` and its gradients `g`, in blocks that stay in the
processor's cache from the first operation of a step to the last. A step uses the gradient up: its memory is
where intermediate results go. Each optimizer follows PyTorch's definition of the same name, so that the two
can be compared; its docstring states the formula, with `η` the learning rate.
"""

import math
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.floating]

BLOCK = 65_536
"""Elements in a block. In float32, Adam's four vectors of it take 1 MiB: half of a recent core's L2 cache."""


class Optimizer(ABC):
    """Steps down the gradient.

    state: the vectors that an optimizer remembers, each as long as the parameters; zero at the start.
    steps: how many steps were taken.
    weights: the slice of the parameters that weight decay touches.
    """

    state_names: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        parameters: Vector,
        gradients: Vector,
        weights: slice = slice(0, 0),
        *,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
    ) -> None:
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.steps = 0
        self.state = {name: np.zeros_like(parameters) for name in self.state_names}
        vectors = (parameters, gradients, *self.state.values())
        self._decaying = parameters[weights]
        self._blocks = [
            tuple(vector[start : start + BLOCK] for vector in vectors)
            for start in range(0, len(parameters), BLOCK)
        ]

    def step(self, learning_rate: float) -> None:
        """Change the parameters by one step. The gradients are worth nothing afterwards."""
        self.steps += 1
        self.prepare(learning_rate)
        for block in self._blocks:
            self.update(*block)

    @abstractmethod
    def prepare(self, learning_rate: float) -> None:
        """Work out the scalars of this step."""

    @abstractmethod
    def update(self, p: Vector, g: Vector, *state: Vector) -> None:
        """Step with one block of the parameters, the gradients, and each vector of the state."""


class SGD(Optimizer):
    """p ← p - η g; Robbins and Monro 1951."""

    def prepare(self, learning_rate: float) -> None:
        """Keep η."""
        self.rate = learning_rate

    def update(self, p: Vector, g: Vector, *state: Vector) -> None:
        """Step."""
        np.multiply(g, self.rate, out=g)
        np.subtract(p, g, out=p)


class Momentum(SGD):
    """v ← μ v + g; p ← p - η v; Polyak 1964, in the form of Sutskever et al. 2013 as PyTorch writes it."""

    state_names = ("velocity",)

    def update(self, p: Vector, g: Vector, *state: Vector) -> None:
        """Step."""
        (v,) = state
        np.multiply(v, self.momentum, out=v)
        np.add(v, g, out=v)
        np.multiply(v, self.rate, out=g)
        np.subtract(p, g, out=p)


class Nesterov(SGD):
    """v ← μ v + g; p ← p - η (g + μ v), as two steps: along g, then along v; Nesterov 1983."""

    state_names = ("velocity",)

    def update(self, p: Vector, g: Vector, *state: Vector) -> None:
        """Step."""
        (v,) = state
        np.multiply(v, self.momentum, out=v)
        np.add(v, g, out=v)
        np.multiply(g, self.rate, out=g)
        np.subtract(p, g, out=p)
        np.multiply(v, self.rate * self.momentum, out=g)
        np.subtract(p, g, out=p)


class RMSprop(Optimizer):
    """s ← α s + (1 - α) g²; p ← p - η g / (√s + ε), with α = 0.99, ε = 1e-8; Tieleman and Hinton 2012.

    The state is S = s / (1 - α), which spares two operations on the vector: S ← α S + g², and the step is
    η / √(1 - α) * g / (√S + ε / √(1 - α)).
    """

    state_names = ("squares",)
    alpha = 0.99
    epsilon = 1e-8

    def __init__(
        self, parameters: Vector, gradients: Vector, weights: slice = slice(0, 0), **rest: float
    ) -> None:
        super().__init__(parameters, gradients, weights, **rest)
        self._scratch = np.empty_like(parameters[:BLOCK])

    def prepare(self, learning_rate: float) -> None:
        """Divide η and ε by √(1 - α)."""
        scale = math.sqrt(1.0 - self.alpha)
        self.rate = learning_rate / scale
        self.scaled_epsilon = self.epsilon / scale

    def update(self, p: Vector, g: Vector, *state: Vector) -> None:
        """Step."""
        (S,) = state
        scratch = self._scratch[: len(g)]
        np.multiply(S, self.alpha, out=S)
        np.multiply(g, g, out=scratch)
        np.add(S, scratch, out=S)
        np.sqrt(S, out=scratch)
        np.add(scratch, self.scaled_epsilon, out=scratch)
        np.divide(g, scratch, out=g)
        np.multiply(g, self.rate, out=g)
        np.subtract(p, g, out=p)


class Adam(Optimizer):
    """Steps of each parameter's own size; Kingma and Ba 2015, algorithm 1.

    m ← β₁ m + (1 - β₁) g; v ← β₂ v + (1 - β₂) g²; p ← p - η m̂ / (√v̂ + ε), where m̂ = m / (1 - β₁ᵗ) and
    v̂ = v / (1 - β₂ᵗ) undo the start from zero; β₁ = 0.9, β₂ = 0.999, ε = 1e-8.

    The state is M = m / (1 - β₁) and V = v / (1 - β₂), which spares three operations on the vector:
    M ← β₁ M + g, V ← β₂ V + g², and the step is (a / c) M / (√V + ε / c) with a = η (1 - β₁) / (1 - β₁ᵗ)
    and c = √((1 - β₂) / (1 - β₂ᵗ)).
    """

    state_names = ("moments", "squares")
    beta1 = 0.9
    beta2 = 0.999
    epsilon = 1e-8

    def prepare(self, learning_rate: float) -> None:
        """Work out a / c and ε / c."""
        a = learning_rate * (1.0 - self.beta1) / (1.0 - self.beta1**self.steps)
        c = math.sqrt((1.0 - self.beta2) / (1.0 - self.beta2**self.steps))
        self.rate = a / c
        self.scaled_epsilon = self.epsilon / c

    def update(self, p: Vector, g: Vector, *state: Vector) -> None:
        """Step."""
        M, V = state
        np.multiply(M, self.beta1, out=M)
        np.add(M, g, out=M)
        np.multiply(g, g, out=g)
        np.multiply(V, self.beta2, out=V)
        np.add(V, g, out=V)
        np.sqrt(V, out=g)
        np.add(g, self.scaled_epsilon, out=g)
        np.divide(M, g, out=g)
        np.multiply(g, self.rate, out=g)
        np.subtract(p, g, out=p)


class AdamW(Adam):
    """Adam, and weights shrink by η λ of themselves before the step; Loshchilov and Hutter 2019.

    Biases and batch-norm scales do not shrink.
    """

    def prepare(self, learning_rate: float) -> None:
        """Shrink the weights, then prepare as Adam does."""
        super().prepare(learning_rate)
        if self.weight_decay:
            self._decaying *= 1.0 - learning_rate * self.weight_decay


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
}


def gradient_norm(gradients: Vector) -> float:
    """Return the length of the gradient; infinite or NaN where it has no finite one."""
    return math.sqrt(np.dot(gradients, gradients))


def clip_gradient(gradients: Vector, norm: float, limit: float) -> None:
    """Scale the gradient of length `norm` down to `limit` if it is longer; Pascanu et al. 2013."""
    if norm > limit:
        gradients *= limit / norm
