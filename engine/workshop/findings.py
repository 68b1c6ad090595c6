"""What a check finds wrong: a sentence, a short name, and what came beside what was wanted."""

from dataclasses import dataclass

import numpy as np

from engine.sentences import Sentence
from engine.workshop.mistakes.network import SEEN
from engine.workshop.reference.network import Array

MAX_ROWS, MAX_COLUMNS = 12, 12
"""How much of an array is kept to be shown."""


@dataclass(frozen=True)
class Difference:
    """An array that came and the one that was wanted, cut to what can be shown.

    first: the place of the first number that differs, where the shapes agree
    """

    name: str
    case: Sentence
    got_shape: tuple[int, ...]
    wanted_shape: tuple[int, ...]
    got: tuple[tuple[float, ...], ...]
    wanted: tuple[tuple[float, ...], ...]
    first: tuple[int, ...] | None

    @classmethod
    def between(
        cls, name: str, case: Sentence, got: Array, wanted: Array, same: Array | None
    ) -> "Difference":
        """Return the difference of two arrays; `same` says where they agree, None for different shapes."""
        first = None if same is None or same.all() else tuple(int(at) for at in np.argwhere(~same)[0])
        return cls(name, case, got.shape, wanted.shape, _rows(got), _rows(wanted), first)


def _rows(array: Array) -> tuple[tuple[float, ...], ...]:
    table = np.atleast_2d(array)
    table = table.reshape(-1, table.shape[-1])[:MAX_ROWS, :MAX_COLUMNS]
    return tuple(tuple(float(value) for value in row) for row in table)


@dataclass(frozen=True)
class Finding:
    """What is wrong: a sentence for the person, and the mistake's short name where it is known."""

    message: Sentence
    diagnosis: str | None = None
    difference: Difference | None = None


class MistakeError(Exception):
    """Ends a check with what was found."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding.message))
        self.finding = finding


def seen(name: str, /, **values: object) -> MistakeError:
    """Return what ends a check with a mistake that it recognised."""
    return MistakeError(Finding(Sentence(SEEN[name], values), name))


def wrong(template: str, diagnosis: str | None = None, /, **values: object) -> MistakeError:
    """Return what ends a check with a sentence of its own."""
    return MistakeError(Finding(Sentence(template, values), diagnosis))
