"""`mlp-tui train --network`: what goes where, and with which exit status it ends."""

import re
from pathlib import Path

import pytest

from engine.workshop.texts import solution
from tests.tui.cli.conftest import QUICK, Call


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(solution(1).replace("self.X = X", 'self.X = X; print("secret")'), "utf-8")
    return path


def test_json_has_the_events_and_nothing_that_is_printed(mlp_tui: Call, small_npz: Path, mine: Path) -> None:
    done = mlp_tui("train", "--data", small_npz, *QUICK, "--network", mine, "--json")
    assert done.status == 0
    lines = done.json()
    assert [line["event"] for line in lines if line["event"] != "batch_ended"] == [
        "run_started",
        *["epoch_ended"] * 3,
        "run_ended",
    ]
    assert lines[0]["network"]["path"] == str(mine)
    assert lines[0]["parameters"] == 784 * 16 + 16 + 160 + 10
    assert 0.5 < lines[-1]["test_accuracy"] < 1
    assert "secret" not in done.out
    assert done.err.count("secret") > 3
    listed = mlp_tui("runs", "list", "--json").json()[0]
    assert (listed["name"], listed["own_network"]) == ("mine.py", str(mine))
    assert "cannot be resumed" in mlp_tui("resume", listed["run"]).complaint(1)
    assert "own network" in mlp_tui("runs", "show", listed["run"]).out
    assert mlp_tui("runs", "export", listed["run"], "--format", "script").out == mine.read_text("utf-8")
    assert mlp_tui("evaluate", listed["run"]).status == 0
    assert mlp_tui("train", "--data", small_npz, *QUICK, "--optimizer", "adam", "--name", "ours").status == 0
    compared = mlp_tui("runs", "compare", listed["run"], "ours").out
    assert re.search(r"own network +mine\.py +–", compared)
    assert "optimizer" not in compared  # what the person's class does is not known
    report = mlp_tui("runs", "export", listed["run"], "--format", "report").out
    assert f"MLP in {mine}" in report
    assert "<td>optimizer" not in report


def test_a_failure_is_the_last_event_and_one_line(mlp_tui: Call, small_npz: Path, mine: Path) -> None:
    mine.write_text(solution(1).replace("dz2 /= batch", "dz2 /= self.batch"), "utf-8")
    done = mlp_tui("train", "--data", small_npz, *QUICK, "--network", mine, "--json")
    says = "mine.py, line 38: `dz2 /= self.batch` raises AttributeError"
    assert done.status == 1
    assert done.json()[-1]["event"] == "run_failed"
    assert says in done.json()[-1]["message"]
    assert says in done.err
    assert done.err.count("\n") == 1
    assert len(done.json()) == 1


def test_a_run_that_diverges_has_its_own_status(mlp_tui: Call, small_npz: Path, mine: Path) -> None:
    done = mlp_tui(
        "train", "--data", small_npz, *QUICK, "--network", mine, "--learning-rate", "1e9", "--json"
    )
    assert done.status == 3
    assert done.json()[-1]["reason"] == "diverged"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--optimizer", "sgd"], "optimizer does not apply"),
        (["--dropout", "0.5"], "dropout does not apply"),
        (["--preset", "adam"], "optimizer does not apply"),
        (["--no-batch-norm"], "batch_norm does not apply"),
        (["--hidden", "16,16"], "one hidden size"),
    ],
)
def test_what_cannot_apply_is_refused(mlp_tui: Call, mine: Path, options: list[str], says: str) -> None:
    assert says in mlp_tui("train", "--network", mine, *options).complaint(2)


def test_a_file_that_is_not_there_is_told(mlp_tui: Call, tmp_path: Path) -> None:
    assert "No such file" in mlp_tui("train", "--network", tmp_path / "none.py").complaint(1)
    assert "is not a network" in mlp_tui("train", "--network", f"{tmp_path}/none.py:1").complaint(2)
