"""Everything that must pass, one tool after the other: `python -m tests`.

Stops at the first tool that fails and exits with its status. Words after the command go to pytest.
Coverage is measured of the engine: measuring it makes the tests that open the app half as long again, and
`python -m pytest --cov` does so for all.
"""

import os
import subprocess
import sys
from pathlib import Path

from engine.hyperparameters import available_cores

PROCESSES = available_cores() + 1
"""Of pytest: tests of the screen wait for timers a part of their time."""
PYTEST = ["-m", "pytest", "-q", f"--numprocesses={PROCESSES}", "--dist=worksteal"]
COVERAGE = ["--cov=engine", "--cov-report=term:skip-covered"]
SCREEN = ["tests/tui/app", "tests/tui/panels", "tests/tui/widgets"]
CHECKS = {
    "formatting": ["-m", "ruff", "format", "--check", "."],
    "lint": ["-m", "ruff", "check", "."],
    "types": ["-m", "mypy"],
    "imports between the floors": ["-c", "from importlinter.cli import lint_imports_command as main; main()"],
    "tests without a screen": [*PYTEST, *COVERAGE, *(f"--ignore={folder}" for folder in SCREEN)],
    "tests of the screen": [*PYTEST, *SCREEN],
}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Many tests start processes, which would have to compile the program each for itself."""
NOTHING_CHOSEN = 5
"""What pytest ends with where the words on the command line choose none of its tests."""


def main() -> int:
    root = Path(__file__).parent.parent
    for name, arguments in CHECKS.items():
        print(f"\n=== {name}", flush=True)
        more = sys.argv[1:] if name.startswith("tests") else []
        command = [sys.executable, *arguments, *more]
        status = subprocess.run(command, cwd=root, env=ENVIRONMENT, check=False).returncode
        if status and not (more and status == NOTHING_CHOSEN):
            print(f"=== {name}: failed", flush=True)
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
