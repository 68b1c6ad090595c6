"""The stored runs on the command line: resume, evaluate, mistakes, and what `runs` does with them."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.data.dataset import Dataset
from engine.events import RunEnded
from engine.storage.runs import RunStore
from engine.training.trainer import Trainer
from tests.runs import follow, only, quick, strict_json
from tests.tui.cli.conftest import ENVIRONMENT, PROGRAM, QUICK, ROOT, Call, Result

VERSION_BEFORE = ROOT / "tests" / "engine" / "storage" / "version_before"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of its own for each test."""
    monkeypatch.setenv("MLP_TUI_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def trained(mlp_tui: Call, data: Path, *more: object) -> dict[str, Any]:
    """Train a small network; return how the run started."""
    done = mlp_tui("train", "--data", data, *QUICK, "--json", *more)
    assert done.status == 0, done
    return done.json()[0]


def interrupted(data: Path, home: Path, number: signal.Signals = signal.SIGINT) -> Result:
    """Start a long run in a process, and interrupt it after its third epoch."""
    command = [*PROGRAM, "train", "--data", data, "--hidden", "16", "--batch-size", "50", "--threads", "1"]
    with subprocess.Popen(
        [*map(str, command), "--epochs", "100000", "--no-early-stopping", "--dropout", "0.1", "--json"],
        cwd=ROOT,
        env=ENVIRONMENT | {"MLP_TUI_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        lines = []
        for line in running.stdout:
            lines.append(line)
            if '"epoch": 3' in line and "epoch_ended" in line:
                running.send_signal(number)
        assert running.stderr is not None
        err = running.stderr.read()
    return Result(running.returncode, "".join(lines), err)


def test_a_run_is_listed_shown_and_evaluated(mlp_tui: Call, small_npz: Path, small_dataset: Dataset) -> None:
    started = trained(mlp_tui, small_npz, "--name", "first try")
    (listed,) = mlp_tui("runs", "list", "--json").json()
    assert (listed["run"], listed["name"], listed["state"]) == (started["run"], "first try", "completed")
    ended = only(follow(Trainer(quick(), small_dataset)), RunEnded)
    (shown,) = mlp_tui("runs", "show", "first try", "--json").json()
    assert [epoch["epoch"] for epoch in shown["epochs_ended"]] == [1, 2, 3]
    assert shown["test_accuracy"] == listed["test_accuracy"] == ended.test_accuracy
    assert shown["hyperparameters"]["hidden"] == [16]
    (evaluated,) = mlp_tui("evaluate", "latest", "--json").json()
    assert ended.confusion_matrix is not None
    assert evaluated["confusion_matrix"] == shown["confusion_matrix"] == ended.confusion_matrix.rows()
    assert evaluated["test_accuracy"] == ended.test_accuracy
    assert evaluated["test_loss"] == pytest.approx(ended.test_loss, rel=1e-6)
    assert evaluated["test_looks"] == 1  # the network that was evaluated as its run ended
    assert [figures["support"] for figures in evaluated["classes"]] == np.bincount(
        small_dataset.test_labels
    ).tolist()
    (shifted,) = mlp_tui("evaluate", "latest", "--json", "--shifts", "1").json()
    assert {name: shifted[name] for name in evaluated} == evaluated
    assert set(shifted) - set(evaluated) == {
        *("shifts", "shifted_accuracy", "shifted_loss", "plain_shifted_loss")
    }
    text = mlp_tui("evaluate", "latest", "--shifts", "1").out.splitlines()
    assert text[0].startswith(f"test accuracy {ended.test_accuracy:.2%}, ")
    assert text[1].startswith(
        f"averaged over 9 shifts by up to 1 pixels: accuracy {shifted['shifted_accuracy']:.2%}, "
    )
    assert "from 0 to 5" in mlp_tui("evaluate", "latest", "--shifts", "6").complaint(2)


def test_a_person_reads_the_same(mlp_tui: Call, small_npz: Path) -> None:
    run = trained(mlp_tui, small_npz, "--name", "first try")["run"]
    listed = mlp_tui("runs", "list")
    assert [part in listed.out for part in (run, "784-16-10", "sgd", "3/3", "completed", "first try")] == [
        True
    ] * 6
    shown = mlp_tui("runs", "show", run[:-1])
    assert "mlp-tui train --hidden 16 --epochs 3 --batch-size 50 --threads 1" in shown.out
    assert shown.out.count("%") >= 7
    evaluated = mlp_tui("evaluate", run)
    assert "200 images" in evaluated.out
    assert "true ↓  predicted →" in evaluated.out


def test_the_command_that_is_shown_makes_the_same_run(mlp_tui: Call, small_npz: Path) -> None:
    options = ["--optimizer", "adamw", "--no-early-stopping", "--dropout", "0.1", "--weight-decay", "0.1"]
    trained(mlp_tui, small_npz, *options)
    (line,) = [
        line for line in mlp_tui("runs", "show", "latest").out.splitlines() if line.startswith("command")
    ]
    command = line.split("mlp-tui ")[1].split()
    assert mlp_tui(*command).status == 0
    first, second = mlp_tui("runs", "list", "--json").json()
    same = ("best_validation_loss", "test_loss", "test_accuracy")
    assert [first[name] for name in same] == [second[name] for name in same]


def test_mistakes_of_a_run(mlp_tui: Call, small_npz: Path) -> None:
    path = small_npz.parent / "of-a-run.npz"
    run = trained(mlp_tui, small_npz, "--save", path)["run"]
    ours = mlp_tui("mistakes", run, "--json")
    assert ours.out == mlp_tui("mistakes", path, "--data", small_npz, "--json").out
    assert len(ours.json()) == 10


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_an_interrupted_run_goes_on_where_it_was(
    mlp_tui: Call, small_npz: Path, home: Path, small_dataset: Dataset, number: signal.Signals, status: int
) -> None:
    done = interrupted(small_npz, home, number)
    assert done.status == status
    assert "`mlp-tui resume " in done.err
    (listed,) = mlp_tui("runs", "list", "--json").json()
    assert listed["state"] == "interrupted"
    resumed = mlp_tui("resume", "latest", "--epochs", listed["epochs"] + 2, "--json")
    assert resumed.status == 0
    lines = resumed.json()
    assert lines[0]["event"] == "run_started"
    assert (lines[0]["run"], lines[0]["epochs_before"]) == (listed["run"], listed["epochs"])
    epochs = [line["epoch"] for line in lines if line["event"] == "epoch_ended"]
    assert epochs == [listed["epochs"] + 1, listed["epochs"] + 2]
    assert lines[-1]["event"] == "run_ended"
    (again,) = mlp_tui("runs", "list", "--json").json()
    assert (again["state"], again["epochs"]) == ("completed", listed["epochs"] + 2)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_run_of_the_version_before_says_that_its_bits_are_others(
    mlp_tui: Call, home: Path, as_json: bool
) -> None:
    shutil.copytree(VERSION_BEFORE, home, dirs_exist_ok=True)
    options = ["--data", home / "digits.npz", *(["--json"] if as_json else [])]
    done = mlp_tui("resume", "interrupted", *options)
    assert done.status == 0
    assert "computed batch_norm otherwise: it goes on, but no longer to the same bits." in done.err
    if as_json:
        started, changed, *_others = done.json()
        assert (started["event"], changed["event"]) == ("run_started", "numerics_changed")
        assert changed["names"] == ["batch_norm"]


def test_more_epochs_say_what_becomes_of_the_schedule(mlp_tui: Call, small_npz: Path) -> None:
    run = trained(mlp_tui, small_npz)["run"]
    refused = mlp_tui("resume", run).complaint(2)
    assert "completed 3 of 3 epochs; give it more with --epochs" in refused
    done = mlp_tui("resume", run, "--epochs", "6")
    assert done.status == 0
    assert "Now 6 epochs: the schedule (cosine) is laid over all of them" in done.err
    assert "epoch 4/6" in done.err


def test_a_run_without_a_checkpoint_starts_over(mlp_tui: Call, small_npz: Path, home: Path) -> None:
    started = trained(mlp_tui, small_npz)
    store = RunStore(home)
    for path in store.checkpoints(started["run"]).glob("*.npz"):
        path.unlink()
    store.set_state(started["run"], "interrupted")
    store.close()
    done = mlp_tui("resume", "latest", "--json")
    assert "it starts over, with its seed" in done.err
    kinds = [line["event"] for line in done.json() if line["event"] != "batch_ended"]
    assert kinds == ["run_started", *["epoch_ended"] * 3, "run_ended"]
    assert len(mlp_tui("runs", "list", "--json").json()) == 1


def test_a_diverged_run_is_not_resumed(mlp_tui: Call, small_npz: Path) -> None:
    assert mlp_tui("train", "--data", small_npz, *QUICK, "--learning-rate", "1e9").status == 3
    assert "diverged, and would again" in mlp_tui("resume", "latest").complaint(1)
    assert "has no weights" in mlp_tui("evaluate", "latest").complaint(1)


def test_names_notes_deletion_and_undo(mlp_tui: Call, small_npz: Path) -> None:
    run = trained(mlp_tui, small_npz)["run"]
    assert mlp_tui("runs", "rename", run, "a \x1b[31mname").status == 0
    assert mlp_tui("runs", "note", run, "why\nnot").status == 0
    for done in (mlp_tui("runs", "list"), mlp_tui("runs", "show", run)):
        assert "\x1b" not in done.out
        assert "�[31mname" in done.out
    assert run in mlp_tui("runs", "delete", run).out
    assert mlp_tui("runs", "list", "--json").out == ""
    assert mlp_tui("runs", "list", "--deleted", "--json").json()[0]["note"] == "why\nnot"
    assert "There is no run" in mlp_tui("evaluate", run).complaint(1)
    assert mlp_tui("runs", "restore", run).status == 0
    assert mlp_tui("runs", "list", "--json").json()[0]["run"] == run


@pytest.mark.parametrize(
    "command", [("resume",), ("evaluate",), ("mistakes",), ("runs", "show"), ("runs", "delete")]
)
def test_a_run_that_is_not_there_is_one_sentence(mlp_tui: Call, command: tuple[str, ...]) -> None:
    for given in ("nothing", "", "\x1b[31m", "%", "../x"):
        text = mlp_tui(*command, given).complaint(1)
        assert "There is no run" in text
        assert "\x1b" not in text


def test_an_empty_store_says_how_to_fill_it(mlp_tui: Call) -> None:
    done = mlp_tui("runs", "list")
    assert (done.status, done.out) == (0, "")
    assert "`mlp-tui train` makes one" in done.err
    assert "There is no run yet" in mlp_tui("runs", "show", "latest").complaint(1)


def test_a_store_that_cannot_be_made_does_not_keep_a_run_from_being_trained(
    mlp_tui: Call, small_npz: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("MLP_TUI_HOME", str(tmp_path / "file"))
    done = mlp_tui("train", "--data", small_npz, *QUICK, "--json")
    assert done.status == 0
    kinds = [line["event"] for line in done.json() if line["event"] not in ("batch_ended", "epoch_ended")]
    assert kinds == ["run_started", "storage_failed", "run_ended"]
    assert "The run goes on, but is not kept." in done.err
    assert "cannot be used" in mlp_tui("runs", "list").complaint(1)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_runs(mlp_tui: Call, small_npz: Path, home: Path, shell: str) -> None:
    run = trained(mlp_tui, small_npz, "--name", "first try")["run"]
    message = ["mlp-tui", "resume", run[:6]]
    asked = {"_MLP_TUI_COMPLETE": f"{shell}_complete", "COMP_WORDS": " ".join(message), "COMP_CWORD": "2"}
    if shell == "fish":
        asked["COMP_CWORD"] = message[2]
    done = subprocess.run(
        PROGRAM, cwd=ROOT, env=dict(os.environ) | asked, capture_output=True, text=True, check=False
    )
    assert run in done.stdout, done


def test_the_program_of_completion_is_printed() -> None:
    done = subprocess.run(
        PROGRAM,
        cwd=ROOT,
        env=ENVIRONMENT | {"_MLP_TUI_COMPLETE": "zsh_source"},
        capture_output=True,
        text=True,
    )
    assert "compdef" in done.stdout


def test_every_line_of_json_is_strict(mlp_tui: Call, small_npz: Path) -> None:
    trained(mlp_tui, small_npz)
    for command in (("runs", "list"), ("runs", "show", "latest"), ("evaluate", "latest")):
        for line in mlp_tui(*command, "--json").out.splitlines():
            strict_json(line)


# Two runs, and a run taken elsewhere


def test_two_runs_are_compared(mlp_tui: Call, small_npz: Path) -> None:
    trained(mlp_tui, small_npz, "--name", "good")
    trained(mlp_tui, small_npz, "--name", "poor", "--learning-rate", "0.001")
    said = mlp_tui("runs", "compare", "good", "poor")
    assert said.status == 0
    assert "learning_rate" in said.out
    assert "Significant: good is better" in said.out
    (fields,) = mlp_tui("runs", "compare", "good", "poor", "--json").json()
    assert fields["hyperparameters"]["learning_rate"] == [0.1, 0.001]


def test_a_run_is_exported_as_each_kind_and_its_model_reads_the_same(
    mlp_tui: Call, small_npz: Path, tmp_path: Path
) -> None:
    trained(mlp_tui, small_npz)
    endings = ("csv", "json", "npz", "safetensors", "onnx", "py", "html")
    files = [tmp_path / f"run.{ending}" for ending in endings]
    done = mlp_tui("runs", "export", "latest", *files)
    assert (done.status, done.out) == (0, "")
    assert done.err.count("holds the run") == len(files)
    assert files[0].read_text().count("\n") == 4
    (expected,) = mlp_tui("evaluate", "latest", "--json").json()
    for model in (files[2], files[3]):
        (evaluated,) = mlp_tui("evaluate", model, "--data", small_npz, "--json").json()
        assert evaluated["confusion_matrix"] == expected["confusion_matrix"]
        assert mlp_tui("mistakes", model, "--data", small_npz).status == 0
    again = subprocess.run(
        [sys.executable, files[5], small_npz], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert f"{expected['test_accuracy']:.2%}" in again.stdout.replace(" %", "%")


def test_an_export_replaces_nothing_unless_it_is_told_to(
    mlp_tui: Call, small_npz: Path, tmp_path: Path
) -> None:
    trained(mlp_tui, small_npz)
    file = tmp_path / "run.csv"
    file.write_text("mine")
    assert "--force replaces it" in mlp_tui("runs", "export", "latest", file).complaint(1)
    assert file.read_text() == "mine"
    assert mlp_tui("runs", "export", "latest", "-o", file, "--force", "--json").json()[0]["format"] == "csv"
    assert file.read_text().startswith("epoch,")


def test_a_text_goes_to_stdout(mlp_tui: Call, small_npz: Path) -> None:
    run = trained(mlp_tui, small_npz)["run"]
    table = subprocess.run(
        [*PROGRAM, "runs", "export", run, "--format", "csv"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert table.stdout.startswith("epoch,")
    for arguments in ((), ("--format", "onnx"), ("--format", "pdf")):
        assert "--format is one of csv, json" in mlp_tui("runs", "export", run, *arguments).complaint(1)


def test_what_an_export_cannot_do_is_one_sentence(mlp_tui: Call, small_npz: Path, tmp_path: Path) -> None:
    run = trained(mlp_tui, small_npz)["run"]
    assert "its ending must be one of .csv" in mlp_tui("runs", "export", run, tmp_path / "x.pdf").complaint(1)
    assert "cannot be written" in mlp_tui("runs", "export", run, tmp_path / "no" / "x.csv").complaint(1)
    mlp_tui("train", "--data", small_npz, *QUICK, "--learning-rate", "1e9")
    assert "it has no model" in mlp_tui("runs", "export", "latest", tmp_path / "x.onnx").complaint(1)
    assert mlp_tui("runs", "export", "latest", tmp_path / "x.html").status == 0
