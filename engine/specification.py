"""Describes one hyperparameter: its type, its range, how it is parsed from text and formatted as text.

One `Specification` describes one hyperparameter. The form, the command-line options, TOML files and the
help are all made from it, so a range is written down once.
"""

import math
import operator
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from engine.errors import HyperparameterError
from engine.sentences import N_, Sentence

FRACTION_STEP = 0.05


class ValueType(ABC):
    """A kind of value. `parse` raises `ValueError` for anything that is not allowed."""

    @abstractmethod
    def parse(self, given: object) -> object:
        """Return the value that `given` stands for: text from a person, or a value from a program."""

    @abstractmethod
    def allowed(self) -> Sentence:
        """Say which values are allowed, to follow the words "allowed:"."""

    def format(self, value: object) -> str:
        """Return the text that `parse` turns back into `value`."""
        return str(value)

    def next_value(self, value: object, up: bool) -> object:
        """Return the next sensible value above or below `value`; `value` itself where there is none."""
        return value


@dataclass(frozen=True)
class Choice(ValueType):
    """One of a few names."""

    names: tuple[str, ...]

    def parse(self, given: object) -> str:
        """Return the name, written in any case and with `-` or `_`."""
        name = given.strip().lower().replace("-", "_") if isinstance(given, str) else given
        if not isinstance(name, str) or name not in self.names:
            raise ValueError
        return name

    def allowed(self) -> Sentence:
        """Return the names."""
        return Sentence("{names}", {"names": ", ".join(self.names)})

    def next_value(self, value: object, up: bool) -> object:
        """Return the name after it, or before it when going down; round at the ends."""
        return self.names[(self.names.index(str(value)) + (1 if up else -1)) % len(self.names)]


@dataclass(frozen=True)
class Flag(ValueType):
    """On or off."""

    _WORDS: ClassVar[dict[str, bool]] = {
        "on": True,
        "true": True,
        "yes": True,
        "off": False,
        "false": False,
        "no": False,
    }

    def parse(self, given: object) -> bool:
        """Return True or False."""
        if isinstance(given, str):
            given = self._WORDS.get(given.strip().lower())
        if not isinstance(given, bool):
            raise ValueError
        return given

    def allowed(self) -> Sentence:
        """Return the two words."""
        return Sentence(N_("on or off"))

    def format(self, value: object) -> str:
        """Return the word for it."""
        return "on" if value else "off"

    def next_value(self, value: object, up: bool) -> object:
        """Return the other of the two."""
        return not value


@dataclass(frozen=True)
class Integer(ValueType):
    """A whole number from `low` to `high`, both included; `doubling`: it goes through the powers of two."""

    low: int
    high: int | None = None
    doubling: bool = False

    def parse(self, given: object) -> int:
        """Return the number."""
        if isinstance(given, bool):
            raise ValueError
        value = int(given) if isinstance(given, str) else operator.index(_whole(given))  # type: ignore[arg-type]
        if value < self.low or (self.high is not None and value > self.high):
            raise ValueError
        return value

    def allowed(self) -> Sentence:
        """Return the range in words."""
        if self.high is None:
            return Sentence(N_("a whole number, {low:,} or more"), {"low": self.low})
        return Sentence(N_("a whole number from {low:,} to {high:,}"), {"low": self.low, "high": self.high})

    def next_value(self, value: object, up: bool) -> object:
        """Return the next whole number, or the next power of two; None, a value by rule, becomes `low`."""
        if not isinstance(value, int):
            return self.low
        new = _next_power_of_two(value, up) if self.doubling else value + (1 if up else -1)
        return max(self.low, new if self.high is None else min(new, self.high))


@dataclass(frozen=True)
class Real(ValueType):
    """A finite number of at least `low` (above it, if `open_low`), below `below`, and at most `high`.

    One with an upper bound `below` is a fraction and changes by `FRACTION_STEP`; others go through the series
    1, 2, 5, 10, 20, ..., whose smallest value above zero is `smallest_step`.
    """

    low: float = 0.0
    open_low: bool = False
    below: float | None = None
    high: float | None = None
    smallest_step: float = 1e-6

    def parse(self, given: object) -> float:
        """Return the number."""
        if isinstance(given, bool) or not isinstance(given, str | int | float):
            raise ValueError
        value = float(given)
        if not math.isfinite(value) or value < self.low or (self.open_low and value == self.low):
            raise ValueError
        if (self.below is not None and value >= self.below) or (self.high is not None and value > self.high):
            raise ValueError
        return value + 0.0  # -0.0 becomes 0.0

    def allowed(self) -> Sentence:
        """Return the range in words."""
        low = Sentence(N_("above {low:g}") if self.open_low else N_("{low:g} or more"), {"low": self.low})
        if self.high is not None:
            return Sentence(N_("a number from {low:g} to {high:g}"), {"low": self.low, "high": self.high})
        if self.below is None:
            return Sentence(N_("a finite number, {low}"), {"low": low})
        return Sentence(N_("a number, {low} and below {below:g}"), {"low": low, "below": self.below})

    def format(self, value: object) -> str:
        """Return the shortest text that reads back as the same number, without a needless `.0`."""
        text = repr(value)
        return text.removesuffix(".0")

    def next_value(self, value: object, up: bool) -> object:
        """Return the next multiple, or value of the series; `value` itself where that is not allowed."""
        assert isinstance(value, int | float)
        if self.below is not None:
            new = _next_multiple(value, FRACTION_STEP, up)
        else:
            new = _next_in_series(value, self.smallest_step, up)
        try:
            return self.parse(new)
        except ValueError:
            return value


