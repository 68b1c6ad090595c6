"""`mlp-tui watch`, as far as it needs no terminal: what cannot be watched."""

import os
from pathlib import Path

import pytest

from tests.tui.cli.conftest import Call, process


def test_what_cannot_be_watched_is_one_sentence(mlp_tui: Call, tmp_path: Path) -> None:
    assert "is not there yet" in mlp_tui("watch", tmp_path / "none.jsonl").complaint(1)
    assert "is a folder" in mlp_tui("watch", tmp_path).complaint(1)
    os.mkfifo(tmp_path / "pipe")
    assert "is a pipe or a device" in mlp_tui("watch", tmp_path / "pipe").complaint(1)
    assert "There is no run" in mlp_tui("watch", "no-such-run").complaint(1)


def test_without_a_terminal_nothing_can_be_watched(
    mlp_tui: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "train.log"
    log.write_text("")
    assert "needs a terminal" in mlp_tui("watch", log).complaint(2)


def test_nothing_is_read_from_a_pipe_without_a_terminal() -> None:
    """A process in a session of its own has no terminal that keys could come from."""
    done = process("watch", "-", input="{}", start_new_session=True)
    assert "needs a terminal" in done.complaint(2)
