"""How weights are drawn before the first step. Biases start at zero."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Draw = Callable[[np.random.Generator, int, int], NDArray[np.float64]]
"""From a generator, the number of inputs and of outputs to weights `(inputs, outputs)`."""


def he_normal(rng: np.random.Generator, inputs: int, outputs: int) -> NDArray[np.float64]:
    """Variance 2 / inputs: keeps the size of activations through ReLU (He et al. 2015, eq. 10)."""
    return rng.normal(0.0, math.sqrt(2 / inputs), (inputs, outputs))


def he_uniform(rng: np.random.Generator, inputs: int, outputs: int) -> NDArray[np.float64]:
    """The variance of `he_normal`, drawn evenly from ± sqrt(6 / inputs)."""
    limit = math.sqrt(6 / inputs)
    return rng.uniform(-limit, limit, (inputs, outputs))


def xavier_normal(rng: np.random.Generator, inputs: int, outputs: int) -> NDArray[np.float64]:
    """Variance 2 / (inputs + outputs): a compromise of both directions (Glorot and Bengio 2010)."""
    return rng.normal(0.0, math.sqrt(2 / (inputs + outputs)), (inputs, outputs))


def xavier_uniform(rng: np.random.Generator, inputs: int, outputs: int) -> NDArray[np.float64]:
    """The variance of `xavier_normal`, drawn evenly (Glorot and Bengio 2010, eq. 16)."""
    limit = math.sqrt(6 / (inputs + outputs))
    return rng.uniform(-limit, limit, (inputs, outputs))


def lecun_normal(rng: np.random.Generator, inputs: int, outputs: int) -> NDArray[np.float64]:
    """Variance 1 / inputs: keeps the size of weighted sums (LeCun et al. 1998, eq. 16)."""
    return rng.normal(0.0, math.sqrt(1 / inputs), (inputs, outputs))


def zeros(rng: np.random.Generator, inputs: int, outputs: int) -> NDArray[np.float64]:
    """All zero, a lesson: every unit of a layer gets the same gradient and stays equal to the others."""
    return np.zeros((inputs, outputs))


def large(rng: np.random.Generator, inputs: int, outputs: int) -> NDArray[np.float64]:
    """Ten times `he_normal`, a lesson: signals grow tenfold from layer to layer."""
    return 10.0 * he_normal(rng, inputs, outputs)


INITIALIZERS: dict[str, Draw] = {
    draw.__name__: draw
    for draw in (he_normal, he_uniform, xavier_normal, xavier_uniform, lecun_normal, zeros, large)
}
