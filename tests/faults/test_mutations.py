"""A few damaged files of each kind; the fault driver tries thousands."""

from pathlib import Path

import pytest

from tests.faults.mutations import NAMES, try_all


@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_or_hostile_file_is_read_as_it_was_or_refused_in_a_sentence(
    name: str, tmp_path: Path
) -> None:
    trial, _ = try_all(name, seed=1, rounds=5, folder=tmp_path)
    assert not trial.failures
    assert trial.outcomes.total() >= 5
    if name != "runs.db-wal":  # SQLite passes over what is damaged there, and reads what it read before
        assert trial.outcomes["refused in a sentence"] > 0
