"""A store of real runs, a fresh copy of it for each test."""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.data.dataset import Dataset
from engine.events import EpochEnded
from engine.storage.database import Database, sealing
from engine.storage.recorder import record_run
from engine.storage.run_record import RunRecord
from engine.storage.runs import RunStore
from engine.training.trainer import Trainer
from tests.runs import quick
from tests.tui.conftest import Stage

NAMES = ("first", "second", "third", "left", "fast")
"""The runs in the order in which they were made."""


@pytest.fixture(scope="session")
def made(small_dataset: Dataset, small_npz: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs that were completed, one that was left in its middle, and one that diverged."""
    folder = tmp_path_factory.mktemp("runs")
    for name, changes in (
        ("first", {"epochs": 4}),
        ("second", {"optimizer": "adam", "seed": 1}),
        ("third", {"hidden": (8, 8), "learning_rate": 0.001}),
    ):
        list(record_run(Trainer(quick(**changes), small_dataset, name=name), folder, data=small_npz))
    events = record_run(Trainer(quick(epochs=9), small_dataset, name="left"), folder, data=small_npz)
    for event in events:
        if isinstance(event, EpochEnded) and event.epoch == 2:
            break
    events.close()  # type: ignore[attr-defined]
    fast = quick(learning_rate=1e6, activation="gelu")
    list(record_run(Trainer(fast, small_dataset, name="fast"), folder, data=small_npz))
    return folder


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    """A copy of them that a test may change."""
    return Path(shutil.copytree(made, tmp_path / "home"))


@contextlib.contextmanager
def changing(home: Path) -> Iterator[sqlite3.Connection]:
    """Change rows of the store as SQL can, and give them the checksums that they then have."""
    with (
        contextlib.closing(Database(home / "runs.db")) as database,
        database.write_transaction() as connection,
    ):
        yield connection
        for table in ("runs", "epochs"):
            connection.execute(sealing(table))


def records(home: Path) -> dict[str, RunRecord]:
    """Return the runs that the store holds now, by name."""
    with contextlib.closing(RunStore(home)) as store:
        return {record.name: record for record in store.records()}


async def open_runs(stage: Stage) -> None:
    """Open the tab, and wait until the runs are there."""
    await stage.press("8")
    await stage.see("5 runs")


async def go_to(stage: Stage, name: str) -> None:
    """Put the cursor on a run of the newest first."""
    await stage.press("home", *["down"] * NAMES[::-1].index(name))
