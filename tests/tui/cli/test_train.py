import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.commands import Stop
from engine.data.dataset import Dataset
from engine.events import RunEnded
from engine.hyperparameters import SPECIFICATIONS
from engine.storage.checkpoint import load
from engine.training.trainer import Trainer
from tests.runs import follow, only, quick, strict_json
from tests.tui.cli.conftest import ENVIRONMENT, PROGRAM, QUICK, ROOT, Call, process
from tui.cli.training import SIGNALS, Interruption

LONG = ["--hidden", "16", "--epochs", "100000", "--no-early-stopping"]

FIELDS = {
    "run_started": {
        *("run", "name", "hyperparameters", "layer_sizes", "parameters", "training_images"),
        *("validation_images", "batches_per_epoch", "data", "environment", "epochs_before", "network"),
    },
    "batch_ended": {
        *("epoch", "batch", "batches", "step", "loss", "train_loss", "train_accuracy", "learning_rate"),
        *("gradient_norm", "seconds", "samples_per_second"),
    },
    "epoch_ended": {
        *("epoch", "epochs", "step", "train_loss", "train_accuracy", "validation_loss"),
        *("validation_accuracy", "learning_rate", "seconds", "samples_per_second", "is_best"),
        *("early_stopping", "layers", "validation_confusion_matrix"),
    },
    "stopped_early": {
        *("epoch", "best_epoch", "monitor", "best_value", "patience"),
        *("epochs_without_improvement", "reference", "min_delta"),
    },
    "diverged": {"epoch", "batch", "step", "cause", "value"},
    "checkpoint_saved": {"epoch", "path"},
    "run_ended": {
        *("reason", "epochs", "best_epoch", "best_validation_accuracy", "best_validation_loss"),
        *("test_accuracy", "test_loss", "confusion_matrix", "seconds", "test_looks"),
        "plain_test_loss",
    },
}
"""What a program that reads the lines may count on."""


