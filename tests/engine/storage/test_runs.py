"""The store of runs: what goes in comes out, several programs at once, nothing is taken on trust."""

import math
import multiprocessing
import sqlite3
import stat
import struct
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.commands import ChangeHyperparameter, FetchWeights
from engine.data.dataset import Dataset, load_dataset
from engine.errors import RunIsBusyError, StoreError
from engine.events import (
    EpochEnded,
    Event,
    HyperparameterChanged,
    RunEnded,
    RunStarted,
    StoppedEarly,
    StorageFailed,
    Weights,
)
from engine.network.mlp import weights_fingerprint
from engine.storage import checkpoint
from engine.storage.checksums import epoch_checksum
from engine.storage.database import Database, sealing
from engine.storage.recorder import BEST, record_run
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


def test_evaluations_are_counted_once_for_each_network_and_test_set(
    store: RunStore, small_dataset: Dataset
) -> None:
    """Whatever it learned from: with one training image fewer it is the same test set."""
    fewer = replace(
        small_dataset,
        train_images=small_dataset.train_images[:-1],
        train_labels=small_dataset.train_labels[:-1],
    )
    other = replace(small_dataset, test_images=small_dataset.test_images[::-1].copy())
    seen = [
        only(kept(store.folder, dataset, epochs=1, seed=seed)[1], RunEnded).test_looks
        for dataset, seed in (
            (small_dataset, 0),
            (small_dataset, 1),
            (small_dataset, 0),
            (fewer, 2),
            (other, 0),
        )
    ]
    assert seen == [1, 2, 2, 3, 1]
    assert store.count_test_evaluation(small_dataset, "A", "B") == 5
    assert store.count_test_evaluation(fewer, "A") == store.count_test_evaluation(fewer, "B") == 5
    assert store.test_evaluation_count(small_dataset) == 5
    assert store.test_evaluation_count(other) == 1
    assert store.test_evaluation_count(replace(other, test_labels=other.test_labels[::-1].copy())) == 0


@pytest.mark.parametrize("changes", [{}, {"weight_average": 0.9}], ids=str)
def test_the_weights_of_a_run_that_has_ended_are_the_network_that_was_counted(
    store: RunStore, small_dataset: Dataset, changes: dict[str, float]
) -> None:
    trainer, _events = kept(store.folder, small_dataset, **changes)
    weights = trainer.answer(FetchWeights())
    assert isinstance(weights, Weights)
    best = checkpoint.load(store.checkpoints(trainer.run) / BEST)
    same = weights_fingerprint(weights.parameters, weights.statistics)
    assert store.count_test_evaluation(small_dataset, same, best.fingerprint) == 1


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
    assert store.test_evaluation_count(load_dataset(small_npz)) == 1  # six times the same network


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


def change(store: RunStore, table: str, column: str, value: object, *, sealed: bool = False) -> None:
    """Write into all rows of a table as a turned bit would; `sealed`: as a forger would, with checksums."""
    with closing(Database(store.folder / "runs.db")) as database, database.write_transaction() as connection:
        connection.execute(f"UPDATE {table} SET {column} = ?", (value,))
        if sealed:
            connection.execute(sealing(table))


IMPOSSIBLE = [
    ("details", "content", b"no zlib"),
    ("epochs", "train_loss", "many"),
    ("runs", "ended", b""),
    ("runs", "started", "{}"),
    ("runs", "state", "asleep"),
]


@pytest.mark.parametrize(("table", "column", "value"), IMPOSSIBLE)
def test_a_row_that_says_something_impossible_is_one_error(
    store: RunStore, small_dataset: Dataset, table: str, column: str, value: object
) -> None:
    trainer, _ = kept(store.folder, small_dataset, epochs=2)
    change(store, table, column, value, sealed=True)
    with pytest.raises(StoreError, match="is damaged"):
        list(store.history(trainer.run))


EPOCH_COLUMNS = [
    *("step", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "learning_rate"),
    *("seconds", "samples_per_second"),
]


