"""Everything that must pass, one tool after the other: `python -m tests`.

Stops at the first tool that fails and exits with its status.
"""

import subprocess
import sys
from pathlib import Path

CHECKS = {
    "formatting": ["-m", "ruff", "format", "--check", "."],
    "lint": ["-m", "ruff", "check", "."],
    "types": ["-m", "mypy"],
    "imports between the floors": ["-c", "from importlinter.cli import lint_imports_command as main; main()"],
    "tests": ["-m", "pytest", "-q", "--numprocesses=auto", "--cov", "--cov-report=term:skip-covered"],
}


def main() -> int:
    root = Path(__file__).parent.parent
    for name, arguments in CHECKS.items():
        print(f"\n=== {name}", flush=True)
        status = subprocess.run([sys.executable, *arguments, *_more(name)], cwd=root, check=False).returncode
        if status:
            print(f"=== {name}: failed", flush=True)
            return status
    return 0


def _more(name: str) -> list[str]:
    """Hand on the words after `python -m tests` to pytest."""
    return sys.argv[1:] if name == "tests" else []


if __name__ == "__main__":
    sys.exit(main())
