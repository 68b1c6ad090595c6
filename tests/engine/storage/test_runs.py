"""The store of runs: what goes in comes out, several programs at once, nothing is taken on trust."""

import multiprocessing
import sqlite3
import stat
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.commands import ChangeHyperparameter
from engine.data.dataset import Dataset, load_dataset
from engine.errors import RunIsBusyError, StoreError
from engine.events import EpochEnded, Event, HyperparameterChanged, RunEnded, RunStarted, StorageFailed
from engine.storage.recorder import record_run
from engine.storage.runs import KEPT_AFTER_DELETION, RunStore
from engine.training.trainer import Trainer
from tests.runs import of_kind, only, quick


def kept(folder: Path, dataset: Dataset, **changes: object) -> tuple[Trainer, list[Event]]:
    trainer = Trainer(quick(**changes), dataset, name="first try")
    return trainer, list(record_run(trainer, folder))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    store = RunStore(tmp_path / "home")
    yield store
    store.close()


def without_batches(events: list[Event]) -> list[Event]:
    kinds = RunStarted, EpochEnded, HyperparameterChanged, RunEnded
    return [event for event in events if isinstance(event, kinds)]


def test_what_happened_comes_out_as_it_went_in(store: RunStore, small_dataset: Dataset) -> None:
    trainer = Trainer(quick(hidden=(16, 8)), small_dataset, name="first try")
    trainer.commands.put(ChangeHyperparameter("learning_rate", 0.05))
    events = list(record_run(trainer, store.folder))
    assert list(store.history(trainer.run)) == without_batches(events)
    (record,) = store.records()
    ended = only(events, RunEnded)
    assert (record.id, record.name, record.state) == (trainer.run, "first try", "completed")
    assert record.hyperparameters.learning_rate == 0.05
    assert record.started.hyperparameters.learning_rate == 0.1
    assert (record.epochs, record.best_epoch, record.test_accuracy) == (
        3,
        ended.best_epoch,
        ended.test_accuracy,
    )
    assert record.best_validation_accuracy == ended.best_validation_accuracy
    assert record.seconds == ended.seconds
    assert abs(record.created - time.time()) < 60
    assert store.epoch(trainer.run, 2) == of_kind(events, EpochEnded)[1]
    assert [row[0] for row in store.epoch_metrics(trainer.run)] == [1, 2, 3]


def test_all_of_it_can_be_read_by_the_owner_alone(store: RunStore, small_dataset: Dataset) -> None:
    kept(store.folder, small_dataset)
    paths = [store.folder, *store.folder.rglob("*")]
    assert len(paths) >= 6
    for path in paths:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_run_is_found_by_id_beginning_name_and_latest(store: RunStore, small_dataset: Dataset) -> None:
    first, _ = kept(store.folder, small_dataset, epochs=1)
    second, _ = kept(store.folder, small_dataset, epochs=1)
    store.rename(second.run, "the other")
    for text, run in (
        (first.run, first.run),
        (second.run[:-1], second.run),
        ("first try", first.run),
        ("the other", second.run),
        ("latest", second.run),
    ):
        assert store.find(text).id == run
    for text in ("", "nothing", "%", second.run + "x"):
        with pytest.raises(StoreError, match="There is no run"):
            store.find(text)
    with pytest.raises(StoreError, match="matches 2 runs"):
        store.find(first.run[:4])


def test_without_a_run_latest_says_how_to_make_one(store: RunStore) -> None:
    with pytest.raises(StoreError, match="There is no run yet"):
        store.find("latest")


def test_a_deleted_run_can_be_had_back_for_a_day(
    store: RunStore, small_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer, _ = kept(store.folder, small_dataset, epochs=1)
    store.delete(trainer.run)
    assert store.records() == []
    store.recover()
    assert store.find(trainer.run, deleted=True).id == trainer.run
    store.restore(trainer.run)
    assert store.records()[0].id == trainer.run
    store.delete(trainer.run)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + KEPT_AFTER_DELETION + 1)
    store.recover()
    assert store.records(deleted=True) == []
    assert not store.checkpoints(trainer.run).exists()
    with pytest.raises(StoreError):
        list(store.history(trainer.run))


def test_a_run_under_way_belongs_to_its_process(store: RunStore, small_dataset: Dataset) -> None:
    trainer = Trainer(quick(), small_dataset)
    events = iter(record_run(trainer, store.folder))
    next(events)
    store.recover()
    assert store.record(trainer.run).state == "running"
    for forbidden in (
        store.delete,
        lambda run: list(record_run(Trainer(quick(), small_dataset, run=run), store.folder)),
    ):
        with pytest.raises(RunIsBusyError, match="under way in another program"):
            forbidden(trainer.run)
    list(events)
    assert store.record(trainer.run).state == "completed"


def test_a_run_that_nobody_listens_to_any_more_was_interrupted(
    store: RunStore, small_dataset: Dataset
) -> None:
    trainer = Trainer(quick(), small_dataset)
    events = record_run(trainer, store.folder)
    next(event for event in events if isinstance(event, EpochEnded))
    events.close()  # type: ignore[attr-defined]
    record = store.record(trainer.run)
    assert (record.state, record.epochs) == ("interrupted", 1)