def checked(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the lines after holding the fields of each against the contract."""
    for line in lines:
        assert set(line) - {"event"} == FIELDS[line["event"]]
    return lines


def test_json_lines_keep_the_contract(mlp_tui: Call, small_npz: Path, small_dataset: Dataset) -> None:
    done = mlp_tui("train", "--data", small_npz, *QUICK, "--name", "erste Übung", "--json")
    assert done.status == 0
    lines = checked(done.json())
    kinds = [line["event"] for line in lines if line["event"] != "batch_ended"]
    assert kinds == ["run_started", "epoch_ended", "epoch_ended", "epoch_ended", "run_ended"]
    started, ended = lines[0], lines[-1]
    assert isinstance(started["run"], str)
    assert started["name"] == "erste Übung"
    assert started["parameters"] == 784 * 16 + 16 + 160 + 10
    assert set(started["hyperparameters"]) == set(SPECIFICATIONS)
    assert started["hyperparameters"]["hidden"] == [16]
    assert started["data"]["training_images"] == 600
    epochs = [line for line in lines if line["event"] == "epoch_ended"]
    assert [epoch["epoch"] for epoch in epochs] == [1, 2, 3]
    for epoch in epochs:
        assert 0.0 <= epoch["train_accuracy"] <= 1.0
        assert 0.0 <= epoch["validation_accuracy"] <= 1.0
        assert epoch["samples_per_second"] == pytest.approx(540 / epoch["seconds"])
        assert sum(map(sum, epoch["validation_confusion_matrix"])) == 60
    expected = only(follow(Trainer(quick(), small_dataset)), RunEnded)
    assert expected.confusion_matrix is not None
    assert ended["reason"] == "completed"
    assert ended["test_loss"] == expected.test_loss
    assert ended["test_accuracy"] == expected.test_accuracy
    assert ended["confusion_matrix"] == expected.confusion_matrix.rows()


def test_a_person_is_told_the_result_on_stdout_and_progress_on_stderr(mlp_tui: Call, small_npz: Path) -> None:
    done = mlp_tui("train", "--data", small_npz, *QUICK)
    assert done.status == 0
    progress, result = done.err.splitlines(), done.out.splitlines()
    assert len(progress) == 1 + 3
    assert "784-16-10" in progress[0]
    assert [line.split()[:2] for line in progress[1:]] == [["epoch", f"{n}/3"] for n in (1, 2, 3)]
    assert "\x1b" not in done.err + done.out  # no terminal, no cursor to be moved
    assert len(result) == 4
    assert result[0].startswith("Completed after 3 epochs")
    assert result[1].startswith("test accuracy ")
    assert result[2].startswith("The classes differ in size: ")  # those of this slice do
    assert result[3].startswith("This test set has been evaluated ")


def test_streams_and_status_of_a_process(small_npz: Path, tmp_path: Path) -> None:
    """What the tests in this process cannot see: the interpreter's own output, and a real exit status."""
    path = tmp_path / "model.npz"
    done = process("train", "--data", small_npz, *QUICK, "--json", "--save", path)
    assert done.status == 0
    lines = checked(done.json())
    assert [line["event"] for line in lines[-2:]] == ["checkpoint_saved", "run_ended"]
    assert lines[-2]["path"] == str(path)
    assert "Traceback" not in done.err
    assert "Warning" not in done.err
    assert load(path).epoch == lines[-1]["best_epoch"]


def test_what_is_saved_has_the_accuracy_that_was_told(
    mlp_tui: Call, small_npz: Path, small_dataset: Dataset, tmp_path: Path
) -> None:
    path = tmp_path / "model.npz"
    done = mlp_tui("train", "--data", small_npz, *QUICK, "--save", path, "--json", "--batch-norm")
    probabilities = load(path).test_probabilities(small_dataset)
    accuracy = np.mean(probabilities.argmax(axis=1) == small_dataset.test_labels)
    assert done.json()[-1]["test_accuracy"] == accuracy


def test_a_smoothed_test_loss_is_called_so_and_the_plain_one_is_given(mlp_tui: Call, small_npz: Path) -> None:
    smoothed = mlp_tui("train", "--data", small_npz, *QUICK, "--label-smoothing", "0.1")
    (ended,) = (line for line in mlp_tui("runs", "show", "latest", "--json").json())
    (evaluated,) = mlp_tui("evaluate", "latest", "--json").json()
    plain, loss = evaluated["plain_test_loss"], evaluated["test_loss"]
    assert plain < loss == pytest.approx(ended["test_loss"], rel=1e-6)
    text = f"{plain:.4f} ({loss:.4f} with label smoothing)"
    assert f"test loss {text}, " in smoothed.out
    assert f"test loss {text}, " in mlp_tui("evaluate", "latest").out
    assert f"loss {text}" in mlp_tui("runs", "show", "latest").out
    mlp_tui("train", "--data", small_npz, *QUICK)
    (other,) = mlp_tui("evaluate", "latest", "--json").json()
    assert other["plain_test_loss"] == other["test_loss"]
    assert "smoothing" not in mlp_tui("evaluate", "latest").out
    first, second = (record["run"] for record in mlp_tui("runs", "list", "--json").json()[:2])
    (compared,) = mlp_tui("runs", "compare", first, second, "--json").json()
    assert compared["plain_test_loss"] == pytest.approx([other["test_loss"], plain], rel=1e-6)
    text = mlp_tui("runs", "compare", first, second).out
    assert "Of their losses only the plain ones are comparable: label_smoothing differs." in text


def test_early_stopping_is_success(mlp_tui: Call, small_npz: Path) -> None:
    options = ["--epochs", "50", "--min-delta", "1", "--patience", "2"]
    done = mlp_tui("train", "--data", small_npz, *QUICK, *options, "--json")
    assert done.status == 0
    lines = checked(done.json())
    assert [line["event"] for line in lines[-2:]] == ["stopped_early", "run_ended"]
    assert lines[-1]["reason"] == "stopped_early"
    told = mlp_tui("train", "--data", small_npz, *QUICK, *options)
    assert told.status == 0
    assert "Stopped early: validation accuracy has not risen above " in told.err
    assert told.err.splitlines()[-1].endswith(" by more than 1 in 2 epochs.")


def test_divergence_is_exit_status_3(mlp_tui: Call, small_npz: Path, tmp_path: Path) -> None:
    options = ["--hidden", "128", "--learning-rate", "100"]
    done = mlp_tui("train", "--data", small_npz, *options, "--json")
    assert done.status == 3
    lines = checked(done.json())
    assert [line["event"] for line in lines[-2:]] == ["diverged", "run_ended"]
    assert lines[-1]["reason"] == "diverged"
    assert lines[-1]["test_accuracy"] is lines[-1]["confusion_matrix"] is None
    told = mlp_tui("train", "--data", small_npz, *options, "--save", tmp_path / "model.npz")
    assert told.status == 3
    assert "Try a lower learning rate." in told.err
    assert "was not written" in told.err
    assert not list(tmp_path.iterdir())


def test_the_default_network_diverges_on_mnist_with_a_learning_rate_of_100(mlp_tui: Call) -> None:
    done = mlp_tui("train", "--learning-rate", "100", "--json")
    assert done.status == 3
    assert done.json()[-1]["reason"] == "diverged"


def started(small_npz: Path, *options: object) -> subprocess.Popen[str]:
    """Start a long run and wait until its first epoch has ended."""
    command = [*PROGRAM, "train", "--data", str(small_npz), *LONG, "--json", *map(str, options)]
    run = subprocess.Popen(
        command,
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert run.stdout is not None
    while '"epoch_ended"' not in run.stdout.readline():
        assert run.poll() is None
    return run


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_an_interrupted_run_is_ended_tested_and_kept(
    small_npz: Path, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    path = tmp_path / "model.npz"
    with started(small_npz, "--save", path) as run:
        run.send_signal(number)
        out, err = run.communicate(timeout=60)
    assert run.returncode == status
    last = strict_json(out.splitlines()[-1])
    assert (last["event"], last["reason"]) == ("run_ended", "stopped")
    assert last["test_accuracy"] is not None
    assert load(path).epoch == last["best_epoch"]
    assert "Traceback" not in err


def test_a_signal_before_the_run_ends_the_program_at_once_and_so_does_a_second() -> None:
    interruption = Interruption()
    before = [signal.getsignal(number) for number in SIGNALS]
    with interruption.watching():
        with pytest.raises(SystemExit) as ended:
            signal.raise_signal(signal.SIGTERM)
        assert ended.value.code == 143
        assert interruption.commands.empty()
        interruption.expect_run()
        signal.raise_signal(signal.SIGINT)
        assert interruption.commands.get(timeout=0) == Stop(interrupted=True)
        assert interruption.exit_status == 130
        with pytest.raises(SystemExit) as ended:
            signal.raise_signal(signal.SIGHUP)
        assert ended.value.code == 129
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_reader_who_has_seen_enough(small_npz: Path) -> None:
    """As with `| head -1`: the run ends, without a complaint."""
    with started(small_npz) as run:
        assert run.stdout is not None
        run.stdout.close()
        run.wait(60)
        assert run.stderr is not None
        err = run.stderr.read()
    assert run.returncode == 0
    assert "Traceback" not in err
    assert "BrokenPipe" not in err


def test_each_line_comes_when_it_happens(small_npz: Path) -> None:
    """Though stdout is no terminal: `started` has read an epoch's line, and the run goes on."""
    with started(small_npz) as run:
        assert run.poll() is None
        run.kill()


def test_a_disk_that_is_full(small_npz: Path) -> None:
    with Path("/dev/full").open("w") as full:
        command = [*PROGRAM, "train", "--data", str(small_npz), *QUICK, "--json"]
        done = subprocess.run(
            command, cwd=ROOT, env=ENVIRONMENT, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == "mlp-tui: the output: No space left on device.\n"


@pytest.mark.parametrize("place", ["no folder/model.npz", "", "file/model.npz"])
def test_a_place_that_cannot_be_written_is_found_before_training(
    mlp_tui: Call, small_npz: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "file").touch()

    def too_late(*arguments: object, **options: object) -> None:
        raise AssertionError("the data is loaded, the place was not looked at")

    monkeypatch.setattr("engine.data.dataset.load_dataset", too_late)
    path = tmp_path / place
    assert str(path) in mlp_tui("train", "--data", small_npz, *QUICK, "--save", path).complaint(1)
    assert sorted(tmp_path.iterdir()) == [tmp_path / "file"]


def test_a_path_that_is_no_text(small_npz: Path, tmp_path: Path) -> None:
    """Bytes that are no UTF-8, in the way in and in the way out."""
    folder = os.fsencode(tmp_path) + b"/\xff\xfe"
    Path(os.fsdecode(folder)).mkdir()
    data, model = Path(os.fsdecode(folder + b"/data.npz")), Path(os.fsdecode(folder + b"/model.npz"))
    assert "exist" in process("train", "--data", data).complaint(1)
    data.write_bytes(small_npz.read_bytes())
    for options in (["--json"], []):
        done = process("train", "--data", data, *QUICK, "--save", model, *options)
        assert done.status == 0, done
    assert process("mistakes", model, "--data", data, "--limit", "1").status == 0
    assert process("data", "--data", data).status == 0
    done = process("train", "--data", data, *QUICK, "--save", model, "--json", "--name", os.fsdecode(b"\xff"))
    assert checked(done.json())
    assert process("mistakes", model.parent / "none.npz").complaint(1)


def test_text_is_readable_in_any_locale(small_npz: Path, tmp_path: Path) -> None:
    path = tmp_path / "数字.npz"
    path.write_bytes(small_npz.read_bytes())
    done = process("data", "--data", path, env=ENVIRONMENT | {"PYTHONIOENCODING": "latin-1"})
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(r"\u6570\u5b57.npz, from ")


def test_json_is_utf_8_in_any_locale(small_npz: Path) -> None:
    environment = ENVIRONMENT | {"PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(
        [*PROGRAM, "train", "--data", str(small_npz), *QUICK, "--json", "--name", "数字"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        env=environment,
    )
    assert json.loads(done.stdout.splitlines()[0])["name"] == "数字"


def test_a_hint_is_a_line_of_text_and_nothing_in_json(mlp_tui: Call, small_npz: Path) -> None:
    bad = ["--hidden", "16", "--epochs", "3", "--batch-size", "50", "--initializer", "zeros"]
    done = mlp_tui("train", "--data", small_npz, *bad)
    hints = [line for line in done.err.splitlines() if line.startswith("Hint:")]
    assert len(hints) == 1
    assert hints[0].startswith("Hint: Equal initial weights: all weights started at zero, and after epoch 2 ")
    assert hints[0].endswith(" Try --initializer he_normal.")
    as_json = mlp_tui("train", "--data", small_npz, *bad, "--json")
    assert "Hint" not in as_json.err + as_json.out
    checked(as_json.json())
