"""One of the fault driver's runs, killed twice."""

from pathlib import Path

from tests.faults.kill import NETWORK, RUNS, kill_one


def test_a_killed_run_is_whole_and_ends_in_the_same_bits(small_npz: Path, tmp_path: Path) -> None:
    options = [*NETWORK, *RUNS["momentum, one cycle"], "--data", str(small_npz)]
    trial = kill_one("momentum", options, tmp_path / "runs", kills=2, seed=3)
    assert not trial.failures
    assert trial.times == 2
