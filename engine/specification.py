"""What a value may be: its type, its range, how it is read from text and written as text.

One `Specification` describes one hyperparameter. The form, the command-line options, TOML files and the
help are all made from it, so a range is written down once.
"""

import math
import operator
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from engine.errors import HyperparameterError
from engine.wording import N_, Sentence


class Kind(ABC):
    """A kind of value. `read` raises `ValueError` for anything that is not allowed."""

    @abstractmethod
    def read(self, given: object) -> object:
        """Return the value that `given` stands for: text from a person, or a value from a program."""

    @abstractmethod
    def allowed(self) -> Sentence:
        """Say which values are allowed, to follow the words "allowed:"."""

    def write(self, value: object) -> str:
        """Return the text that `read` turns back into `value`."""
        return str(value)


@dataclass(frozen=True)
class Choice(Kind):
    """One of a few names."""

    names: tuple[str, ...]

    def read(self, given: object) -> str:
        """Return the name, written in any case and with `-` or `_`."""
        name = given.strip().lower().replace("-", "_") if isinstance(given, str) else given
        if not isinstance(name, str) or name not in self.names:
            raise ValueError
        return name

    def allowed(self) -> Sentence:
        """Return the names."""
        return Sentence("{names}", {"names": ", ".join(self.names)})


@dataclass(frozen=True)
class Flag(Kind):
    """On or off."""

    _WORDS: ClassVar[dict[str, bool]] = {
        "on": True,
        "true": True,
        "yes": True,
        "off": False,
        "false": False,
        "no": False,
    }

    def read(self, given: object) -> bool:
        """Return True or False."""
        if isinstance(given, str):
            given = self._WORDS.get(given.strip().lower())
        if not isinstance(given, bool):
            raise ValueError
        return given

    def allowed(self) -> Sentence:
        """Return the two words."""
        return Sentence(N_("on or off"))

    def write(self, value: object) -> str:
        """Return the word for it."""
        return "on" if value else "off"


@dataclass(frozen=True)
class Integer(Kind):
    """A whole number from `low` to `high`, both included."""

    low: int
    high: int | None = None

    def read(self, given: object) -> int:
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


@dataclass(frozen=True)
class Real(Kind):
    """A finite number of at least `low` (above it, if `open_low`) and below `below`."""

    low: float = 0.0
    open_low: bool = False
    below: float | None = None

    def read(self, given: object) -> float:
        """Return the number."""
        if isinstance(given, bool) or not isinstance(given, str | int | float):
            raise ValueError
        value = float(given)
        if not math.isfinite(value) or value < self.low or (self.open_low and value == self.low):
            raise ValueError
        if self.below is not None and value >= self.below:
            raise ValueError
        return value + 0.0  # -0.0 becomes 0.0

    def allowed(self) -> Sentence:
        """Return the range in words."""
        low = Sentence(N_("above {low:g}") if self.open_low else N_("{low:g} or more"), {"low": self.low})
        if self.below is None:
            return Sentence(N_("a finite number, {low}"), {"low": low})
        return Sentence(N_("a number, {low} and below {below:g}"), {"low": low, "below": self.below})

    def write(self, value: object) -> str:
        """Return the shortest text that reads back as the same number, without a needless `.0`."""
        text = repr(value)
        return text.removesuffix(".0")


@dataclass(frozen=True)
class Sizes(Kind):
    """A list of whole numbers from `low` to `high`, at most `most` of them; it may be empty."""

    low: int
    high: int
    most: int

    def read(self, given: object) -> tuple[int, ...]:
        """Return the sizes from "128,64", from a list, or from one number."""
        if isinstance(given, str):
            parts: list[object] = list(given.split(",")) if given.strip() else []
        else:
            parts = list(given) if isinstance(given, list | tuple) else [given]
        size = Integer(self.low, self.high)
        if len(parts) > self.most:
            raise ValueError
        return tuple(size.read(part) for part in parts)

    def allowed(self) -> Sentence:
        """Return the range in words."""
        return Sentence(
            N_("at most {most} whole numbers from {low:,} to {high:,}, separated by commas"),
            {"most": self.most, "low": self.low, "high": self.high},
        )

    def write(self, value: object) -> str:
        """Return the sizes separated by commas."""
        assert isinstance(value, tuple)
        return ",".join(map(str, value))


@dataclass(frozen=True, kw_only=True)
class Specification:
    """Everything there is to say about one hyperparameter.

    `help` is one line, `explanation` a paragraph; both are marked for translation. `live` says that it
    may change during a run. `optimizers` names those that use it; empty means that all of them do. A
    `default` of None means that the value follows from something else, which `help` names.
    """

    name: str
    kind: Kind
    default: object
    group: str
    help: str
    explanation: str
    unit: str = ""
    live: bool = False
    optimizers: tuple[str, ...] = ()

    def read(self, given: object) -> object:
        """Return the value that `given` stands for.

        Raises:
            HyperparameterError: in one sentence, what was given and what is allowed.
        """
        if given is None and self.default is None:
            return None
        try:
            return self.kind.read(given)
        except (ValueError, TypeError, OverflowError):
            raise HyperparameterError(
                N_("{name} is {given}; allowed: {allowed}."),
                name=self.name,
                given=quoted(given),
                allowed=self.kind.allowed(),
            ) from None

    def write(self, value: object) -> str:
        """Return the text that `read` turns back into `value`; empty for None."""
        return "" if value is None else self.kind.write(value)


def printable(text: str, most: int = 60) -> str:
    """Return a text as it may safely be shown: no control characters, no longer than `most`."""
    text = "".join(c if c.isprintable() else "�" for c in text[: most + 1])
    return text if len(text) <= most else text[: most - 1] + "…"


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
