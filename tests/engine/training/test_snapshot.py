"""A run that is interrupted and goes on ends with the bits of one that never was."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.commands import ChangeHyperparameter, Stop
from engine.data.dataset import Dataset
from engine.errors import CheckpointError, HyperparameterError
from engine.events import EpochEnded, Event, RunEnded, RunStarted, StoppedEarly
from engine.hyperparameters import Hyperparameters
from engine.storage import snapshots
from engine.training.snapshot import Snapshot
from engine.training.trainer import Trainer
from tests.runs import BATCHES, digest, follow, of_kind, only, quick

EVERYTHING = quick(
    hidden=(24, 12), dropout=0.2, batch_norm=True, label_smoothing=0.1, clip_norm=1.0, l2=0.01, epochs=4
)
KINDS = [
    dataclasses.replace(EVERYTHING, optimizer=optimizer, schedule=schedule)
    for optimizer, schedule in [
        ("sgd", "cosine"),
        ("momentum", "one_cycle"),
        ("nesterov", "step"),
        ("rmsprop", "exponential"),
        ("adam", "constant"),
        ("adamw", "cosine"),
    ]
]
KINDS += [
    dataclasses.replace(EVERYTHING, hidden=(24, 12, 16), optimizer="muon"),
    dataclasses.replace(
        EVERYTHING, optimizer="momentum", weight_average=0.95, rotation=20, shift=2, elastic=1
    ),
]


def until(trainer: Trainer, step: int) -> list[Event]:
    """Run a trainer; interrupt it after so many mini-batches."""
    learn = trainer.learner.step

    def learned(learning_rate: float) -> None:
        learn(learning_rate)
        if trainer.step + 1 == step:
            trainer.commands.put(Stop(interrupted=True))

    trainer.learner.step = learned  # type: ignore[method-assign]
    return follow(trainer)


def written_and_read(snapshot: Snapshot, folder: Path) -> Snapshot:
    snapshots.save(folder / "last.npz", snapshot)
    return snapshots.load(folder / "last.npz")


@pytest.mark.parametrize("hyperparameters", KINDS, ids=lambda h: f"{h.optimizer}-{h.schedule}-{h.elastic:g}")
def test_a_run_interrupted_at_any_mini_batch_ends_in_the_same_bits(
    small_dataset: Dataset, tmp_path: Path, hyperparameters: Hyperparameters
) -> None:
    whole = Trainer(hyperparameters, small_dataset)
    events = follow(whole)
    for step in (1, 5, BATCHES, BATCHES + 1, 3 * BATCHES - 1):
        first = Trainer(hyperparameters, small_dataset)
        before = until(first, step)
        assert only(before, RunEnded).reason == "stopped"
        assert first.interrupted

        second = Trainer.from_snapshot(written_and_read(first.snapshot(), tmp_path), small_dataset)
        after = follow(second)

        started = only(after, RunStarted)
        assert (started.run, started.epochs_before) == (first.run, step // BATCHES)
        both = [*of_kind(before, EpochEnded), *of_kind(after, EpochEnded)]
        assert [epoch.epoch for epoch in both] == [1, 2, 3, 4]
        assert digest(second, both) == digest(whole, events), step
        ours, theirs = only(after, RunEnded), only(events, RunEnded)
        assert dataclasses.replace(ours, seconds=0.0) == dataclasses.replace(theirs, seconds=0.0)


def epoch_by_epoch(trainer: Trainer, folder: Path) -> Iterator[tuple[int, Path]]:
    """Run a trainer; yield each epoch and the file that was written when it ended."""
    for event in trainer:
        if isinstance(event, EpochEnded):
            path = folder / f"{event.epoch}.npz"
            snapshots.save(path, trainer.snapshot())
            yield event.epoch, path


def test_it_goes_on_from_the_end_of_each_epoch_as_from_the_middle(
    small_dataset: Dataset, tmp_path: Path
) -> None:
    whole = Trainer(EVERYTHING, small_dataset)
    files = dict(epoch_by_epoch(whole, tmp_path))
    for epoch in (1, 3):
        again = Trainer.from_snapshot(snapshots.load(files[epoch]), small_dataset)
        events = follow(again)
        assert [event.epoch for event in of_kind(events, EpochEnded)] == list(range(epoch + 1, 5))
        assert digest(again, []) == digest(whole, [])


def test_live_changes_and_a_stretched_schedule_go_on(small_dataset: Dataset, tmp_path: Path) -> None:
    changes = (
        ChangeHyperparameter("learning_rate", 0.03),
        ChangeHyperparameter("epochs", 6),
        ChangeHyperparameter("dropout", 0.4),
    )
    whole, first = Trainer(EVERYTHING, small_dataset), Trainer(EVERYTHING, small_dataset)
    for trainer in (whole, first):
        for change in changes:
            trainer.commands.put(change)
    events, _before = follow(whole), until(first, 15)
    second = Trainer.from_snapshot(written_and_read(first.snapshot(), tmp_path), small_dataset)
    last = of_kind(follow(second), EpochEnded)[-1]
    assert last.epoch == 6
    assert digest(second, [last]) == digest(whole, [of_kind(events, EpochEnded)[-1]])


def test_early_stopping_remembers(small_dataset: Dataset, tmp_path: Path) -> None:
    hyperparameters = quick(epochs=40, patience=2, min_delta=0.2)
    whole = Trainer(hyperparameters, small_dataset)
    events = follow(whole)
    assert only(events, RunEnded).reason == "stopped_early"
    stop = of_kind(events, EpochEnded)[-1].step - 3
    first = Trainer(hyperparameters, small_dataset)
    until(first, stop)
    second = Trainer.from_snapshot(written_and_read(first.snapshot(), tmp_path), small_dataset)
    after = follow(second)
    assert only(after, RunEnded).reason == "stopped_early"
    assert of_kind(after, EpochEnded)[-1].early_stopping == of_kind(events, EpochEnded)[-1].early_stopping


def test_a_finished_run_takes_more_epochs_and_its_schedule_is_laid_over_all_of_them(
    small_dataset: Dataset, tmp_path: Path
) -> None:
    first = Trainer(quick(epochs=2, schedule="cosine"), small_dataset)
    follow(first)
    second = Trainer.from_snapshot(written_and_read(first.snapshot(), tmp_path), small_dataset, epochs=4)
    rates = [epoch.learning_rate for epoch in of_kind(follow(second), EpochEnded)]
    planned = Trainer(quick(epochs=4, schedule="cosine"), small_dataset)
    assert rates == [epoch.learning_rate for epoch in of_kind(follow(planned), EpochEnded)][2:]


def test_with_a_constant_rate_more_epochs_are_those_of_a_longer_run(
    small_dataset: Dataset, tmp_path: Path
) -> None:
    constant = dataclasses.replace(EVERYTHING, schedule="constant")
    first = Trainer(dataclasses.replace(constant, epochs=2), small_dataset)
    follow(first)
    second = Trainer.from_snapshot(written_and_read(first.snapshot(), tmp_path), small_dataset, epochs=4)
    whole = Trainer(constant, small_dataset)
    follow(second), follow(whole)
    assert digest(second, []) == digest(whole, [])


def test_a_run_with_nothing_left_to_learn_says_what_to_do(small_dataset: Dataset) -> None:
    done = Trainer(quick(epochs=2), small_dataset)
    follow(done)
    with pytest.raises(HyperparameterError, match="completed 2 of 2 epochs; give it more with --epochs"):
        Trainer.from_snapshot(done.snapshot(), small_dataset)
    with pytest.raises(HyperparameterError, match="completed 2 of 1 epochs"):
        Trainer.from_snapshot(done.snapshot(), small_dataset, epochs=1)


def test_a_run_that_was_stopped_early_wants_another_number_of_epochs(small_dataset: Dataset) -> None:
    first = Trainer(quick(epochs=40, patience=1, min_delta=0.9), small_dataset)
    assert only(follow(first), RunEnded).epochs == 2
    with pytest.raises(HyperparameterError, match="stopped early after 2 epochs"):
        Trainer.from_snapshot(first.snapshot(), small_dataset)
    second = Trainer.from_snapshot(first.snapshot(), small_dataset, epochs=41)
    assert of_kind(follow(second), EpochEnded)[0].epoch == 3


def test_other_data_are_refused(small_dataset: Dataset) -> None:
    first = Trainer(quick(epochs=2), small_dataset)
    until(first, 3)
    other = dataclasses.replace(small_dataset, test_labels=small_dataset.test_labels[::-1].copy())
    with pytest.raises(CheckpointError, match="Name its data set with --data"):
        Trainer.from_snapshot(first.snapshot(), other)


def test_a_snapshot_of_another_network_is_refused(small_dataset: Dataset) -> None:
    first = Trainer(quick(epochs=2), small_dataset)
    until(first, 3)
    forged = dataclasses.replace(first.snapshot(), hyperparameters=quick(epochs=2, hidden=(17,)))
    with pytest.raises(CheckpointError, match="do not fit the network"):
        Trainer.from_snapshot(forged, small_dataset)


@pytest.mark.parametrize(
    "hyperparameters",
    [quick(epochs=2), quick(epochs=40, patience=2, min_delta=0.2)],
    ids=["completed", "stopped early"],
)
def test_a_run_interrupted_between_its_last_epoch_and_its_test_is_tested(
    small_dataset: Dataset, tmp_path: Path, hyperparameters: Hyperparameters
) -> None:
    whole = Trainer(hyperparameters, small_dataset)
    path = [path for _, path in epoch_by_epoch(whole, tmp_path)][-1]
    again = Trainer.from_snapshot(snapshots.load(path), small_dataset)
    events = follow(again)
    expected = [] if hyperparameters.epochs == 2 else [StoppedEarly]
    assert list(map(type, events)) == [RunStarted, *expected, RunEnded]
    assert only(events, RunEnded).test_accuracy is not None
    assert digest(again, []) == digest(whole, [])
