"""Some of the fault driver's runs, killed."""

from pathlib import Path

from tests.faults.crash_points import crash_points
from tests.faults.kill import NETWORK, RUNS, kill_one


def test_a_killed_run_is_whole_and_ends_in_the_same_bits(small_npz: Path, tmp_path: Path) -> None:
    options = [*NETWORK, *RUNS["momentum, one cycle"], "--data", str(small_npz)]
    trial = kill_one("momentum", options, tmp_path / "runs", kills=2, seed=3)
    assert not trial.failures
    assert trial.times == 2


def test_a_run_killed_before_or_after_any_write_is_whole_and_ends_in_the_same_bits() -> None:
    for trial in crash_points(every=9):
        assert not trial.failures
        assert trial.outcomes["gone on with to the same bits"] > 5
