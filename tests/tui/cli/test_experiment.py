"""`mlp-tui experiment` on the command line: its JSON, its complaints, and what is left when it is killed."""

import json
import signal
import statistics
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.tui.cli.conftest import ENVIRONMENT, PROGRAM, QUICK, ROOT, Call

RUN = ("experiment", "run", "--vary")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of its own for each test."""
    monkeypatch.setenv("MLP_TUI_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def completed(mlp_tui: Call, begun: str) -> list[str]:
    """Return what the shell offers for a word that has been begun."""
    words = ["mlp-tui", "experiment", "show"]
    asked = {"_MLP_TUI_COMPLETE": "bash_complete", "COMP_WORDS": " ".join([*words, begun]), "COMP_CWORD": "3"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in asked.items():
            patch.setenv(name, value)
        return [line.partition(",")[2] for line in mlp_tui().out.splitlines()]


def test_an_experiment_is_run_listed_shown_and_deleted(mlp_tui: Call, small_npz: Path) -> None:
    options = ["--vary", "hidden=16;8", "--seeds", "2", "--name", "mine", "--workers", "1", "--json"]
    done = mlp_tui(*RUN, "learning_rate=0.01,0.1", "--data", small_npz, *QUICK, *options)
    assert done.status == 0, done
    started, *trials, ended = done.json()
    assert (started["event"], started["trials"]) == ("experiment_started", 8)
    assert {trial["event"] for trial in trials} == {"trial_ended"}
    assert sorted(trial["trial"] for trial in trials) == list(range(1, 9))
    by_setting: dict[str, list[float]] = {}
    for trial in trials:
        assert set(trial) >= {"values", "seed", "run", "epochs", "best_validation_accuracy", "pruned"}
        assert (trial["epochs"], trial["pruned"]) == (3, False)
        by_setting.setdefault(str(trial["values"]), []).append(trial["best_validation_accuracy"])
    assert {trial["seed"] for trial in trials} == {0, 1}
    assert trials[0]["values"] == {"learning_rate": 0.01, "hidden": [16]}
    assert ended["event"] == "experiment_ended"
    best = by_setting[str(ended["best"]["values"])]
    assert ended["best"]["mean"] == max(map(statistics.mean, by_setting.values()))
    assert ended["best"]["std"] == pytest.approx(statistics.stdev(best))
    assert len(ended["test_accuracy"]) == 2

    (listed,) = mlp_tui("experiment", "list", "--json").json()
    assert (listed["experiment"], listed["name"], listed["state"]) == (
        started["experiment"],
        "mine",
        "completed",
    )
    (shown,) = mlp_tui("experiment", "show", "latest", "--json").json()
    assert shown["best"] == ended["best"]
    assert shown["test_accuracy"] == ended["test_accuracy"]
    fields = ("trial", "values", "seed", "run", "epochs", "best_validation_accuracy", "pruned")
    of_events = sorted(([trial[f] for f in fields] for trial in trials), key=lambda t: t[0])
    assert [[trial[f] for f in fields] for trial in shown["trials_ended"]] == of_events
    (run,) = mlp_tui("runs", "show", trials[0]["run"], "--json").json()
    assert run["best_validation_accuracy"] == trials[0]["best_validation_accuracy"]
    (row,) = mlp_tui("experiment", "list").out.splitlines()[1:]
    assert row.split()[0] == started["experiment"]
    mean = f"{ended['best']['mean']:.2%}"
    assert " ".join(row.split()).endswith(f" learning_rate=0.01,0.1 hidden=16;8 8/8 {mean} completed mine")
    assert completed(mlp_tui, "mi") == ["mine"]
    assert completed(mlp_tui, "") == ["latest", started["experiment"], "mine"]
    text = mlp_tui("experiment", "show", "mine").out
    assert "learning_rate  hidden" in text
    assert "It is the best of 4 settings that were tried" in text

    folder = small_npz.parent
    places = [folder / f"mine{ending}" for ending in (".csv", ".json", ".html")]
    wanted = [word for place in places for word in ("--export", place)]
    (exported,) = mlp_tui("experiment", "show", "mine", "--json", *wanted).json()
    assert json.loads(places[1].read_text()) == exported == shown
    assert "--force replaces it" in mlp_tui("experiment", "show", "mine", *wanted).complaint(1)
    assert places[0].read_text().splitlines()[0].startswith("trial,learning_rate,hidden,seed,run,epochs,")
    assert places[2].read_text().count("<svg") == 2
    assert mlp_tui("runs", "compare", "mine").out == text
    (compared,) = mlp_tui("runs", "compare", "mine", trials[0]["run"], "--data", small_npz, "--json").json()
    winner = next(trial for trial in trials if trial["values"] == ended["best"]["values"])
    assert compared["runs"] == [winner["run"], trials[0]["run"]]

    assert mlp_tui("experiment", "delete", "mine", "--json").json() == [{"deleted": [started["experiment"]]}]
    assert mlp_tui("experiment", "list", "--json").out == ""
    assert mlp_tui("runs", "list", "--json").out == ""
    assert mlp_tui("runs", "restore", trials[0]["run"]).status == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run"], "Nothing varies; name what does, such as --vary learning_rate=0.01,0.1."),
        (["run", "--vary", "learning_rate=0"], "learning_rate is “0”; allowed: a finite number, above 0."),
        (["run", "--vary", "rate=0.1"], "There is no hyperparameter “rate”; there are: "),
        (["run", "--vary", "seed=1,2"], "--seeds 5 repeats each setting"),
        (["run", "dropout=0,0.5", "--seeds", "0"], "is not allowed; a whole number from 1"),
        (["run", "dropout=0,0.5", "--search", "best"], "'best' is not one of"),
        (["run", "dropout=0,0.5", "--trials", "3"], "--trials is for --search random and tpe"),
        (["run", "dropout=0,0.5", "--learning-rate", "-1"], "learning_rate is “-1”; allowed:"),
        (["run", "batch_size=64,60000"], "batch_size is 60,000; there are 54,000 training images"),
    ],
)
def test_a_bad_value_is_one_sentence(mlp_tui: Call, arguments: list[str], said: str) -> None:
    assert said in mlp_tui("experiment", *arguments).complaint(2)
    assert mlp_tui("experiment", "list", "--json").out == ""


def test_trials_are_told_as_they_end(mlp_tui: Call, small_npz: Path) -> None:
    done = mlp_tui(*RUN, "hidden=16;8", "--halving", "--data", small_npz, *QUICK, "--workers", "1")
    assert done.status == 0, done
    assert "trial 1/2  hidden 16  seed 0  validation " in done.out + done.err
    assert "dropped after 1 epoch" in done.out + done.err
    assert "With one seed nothing can be said about luck" in done.out
    done = mlp_tui(*RUN, "dropout=0", "--halving", "--data", small_npz, *QUICK, "--workers", "1")
    assert "Nothing is halved: that takes at least two settings and two epochs." in done.err


def test_what_is_not_there_is_said(mlp_tui: Call) -> None:
    for command in ("resume", "show", "delete"):
        assert "There is no experiment “x”" in mlp_tui("experiment", command, "x").complaint(1)
    assert "There is no experiment yet" in mlp_tui("experiment", "show", "latest").complaint(1)
    assert "There is no experiment yet" in mlp_tui("experiment", "list").err


def figures(shown: dict[str, Any]) -> object:
    trials = [{**trial, "run": ""} for trial in shown["trials_ended"]]
    return trials, shown["settings"], shown["best"], shown["test_accuracy"], shown["state"]


def test_what_is_killed_or_interrupted_goes_on_to_the_same_figures(
    mlp_tui: Call, small_npz: Path, home: Path
) -> None:
    arguments = [
        *RUN,
        "learning_rate=0.01,0.02,0.05,0.1,0.2,0.5",
        "--data",
        small_npz,
        *QUICK,
        "--json",
        "--workers",
        "2",
    ]
    assert mlp_tui(*arguments).status == 0
    (whole,) = mlp_tui("experiment", "show", "latest", "--json").json()
    mlp_tui("experiment", "delete", "latest")
    lines: list[str] = []
    commands: list[list[object]] = [arguments, ["experiment", "resume", "latest", "--json", "--workers", "1"]]
    for command, number, status in zip(
        commands, (signal.SIGKILL, signal.SIGINT), (-signal.SIGKILL, 130), strict=True
    ):
        with subprocess.Popen(
            [*PROGRAM, *map(str, command)],
            cwd=ROOT,
            env=ENVIRONMENT | {"MLP_TUI_HOME": str(home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            assert running.stdout is not None
            assert running.stderr is not None
            for line in running.stdout:
                lines.append(line)
                if "trial_ended" in line:
                    running.send_signal(number)
                    break
            lines += running.stdout
            err = running.stderr.read()
        assert running.returncode == status, err
    assert err.endswith("goes on from here.\n")
    assert "Traceback" not in err
    (listed,) = mlp_tui("experiment", "list", "--json").json()
    assert listed["state"] == "interrupted"
    ended = [line for line in lines if "trial_ended" in line]
    assert 2 <= len(set(ended)) == len(ended) <= listed["done"] < 6
    *_events, last = mlp_tui("experiment", "resume", "latest", "--json").json()
    assert last["event"] == "experiment_ended"
    (shown,) = mlp_tui("experiment", "show", "latest", "--json").json()
    assert figures(shown) == figures(whole)
