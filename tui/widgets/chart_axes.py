"""The axes of a chart: where values lie on them, and which numbers stand beside them."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

Range = tuple[float, float]

_HALF_A_DECADE = 0.5


class ValueAxis:
    """The axis of values, linear or logarithmic: `at` gives a value's place between `low` and `high`.

    A logarithmic axis of fractions is one of what is missing to 1: 90 %, 99 % and 99.9 % are equally far
    apart. A value that has no logarithm (a loss of 0, all right) lies at the edge, which is named after it.
    """

    def __init__(
        self, values: Sequence[float], *, percent: bool = False, log: bool = False, ticks: int = 5
    ) -> None:
        """Fit the axis to finite `values`, at least one, with at most `ticks` numbers beside it."""
        self._percent = percent
        distances = [1.0 - value if percent else value for value in values]
        positive = [distance for distance in distances if distance > 0.0]
        self.log = log and bool(positive)
        limit = max(2, ticks)
        if not self.log:
            self.low, self.high = value_range(values, (0.0, 1.0) if percent else (0.0, math.inf))
            chosen = nice_ticks(self.low, self.high, limit)
            self.ticks = chosen
            self.labels = labels(chosen, 100 if percent else 1, "%" if percent else "")
            return
        self._edge = math.log10(min(positive)) - _HALF_A_DECADE
        nearest = self._edge if len(positive) < len(distances) else math.log10(min(positive))
        farthest = math.log10(max(positive))
        room = 0.05 * (farthest - nearest) or 0.05
        first, last = nearest - (0.0 if nearest == self._edge else room), farthest + room
        chosen = log_ticks(first, last, limit - 1)
        places = [math.log10(tick) for tick in chosen]
        names = [self._log_label(tick) for tick in chosen]
        if nearest == self._edge:
            places, names = [self._edge, *places], ["100%" if percent else "0", *names]
        if percent:
            first, last, places = -last, -first, [-place for place in places]
        self.low, self.high, self.ticks, self.labels = first, last, places, names

    def at(self, value: float) -> float:
        """Return where a value lies, within the axis."""
        if self.log:
            distance = 1.0 - value if self._percent else value
            place = math.log10(distance) if distance > 0.0 else self._edge
            value = -place if self._percent else place
        return min(max(value, self.low), self.high)

    def _log_label(self, distance: float) -> str:
        if not self._percent:
            return f"{distance:.10g}" if 1e-4 <= distance < 1e5 else f"{distance:.0e}"
        return f"{100 * (1 - distance):.10g}%"


def value_range(values: Sequence[float], bounds: Range) -> Range:
    """Return the limits of the axis: a little beyond the values, within `bounds`, never empty."""
    low, high = min(values), max(values)
    room = 0.05 * (high - low) or 0.05 * abs(high) or 0.05
    return max(bounds[0], low - room), min(bounds[1], high + room)


def nice_ticks(low: float, high: float, limit: int) -> list[float]:
    """Return the multiples of 1, 2 or 5 times a power of ten from `low` to `high`: as many as are allowed."""
    exponent = math.floor(math.log10((high - low) / limit)) - 1
    for power in range(exponent, exponent + 4):
        for factor in (1, 2, 5):
            step = factor * 10.0**power
            first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
            if last - first < limit:
                return [number * step for number in range(first, last + 1)]
    return []


def log_ticks(low: float, high: float, limit: int) -> list[float]:
    """Return round numbers whose decimal logarithms lie from `low` to `high`: as many as are allowed.

    Where not even two fit between two powers of ten, round numbers at even distances.
    """
    few: list[float] = []
    for ticks in _decades(low, high):
        if len(ticks) <= limit:
            few = ticks
            break
    if len(few) >= 2:
        return few
    return [tick for tick in nice_ticks(10.0**low, 10.0**high, max(2, limit)) if tick > 0.0]


def _decades(low: float, high: float) -> Iterator[list[float]]:
    """Yield numbers to be had in that range, fewer each time."""
    powers = range(math.floor(low), math.floor(high) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        numbers = [factor * 10.0**power for power in powers for factor in factors]
        yield [number for number in numbers if low - 1e-9 <= math.log10(number) <= high + 1e-9]
    inside = [power for power in powers if low - 1e-9 <= power <= high + 1e-9]
    for step in range(2, len(inside) + 2):
        yield [10.0**power for power in inside[::step]]


def epoch_ticks(first: int, last: int, limit: int) -> list[int]:
    """Return whole epochs: at most about `limit`, with 1, 2 or 5 times a power of ten between."""
    step = 1
    while (last - first) // step > limit:
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    return list(range(-(-first // step) * step, last + 1, step))


def labels(ticks: Sequence[float], scale: float, unit: str) -> list[str]:
    """Return the ticks as numbers with the places that tell them apart."""
    gaps = [scale * (later - earlier) for earlier, later in pairwise(ticks)]
    smallest = min(gaps, default=abs(scale * ticks[0]) if ticks else 1.0) or 1.0
    places = max(0, -math.floor(math.log10(smallest) + 1e-9))
    largest = max((abs(scale * tick) for tick in ticks), default=0.0)
    if places > 6 or largest >= 1e6:
        return [f"{scale * tick:.3g}{unit}" for tick in ticks]
    return [f"{scale * tick:.{places}f}{unit}" for tick in ticks]
