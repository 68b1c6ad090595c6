"""Who goes on, whoever is done first."""

import itertools
import random

import pytest

from engine.experiments.halving import Rung, decided, rungs


@pytest.mark.parametrize(
    ("epochs", "settings", "expected"),
    [
        (1, 9, [(1, 9, 9)]),
        (2, 9, [(1, 9, 4), (2, 4, 4)]),
        (5, 9, [(2, 9, 4), (3, 4, 2), (5, 2, 2)]),
        (10, 3, [(3, 3, 1), (10, 1, 1)]),
        (40, 8, [(10, 8, 4), (20, 4, 2), (40, 2, 2)]),
        (5, 1, [(5, 1, 1)]),
    ],
)
def test_the_ladder(epochs: int, settings: int, expected: list[tuple[int, int, int]]) -> None:
    assert list(rungs(epochs, settings, halving=True)) == [Rung(*one) for one in expected]
    assert rungs(epochs, settings, halving=False) == (Rung(epochs, settings, settings),)


def test_what_is_decided_early_is_what_is_decided_in_the_end() -> None:
    """In every order of seven settings, of which two are level and one has no figure."""
    scores = dict(enumerate([0.5, 0.9, 0.7, 0.9, None, 0.1, 0.6]))
    rung = Rung(1, 7, 3)
    final = decided(rung, scores)
    assert final == ({1, 3, 2}, {0, 4, 5, 6})
    early = 0
    orders = list(itertools.permutations(scores))
    for order in random.Random(0).sample(orders, 300):
        for count in range(7):
            going_on, dropped = decided(rung, {setting: scores[setting] for setting in order[:count]})
            assert going_on <= final[0]
            assert dropped <= final[1]
            early += bool(going_on or dropped)
    assert early > 300  # some of it is certain before all are done