@pytest.mark.parametrize("column", EPOCH_COLUMNS)
@pytest.mark.parametrize("whole", [200, 0])
def test_a_figure_that_changed_is_left_out_and_told_and_the_others_stay(
    store: RunStore, small_dataset: Dataset, column: str, whole: int
) -> None:
    trainer, events = kept(store.folder, small_dataset, epochs=3)
    with closing(sqlite3.connect(store.folder / "runs.db", isolation_level=None)) as connection:
        connection.execute(f"UPDATE epochs SET {column} = {column} * 1.0000001 + 1 WHERE epoch = 2")
    assert [metrics.epoch for metrics in store.epoch_metrics(trainer.run)] == [1, 3]
    assert store.unreadable_rows == 1
    read = list(store.history(trainer.run, detailed=whole))
    assert store.unreadable_rows == 1
    if whole:
        assert read == [event for event in without_batches(events) if getattr(event, "epoch", 0) != 2]
    assert [epoch.epoch for epoch in of_kind(read, EpochEnded)] == [1, 3]
    with pytest.raises(StoreError, match="is damaged"):
        store.epoch(trainer.run, 2)
    other, _ = kept(store.folder, small_dataset, epochs=3)
    assert len(list(store.epoch_metrics(other.run))) == 3
    assert store.unreadable_rows == 0


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE details SET content = (SELECT content FROM details WHERE epoch = 1) WHERE epoch = 2",
        "UPDATE epochs SET run = 'elsewhere' WHERE epoch = 2",
        "UPDATE details SET epoch = 9 WHERE epoch = 2",
        "DELETE FROM epochs WHERE epoch = 3",
    ],
)
def test_an_epoch_that_is_missing_or_has_the_details_of_another_is_told(
    store: RunStore, small_dataset: Dataset, damage: str
) -> None:
    trainer, _ = kept(store.folder, small_dataset, epochs=3)
    with closing(sqlite3.connect(store.folder / "runs.db", isolation_level=None)) as connection:
        connection.execute(damage)
    assert len(of_kind(list(store.history(trainer.run)), EpochEnded)) == 2
    assert store.unreadable_rows == 1


def test_a_happening_that_changed_is_left_out_and_told(store: RunStore, small_dataset: Dataset) -> None:
    trainer, events = kept(store.folder, small_dataset, epochs=9, patience=1, min_delta=1.0)
    assert of_kind(events, StoppedEarly)
    change(
        store,
        "happenings",
        "content",
        store_text(store, "happenings").replace('"patience": 1', '"patience": 3'),
    )
    assert not of_kind(list(store.history(trainer.run)), StoppedEarly)
    assert store.unreadable_rows == 1


def store_text(store: RunStore, table: str) -> str:
    with closing(sqlite3.connect(store.folder / "runs.db")) as connection:
        return str(connection.execute(f"SELECT content FROM {table}").fetchone()[0])


@pytest.mark.parametrize(
    ("column", "value"), [("test_accuracy", 0.9991), ("best_epoch", 1), ("seconds", 1.5), ("ended", b"x")]
)
def test_a_run_whose_figures_changed_is_told_and_stays_damaged(
    store: RunStore, small_dataset: Dataset, column: str, value: object
) -> None:
    """Also where it is renamed after that: only a row that is whole gets a new checksum."""
    trainer, _ = kept(store.folder, small_dataset, epochs=3)
    change(store, "runs", column, value)
    other, _ = kept(store.folder, small_dataset, epochs=1)
    for _times in range(2):
        assert [record.id for record in store.records()] == [other.run]
        assert store.unreadable == 1
        with pytest.raises(StoreError, match="is damaged"):
            store.ended(trainer.run)
        store.rename(trainer.run, "renamed")
    store.rename(other.run, "renamed")
    assert store.record(other.run).name == "renamed"


def test_a_text_that_is_no_text_any_more_hides_no_other_run(store: RunStore, small_dataset: Dataset) -> None:
    first, _ = kept(store.folder, small_dataset, epochs=1)
    second, _ = kept(store.folder, small_dataset, epochs=1)
    with closing(sqlite3.connect(store.folder / "runs.db", isolation_level=None)) as connection:
        connection.execute("UPDATE runs SET name = CAST(X'ff66' AS TEXT) WHERE id = ?", (first.run,))
    assert [record.id for record in store.records()] == [second.run]
    assert store.unreadable == 1


@given(
    st.lists(st.floats() | st.integers(-(2**63), 2**63 - 1) | st.none(), min_size=7, max_size=7),
    st.integers(0, 63),
    st.integers(0, 6),
)
def test_every_bit_of_an_epoch_changes_its_checksum(values: list[float | None], bit: int, place: int) -> None:
    row = ["run", 3, 30, *values, 1]
    (number,) = struct.unpack("<q", struct.pack("<d", values[place] or 0.0))
    turned = struct.unpack("<d", struct.pack("<Q", (number % 2**64) ^ (1 << bit)))[0]
    if not math.isnan(turned):
        assert epoch_checksum(row) != epoch_checksum([*row[: 3 + place], turned, *row[4 + place :]])


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
