"""Sources: a file that grows, shrinks, is replaced or goes; a pipe; a stored run."""

import contextlib
import json
import os
from pathlib import Path

import pytest

from engine.data.dataset import Dataset
from engine.errors import EngineError, StoreError
from engine.events import (
    EpochEnded,
    EpochFigures,
    Event,
    RunEnded,
    RunFailed,
    RunStarted,
    SourceRead,
    WatchedRunBegan,
)
from engine.storage.recorder import Recorder
from engine.storage.runs import RunStore
from engine.training.trainer import Trainer
from engine.watching import sources
from engine.watching.sources import FileSource, Source, StoredRunSource, StreamSource, find_source
from tests.runs import names, quick


def line(epoch: int, loss: float = 0.5) -> str:
    return json.dumps({"event": "epoch_ended", "epoch": epoch, "train_loss": loss}) + "\n"


def epochs(events: list[Event]) -> list[int]:
    return [event.epoch for event in events if isinstance(event, EpochFigures)]


def news(events: list[Event]) -> SourceRead:
    """Return how the source stands, as it was told last."""
    return [event for event in events if isinstance(event, SourceRead)][-1]


def no_input() -> int:
    raise AssertionError


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "train.log"
    path.write_text("")
    return path


def test_a_file_that_grows_is_read_line_by_line(log: Path) -> None:
    source = FileSource(log)
    assert not news(source.read()).is_over
    with log.open("a") as file:
        file.write("Epoch 1\n" + line(1) + line(2)[:20])
        file.flush()
        told = source.read()
        assert epochs(told) == [1]
        assert (news(told).lines, news(told).broken, news(told).first_broken) == (2, 1, 1)
        assert source.read() == []
        file.write(line(2)[20:-1])
        file.flush()
        assert epochs([*source.read(), *source.read()]) == [2]  # whole, though without an end
    source.close()


