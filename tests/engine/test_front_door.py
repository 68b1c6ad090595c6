"""What is loaded when, seen from a fresh interpreter, and that the engine is silent."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import engine

ROOT = Path(__file__).parents[2]
TERMINAL = {"textual", "plotext", "textual_plotext", "rich", "click", "platformdirs", "tui"}
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "engine").rglob("*.py")
)


def fresh(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `code` in an interpreter of its own."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)


def loaded(code: str, *arguments: str) -> set[str]:
    """Return the packages that `code` has loaded at its end, which it may reach by `sys.exit`."""
    dump = (
        "import atexit, json, sys\n"
        "def dump():\n"
        "    print('\\n' + json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))\n"
        "atexit.register(dump)\n"
    )
    return set(json.loads(fresh(dump + code, *arguments).stdout.splitlines()[-1]))


def test_every_name_of_the_front_door_leads_somewhere() -> None:
    for name in engine.__all__:
        assert getattr(engine, name).__name__ == name
    with pytest.raises(AttributeError, match="nothing"):
        _ = engine.nothing


def test_the_front_door_and_the_workers_own_side_need_no_numpy() -> None:
    code = "import engine, engine.commands, engine.events, engine.hyperparameters, engine.worker\n"
    code += "import engine.training.metrics\n"
    code += "engine.Hyperparameters(), engine.TrainingWorker, engine.EngineError"
    packages = loaded(code)
    assert "engine" in packages
    assert not packages & (TERMINAL | {"numpy", "threadpoolctl"})


def test_no_module_of_the_engine_loads_the_terminal() -> None:
    assert "engine.training.trainer" in MODULES
    packages = loaded("\n".join(f"import {module}" for module in MODULES))
    assert "numpy" in packages
    assert not packages & TERMINAL


def test_the_engine_never_prints(small_npz: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from engine import Hyperparameters, Trainer, load_dataset\n"
        "events = list(Trainer(Hyperparameters(epochs=2, hidden=(8,)), load_dataset(Path(sys.argv[1]))))\n"
        "diverging = Hyperparameters(learning_rate=1e30)\n"
        "events += list(Trainer(diverging, load_dataset(Path(sys.argv[1]))))\n"
        "assert len(events) > 6"
    )
    done = fresh(code, str(small_npz))
    assert (done.stdout, done.stderr) == ("", "")


def run_main(*arguments: Any) -> str:
    text = ["mlp-tui", *map(str, arguments)]
    return f"import sys\nfrom tui.cli.main import main\nsys.argv = {text!r}\nmain()"


def test_training_without_a_screen_loads_no_screen(small_npz: Path) -> None:
    packages = loaded(run_main("train", "--data", small_npz, "--epochs", 1, "--hidden", 8, "--json"))
    assert {"numpy", "click", "tui"} <= packages
    assert not packages & {"textual", "rich", "plotext", "textual_plotext"}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["train", "--help"], ["data", "--help"]])
def test_help_loads_nothing_beyond_click(arguments: list[str]) -> None:
    packages = loaded(run_main(*arguments))
    assert "click" in packages
    assert not packages & {"numpy", "textual", "rich", "plotext", "textual_plotext"}
