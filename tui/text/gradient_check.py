"""A relative error as a bar on a logarithmic scale, for the page and the command line."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.text.language import _

if TYPE_CHECKING:
    from engine.analysis.gradient_check import ArrayCheck

SMALLEST = 1e-12
"""The relative error at which a bar begins; it ends at 1."""


def place(error: float, cells: int) -> int:
    """Return where an error stands on a scale of so many cells."""
    if error <= SMALLEST:
        return 0
    if not error < 1.0:  # nor a number
        return cells
    return round(cells * (1.0 - math.log10(error) / math.log10(SMALLEST)))


def scale(cells: int) -> str:
    """Return the numbers that stand over the bars; no more of them than have room."""
    line = [" "] * (cells + 6)
    for exponent in (-12, -9, -6, -3, 0) if cells >= 28 else (-12, -6, 0):
        text, at = f"1e{exponent}" if exponent else "1", place(10.0**exponent, cells)
        line[at : at + len(text)] = text
    return "".join(line)


def bar(check: "ArrayCheck", cells: int, ink: str = "#", mark: str = ":") -> str:
    """Return the bar of a comparison, with a mark at the tolerance."""
    length = place(check.relative_error, cells)
    line = [ink] * length + [" "] * (cells - length)
    line[min(cells - 1, place(check.tolerance, cells))] = mark
    return "".join(line)


def verdict(check: "ArrayCheck") -> str:
    """Return in words what came of a comparison."""
    if not check.passed:
        return _("DIFFERS")
    if check.is_conclusive:
        return _("agrees")
    return _("too small to tell") if check.checked else _("nothing but kinks")


def overall_verdict(checks: "Sequence[ArrayCheck]") -> str:
    """Return in one sentence what came of all comparisons."""
    if not all(check.passed for check in checks):
        return _("Backpropagation differs from the difference quotients.")
    if all(check.is_conclusive for check in checks):
        return _("Backpropagation agrees with the difference quotients.")
    return _("Backpropagation agrees with the difference quotients where they can tell.")
