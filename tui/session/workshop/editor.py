"""The person's own editor: which it is, and how it is told to open a file at a line."""

import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

TAKES_PLUS = frozenset(
    {"emacs", "emacsclient", "gvim", "jed", "joe", "kak", "mcedit", "mg", "micro", "nano", "ne", "nvim"}
    | {"pico", "vi", "view", "vim", "zile"}
)
"""Those that take `+N FILE`."""
TAKES_COLON = frozenset({"helix", "hx", "subl", "zed"})
"""Those that take `FILE:N`."""
COMMON = ("nano", "vim", "vi", "micro")
"""Looked for where none is named, as elsewhere on such a system."""


def editor_command(path: Path, line: int, environment: Mapping[str, str] = os.environ) -> list[str] | None:
    """Return the command that edits a file from a line; None where there is no editor."""
    named = environment.get("VISUAL") or environment.get("EDITOR") or ""
    try:
        command = shlex.split(named)
    except ValueError:  # a quotation mark that is not closed
        command = named.split()
    if not command:
        found = next((name for name in COMMON if shutil.which(name)), None)
        if found is None:
            return None
        command = [found]
    name = Path(command[0]).stem
    if name in TAKES_PLUS:
        return [*command, f"+{line}", str(path)]
    if name in TAKES_COLON:
        return [*command, f"{path}:{line}"]
    if name in ("code", "codium"):
        return [*command, "--goto", f"{path}:{line}"]
    return [*command, str(path)]
