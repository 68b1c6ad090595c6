"""What goes wrong while a run is kept: the run goes on, says so once, and keeps what it can later."""

import contextlib
import dataclasses
import errno
import os
import shutil
import sqlite3
import threading
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.data.dataset import Dataset
from engine.errors import CheckpointError, StoreError
from engine.events import EpochEnded, Event, RunEnded, RunStarted, StorageFailed
from engine.storage import checkpoint, database, recorder, snapshots
from engine.storage.database import Database, sealing
from engine.storage.recorder import BEST, LAST, record_run
from engine.storage.runs import RunStore
from engine.training.trainer import Trainer
from tests.faults.mutators import header
from tests.runs import digest, follow, of_kind, only, quick


def steered(trainer: Trainer, folder: Path, at: dict[int, Callable[[], None]]) -> list[Event]:
    """Run a trainer and keep it; do something after some epochs (0: when it has started)."""
    events = []
    for event in record_run(trainer, folder):
        events.append(event)
        if isinstance(event, RunStarted | EpochEnded):
            at.get(getattr(event, "epoch", 0), lambda: None)()
    return events


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for another program that writes."""
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 0.01)


@pytest.fixture
def locked(tmp_path: Path, impatient: None) -> Iterator[sqlite3.Connection]:
    """Another program that writes, and does not stop."""
    RunStore(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "runs.db", isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield connection


def same_as_undisturbed(trainer: Trainer, events: list[Event], dataset: Dataset) -> bool:
    undisturbed = Trainer(trainer.hyperparameters, dataset)
    return digest(undisturbed, follow(undisturbed)) == digest(trainer, events)


def test_a_locked_database_is_told_once_and_the_run_entered_when_it_is_free(
    tmp_path: Path, small_dataset: Dataset, locked: sqlite3.Connection
) -> None:
    trainer = Trainer(quick(epochs=4), small_dataset)
    events = steered(trainer, tmp_path, {2: locked.rollback})
    assert "another program has been writing" in str(only(events, StorageFailed).message)
    assert isinstance(events[0], RunStarted)
    assert same_as_undisturbed(trainer, events, small_dataset)
    with closing(RunStore(tmp_path)) as store:
        assert (store.record(trainer.run).state, store.record(trainer.run).epochs) == ("completed", 4)
        assert list(store.epochs(trainer.run)) == of_kind(events, EpochEnded)


def test_what_waits_in_vain_is_given_up(
    tmp_path: Path, small_dataset: Dataset, locked: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "MAX_WAITING_EVENTS", 2)
    trainer = Trainer(quick(epochs=5), small_dataset)
    events = steered(trainer, tmp_path, {4: locked.rollback})
    assert len(of_kind(events, StorageFailed)) == 1
    assert same_as_undisturbed(trainer, events, small_dataset)
    with closing(RunStore(tmp_path)) as store:
        assert store.records() == []


def test_a_full_database_keeps_what_it_had(tmp_path: Path, small_dataset: Dataset) -> None:
    with closing(RunStore(tmp_path)) as store:
        before = list(record_run(Trainer(quick(), small_dataset, run="before"), tmp_path))
        connection = store._database._connection
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 1}")
        trainer = Trainer(quick(epochs=20), small_dataset)
        events = list(recorder.Recorder(trainer, store))
        assert "No space left on device" in str(only(events, StorageFailed).message)
        assert same_as_undisturbed(trainer, events, small_dataset)
        epochs = list(store.epochs(trainer.run))
        assert epochs == of_kind(events, EpochEnded)[: len(epochs)]
        assert list(store.epochs("before")) == of_kind(before, EpochEnded)
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_a_disk_that_is_full_for_a_while(
    tmp_path: Path, small_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    trainer = Trainer(quick(epochs=4), small_dataset)
    fsync = os.fsync
    folder = tmp_path / "checkpoints" / trainer.run
    left: list[str] = []

    def free() -> None:
        left.extend(path.name for path in folder.iterdir())
        monkeypatch.setattr(os, "fsync", fsync)

    at = {0: lambda: monkeypatch.setattr(os, "fsync", full), 3: free}
    events = steered(trainer, tmp_path, at)
    said = str(only(events, StorageFailed).message)
    assert "No space left on device" in said
    assert str(tmp_path) in said
    assert left == ["lock"]  # nothing half written stays
    assert checkpoint.load(folder / BEST).epoch == only(events, RunEnded).best_epoch
    assert snapshots.load(folder / LAST).ended == "completed"


def test_the_end_is_kept_even_when_its_weights_cannot_be(tmp_path: Path, small_dataset: Dataset) -> None:
    trainer = Trainer(quick(), small_dataset)
    folder = tmp_path / "checkpoints" / trainer.run
    events = steered(trainer, tmp_path, {2: lambda: shutil.rmtree(folder)})
    assert only(events, StorageFailed)
    with closing(RunStore(tmp_path)) as store:
        assert store.record(trainer.run).state == "completed"
        assert store.record(trainer.run).test_accuracy == only(events, RunEnded).test_accuracy


@pytest.mark.parametrize("recreate", [False, True])
def test_a_home_that_is_deleted_during_a_run(tmp_path: Path, small_dataset: Dataset, recreate: bool) -> None:
    home = tmp_path / "home"
    trainer = Trainer(quick(epochs=4), small_dataset)

    def delete() -> None:
        shutil.rmtree(home)
        if recreate:  # another program, which knows nothing of this one
            RunStore(home).close()

    events = steered(trainer, home, {2: delete})
    assert "runs.db" in str(only(events, StorageFailed).message)
    assert same_as_undisturbed(trainer, events, small_dataset)
    if recreate:
        with closing(RunStore(home)) as store:
            assert store.records() == []


def test_what_a_killed_program_half_wrote_is_cleared_away(tmp_path: Path, small_dataset: Dataset) -> None:
    with closing(RunStore(tmp_path)) as store:
        list(record_run(Trainer(quick(epochs=1), small_dataset, run="run"), tmp_path))
        folder = store.checkpoints("run")
        kept = {path.name for path in folder.iterdir()}
        (folder / ".last.npz.abcd1234.unfinished").write_bytes(b"half")
        store.lock_run("run").release()
        assert {path.name for path in folder.iterdir()} == kept


def test_a_run_that_goes_back_forgets_its_later_epochs_in_its_row_too(
    tmp_path: Path, small_dataset: Dataset
) -> None:
    with closing(RunStore(tmp_path)) as store:
        trainer = Trainer(quick(epochs=3), small_dataset)
        first = None
        for event in record_run(trainer, tmp_path):
            if isinstance(event, EpochEnded) and event.epoch == 1:
                first = trainer.snapshot()
        assert first is not None
        epochs = list(store.epochs(trainer.run))
        assert store.record(trainer.run).best_epoch != 1
        events = iter(record_run(Trainer.from_snapshot(first, small_dataset), tmp_path))
        next(events)
        record = store.record(trainer.run)
        assert (record.epochs, record.best_epoch) == (1, 1)
        assert record.best_validation_accuracy == epochs[0].validation_accuracy
        assert record.seconds == epochs[0].seconds
        list(events)
        assert [epoch.epoch for epoch in store.epochs(trainer.run)] == [1, 2, 3]


def test_a_snapshot_whose_header_announces_more_than_it_holds_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "last.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("parameters.npy", header((10**12,)) + bytes(4000))
    tracemalloc.start()
    with pytest.raises(CheckpointError, match="damaged"):
        snapshots.load(path)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_a_snapshot_of_a_huge_network_is_refused_before_it_is_built(small_dataset: Dataset) -> None:
    snapshot = Trainer(quick(), small_dataset).snapshot()
    forged = dataclasses.replace(snapshot, hyperparameters=quick(hidden=(16_384,) * 20))
    with pytest.raises(CheckpointError, match="do not fit the network"):
        Trainer.from_snapshot(forged, small_dataset)


@pytest.mark.parametrize(
    "script",
    [
        "ALTER TABLE runs RENAME TO old; CREATE VIEW runs AS WITH RECURSIVE n(i) AS "
        "(SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS id FROM n",
        "CREATE TRIGGER t BEFORE UPDATE ON runs BEGIN DELETE FROM epochs; END",
    ],
)
def test_a_database_that_would_run_what_someone_else_wrote_is_refused(tmp_path: Path, script: str) -> None:
    RunStore(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "runs.db")) as connection:
        connection.executescript(script)
    with pytest.raises(StoreError, match="not a database of mlp-tui"):
        RunStore(tmp_path)


@pytest.mark.parametrize("value", ["many", float("inf"), None])
def test_curves_with_a_figure_that_is_none_are_damaged(
    tmp_path: Path, small_dataset: Dataset, value: object
) -> None:
    list(record_run(Trainer(quick(), small_dataset, run="run"), tmp_path))
    with closing(RunStore(tmp_path)) as store:
        assert len(store.epoch_metrics("run")) == 3
        change = "UPDATE OR IGNORE epochs SET train_loss = ?, validation_accuracy = ? WHERE epoch = 2"
        with closing(Database(tmp_path / "runs.db")) as database, database.write_transaction() as connection:
            connection.execute(change, (value, 0.5))
            connection.execute(sealing("epochs"))
        if value is None:  # a loss may be missing
            assert store.epoch_metrics("run")[1].train_loss is None
            return
        with pytest.raises(StoreError, match="is damaged"):
            store.epoch_metrics("run")


@example("\udcff")
@given(message=st.text(max_size=100))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_words_are_a_name_a_note_and_looked_for(one_run: RunStore, message: str) -> None:
    one_run.rename("run", message)
    one_run.annotate("run", message)
    kept = one_run.record("run")
    for text in (kept.name, kept.note):
        assert len(text) == len(message)
        assert all(ours == theirs for ours, theirs in zip(text, message, strict=True) if ours != "?")
    with contextlib.suppress(StoreError):
        assert one_run.find(message).id == "run"
    assert (one_run.find(kept.name) if kept.name else kept).id == "run"


@pytest.fixture
def one_run(tmp_path: Path, small_dataset: Dataset) -> Iterator[RunStore]:
    list(record_run(Trainer(quick(epochs=1), small_dataset, run="run"), tmp_path))
    with closing(RunStore(tmp_path)) as store:
        yield store


@given(content=st.binary(max_size=300), is_zip=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_bytes_are_no_snapshot(tmp_path: Path, content: bytes, is_zip: bool) -> None:
    path = tmp_path / "last.npz"
    path.write_bytes(content)
    if is_zip:
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("description.npy", content)
    with pytest.raises(CheckpointError, match="damaged"):
        snapshots.load(path)


def test_a_store_that_several_make_at_the_same_moment(tmp_path: Path, small_dataset: Dataset) -> None:
    programs, times = 6, 15

    def open_each(number: int) -> int:
        for place in range(times):
            barrier.wait()
            with closing(RunStore(tmp_path / str(place))) as store:
                store.count_test_evaluation(small_dataset, str(number))
        return number

    barrier = threading.Barrier(programs)
    with ThreadPoolExecutor(programs) as pool:
        assert list(pool.map(open_each, range(programs))) == list(range(programs))
    with closing(RunStore(tmp_path / "0")) as store:
        assert store.test_evaluation_count(small_dataset) == programs


def test_a_run_killed_between_its_end_and_its_last_weights_has_ended(
    tmp_path: Path, small_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer(quick(), small_dataset, run="run")

    def die(self: recorder.Recorder, event: RunEnded) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(recorder.Recorder, "_save_at_the_end", die)
    with pytest.raises(KeyboardInterrupt):
        list(record_run(trainer, tmp_path))
    with closing(RunStore(tmp_path)) as store:
        assert store.ended("run") is not None
        assert store.record("run").state == "completed"


def test_what_was_half_written_by_a_run_that_ended_is_cleared_away(
    tmp_path: Path, small_dataset: Dataset
) -> None:
    list(record_run(Trainer(quick(epochs=1), small_dataset, run="run"), tmp_path))
    half = tmp_path / "checkpoints" / "run" / ".best.npz.abcd1234.unfinished"
    half.write_bytes(b"half")
    with closing(RunStore(tmp_path)) as store:
        store.recover()
    assert not half.exists()
    assert (half.parent / BEST).exists()
