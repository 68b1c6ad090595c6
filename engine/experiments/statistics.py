"""Honest statistics of an experiment: means with their intervals, and which settings cannot be told apart."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.analysis.comparison import SIGNIFICANCE
from engine.experiments.space import Setting

CONFIDENCE = 0.95


@dataclass(frozen=True)
class SettingSummary:
    """What the trials of one setting came to.

    number: of the setting, from 0; accuracies: the best validation accuracy by seed, None where there is none
    is_finished: whether all of its trials ended by themselves
    dropped_after: the epochs after which halving dropped it, None if it did not
    mean, std: over the seeds, std with n - 1; low, high: the 95 % confidence interval of the mean by
    Student's t; None where there are too few seeds
    p_value: the chance of such a difference from the best if there is none, by the paired t test, corrected
    by Holm; None for the best itself, and where it cannot be said
    """

    number: int
    values: Setting
    accuracies: Mapping[int, float | None]
    is_finished: bool
    dropped_after: int | None
    mean: float | None
    std: float | None
    low: float | None
    high: float | None
    is_best: bool = False
    p_value: float | None = None

    @property
    def is_indistinguishable(self) -> bool:
        """Whether it cannot be told from the best with these seeds."""
        return (
            self.is_finished
            and self.mean is not None
            and (self.is_best or self.p_value is None or self.p_value >= SIGNIFICANCE)
        )


def mean_of(values: Sequence[float | None]) -> float | None:
    """Return the mean; None where one of them does not exist."""
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known and len(known) == len(values) else None


def deviation_of(values: Sequence[float | None]) -> float | None:
    """Return the standard deviation with n - 1; None for fewer than two values."""
    mean = mean_of(values)
    if mean is None or len(values) < 2:
        return None
    return math.sqrt(math.fsum((v - mean) ** 2 for v in values if v is not None) / (len(values) - 1))


def interval_of(values: Sequence[float | None]) -> tuple[float, float] | None:
    """Return the 95 % confidence interval of the mean by Student's t; None for fewer than two values."""
    mean, deviation = mean_of(values), deviation_of(values)
    if mean is None or deviation is None:
        return None
    reach = t_quantile(0.5 + CONFIDENCE / 2, len(values) - 1) * deviation / math.sqrt(len(values))
    return mean - reach, mean + reach


def paired_p_value(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Return the two-sided p-value of the paired t test; None for fewer than two pairs."""
    differences = [a - b for a, b in zip(first, second, strict=True)]
    mean, deviation = mean_of(differences), deviation_of(differences)
    if mean is None or deviation is None:
        return None
    if deviation <= 1e-12 * abs(mean):  # the same with every seed
        return 1.0 if mean == 0.0 else 0.0
    t = mean / deviation * math.sqrt(len(differences))
    return 2.0 * (1.0 - t_cdf(abs(t), len(differences) - 1))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for being many (Holm 1979)."""
    order = sorted(range(len(p_values)), key=lambda at: p_values[at])
    corrected, largest = [0.0] * len(p_values), 0.0
    for place, at in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[at]))
        corrected[at] = largest
    return corrected


def best_of(summaries: Sequence[SettingSummary]) -> SettingSummary | None:
    """Return the finished setting with the highest mean, the first of equals; None where there is none."""
    finished = [summary for summary in summaries if summary.is_finished and summary.mean is not None]
    return max(finished, key=lambda summary: (summary.mean, -summary.number), default=None)


def in_order(summaries: Sequence[SettingSummary]) -> list[SettingSummary]:
    """Return settings by their mean, those that finished before those that were dropped."""

    def place(summary: SettingSummary) -> tuple[bool, int, float, int]:
        mean = -1.0 if summary.mean is None else summary.mean
        return summary.dropped_after is not None, -(summary.dropped_after or 0), -mean, summary.number

    return sorted(summaries, key=place)


def corrected_p_values(best: SettingSummary, others: Sequence[SettingSummary]) -> dict[int, float | None]:
    """Return the p-value of the difference of each from the best, corrected for being many, by number."""
    raw: dict[int, float] = {}
    for other in others:
        seeds = best.accuracies.keys() & other.accuracies.keys()
        pairs = [(best.accuracies[seed], other.accuracies[seed]) for seed in sorted(seeds)]
        both = [(a, b) for a, b in pairs if a is not None and b is not None]
        p = paired_p_value([a for a, _b in both], [b for _a, b in both]) if len(both) == len(pairs) else None
        if p is not None:
            raw[other.number] = p
    corrected = dict(zip(raw, holm(list(raw.values())), strict=True))
    return {other.number: corrected.get(other.number) for other in others}


def t_cdf(t: float, degrees: int) -> float:
    """Return the distribution function of Student's t, by the incomplete beta function."""
    tail = 0.5 * _incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t))
    return 1.0 - tail if t > 0 else tail


def t_quantile(share: float, degrees: int) -> float:
    """Return the t below which this share of the distribution lies, for a share of a half or more."""
    low, high = 0.0, 1.0
    while t_cdf(high, degrees) < share:
        high *= 2.0
    for _step in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if t_cdf(middle, degrees) < share else (low, middle)
    return (low + high) / 2


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22)."""
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1) / (a + b + 2):  # the fraction converges quickly below
        return 1.0 - _incomplete_beta(b, a, 1.0 - x)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    # Lentz's method, as Thompson and Barnett 1986 changed it
    tiny = 1e-300
    c, d = 1.0, 1.0 / (1.0 - (a + b) * x / (a + 1) or tiny)
    fraction = d
    for m in range(1, 500):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1.0 / (1.0 + even * d or tiny), 1.0 + even / c or tiny
        fraction *= c * d
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1.0 / (1.0 + odd * d or tiny), 1.0 + odd / c or tiny
        change = c * d
        fraction *= change
        if abs(change - 1.0) < 1e-15:
            break
    return math.exp(log_front) * fraction / a
