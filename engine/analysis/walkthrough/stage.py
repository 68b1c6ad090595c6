"""One stage of a walkthrough, and how each of its numbers is calculated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from engine.network.layers import Array
from engine.sentences import N_, Sentence

MAX_TERMS = 40
"""Products of a sum that are kept one by one: more than a screen has lines for."""

FORWARD, LOSS, BACKWARD, UPDATE = N_("Forward"), N_("Loss"), N_("Backward"), N_("Update")


class Places(Enum):
    """What the numbers of a stage belong to, and so the shape of its values."""

    PIXELS = "pixels"
    """`(height, width)`"""
    UNITS = "units"
    """`(units,)`"""
    CLASSES = "classes"
    """`(classes,)`"""
    IMAGES = "images"
    """`(images,)`"""
    LAYERS = "layers"
    """`(layers,)`"""
    ONE = "one"
    """`(1,)`"""
    WEIGHTS = "weights"
    """`(inputs, units)`"""
    IMAGES_AND_CLASSES = "images and classes"
    """`(images, classes)`"""


@dataclass(frozen=True)
class Term:
    """One product of a sum; `place` is which of the inputs, units or classes it comes from."""

    place: int
    left: float
    right: float | None
    product: float


@dataclass(frozen=True)
class Calculation:
    """How one number is calculated.

    expression: with a name in braces for each of `numbers`
    terms: of a sum, the largest first; `others` more are left out, which come to `rest`
    over: what the terms belong to
    beside: other numbers of that place, by what they are called
    """

    result: float
    expression: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
    terms: tuple[Term, ...] = ()
    others: int = 0
    rest: float = 0.0
    over: Places = Places.UNITS
    beside: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Stage:
    """One step of a computation.

    part: forward, loss, backward or update; group: the layer, or what else the step belongs to
    formula: as a textbook prints it; code: the lines of the engine that compute it
    values: what comes out, in the shape that `places` says
    work: how the number at a place, as many indices as `values` has axes, comes about
    image_shape: where the rows of a weight matrix, or the terms of a sum, are pixels: `(height, width)`
    ink: whether the values are bytes of a picture, which have no sign
    remark: something more that is so in this case
    """

    part: str
    group: Sentence
    title: str
    text: str
    formula: str
    code: str
    values: Array | NDArray[np.uint8]
    places: Places
    work: Callable[..., Calculation]
    image_shape: tuple[int, int] | None = None
    ink: bool = False
    remark: Sentence | None = None


@dataclass(frozen=True)
class Score:
    """The loss and the accuracy on the validation images. loss: mean, in nats; accuracy: a fraction."""

    loss: float
    accuracy: float


def sum_of_products(
    left: NDArray[np.floating], right: NDArray[np.floating], result: float, over: Places
) -> Calculation:
    """Return how `left @ right`, both `(terms,)`, comes to `result`: its largest products, and the rest.

    The products are exact in float64; `result` is what the network has, with the rounding of float32.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        products = left.astype(np.float64) * right.astype(np.float64)
        largest = np.argsort(-np.abs(products), kind="stable")[:MAX_TERMS]
        rest = float(np.delete(products, largest).sum())
    return Calculation(
        result=result,
        terms=tuple(Term(int(at), float(left[at]), float(right[at]), float(products[at])) for at in largest),
        others=len(products) - len(largest),
        rest=rest,
        over=over,
    )


def layer_name(number: int, layers: int) -> Sentence:
    """Return what dense layer `number` of so many, counted from 0, is called."""
    return (
        Sentence(N_("Output"))
        if number == layers - 1
        else Sentence(N_("Hidden {number}"), {"number": number + 1})
    )
