"""Where the program keeps its files: `MLP_TUI_HOME`, else the platform's folder for user data."""

import os
from pathlib import Path


def home() -> Path:
    """Return the folder for the program's files; it need not exist yet."""
    if chosen := os.environ.get("MLP_TUI_HOME"):
        return Path(chosen).expanduser()
    import platformdirs

    return platformdirs.user_data_path("mlp-tui", appauthor=False)


def settings_file() -> Path:
    """Return the file for what a person has chosen for good; it need not exist."""
    return home() / "settings.json"


def worker_log() -> Path | None:
    """Return the file for what the training process prints, or None where no file can be made."""
    try:
        home().mkdir(parents=True, exist_ok=True, mode=0o700)
        path = home() / "worker.log"
        path.touch(mode=0o600)
    except OSError:
        return None
    return path
