"""Lines printed on paper, straight across the picture, taken off without cutting what crosses them.

As staff lines are taken off sheet music (Dalitz, Droettboom, Pranzas and Fujinaga 2008): found as thin things
that lie on long straight lines, and removed except where something else is darker or passes through.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data.morphology import Mask, extreme

Contrast = NDArray[np.float32]
Numbers = NDArray[np.floating]

THICKEST = 1 / 130
"""Thickness of a rule, as a share of the picture's longer side, at the most."""
STEEPEST = 9.0
"""Degrees by which rules may be turned."""
COVERED, REACHED = 0.45, 0.15
"""Share of a line on which its rule must be seen, and how near to both ends."""
MOST_RULES = 150
MOST_POINTS = 40_000
FADED = 0.25
"""Share of a rule's contrast below which it has ended to the side."""
MARGIN = 3


def without_rules(contrast: Contrast, mask: Mask) -> tuple[Contrast, int]:
    """Return the contrast `(rows, columns)` without rules, along both axes, and how many there were.

    mask: where the contrast is more than noise
    """
    across, count = _without_level_rules(contrast, mask)
    still = np.ascontiguousarray((mask & (across == contrast)).T)
    turned, more = _without_level_rules(np.ascontiguousarray(across.T), still)
    return np.ascontiguousarray(turned.T), count + more


def _without_level_rules(contrast: Contrast, mask: Mask) -> tuple[Contrast, int]:
    """Take off the rules that run from left to right.

    On a rule's pixels, what is darker than the rule by far is kept; elsewhere the paler of what is just
    above and just below stands in its place, so that a stroke that crosses the rule stays whole.
    """
    rows, columns = contrast.shape
    thickest = max(5, int(max(rows, columns) * THICKEST))
    found = _rules(mask, thickest)
    cleaned, reach = contrast.copy(), thickest + MARGIN
    offsets = np.arange(-reach, reach + 1)[:, None]
    for rule in found:
        middle = np.rint(rule.at(np.arange(columns))).astype(np.intp)
        x = np.flatnonzero((middle >= 0) & (middle < rows))
        y = np.clip(middle[x] + offsets, 0, rows - 1)
        strip = cleaned[y, x]
        profile = np.median(strip, axis=1)
        top = bottom = reach - 2 + int(profile[reach - 2 : reach + 3].argmax())
        faded = FADED * profile[top]
        while top > 2 and profile[top - 1] > faded:
            top -= 1
        while bottom < 2 * reach - 2 and profile[bottom + 1] > faded:
            bottom += 1
        band = slice(top - 1, bottom + 2)
        passing = np.minimum(strip[top - 2], strip[bottom + 2])
        rule_alone = strip[band] <= 1.6 * profile[band, None] + 0.06
        cleaned[y[band], x] = np.where(rule_alone, np.minimum(passing, strip[band]), strip[band])
    return cleaned, len(found)


@dataclass(frozen=True)
class _Rule:
    """A line y = start + slope x."""

    start: float
    slope: float

    def at(self, x: NDArray[np.generic]) -> NDArray[np.float64]:
        return self.start + self.slope * x.astype(np.float64)


def _rules(mask: Mask, thickest: int) -> list[_Rule]:
    """Find rules from left to right: thin things on long lines of one direction; each is then fitted."""
    rows, columns = mask.shape
    grey = mask.astype(np.uint8)
    thick = extreme(extreme(grey, thickest + 1, 0, np.minimum, 1)[::-1], thickest + 1, 0, np.maximum, 0)[::-1]
    y, x = np.nonzero(mask & (thick == 0))
    if len(y) < columns / 3:
        return []
    slope = _slope(y, x, columns, rows)
    offsets = np.rint(y - slope * x).astype(np.intp) + columns
    order = np.argsort(offsets, kind="stable")
    offsets, y, x = offsets[order], y[order], x[order]
    counts = np.convolve(np.bincount(offsets, minlength=rows + 2 * columns), np.ones(3), "same")
    found: list[_Rule] = []
    taken = np.zeros(len(counts), bool)
    for offset in np.argsort(-counts):
        if counts[offset] < columns / 7 or len(found) == MOST_RULES:
            break
        if taken[max(0, offset - 4) : offset + 5].any():
            continue
        rule = _Rule(float(offset - columns), slope)
        on_it = slice(*np.searchsorted(offsets, [offset - 1, offset + 2]))
        if _runs_through(rule, x[on_it], rows, columns):
            near = slice(*np.searchsorted(offsets, [offset - 12, offset + 13]))
            found.append(_fitted(rule, y[near], x[near]))
            taken[offset] = True
    return found


def _slope(y: NDArray[np.intp], x: NDArray[np.intp], columns: int, rows: int) -> float:
    """Return the slope of the lines that most points lie on: of the sharpest projection (Postl 1986)."""
    step = max(1, len(y) // MOST_POINTS)
    y, x = y[::step], x[::step]

    def sharpness(slope: float) -> float:
        counts = np.bincount(np.rint(y - slope * x).astype(np.intp) + columns, minlength=rows + 2 * columns)
        return float(((counts[:-1] + counts[1:]).astype(np.float64) ** 2).sum())

    coarse = max(np.tan(np.radians(np.arange(-STEEPEST, STEEPEST + 0.1, 0.2))).tolist(), key=sharpness)
    return float(max((coarse + np.linspace(-0.004, 0.004, 33)).tolist(), key=sharpness))


def _runs_through(rule: _Rule, x: NDArray[np.intp], rows: int, columns: int) -> bool:
    """Return whether points at these columns cover the line, near to both of its ends."""
    y = rule.at(np.arange(columns))
    within = np.flatnonzero((y >= 0) & (y < rows))
    if len(within) < columns / 3:
        return False
    cells = len(np.unique(x // 8)) * 8
    ends = max(x.min() - within[0], within[-1] - x.max())
    return bool(cells > COVERED * len(within) and ends < REACHED * len(within))


def _fitted(rule: _Rule, y: NDArray[np.intp], x: NDArray[np.intp]) -> _Rule:
    """Fit a line to the points that are near to it, ever nearer ones."""
    for near in (6, 3, 2):
        close = np.abs(y - rule.at(x)) <= near
        if close.sum() > 20:
            slope, start = np.polyfit(x[close], y[close], 1)
            rule = _Rule(float(start), float(slope))
    return rule