def test_a_run_whose_process_died_is_interrupted_at_the_next_look(
    store: RunStore, small_dataset: Dataset
) -> None:
    trainer = Trainer(quick(), small_dataset)
    events = iter(record_run(trainer, store.folder))
    started = next(events)
    assert isinstance(started, RunStarted)
    store.begin_run(
        RunStarted(**{n: getattr(started, n) for n in started.__dataclass_fields__} | {"run": "dead"})
    )
    store.recover()
    assert {record.id: record.state for record in store.records()} == {
        trainer.run: "running",
        "dead": "interrupted",
    }


def test_an_error_in_the_run_is_kept(
    store: RunStore, small_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer(quick(), small_dataset)

    def fail(learning_rate: float) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(trainer.learner, "step", fail)
    with pytest.raises(MemoryError):
        list(record_run(trainer, store.folder))
    record = store.record(trainer.run)
    assert record.state == "failed"
    assert "no room" in (record.failure or "")


def test_looks_at_a_test_score_are_counted_for_each_data_set(store: RunStore, small_dataset: Dataset) -> None:
    seen = [only(kept(store.folder, small_dataset, epochs=1)[1], RunEnded).test_looks for _ in range(3)]
    assert seen == [1, 2, 3]
    assert store.test_evaluation_count(small_dataset.fingerprint) == 3
    assert store.test_evaluation_count("another") == 0


def _train_twice(folder: Path, data: Path) -> None:
    for _ in range(2):
        list(record_run(Trainer(quick(epochs=20, early_stopping=False), load_dataset(data)), folder))


def test_several_programs_write_at_once(tmp_path: Path, small_npz: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    programs = [spawn.Process(target=_train_twice, args=(tmp_path, small_npz)) for _ in range(3)]
    for program in programs:
        program.start()
    for program in programs:
        program.join()
    assert [program.exitcode for program in programs] == [0, 0, 0]
    store = RunStore(tmp_path)
    records = store.records()
    assert [(record.state, record.epochs) for record in records] == [("completed", 20)] * 6
    assert store.test_evaluation_count(records[0].started.data.fingerprint) == 6


def test_a_store_of_a_newer_version_is_left_alone(tmp_path: Path, small_dataset: Dataset) -> None:
    RunStore(tmp_path).close()
    with sqlite3.connect(tmp_path / "runs.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    before = (tmp_path / "runs.db").read_bytes()
    with pytest.raises(StoreError, match="newer version"):
        RunStore(tmp_path)
    events = list(record_run(Trainer(quick(epochs=1), small_dataset), tmp_path))
    assert "newer version" in str(only(events, StorageFailed).message)
    assert only(events, RunEnded).reason == "completed"
    assert (tmp_path / "runs.db").read_bytes() == before


@pytest.mark.parametrize("content", [b"no database at all, but long enough to be taken for one" * 100, b"x"])
def test_a_file_that_is_no_database_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "runs.db").write_bytes(content)
    with pytest.raises(StoreError, match="is not a database of mlp-tui, or it is damaged"):
        RunStore(tmp_path)
    assert (tmp_path / "runs.db").read_bytes() == content


@pytest.mark.parametrize("run", ["../../etc", "a/b", "", ".", "a\x1b[31m", "x" * 65, "-rf"])
def test_no_id_leads_out_of_the_folder(store: RunStore, run: str) -> None:
    with pytest.raises(StoreError):
        store.checkpoints(run)


def test_a_row_that_says_something_impossible_is_one_error(store: RunStore, small_dataset: Dataset) -> None:
    trainer, _ = kept(store.folder, small_dataset, epochs=2)
    for table, column, value in (
        ("details", "content", b"no zlib"),
        ("epochs", "train_loss", "many"),
        ("runs", "ended", b""),
        ("runs", "started", "{}"),
        ("runs", "state", "asleep"),
    ):
        with sqlite3.connect(store.folder / "runs.db") as connection:
            connection.execute(f"UPDATE {table} SET {column} = ?", (value,))
        with pytest.raises(StoreError, match="is damaged"):
            list(store.history(trainer.run))


def test_a_long_run_is_thinned_and_its_matrices_are_found(store: RunStore, small_dataset: Dataset) -> None:
    trainer, events = kept(store.folder, small_dataset, epochs=30, early_stopping=False)
    whole = of_kind(events, EpochEnded)
    some = of_kind(list(store.history(trainer.run, detailed=5, limit=10)), EpochEnded)
    best = only(events, RunEnded).best_epoch
    assert {epoch.epoch for epoch in some} == {*range(1, 26, 3), *range(26, 31), best}
    for epoch in some:
        original = whole[epoch.epoch - 1]
        if epoch.epoch > 25:
            assert epoch == original
        else:
            assert epoch == replace(original, layers=(), validation_confusion_matrix=None)
            assert store.epoch(trainer.run, epoch.epoch) == original


def test_a_damaged_row_does_not_hide_the_others(store: RunStore, small_dataset: Dataset) -> None:
    first, _ = kept(store.folder, small_dataset, epochs=1)
    second, _ = kept(store.folder, small_dataset, epochs=1)
    with sqlite3.connect(store.folder / "runs.db") as connection:
        connection.execute("UPDATE runs SET started = '{}' WHERE id = ?", (first.run,))
    assert [record.id for record in store.records()] == [second.run]
    assert store.unreadable == 1
