"""Difference quotients, written apart from the engine's own gradient check, and how far they can be trusted.

Each is of fourth order, from the losses at ±h and ±2h, so that its error falls with h⁴ while what the
rounding of the loss does to it grows with 1/h. Where the loss bends sharply, as through batch normalisation
of units that hardly differ, no one h suits: several are tried, and of two neighbours that agree best the
finer one counts (Ridders 1982). How far they disagree is the quotient's own uncertainty. Nothing of this
looks at what backpropagation says.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import settings
from numpy.typing import NDArray

from engine.network.activations import LeakyReLU, ReLU
from engine.network.layers import Layer

DISTANCES = tuple(1e-3 / 4**k for k in range(6))
"""The distances h that are tried, until one changes the quotient by no more than rounding does."""

REACH = 2 * DISTANCES[0]
"""How far a value is moved at most."""

ROUNDING = 10 * float(np.finfo(np.float64).eps)
"""What the losses of a quotient may be off together for their rounding: a share of themselves, or of 1, since
numbers near 1 stand inside (softmax, 1 + tanh)."""

PROPERTY = settings(deadline=None, max_examples=80, derandomize=True)
"""For properties with a tolerance: the same examples each time, so that the suite does not fail by chance."""

FloatArray = NDArray[np.float64]
Loss = Callable[[], float]
Switches = Callable[[], NDArray[np.bool_]]


@dataclass(frozen=True)
class Quotients:
    """Difference quotients and the uncertainty of each, both NaN where there is a kink."""

    values: FloatArray
    uncertainty: FloatArray


def difference_quotients(
    loss: Loss, values: NDArray[np.floating], switches: Switches | None = None
) -> Quotients:
    """Return the derivative of `loss` by each of `values`, which it reads, in their shape.

    NaN stands where a kink is so close that the points around it have other `switches`.
    """
    flat = values.reshape(-1)
    assert np.shares_memory(flat, values)
    pairs = [_refined(loss, flat, place, switches) for place in range(flat.size)]
    quotients, uncertainty = np.array(pairs).T
    return Quotients(quotients.reshape(values.shape), uncertainty.reshape(values.shape))


def switches_of(layers: list[Layer]) -> NDArray[np.bool_]:
    """Return which units with a kink are on after the last forward pass."""
    on = [layer.Y.ravel() > 0.0 for layer in layers if isinstance(layer, ReLU | LeakyReLU)]
    return np.concatenate([*on, np.zeros(0, np.bool_)])


def assert_agree(analytic: NDArray[np.floating], numeric: Quotients, tolerance: float = 1e-7) -> int:
    """Assert a relative error below `tolerance`; return how many were compared.

    The error is the norm of the difference over the sum of the norms. It need not be finer than the quotients
    are; these must not be coarser than can tell a right gradient from a wrong one.
    """
    assert analytic.shape == numeric.values.shape
    smooth = ~np.isnan(numeric.values)
    ours, theirs = analytic[smooth], numeric.values[smooth]
    norms = np.linalg.norm(ours) + np.linalg.norm(theirs)
    uncertainty = np.linalg.norm(numeric.uncertainty[smooth])
    assert uncertainty <= 1e-5 * norms + 1e-9, numeric
    assert np.linalg.norm(ours - theirs) <= tolerance * norms + uncertainty, (analytic, numeric)
    return int(smooth.sum())


def _refined(
    loss: Loss, flat: NDArray[np.floating], place: int, switches: Switches | None
) -> tuple[float, float]:
    """Return the best quotient by one value, and its uncertainty."""
    best, uncertainty, before = np.nan, np.inf, np.nan
    for h in DISTANCES:
        quotient, rounding = _quotient(loss, flat, place, switches, h)
        change = abs(quotient - before)  # NaN for the first, and beside a kink
        if change + rounding < uncertainty:
            best, uncertainty = quotient, change + rounding
        if change <= rounding:
            break
        before = quotient
    return best, uncertainty


def _quotient(
    loss: Loss, flat: NDArray[np.floating], place: int, switches: Switches | None, h: float
) -> tuple[float, float]:
    """Return one quotient, NaN where one of its points lies on the other side of a kink, and its rounding."""
    start = flat[place]
    losses: list[float] = []
    seen: list[NDArray[np.bool_]] = []
    for move in (-2, -1, 0, 1, 2):
        flat[place] = start + move * h
        losses.append(loss())
        seen.append(switches() if switches else np.zeros(0, np.bool_))
    flat[place] = start
    rounding = ROUNDING * max(1.0, *map(abs, losses)) / h
    if any(not np.array_equal(one, seen[2]) for one in seen):
        return np.nan, rounding
    return (8 * (losses[3] - losses[1]) - (losses[4] - losses[0])) / (12 * h), rounding
