"""Weight initialisation; biases start at zero."""

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

MIN_RECEPTIVE_FIELD = 1 / 3
"""The smallest receptive field, as a share of the largest."""
PAPER = 1 / 7
"""The share of an image, at each border, where no receptive field has its centre."""


def receptive_fields(
    rng: np.random.Generator, height: int, width: int, units: int, largest: float
) -> NDArray[np.float64]:
    """Return the initial receptive fields, weights from 0 to 1: `(pixels, units)`.

    A Gaussian about a random place, as the cells of the visual cortex have it (Hubel and Wiesel 1962). It has
    a random width of its own: a standard deviation from a third of `largest` to `largest`, in pixels.
    """
    middle_y = rng.uniform(PAPER * height, (1.0 - PAPER) * height, units) - 0.5
    middle_x = rng.uniform(PAPER * width, (1.0 - PAPER) * width, units) - 0.5
    deviation = rng.uniform(MIN_RECEPTIVE_FIELD * largest, largest, units)
    along_y = np.exp(-0.5 * ((np.arange(height)[:, None] - middle_y) / deviation) ** 2)
    along_x = np.exp(-0.5 * ((np.arange(width)[:, None] - middle_x) / deviation) ** 2)
    return (along_y[:, None] * along_x[None]).reshape(height * width, units)


def confine(W: NDArray[np.floating], seen: NDArray[np.float64]) -> None:
    """Multiply weights `(inputs, units)` by the receptive fields, and keep the norm of each column."""
    lengths = np.linalg.norm(W, axis=0)
    W *= seen
    W *= lengths / np.maximum(np.linalg.norm(W, axis=0), 1e-30)
