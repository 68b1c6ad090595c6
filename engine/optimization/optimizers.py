"""Optimizers, in order of increasing complexity.

All work in place on one flat vector of parameters `p` and its gradients `g`, in blocks that stay in the
processor's cache from the first operation of a step to the last. A step uses the gradient up: its memory is
where intermediate results go. Each optimizer follows PyTorch's definition of the same name, so that the two
can be compared; its docstring states the formula, with `η` the learning rate.
"""

import contextvars
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.aligned_arrays import aligned_empty, aligned_zeros

Vector = NDArray[np.floating]

ParameterRange = tuple[bool, int, int]
"""Whether a part of the parameters shrinks before each step, and from where to where it is."""

BLOCK = 131_072
"""Elements in a block: in float32, Adam's four vectors of it take 2 MiB, a recent core's L2. Measured on
an Intel Xeon of that size: 65,536 takes 2 % more time for a step of 784-128-10, and 6 % more for AdamW on
three layers of 1,024 units; 16,384 takes 30 % more there."""


def cycled(momentum: float, swing: float) -> float:
    """Return a momentum raised (`swing` up to 1) or lowered (down to -1) by half its distance to 0 or 1.

    The nearer of the two counts: 0.9 swings from 0.85 to 0.95, as PyTorch's OneCycleLR has it by default, and
    none reaches 1.
    """
    return momentum + swing * min(momentum, 1.0 - momentum) / 2


class Optimizer(ABC):
    """Steps down the gradient.

    state: the vectors that an optimizer remembers, each as long as the parameters; zero at the start.
    steps: how many steps were taken.
    weights: the slice of the parameters that weight decay touches; shrink: what a step multiplies them by.
    swing: how far a schedule has momentum, or Adam's β₁, away from its own value: see `cycled`.
    """

    state_names: ClassVar[tuple[str, ...]] = ()
    scratch_vectors: ClassVar[int] = 0

    def __init__(
        self,
        parameters: Vector,
        gradients: Vector,
        weights: slice = slice(0, 0),
        *,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        shapes: Sequence[tuple[int, int]] = (),
    ) -> None:
        """Step with these parameters; `shapes` are those of the matrices that `weights` holds in turn."""
        self.momentum = momentum
        self.swing = 0.0
        self.weight_decay = weight_decay
        self.steps = 0
        like = parameters.shape, parameters.dtype.type
        self.state = {name: aligned_zeros(*like) for name in self.state_names}
        scratch = [aligned_empty(*like) for _ in range(self.scratch_vectors)]
        self._vectors = (parameters, gradients, *self.state.values(), *scratch)
        self.shrink = 1.0
        self._helpers: ThreadPoolExecutor | None = None
        first, last, _step = weights.indices(len(parameters))
        self._blocks = [
            (shrinks, tuple(vector[start : min(start + BLOCK, end)] for vector in self._vectors))
            for shrinks, begin, end in self.parameter_ranges(first, last, len(parameters), shapes)
            for start in range(begin, end, BLOCK)
        ]
        self.share(1)

    def parameter_ranges(
        self, first: int, last: int, count: int, shapes: Sequence[tuple[int, int]]
    ) -> list[ParameterRange]:
        """Return what `update` steps with: all `count` parameters, of which weights are `first` to `last`."""
        return [(False, 0, count)]

    def share(self, threads: int) -> None:
        """Share the blocks of a step among so many threads; the result is the same to the bit."""
        threads = min(threads, len(self._blocks))
        self._shares = [self._blocks[first::threads] for first in range(threads)]
        self._helpers = ThreadPoolExecutor(threads - 1, "optimizer") if threads > 1 else None

    def gradient_scale(self, learning_rate: float) -> float:
        """Return the factor that the gradient should be multiplied by before `step`."""
        return 1.0

    def step(self, learning_rate: float, gradient_scale: float = 1.0) -> None:
        """Change the parameters by one step. The gradients are worth nothing afterwards.

        gradient_scale: 1, or what `gradient_scale()` said and the gradients were multiplied by.
        """
        self.steps += 1
        self.prepare(learning_rate / gradient_scale)
        if self._helpers is None:
            self._update_all(self._blocks)
            return
        mine, *others = self._shares
        helped = [  # a context each: it holds what NumPy is to do about an overflow
            self._helpers.submit(contextvars.copy_context().run, self._update_all, blocks)
            for blocks in others
        ]
        self._update_all(mine)
        for share in helped:
            share.result()

    def _update_all(self, blocks: list[tuple[bool, tuple[Vector, ...]]]) -> None:
        for shrinks, block in blocks:
            if shrinks and self.shrink != 1.0:
                np.multiply(block[0], self.shrink, out=block[0])
            self.update(*block)

    def prepare(self, learning_rate: float) -> None:
        """Compute the scalars of this step; for the simple optimizers that is η alone."""
        self.rate = learning_rate

    @abstractmethod
    def update(self, p: Vector, g: Vector, *state: Vector) -> None:
        """Step with one block of the parameters, the gradients, each vector of the state, and scratch."""


