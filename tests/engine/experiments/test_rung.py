"""A run in pieces is the run at once."""

import pickle
from pathlib import Path

import pytest

from engine.data.dataset import Dataset
from engine.errors import DataError
from engine.events import EpochEnded, RunEnded, StoppedEarly
from engine.experiments import rung as module
from engine.experiments.rung import (
    DataSource,
    Result,
    RungTask,
    VersionError,
    WinnerTask,
    evaluate_winner,
    perform,
    rung,
    versions,
)
from engine.training.snapshot import Snapshot
from engine.training.trainer import Trainer
from tests.runs import follow, names, of_kind, only, quick


def without_times(epochs: list[EpochEnded]) -> list[object]:
    return [
        (e.epoch, e.train_loss, e.validation_loss, e.validation_accuracy, e.layers, e.early_stopping)
        for e in epochs
    ]


def test_rung_by_rung_gives_the_bits_of_one_run_and_leaves_the_test_set_alone(small_dataset: Dataset) -> None:
    hyperparameters = quick(epochs=5, dropout=0.2, optimizer="adam", early_stopping=False)
    trainer = Trainer(hyperparameters, small_dataset)
    whole = follow(trainer)
    epochs: list[EpochEnded] = []
    snapshot: Snapshot | None = None
    best = None
    for until in (1, 3, 5):
        computed = rung(hyperparameters, snapshot, until, small_dataset, run="r")
        result: Result = pickle.loads(pickle.dumps(computed))
        assert result.snapshot.epoch == until
        epochs += of_kind(result.events, EpochEnded)
        snapshot, best = result.snapshot, result.best or best
    assert without_times(epochs) == without_times(of_kind(whole, EpochEnded))
    assert snapshot is not None
    assert best is not None
    ours, theirs = snapshot.learner.vectors, trainer.learner.state().vectors
    assert all(ours[name].tobytes() == theirs[name].tobytes() for name in theirs)
    ended, tested = only(result.events, RunEnded), only(whole, RunEnded)
    assert (ended.reason, ended.best_epoch, ended.test_accuracy) == ("completed", tested.best_epoch, None)
    figures = evaluate_winner(best, small_dataset)
    assert (figures.accuracy, figures.matrix) == (tested.test_accuracy, tested.confusion_matrix)
    assert figures.loss == pytest.approx(tested.test_loss, rel=1e-6)


def test_a_run_that_ends_early_ends_in_its_rung(small_dataset: Dataset) -> None:
    hyperparameters = quick(epochs=50, patience=1, min_delta=0.5)
    result = rung(hyperparameters, None, 2, small_dataset, run="r")
    assert names(result.events)[-2:] == [StoppedEarly.__name__, RunEnded.__name__]
    diverged = rung(quick(learning_rate=1e6), None, 3, small_dataset, run="r")
    assert only(diverged.events, RunEnded).reason == "diverged"
    assert diverged.best is None


def task(source: DataSource, **changed: object) -> RungTask:
    return RungTask(source, {**versions(), **changed}, quick(), None, 1, "r", "")


def test_a_worker_of_another_version_is_one_clear_error(small_dataset: Dataset) -> None:
    with pytest.raises(VersionError) as raised:
        perform(task(DataSource(None, ""), NumPy="1.0"), small_dataset)
    assert "A worker has NumPy " in str(raised.value)
    assert "this program 1.0: the figures would differ." in str(raised.value)


def test_a_worker_reads_the_data_once_and_checks_them(small_npz: Path, small_dataset: Dataset) -> None:
    source = DataSource.of(small_npz, small_dataset)
    first = perform(task(source))
    dataset = module._datasets[source]
    perform(WinnerTask(source, versions(), first.best))
    assert module._datasets[source] is dataset
    with pytest.raises(DataError, match="A worker reads another data set there"):
        perform(task(DataSource(small_npz, "0" * 16)))
    with pytest.raises(DataError, match="A worker cannot read the data set: "):
        perform(task(DataSource(Path("/nowhere"), "0" * 16)))
