import os
import subprocess
from importlib.metadata import version
from pathlib import Path

import click
import pytest

from engine.hyperparameters import SPECIFICATIONS
from tests.tui.cli.conftest import ENVIRONMENT, PROGRAM, ROOT, Call, process
from tui.cli.main import cli
from tui.text.language import translate

COMMANDS = ["train", "mistakes", "check-gradients", "find-learning-rate", "data"]


def test_the_version(mlp_tui: Call) -> None:
    done = mlp_tui("--version")
    assert (done.status, done.out, done.err) == (0, f"mlp-tui, version {version('mlp-tui')}\n", "")


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_the_help_names_every_command(mlp_tui: Call, flag: str) -> None:
    done = mlp_tui(flag)
    assert (done.status, done.err) == (0, "")
    assert all(command in done.out for command in COMMANDS)
    assert isinstance(cli, click.Group)
    assert set(COMMANDS) <= set(cli.commands)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command(mlp_tui: Call, command: str) -> None:
    done = mlp_tui(command, "--help")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(f"Usage: mlp-tui {command} ")
    assert "--json" in done.out
    assert "--data" in done.out


def test_the_help_of_train_explains_every_hyperparameter(mlp_tui: Call) -> None:
    """With its range and its default, all made from the specifications."""
    text = "".join(mlp_tui("train", "--help").out.split())  # lines are broken at hyphens too
    for name, specification in SPECIFICATIONS.items():
        assert f"--{name.replace('_', '-')}" in text
        assert specification.help.replace(" ", "") in text
        if not isinstance(specification.default, bool):
            assert translate(specification.kind.allowed()).replace(" ", "") in text
    assert "--no-early-stopping" in text


def test_without_a_terminal_the_app_does_not_open() -> None:
    """One line that says what works without one; nothing hangs."""
    complaint = process(stdin=subprocess.DEVNULL, timeout=60).complaint(2)
    assert "mlp-tui train" in complaint


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["tarin"], "tarin"),
        (["--epochs", "3"], "--epochs"),
        (["--data", "x", "train"], "mlp-tui train --data"),
        (["--ascii", "train"], "mlp-tui train --data"),
        (["--preset", "nothing"], "nothing"),
        (["--lang", "fr"], "fr"),
    ],
)
def test_wrong_usage_is_one_line(mlp_tui: Call, arguments: list[str], says: str) -> None:
    assert says in mlp_tui(*arguments).complaint(2)


def test_a_bad_value_of_the_app_is_told_before_it_opens(mlp_tui: Call, tmp_path: Path) -> None:
    config = tmp_path / "run.toml"
    config.write_text("epochs = 0\n")
    assert mlp_tui("--config", config).complaint(2).startswith("epochs is 0")


@pytest.mark.parametrize("arguments", [["data"], ["data", "--json"], ["--help"], ["--version"]], ids=" ".join)
def test_a_reader_who_has_seen_enough(small_npz: Path, arguments: list[str]) -> None:
    """Whoever reads has gone before anything is written: no complaint, as with `head`."""
    reading, writing = os.pipe()
    os.close(reading)
    options = ["--data", str(small_npz)] if "data" in arguments else []
    with os.fdopen(writing, "wb") as pipe:
        done = subprocess.run(
            [*PROGRAM, *arguments, *options],
            cwd=ROOT,
            env=ENVIRONMENT,
            stdout=pipe,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed(small_npz: Path, closed: str) -> None:
    command = f'exec "$@" {closed}'
    done = subprocess.run(
        ["sh", "-c", command, "sh", *PROGRAM, "data", "--data", str(small_npz)],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (done.stdout == "") == (" >&-" in f" {closed}")


def test_too_little_memory_is_one_line(mlp_tui: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_much(*arguments: object, **options: object) -> None:
        raise MemoryError

    monkeypatch.setattr("engine.data.dataset.load_dataset", too_much)
    assert "memory" in mlp_tui("data").complaint(1)


def test_ctrl_c_is_exit_status_130(mlp_tui: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.data.dataset.load_dataset", interrupted)
    done = mlp_tui("data")
    assert done.status == 130
    assert done.out == ""
    assert "Traceback" not in done.err
