"""Successive halving: only the better half of the settings goes on, rung by rung.

Jamieson and Talwalkar 2016. As in its asynchronous form (ASHA, Li et al. 2020) a setting need not wait until
its rung is full: it goes on, or is dropped, once it is certain that it is in the better half, or is not.
How many settings enter a rung is known from the start, so that this gives exactly what waiting would give:
what goes on does not depend on who was quicker, as it does in ASHA.
"""

from collections.abc import Mapping
from dataclasses import dataclass

MAX_HALVINGS = 2
"""The first rung is then a quarter of the epochs; after fewer the order of settings says little."""


@dataclass(frozen=True)
class Rung:
    """A level of the ladder: so many settings are compared after so many epochs, and `kept` of them go on."""

    epochs: int
    settings: int
    kept: int


def rungs(epochs: int, settings: int, *, halving: bool) -> tuple[Rung, ...]:
    """Return the rungs of an experiment, the lowest first; the last keeps all.

    Without halving, or where there is nothing to halve, there is one alone.
    """
    ladder: list[Rung] = []
    divisors = [2**power for power in range(MAX_HALVINGS, 0, -1)] if halving else []
    for divisor in divisors:
        level, kept = -(-epochs // divisor), max(1, settings // 2)
        is_higher = level < epochs and (not ladder or level > ladder[-1].epochs)
        if is_higher and kept < settings:
            ladder.append(Rung(level, settings, kept))
            settings = kept
    return (*ladder, Rung(epochs, settings, settings))


def decided(rung: Rung, scores: Mapping[int, float | None]) -> tuple[set[int], set[int]]:
    """Return the settings that certainly go on from a rung, and those that certainly do not.

    scores: of the settings that have come to its end, the higher the better, None the lowest of all; of
    equals the one with the lower number is the better
    """
    ranked = sorted(scores, key=lambda setting: (-_rank(scores[setting]), setting))
    unknown = rung.settings - len(ranked)
    better = {setting: place for place, setting in enumerate(ranked)}
    going_on = {setting for setting in ranked if better[setting] + unknown < rung.kept}
    dropped = {setting for setting in ranked if better[setting] >= rung.kept}
    return going_on, dropped


def _rank(score: float | None) -> float:
    return -1.0 if score is None else score
