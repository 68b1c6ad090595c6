"""How the command line and the app show what came of a step of the workshop."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.text.language import _, translate

if TYPE_CHECKING:
    from engine.workshop.findings import Difference
    from engine.workshop.sandbox import StepResult

MAX_ROWS, MAX_COLUMNS = 6, 7
CELL = 12
"""The width of a number, and of the star behind it."""


def state_word(result: "StepResult") -> str:
    """Return the word for what came of a step."""
    if result.passed:
        return _("passes")
    return _("fails") if result.checked else _("not checked")


def difference_lines(difference: "Difference", rows: int = MAX_ROWS, columns: int = MAX_COLUMNS) -> list[str]:
    """Return what came and what was wanted, so many rows and columns of each.

    They are cut to where the first number that differs stands, which has a star.
    """
    lines = []
    for word, numbers, shape in (
        (_("came:"), difference.got, difference.got_shape),
        (_("wanted:"), difference.wanted, difference.wanted_shape),
    ):
        lines.append(f"{word} {difference.name} {shape}")
        lines += _rows(numbers, difference.first, shape, rows, columns)
    return [*lines, _("with {case}").format(case=translate(difference.case))]


def _rows(
    numbers: Sequence[Sequence[float]],
    first: tuple[int, ...] | None,
    shape: tuple[int, ...],
    rows: int,
    columns: int,
) -> list[str]:
    """Return the numbers of an array, cut to what is readable."""
    marked = (0, 0, *first)[-2:] if first is not None and len(shape) < 3 else None
    row, column = marked or (0, 0)
    top = max(0, min(row - rows + 1, len(numbers) - rows))
    left = max(0, min(column - columns + 1, len(numbers[0]) - columns)) if numbers else 0
    lines = ["  …"] if top else []
    for at, values in list(enumerate(numbers))[top : top + rows]:
        cells = [
            f"{value:>{CELL - 1}.4g}{'*' if (at, place) == marked else ' '}"
            for place, value in list(enumerate(values))[left : left + columns]
        ]
        before = "…" if left else ""
        more = " …" if left + columns < max(len(values), shape[-1] if shape else 0) else ""
        lines.append(before + "".join(cells)[len(before) :].rstrip() + more)
    if top + rows < max(len(numbers), shape[0] if len(shape) == 2 else 0):
        lines.append("  …")
    return lines
