"""The command line, in this process for speed and in one of its own for what only that can show."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.runs import strict_json
from tui.cli.main import main

ROOT = Path(__file__).parents[3]
PROGRAM = [sys.executable, "-m", "tui.cli"]
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"} | {
    "LANGUAGE": "en"
}
"""What a person's shell gives; unbuffered output would hide a line that is not flushed."""
QUICK = ["--hidden", "16", "--batch-size", "50", "--epochs", "3", "--threads", "1"]
"""A run on the small data set that takes a moment."""


@dataclass(frozen=True)
class Result:
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str

    def complaint(self, status: int) -> str:
        """Return the one line on stderr of a command that could not be carried out."""
        assert self.status == status, self
        assert self.out == ""
        assert self.err.endswith("\n")
        assert self.err.count("\n") == 1
        assert self.err.startswith("mlp-tui: ")
        assert "Traceback" not in self.err
        return self.err.removeprefix("mlp-tui: ").removesuffix("\n")

    def json(self) -> list[dict[str, Any]]:
        """Return stdout as JSON lines."""
        assert self.out.endswith("\n")
        return [strict_json(line) for line in self.out.splitlines()]


Call = Callable[..., Result]


@pytest.fixture
def mlp_tui(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Return what calls the program in this process."""
    monkeypatch.setenv("LANGUAGE", "en")

    def call(*arguments: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["mlp-tui", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        status = ended.value.code
        assert isinstance(status, int)
        return Result(status, *capsys.readouterr())

    return call


def process(*arguments: object, **options: Any) -> Result:
    """Call the program in a process of its own."""
    options.setdefault("env", ENVIRONMENT)
    done = subprocess.run(
        [*PROGRAM, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False, **options
    )
    return Result(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def model(small_npz: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a small network."""
    path = tmp_path_factory.mktemp("models") / "model.npz"
    done = process("train", "--data", small_npz, *QUICK, "--save", path)
    assert done.status == 0, done
    return path
