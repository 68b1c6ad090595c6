"""How the command line and the app show what came of a step of the workshop."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.text.language import _, translate

if TYPE_CHECKING:
    from engine.workshop.findings import Difference
    from engine.workshop.sandbox import StepResult

MAX_ROWS, MAX_COLUMNS = 6, 7


def state_word(result: "StepResult") -> str:
    """Return the word for what came of a step."""
    if result.passed:
        return _("passes")
    return _("fails") if result.checked else _("not checked")


def difference_lines(difference: "Difference") -> list[str]:
    """Return what came and what was wanted, in rows; the first number that differs has a star."""
    lines = []
    for word, rows, shape in (
        (_("came:"), difference.got, difference.got_shape),
        (_("wanted:"), difference.wanted, difference.wanted_shape),
    ):
        lines.append(f"{word} {difference.name} {shape}")
        lines += _rows(rows, difference.first, shape)
    return [*lines, _("with {case}").format(case=translate(difference.case))]


def _rows(
    rows: Sequence[Sequence[float]], first: tuple[int, ...] | None, shape: tuple[int, ...]
) -> list[str]:
    """Return the numbers of an array, cut to what is readable."""
    marked = (0, *first)[-2:] if first is not None and len(shape) < 3 else None
    if first == ():
        marked = (0, 0)
    lines = []
    for at, row in enumerate(rows[:MAX_ROWS]):
        cells = [
            f"{value:>10.4g}{'*' if (at, place) == marked else ' '}"
            for place, value in enumerate(row[:MAX_COLUMNS])
        ]
        more = " …" if len(row) > MAX_COLUMNS or (shape and shape[-1] > MAX_COLUMNS) else ""
        lines.append("".join(cells).rstrip() + more)
    if len(rows) > MAX_ROWS or (len(shape) == 2 and shape[0] > MAX_ROWS):
        lines.append("  …")
    return lines