class SGD(Optimizer):
    """p ← p - η g; Robbins and Monro 1951.

    Every gradient is linear in the loss's gradient by the logits. Where those few numbers are multiplied by
    η, the many of `g` come as η g, and only the subtraction is left.
    """

    def gradient_scale(self, learning_rate: float) -> float:
        """Return η, if η g is sure to be as exact as g."""
        return learning_rate if 1e-6 <= learning_rate <= 1e6 else 1.0

    def update(self, p: Vector, g: Vector, *state: Vector) -> None:
        """Step."""
        if self.rate != 1.0:
            np.multiply(g, self.rate, out=g)
        np.subtract(p, g, out=p)


class Momentum(Optimizer):
    """v ← μ v + g; p ← p - η v; Polyak 1964, in the form of Sutskever et al. 2013 as PyTorch writes it."""

    state_names = ("velocity",)

    def prepare(self, learning_rate: float) -> None:
        """Compute μ as well."""
        super().prepare(learning_rate)
        self.kept = cycled(self.momentum, self.swing)

    def update(self, p: Vector, g: Vector, *state: Vector) -> None:
        """Step."""
        (v,) = state
        np.multiply(v, self.kept, out=v)
        np.add(v, g, out=v)
        np.multiply(v, self.rate, out=g)
        np.subtract(p, g, out=p)


class Nesterov(Momentum):
    """v ← μ v + g; p ← p - η (g + μ v), as two steps: along g, then along v; Nesterov 1983."""

    def update(self, p: Vector, g: Vector, *state: Vector) -> None:
        """Step."""
        (v,) = state
        np.multiply(v, self.kept, out=v)
        np.add(v, g, out=v)
        np.multiply(g, self.rate, out=g)
        np.subtract(p, g, out=p)
        np.multiply(v, self.rate * self.kept, out=g)
        np.subtract(p, g, out=p)


class RMSprop(Optimizer):
    """s ← α s + (1 - α) g²; p ← p - η g / (√s + ε), with α = 0.99, ε = 1e-8; Tieleman and Hinton 2012.

    The state is S = s / (1 - α), which spares two operations on the vector: S ← α S + g², and the step is
    η / √(1 - α) * g / (√S + ε / √(1 - α)).
    """

    state_names = ("squares",)
    scratch_vectors = 1
    alpha = 0.99
    epsilon = 1e-8

    def prepare(self, learning_rate: float) -> None:
        """Divide η and ε by √(1 - α)."""
        scale = math.sqrt(1.0 - self.alpha)
        self.rate = learning_rate / scale
        self.scaled_epsilon = self.epsilon / scale

    def update(self, p: Vector, g: Vector, *state: Vector) -> None:
        """Step."""
        S, scratch = state
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
    and c = √((1 - β₂) / (1 - β₂ᵗ)). Where a schedule has β₁ at b, M ← d (b / d M + g) with
    d = (1 - b) / (1 - β₁), and b stands in the power.
    """

    state_names = ("moments", "squares")
    beta1 = 0.9
    beta2 = 0.999
    epsilon = 1e-8

    def prepare(self, learning_rate: float) -> None:
        """Compute a / c and ε / c, d and b / d."""
        b = cycled(self.beta1, self.swing)
        self.weight = (1.0 - b) / (1.0 - self.beta1)
        self.kept = b / self.weight
        a = learning_rate * (1.0 - self.beta1) / (1.0 - b**self.steps)
        c = math.sqrt((1.0 - self.beta2) / (1.0 - self.beta2**self.steps))
        self.rate = a / c
        self.scaled_epsilon = self.epsilon / c

    def update(self, p: Vector, g: Vector, *state: Vector) -> None:
        """Step."""
        M, V = state
        np.multiply(M, self.kept, out=M)
        np.add(M, g, out=M)
        if self.weight != 1.0:
            np.multiply(M, self.weight, out=M)
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

    def parameter_ranges(
        self, first: int, last: int, count: int, shapes: Sequence[tuple[int, int]]
    ) -> list[ParameterRange]:
        """Return the weights, and what is beside them."""
        return [(True, first, last), (False, 0, first), (False, last, count)]

    def prepare(self, learning_rate: float) -> None:
        """Say by how much the weights shrink, and prepare as Adam does."""
        super().prepare(learning_rate)
        self.shrink = 1.0 - learning_rate * self.weight_decay


def gradient_norm(gradients: Vector) -> float:
    """Return the norm of the gradient; infinite or NaN where it is not finite."""
    return math.sqrt(np.dot(gradients, gradients))


def clip_gradient(gradients: Vector, norm: float, limit: float) -> None:
    """Scale a gradient with this norm down to `limit` if it is larger; Pascanu et al. 2013."""
    if norm > limit:
        gradients *= limit / norm
