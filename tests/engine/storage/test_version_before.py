"""A store that the version before wrote opens, is listed, answers and resumes.

`version_before/` holds a finished and an interrupted run of 8 x 8 digits, and the digits; it was written by
the commit 32cd87d, before files, classes and parameters got their present names.
"""

import contextlib
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from engine.commands import FetchWeights
from engine.data.dataset import Dataset, load_dataset
from engine.events import EpochEnded, Event, NumericsChanged, RunEnded, RunStarted, Weights
from engine.storage import checkpoint
from engine.storage.recorder import BEST, record_run
from engine.storage.resuming import trainer_for
from engine.storage.runs import RunStore
from engine.storage.stored_model import StoredModel
from tests.runs import of_kind, only

WRITTEN = Path(__file__).with_name("version_before")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return Path(shutil.copytree(WRITTEN, tmp_path / "home"))


@pytest.fixture
def digits() -> Dataset:
    return load_dataset(WRITTEN / "digits.npz")


def test_it_is_listed(home: Path) -> None:
    with contextlib.closing(RunStore(home)) as store:
        records = {record.name: record for record in store.records()}
        assert store.unreadable == 0
    assert {name: record.state for name, record in records.items()} == {
        "finished": "completed",
        "interrupted": "interrupted",
    }
    assert records["finished"].epochs == 3
    assert records["interrupted"].epochs == 2


def test_its_rows_have_checksums_from_then_on(home: Path) -> None:
    RunStore(home).close()
    with contextlib.closing(sqlite3.connect(home / "runs.db", isolation_level=None)) as connection:
        connection.execute("UPDATE epochs SET train_loss = train_loss + 1 WHERE epoch = 1")
    with contextlib.closing(RunStore(home)) as store:
        record = store.find("finished")
        assert [epoch.epoch for epoch in store.epoch_metrics(record.id)] == [2, 3]
        assert store.unreadable_rows == 1


def test_what_it_counted_of_the_test_set_still_counts(home: Path, digits: Dataset) -> None:
    with contextlib.closing(RunStore(home)) as store:
        assert store.test_evaluation_count(digits) == 1
        assert store.count_test_evaluation(digits, "A") == store.count_test_evaluation(digits, "A") == 2
        fewer = replace(digits, train_images=digits.train_images[1:], train_labels=digits.train_labels[1:])
        assert store.test_evaluation_count(fewer) == 2


def test_its_best_weights_answer_as_they_were_tested(home: Path, digits: Dataset) -> None:
    with contextlib.closing(RunStore(home)) as store:
        record = store.find("finished")
        ended = store.ended(record.id)
        model = checkpoint.load(store.checkpoints(record.id) / BEST)
    assert ended is not None
    right = model.test_evaluation(digits).predicted == digits.test_labels
    assert float(right.mean()) == ended.test_accuracy
    assert isinstance(StoredModel(model, digits, record.id).answer(FetchWeights()), Weights)


def resumed(home: Path, name: str, digits: Dataset, epochs: int | None = None) -> list[Event]:
    with contextlib.closing(RunStore(home)) as store:
        trainer = trainer_for(store, store.find(name), digits, epochs=epochs)
    return list(record_run(trainer, home))


def test_what_it_computed_otherwise_is_said_once(home: Path, digits: Dataset) -> None:
    """Its 270 images in mini-batches of 50 leave 20, which moved batch normalisation's figures by a tenth."""
    first, second, *_others = resumed(home, "interrupted", digits)
    assert isinstance(first, RunStarted)
    assert isinstance(second, NumericsChanged)
    assert second.names == ("batch_norm",)
    assert str(second.message) == (
        "This run was begun by an earlier version of mlp-tui, which computed batch_norm otherwise: it goes "
        "on, but no longer to the same bits."
    )
    again = resumed(home, "interrupted", digits, epochs=5)  # from a checkpoint of ours
    assert not of_kind(again, NumericsChanged)


def test_a_run_that_gives_the_same_bits_goes_on_without_a_word(home: Path, digits: Dataset) -> None:
    events = resumed(home, "finished", digits, epochs=4)
    assert only(events, RunEnded).epochs == 4
    assert not of_kind(events, NumericsChanged)


def test_its_interrupted_run_goes_on(home: Path, digits: Dataset) -> None:
    with contextlib.closing(RunStore(home)) as store:
        record = store.find("interrupted")
        before = store.epoch_metrics(record.id)
        trainer = trainer_for(store, record, digits)
    events = list(record_run(trainer, home))
    assert [epoch.epoch for epoch in of_kind(events, EpochEnded)] == [3, 4]
    assert only(events, RunEnded).reason == "completed"
    with contextlib.closing(RunStore(home)) as store:
        after = store.epoch_metrics(record.id)
    assert after[:2] == before
    assert len(after) == 4