def test_a_row_without_an_end_is_read_when_it_has_settled_and_again_with_its_end(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.write_text("epoch,val_loss,val_acc\n0,0.5,0.9")
    source = FileSource(log)
    assert epochs([*source.read(), *source.read()]) == []
    monkeypatch.setattr(sources, "SETTLED", 0.0)
    (told,) = source.read()
    assert isinstance(told, EpochFigures)
    assert told.validation_accuracy == 0.9
    assert source.read() == []
    with log.open("a") as file:
        file.write("5\n1,0.4\n2,0.")
    first, _second, stands = source.read()
    assert isinstance(first, EpochFigures)
    assert (first.epoch, first.validation_accuracy) == (1, 0.95)
    assert isinstance(stands, SourceRead)
    assert (stands.lines, stands.broken) == (3, 0)
    assert source.read() == []  # a row with too few columns is not whole
    source.close()


def test_a_program_that_writes_by_the_block_breaks_no_line(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "SETTLED", 0.0)
    source, content = FileSource(log), "".join(map(line, range(1, 30)))
    told: list[Event] = []
    for start in range(0, len(content), 100):
        with log.open("a") as file:
            file.write(content[start : start + 100])
        told += source.read() + source.read()
    assert epochs(told) == list(range(1, 30))
    assert news(told).broken == 0
    source.close()


@pytest.mark.parametrize("replaced", [False, True], ids=["shrinks", "is replaced"])
def test_a_file_that_begins_anew_is_read_from_its_start(log: Path, replaced: bool) -> None:
    log.write_text(line(1) + line(2) + "broken\n")
    source = FileSource(log)
    assert news(source.read()).broken == 1
    if replaced:
        log.rename(log.with_suffix(".1"))
    log.write_text(line(1, 0.25))
    told = source.read()
    assert isinstance(told[0], WatchedRunBegan)
    assert epochs(told) == [1]
    assert news(told).broken == 0
    source.close()


def test_a_file_that_is_written_anew_with_more_columns_is_read_from_its_start(log: Path) -> None:
    log.write_text("epoch,train_loss\n0,0.5\n")
    source = FileSource(log)
    source.read()
    log.write_text("epoch,train_loss,val_loss\n0,0.5,\n0,,0.6\n1,0.4,\n")
    told = source.read()
    assert isinstance(told[0], WatchedRunBegan)
    assert epochs(told) == [1, 1, 2]
    source.close()


def test_a_file_that_is_gone_is_told_until_it_is_back(log: Path) -> None:
    log.write_text(line(1))
    source = FileSource(log)
    source.read()
    log.unlink()
    assert "train.log is gone" in str(news(source.read()).trouble)
    assert source.read() == []
    log.write_text(line(1))
    told = source.read()
    assert news(told).trouble is None
    assert epochs(told) == [1]
    source.close()


def test_a_folder_in_its_place_is_told_until_the_file_is_back(log: Path) -> None:
    log.write_text(line(1))
    source = FileSource(log)
    source.read()
    log.unlink()
    log.mkdir()
    assert "is a folder" in str(news(source.read()).trouble)
    log.rmdir()
    log.write_text(line(1) + "\n" + line(2))
    told = [*source.read(), *source.read()]
    assert epochs(told) == [1, 2]
    assert (news(told).trouble, news(told).lines, news(told).broken) == (None, 3, 0)
    source.close()


def test_a_pipe_that_breaks_is_over() -> None:
    reading, writing = os.pipe()
    source = StreamSource(reading, "stdin")
    source.read()
    os.close(reading)
    source.read()
    assert source.is_over
    os.close(writing)


def test_a_pipe_is_read_to_its_end() -> None:
    reading, writing = os.pipe()
    source = StreamSource(reading, "stdin")
    assert not news(source.read()).is_over  # though nothing has come yet
    os.write(writing, (line(1) + line(2)[:-1]).encode())
    assert epochs(source.read()) == [1]
    os.close(writing)
    told = source.read()
    assert epochs(told) == [2]
    assert source.is_over
    assert news(told).is_over
    os.close(reading)


def test_a_stored_run_is_followed_while_another_trains_it(
    small_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "BETWEEN_LOOKS", 0.0)
    trainer = Trainer(quick(), small_dataset, name="under way")
    told: list[Event] = []
    source: Source | None = None
    with contextlib.closing(RunStore(tmp_path)) as store:
        for event in Recorder(trainer, store):
            if source is None and isinstance(event, EpochEnded):
                source = find_source("latest", tmp_path, no_input)
            if source is not None and isinstance(event, EpochEnded):
                told += source.read()
                assert not source.is_over
    assert isinstance(source, StoredRunSource)
    told += source.read()
    assert source.is_over
    assert epochs(told) == [1, 2, 3]
    assert isinstance(told[0], RunStarted)
    assert [name for name in names(told) if name == "RunEnded"] == ["RunEnded"]
    assert news(told).is_over
    assert source.record.state == "completed"
    again = find_source("under way", tmp_path, no_input)
    assert sum(isinstance(event, RunEnded) for event in again.read()) == 1


def test_a_stored_run_that_failed_is_over_and_one_that_cannot_be_read_is_told(
    small_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "BETWEEN_LOOKS", 0.0)
    trainer = Trainer(quick(), small_dataset, name="unlucky")
    with contextlib.closing(RunStore(tmp_path)) as store:
        recorder = iter(Recorder(trainer, store))
        assert any(isinstance(event, EpochEnded) for event in recorder)
        source = find_source("unlucky", tmp_path, no_input)
        store.set_state(trainer.run, "failed", "no memory")
    database = tmp_path / "runs.db"
    content = database.read_bytes()
    database.write_bytes(b"nothing of SQLite" * 500)
    assert "damaged" in str(news(source.read()).trouble)
    database.write_bytes(content)
    told = source.read()
    assert news(told).trouble is None
    assert [str(event.message) for event in told if isinstance(event, RunFailed)] == ["no memory"]
    assert source.read() == []


def test_what_cannot_be_watched_is_told_in_one_sentence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for given, says in (
        (str(tmp_path / "none.jsonl"), "is not there yet"),
        ("none.csv", "is not there yet"),
        (str(tmp_path), "is a folder"),
        (str(tmp_path / "pipe"), "is a pipe or a device; `mlp-tui watch - <"),
        ("/dev/null", "is a pipe or a device"),
        ("x" * 300, "File name too long"),
    ):
        with pytest.raises(EngineError, match=says):
            find_source(given, tmp_path, no_input)
    for given in ("latest", "nobody"):
        with pytest.raises(StoreError, match="There is no run"):
            find_source(given, tmp_path, no_input)
