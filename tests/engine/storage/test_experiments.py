"""The store of experiments: found by name, deleted with their runs, damaged rows told, the dead marked."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.data.dataset import Dataset
from engine.errors import RunIsBusyError, StoreError
from engine.storage.experiments import ExperimentStore, TrialRecord
from engine.storage.recorder import Recorder
from engine.storage.runs import KEPT_AFTER_DELETION, RunStore
from engine.training.trainer import Trainer
from tests.runs import quick


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ExperimentStore]:
    with closing(RunStore(tmp_path)) as runs:
        yield ExperimentStore(runs)


def begin(store: ExperimentStore, experiment: str, name: str = "") -> None:
    store.begin(experiment, name=name, plan={"vary": {"hidden": "16, 32"}}, fingerprint="f", data=None)


def test_an_experiment_is_found_by_id_beginning_name_and_latest(store: ExperimentStore) -> None:
    with pytest.raises(StoreError, match="There is no experiment yet"):
        store.find("latest")
    begin(store, "aa1", "sizes")
    begin(store, "aa2")
    assert store.find("sizes").id == store.find("aa1").id == "aa1"
    assert store.find("latest").id == "aa2"
    assert store.record("aa1").plan == {"vary": {"hidden": "16, 32"}}
    assert str(store.record("aa1").state_name) == "running"
    for given, says in (
        ("aa", "“aa” matches 2 experiments: aa2, aa1; give more of the id"),
        ("b", "There is no experiment “b”"),
    ):
        with pytest.raises(StoreError, match=says):
            store.find(given)
    with pytest.raises(StoreError, match="There is no experiment b"):
        store.record("b")


def test_it_is_deleted_with_the_runs_that_are_there(store: ExperimentStore, small_dataset: Dataset) -> None:
    begin(store, "one")
    trainer = Trainer(quick(epochs=1), small_dataset)
    list(Recorder(trainer, store.runs))
    for number, run in ((1, trainer.run), (2, "never-begun")):
        store.begin_trial("one", TrialRecord(number, 0, number, run, {"hidden": "16"}, "running"))
    store.end_trial("one", 1, "pruned")
    assert [trial.state for trial in store.trials("one")] == ["pruned", "running"]
    with store.lock("one"), pytest.raises(RunIsBusyError, match="under way in another program"):
        store.delete("one")
    assert store.delete("one") == [trainer.run]
    assert store.runs.records() == []
    assert store.records() == []
    assert [record.id for record in store.records(deleted=True)] == ["one"]


def test_what_was_deleted_a_day_ago_is_erased_and_what_nobody_computes_is_interrupted(
    store: ExperimentStore,
) -> None:
    begin(store, "old")
    store.delete("old")
    begin(store, "here")
    begin(store, "dead")
    with store._database.write_transaction() as connection:
        connection.execute(
            "UPDATE experiments SET deleted = ? WHERE id = 'old'", (time.time() - KEPT_AFTER_DELETION - 1,)
        )
    folder = store.runs.folder / "experiments"
    with store.lock("here"):
        store.recover()
        states = {record.id: record.state for record in store.records()}
    assert states == {"here": "running", "dead": "interrupted"}
    assert store.records(deleted=True) == []
    assert not (folder / "old").exists()


def test_a_damaged_row_is_told_and_the_others_are_read(store: ExperimentStore) -> None:
    begin(store, "whole")
    begin(store, "broken")
    store.begin_trial("whole", TrialRecord(1, 0, 1, "run", {"hidden": "16"}, "running"))
    with closing(sqlite3.connect(store.runs.folder / "runs.db", isolation_level=None)) as connection:
        connection.execute("UPDATE experiments SET name = 'other' WHERE id = 'broken'")
        connection.execute("UPDATE trials SET seed = 2")
    assert [record.id for record in store.records()] == ["whole"]
    assert store.unreadable == 1
    assert store.trials("whole") == []
    with pytest.raises(StoreError, match=r"The record of experiment broken in .* is damaged"):
        store.record("broken")
    store.end("broken", {"winner": 1})  # which does not make it whole
    with pytest.raises(StoreError, match="is damaged"):
        store.record("broken")


def test_what_came_of_it_and_why_it_failed_are_kept(store: ExperimentStore) -> None:
    begin(store, "one")
    store.set_state("one", "failed", "no memory")
    assert (store.record("one").state, store.record("one").failure) == ("failed", "no memory")
    store.end("one", {"winner": 3})
    record = store.record("one")
    assert (record.state, record.failure, record.result) == ("completed", None, {"winner": 3})
