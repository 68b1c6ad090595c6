"""A few looks of the whole, frozen as text: a change of any shows as a diff that can be read.

`UPDATE_SNAPSHOTS=1 python -m pytest tests/tui/test_snapshots.py` takes them anew.
"""

import os
from pathlib import Path

import pytest

from engine.events import Diverged, Event, RunEnded
from tests.tui.conftest import Open
from tests.tui.screen_text import epoch_ended, lines, matrix_of, predictions, run_ended, started

FOLDER = Path(__file__).parent / "snapshots"
VALIDATION = predictions({0: (3, 0.8), 1: (8, 0.7)}, split="validation", epoch=2)
TEST = predictions({0: (3, 0.8), 1: (8, 0.7)})
RUNNING = (started(), epoch_ended(1, matrix_of(VALIDATION)), epoch_ended(2, matrix_of(VALIDATION)))
FINISHED = (*RUNNING, run_ended(matrix_of(TEST)), TEST)
DIVERGED = (
    started(),
    Diverged(1, 7, 7, "loss", None),
    RunEnded("diverged", 0, None, None, None, None, None, None, 0.1),
)


@pytest.mark.parametrize(
    ("name", "size", "events", "keys"),
    [
        ("before", (120, 40), (), ()),
        ("train", (80, 24), RUNNING, ()),
        ("confusion", (120, 40), FINISHED, ("2",)),
        ("mistakes", (80, 24), FINISHED, ("3",)),
        ("diverged", (80, 24), DIVERGED, ()),
        ("too_small", (60, 12), RUNNING, ()),
    ],
)
async def test_it_looks_as_it_did(
    opened: Open, name: str, size: tuple[int, int], events: tuple[Event, ...], keys: tuple[str, ...]
) -> None:
    async with opened(size) as stage:
        await stage.happen(*events)
        await stage.press(*keys)
        stage.app.clear_notifications()
        await stage.pilot.pause()
        await stage.happen()
        now = "".join(f"{line.rstrip()}\n" for line in lines(stage.app))
    file = FOLDER / f"{name}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(now, encoding="utf-8")
    assert now == file.read_text(encoding="utf-8")
