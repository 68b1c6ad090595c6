"""Runs of the training process are kept, however it ends."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.commands import ResumeStoredRun, StartRun
from engine.data.dataset import load_dataset
from engine.events import DataLoaded, EpochEnded, RunEnded, RunFailed, RunStarted, StorageFailed
from engine.storage.runs import RunStore
from tests.engine.conftest import Line
from tests.runs import of_kind, quick

LONG: dict[str, Any] = {"epochs": 100_000, "early_stopping": False}
Lines = Callable[..., Line]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    store = RunStore(tmp_path / "home")
    yield store
    store.close()


def warm(lines: Lines, data: Path, store: RunStore) -> Line:
    line = lines(data, home=store.folder)
    line.worker.start()
    line.next(DataLoaded)
    return line


def test_a_run_is_kept_and_goes_on_with_more_epochs(lines: Lines, small_npz: Path, store: RunStore) -> None:
    line = warm(lines, small_npz, store)
    run = line.run().run
    assert line.next(RunEnded).test_looks == 1
    record = store.record(run)
    assert (record.state, record.epochs, record.data) == ("completed", 3, small_npz)
    line.worker.send(ResumeStoredRun(run, 5))
    assert line.next(RunStarted).epochs_before == 3
    assert [line.next(EpochEnded).epoch, line.next(EpochEnded).epoch] == [4, 5]
    assert line.next(RunEnded).reason == "completed"
    assert store.record(run).epochs == 5


@pytest.mark.parametrize("epochs", [None, 2])
def test_what_cannot_go_on_says_so(
    lines: Lines, small_npz: Path, store: RunStore, epochs: int | None
) -> None:
    line = warm(lines, small_npz, store)
    run = line.run().run
    line.next(RunEnded)
    line.worker.send(ResumeStoredRun(run, epochs))
    assert "give it more with --epochs" in str(line.next(RunFailed).message)
    line.worker.send(ResumeStoredRun("nothing"))
    assert "There is no run nothing." in str(line.next(RunFailed).message)


def test_leaving_keeps_the_mini_batches_of_the_epoch_under_way(
    lines: Lines, small_npz: Path, store: RunStore
) -> None:
    line = warm(lines, small_npz, store)
    run = line.run(**LONG).run
    line.next(EpochEnded)
    line.worker.close()
    record = store.record(run)
    assert record.state == "interrupted"
    assert record.test_accuracy is None
    assert store.test_evaluation_count(load_dataset(small_npz)) == 0
    again = warm(lines, small_npz, store)
    again.worker.send(ResumeStoredRun(run))
    assert again.next(RunStarted).epochs_before == record.epochs
    assert again.next(EpochEnded).epoch == record.epochs + 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_is_killed_leaves_an_interrupted_run(
    lines: Lines, small_npz: Path, store: RunStore, number: signal.Signals
) -> None:
    line = warm(lines, small_npz, store)
    run = line.run(**LONG).run
    epoch = line.next(EpochEnded, where=lambda event: event.epoch >= 3).epoch
    assert line.worker.pid is not None
    os.kill(line.worker.pid, number)
    message = str(line.next(RunFailed).message)
    newest = of_kind(line.events, EpochEnded)[-1].epoch
    assert f"r resumes the run after epoch {newest}, as `mlp-tui resume {run}` does" in message
    store.recover()
    record = store.record(run)
    assert record.state == "interrupted"
    assert record.epochs >= epoch


def test_where_nothing_can_be_kept_the_run_goes_on(lines: Lines, small_npz: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = lines(small_npz, home=tmp_path / "file")
    line.worker.start()
    line.next(DataLoaded)
    line.worker.send(StartRun(quick()))
    assert "is not kept" in str(line.next(StorageFailed).message)
    assert line.next(RunEnded).reason == "completed"
