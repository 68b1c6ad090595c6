"""The space of an experiment: which hyperparameters vary, and over which values."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.errors import HyperparameterError
from engine.hyperparameters import specification_of
from engine.sentences import N_
from engine.specification import Integer, Real, Sizes, quoted

MAX_VALUES = 1000
"""Values of one hyperparameter; a range of whole numbers may hold more than anyone wants to try."""
DIGITS = 3
"""Significant digits of a number that is drawn from a range: a setting should be easy to read and repeat."""

Setting = Mapping[str, object]
"""The values that one setting gives to the varied hyperparameters."""


@dataclass(frozen=True)
class Dimension:
    """One hyperparameter that varies.

    values: those that were listed; of a range its ends and the steps of its ladder between them
    """

    name: str
    values: tuple[object, ...]
    is_range: bool = False

    @property
    def is_logarithmic(self) -> bool:
        """Whether equal ratios count as equal steps, as on the ladder of the hyperparameter."""
        return is_logarithmic(self.name) and all(isinstance(v, int | float) and v > 0 for v in self.values)

    def draw(self, generator: np.random.Generator) -> object:
        """Return a value at random: one of those that were listed, or one between the ends of the range."""
        if not self.is_range:
            return self.values[int(generator.integers(len(self.values)))]
        low, high = self.ends
        if self.is_logarithmic:
            drawn = math.exp(generator.uniform(math.log(low), math.log(high)))
        else:
            drawn = float(generator.uniform(low, high))
        return self.rounded(drawn)

    def rounded(self, number: float) -> object:
        """Return a number of the range as it is tried: whole, or with three significant digits."""
        low, high = self.ends
        if isinstance(specification_of(self.name).kind, Integer):
            return int(min(max(round(number), low), high))
        return min(max(float(f"{number:.{DIGITS}g}"), low), high)

    @property
    def all_values(self) -> Sequence[object] | None:
        """All that can be drawn; None for a range of numbers that are not whole."""
        if not self.is_range:
            return self.values
        low, high = self.ends
        return range(int(low), int(high) + 1) if isinstance(low, int) and isinstance(high, int) else None

    @property
    def ends(self) -> tuple[float, float]:
        """The ends of a range."""
        low, high = self.values[0], self.values[-1]
        assert isinstance(low, int | float)
        assert isinstance(high, int | float)
        return low, high


def is_logarithmic(name: str) -> bool:
    """Return whether the ladder of a hyperparameter goes by ratios: 1, 2, 5, 10, or powers of two."""
    kind = specification_of(name).kind
    return (isinstance(kind, Real) and kind.below is None) or (isinstance(kind, Integer) and kind.doubling)


def parse_space(texts: Sequence[str]) -> tuple[Dimension, ...]:
    """Return what `--vary` says, each as NAME=VALUES.

    Raises:
        HyperparameterError: for a name or value that is not allowed, or a name that is given twice.
    """
    space = tuple(map(parse_dimension, texts))
    names = [dimension.name for dimension in space]
    for name in names:
        if names.count(name) > 1:
            raise HyperparameterError(
                N_("{name} is varied twice; give all of its values at once."), name=name
            )
    return space


def parse_dimension(text: str) -> Dimension:
    """Return one hyperparameter and its values from NAME=VALUES.

    VALUES are separated by commas, those of `hidden`, which hold commas, by semicolons; 0.001..1 is a range.

    Raises:
        HyperparameterError: for a name or value that is not allowed.
    """
    name, equals, values = text.partition("=")
    name = name.strip().replace("-", "_")
    if not equals:
        raise HyperparameterError(
            N_("What varies is given as NAME=VALUES, such as learning_rate=0.01,0.1; {given} is not."),
            name="vary",
            given=quoted(text),
        )
    specification = specification_of(name)
    if name == "seed":
        raise HyperparameterError(
            N_("{name} is not varied: --seeds 5 repeats each setting with five of them."), name=name
        )
    if ".." in values:
        return _range(name, values)
    separator = ";" if isinstance(specification.kind, Sizes) else ","
    parsed = [specification.parse(value.strip()) for value in values.split(separator)]
    return Dimension(name, tuple(dict.fromkeys(parsed)))


def _range(name: str, text: str) -> Dimension:
    """Return a range: its ends, and the ladder of the hyperparameter between them."""
    specification = specification_of(name)
    if not isinstance(specification.kind, Integer | Real):
        raise HyperparameterError(N_("{name} has no range; list the values to try."), name=name)
    ends = text.split("..")
    if len(ends) != 2 or "," in text:
        raise HyperparameterError(
            N_("{name} is {given}; a range is two numbers with .. between them, such as 0.001..1."),
            name=name,
            given=quoted(text),
        )
    low, high = (specification.parse(end.strip()) for end in ends)
    assert isinstance(low, int | float)
    assert isinstance(high, int | float)
    if not low < high:
        raise HyperparameterError(
            N_("{name} is {given}; the first number of a range is the smaller one."),
            name=name,
            given=quoted(text),
        )
    values: list[object] = [low]
    while len(values) <= MAX_VALUES:
        following = specification.next_value(values[-1], up=True)
        assert isinstance(following, int | float)
        if following >= high or following == values[-1]:
            break
        values.append(following)
    return Dimension(name, (*values, high), is_range=True)
