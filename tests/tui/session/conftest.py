"""A background thread and stored runs, closed after the test."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.data.dataset import Dataset
from engine.storage.recorder import record_run
from engine.storage.runs import RunStore
from engine.training.trainer import Trainer
from tests.runs import quick
from tui.session.background import BackgroundThread
from tui.session.stored_runs import StoredRuns


@pytest.fixture
def background(small_npz: Path) -> Iterator[BackgroundThread]:
    thread = BackgroundThread(small_npz)
    yield thread
    thread.close()


@pytest.fixture(scope="session")
def home_of_two(small_dataset: Dataset, small_npz: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of two runs, `first` and `second`. To be read, not to be changed: tests share it."""
    folder = tmp_path_factory.mktemp("two")
    for name in ("first", "second"):
        list(record_run(Trainer(quick(), small_dataset, name=name), folder, data=small_npz))
    return folder


@pytest.fixture
def stored_runs(home_of_two: Path, background: BackgroundThread) -> Iterator[StoredRuns]:
    runs = StoredRuns(home_of_two, background)
    yield runs
    runs.close()


@pytest.fixture
def ids(home_of_two: Path) -> dict[str, str]:
    """The ids of the runs, by name."""
    with contextlib.closing(RunStore(home_of_two)) as store:
        return {record.name: record.id for record in store.records()}
