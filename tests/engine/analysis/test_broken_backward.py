"""Each bug shows a pattern of its own, by which it can be told from every other."""

from itertools import combinations

import pytest

from engine.analysis.broken_backward import BUGS, Bug, puzzle
from engine.analysis.gradient_check import ArrayCheck
from engine.data.dataset import Dataset

WEIGHTS = {("hidden 1", "W"), ("hidden 2", "W"), ("output", "W")}
BIASES = {("hidden 1", "b"), ("hidden 2", "b"), ("output", "b")}
BELOW_OUTPUT = {place for place in WEIGHTS | BIASES if place[0] != "output"}
WRONG = {
    "transpose": BELOW_OUTPUT,
    "mask": {("hidden 1", "W"), ("hidden 1", "b")},
    "sum": WEIGHTS | BIASES,
    "bias sum": BIASES,
    "bias forgotten": BIASES,
    "label": WEIGHTS | BIASES,
    "penalty": WEIGHTS,
}
Found = dict[tuple[str, str], ArrayCheck]


def found(dataset: Dataset, bug: Bug | None) -> Found:
    results = {}
    for layer, array, check in puzzle(dataset, bug).parts():
        if check is not None:
            results[layer, array] = check
    return results


def test_the_network_is_right_when_nobody_broke_it(small_dataset: Dataset) -> None:
    whole = found(small_dataset, None)
    assert set(whole) == WEIGHTS | BIASES
    assert all(check.passed and check.is_conclusive for check in whole.values())


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_shows_where_its_explanation_says(small_dataset: Dataset, bug: Bug) -> None:
    results = found(small_dataset, bug)
    assert {place for place, check in results.items() if not check.passed} == WRONG[bug.name]
    errors = [check.relative_error for check in results.values() if not check.passed]
    factor = 31 / 33  # a gradient 32 times too long, of 32 images
    if bug.name in ("sum", "bias sum"):
        assert errors == pytest.approx([factor] * len(errors), abs=0.01)
    if bug.name == "bias forgotten":
        assert errors == [1.0] * 3
    if bug.name == "label":
        assert max(errors) - min(errors) > 0.1
    if bug.name == "penalty":
        assert max(errors) < 0.2
    if bug.name == "transpose":
        assert min(errors) > 0.2


def test_no_two_bugs_look_alike(small_dataset: Dataset) -> None:
    patterns = {bug.name: found(small_dataset, bug) for bug in BUGS}
    for first, second in combinations(BUGS, 2):
        ours, theirs = patterns[first.name], patterns[second.name]
        apart = max(
            abs(min(ours[place].relative_error, 1.0) - min(theirs[place].relative_error, 1.0))
            for place in ours
        )
        assert apart > 0.05, (first.name, second.name)


def test_progress_comes_every_few_numbers(small_dataset: Dataset) -> None:
    steps = list(puzzle(small_dataset, None).parts(samples=60))
    waits = [check is None for _layer, _array, check in steps]
    assert sum(not wait for wait in waits) == 6
    assert sum(waits) >= 9  # three times 60 weights, in twenties