@dataclass(frozen=True)
class Sizes(ValueType):
    """A list of whole numbers from `low` to `high`, at most `limit` of them; it may be empty."""

    low: int
    high: int
    limit: int

    def parse(self, given: object) -> tuple[int, ...]:
        """Return the sizes from "128,64", from a list, or from one number."""
        if isinstance(given, str):
            parts: list[object] = list(given.split(",")) if given.strip() else []
        else:
            parts = list(given) if isinstance(given, list | tuple) else [given]
        size = Integer(self.low, self.high)
        if len(parts) > self.limit:
            raise ValueError
        return tuple(size.parse(part) for part in parts)

    def allowed(self) -> Sentence:
        """Return the range in words."""
        return Sentence(
            N_("at most {limit} whole numbers from {low:,} to {high:,}, separated by commas"),
            {"limit": self.limit, "low": self.low, "high": self.high},
        )

    def format(self, value: object) -> str:
        """Return the sizes separated by commas."""
        assert isinstance(value, tuple)
        return ",".join(map(str, value))


@dataclass(frozen=True, kw_only=True)
class Specification:
    """The description of one hyperparameter.

    `help` is one line, `explanation` a paragraph; both are marked for translation. `live` says that it
    may change during a run. `optimizers` names those that use it; empty means that all of them do. A
    `default` of None means that the value follows from something else, which `help` names.
    """

    name: str
    kind: ValueType
    default: object
    group: str
    help: str
    explanation: str
    unit: str = ""
    live: bool = False
    optimizers: tuple[str, ...] = ()

    def parse(self, given: object) -> object:
        """Return the value that `given` stands for.

        Raises:
            HyperparameterError: in one sentence, what was given and what is allowed.
        """
        if given is None and self.default is None:
            return None
        try:
            return self.kind.parse(given)
        except (ValueError, TypeError, OverflowError):
            raise HyperparameterError(
                N_("{name} is {given}; allowed: {allowed}."),
                name=self.name,
                given=quoted(given),
                allowed=self.kind.allowed(),
            ) from None

    def format(self, value: object) -> str:
        """Return the text that `parse` turns back into `value`; empty for None."""
        return "" if value is None else self.kind.format(value)

    def next_value(self, value: object, up: bool) -> object:
        """Return the next value above or below an allowed one; `value` itself where there is none."""
        return self.kind.next_value(value, up)


def printable(text: str, limit: int = 60) -> str:
    """Return a text as it may safely be shown: no control characters, no longer than `limit`."""
    text = "".join(c if c.isprintable() else "�" for c in text[: limit + 1])
    return text if len(text) <= limit else text[: limit - 1] + "…"


def quoted(given: object) -> str:
    """Return what a person gave as it may safely stand in a message, text in quotation marks."""
    if isinstance(given, str):
        return f"“{printable(given)}”"
    try:
        return printable(repr(given))
    except ValueError:  # Python writes out no number of more than 4,300 digits
        return N_("a number of thousands of digits")


def _whole(given: object) -> object:
    """Return a float such as 3.0 as the int 3, since TOML and JSON may write it so."""
    return int(given) if isinstance(given, float) and given.is_integer() else given


def _next_power_of_two(value: int, up: bool) -> int:
    """Return the power of two above or below a positive number."""
    return 1 << value.bit_length() if up else 1 << max(0, (value - 1).bit_length() - 1)


def _next_multiple(value: float, step: float, up: bool) -> float:
    """Return the multiple of `step` above or below, without the rounding errors of binary fractions."""
    steps = round(value / step, 9)
    return round((math.floor(steps) + 1 if up else math.ceil(steps) - 1) * step, 9)


def _next_in_series(value: float, lowest: float, up: bool) -> float:
    """Return the next value of 1, 2, 5, 10, ... above or below; below `lowest` there is only 0."""
    if value < lowest or (value == lowest and not up):
        return lowest if up else 0.0
    exponent = math.floor(math.log10(value))
    rungs = [float(f"{digit}e{exponent + more}") for more in (-1, 0, 1) for digit in (1, 2, 5)]
    return next(r for r in rungs if r > value) if up else next(r for r in reversed(rungs) if r < value)
