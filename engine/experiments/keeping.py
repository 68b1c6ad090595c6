"""Keeps what was computed of a trial: its run is stored like any other, and can be gone on with."""

import contextlib
from dataclasses import replace

from engine.data.dataset import Dataset
from engine.data.location import Location
from engine.errors import CheckpointError, StoreError
from engine.events import EpochEnded, RunEnded, RunStarted
from engine.experiments.plan import plain_setting
from engine.experiments.rung import Result, WinnerFigures
from engine.experiments.trial import Trial
from engine.storage import checkpoint, snapshots
from engine.storage.experiments import ExperimentStore, TrialRecord
from engine.storage.recorder import BEST, LAST
from engine.storage.run_record import RunRecord
from engine.storage.runs import RunStore
from engine.training.snapshot import Snapshot


def begin_trial(store: ExperimentStore, experiment: str, trial: Trial) -> None:
    """Store that a trial begins."""
    trial.state = "running"
    chosen = plain_setting(trial.values)
    store.begin_trial(
        experiment, TrialRecord(trial.number, trial.setting, trial.seed, trial.run, chosen, trial.state)
    )


def keep_rung(
    store: ExperimentStore, experiment: str, trial: Trial, result: Result, data: Location | None
) -> int:
    """Store what a rung came to; return how many epochs that were.

    The snapshot comes last: who is killed before computes the rung again, to the same bits.

    Raises:
        StoreError, CheckpointError: when it cannot be stored.
    """
    started, *events = result.events
    assert isinstance(started, RunStarted)
    runs, folder = store.runs, store.runs.checkpoints(trial.run)
    epochs = [event for event in events if isinstance(event, EpochEnded)]
    run_ended = next((event for event in events if isinstance(event, RunEnded)), None)
    others = [event for event in events if event is not run_ended]
    runs.begin_run(started, data=data)
    runs.add_events(trial.run, others, result.snapshot.hyperparameters)
    if result.best is not None:
        checkpoint.save(folder / BEST, result.best)
    if run_ended is not None:
        runs.end_run(trial.run, run_ended, run_ended.reason)
    if run_ended is None or run_ended.reason != "diverged":
        with checkpoint.replacing_file(folder / LAST):
            snapshots.save(folder / LAST, result.snapshot)
    for epoch in epochs:
        known = trial.accuracies[-1] if trial.accuracies else None
        trial.accuracies.append(epoch.validation_accuracy if epoch.is_best else known)
        trial.seconds += epoch.seconds
    trial.epochs += len(epochs)
    if run_ended is not None:
        trial.state = "ended"
        store.end_trial(experiment, trial.number, trial.state)
    return len(epochs)


def prune(store: ExperimentStore, experiment: str, trial: Trial) -> None:
    """Store that a trial is dropped; its run is stopped, and anyone may go on with it."""
    record = store.runs.record(trial.run)
    run_ended = RunEnded(
        reason="stopped",
        epochs=record.epochs,
        best_epoch=record.best_epoch,
        best_validation_accuracy=record.best_validation_accuracy,
        best_validation_loss=record.best_validation_loss,
        test_accuracy=None,
        test_loss=None,
        confusion_matrix=None,
        seconds=record.seconds,
    )
    store.runs.end_run(trial.run, run_ended, run_ended.reason)
    trial.state = "pruned"
    store.end_trial(experiment, trial.number, trial.state)


def keep_test(
    runs: RunStore, record: RunRecord, run_ended: RunEnded, figures: WinnerFigures, dataset: Dataset
) -> RunEnded:
    """Store what a run's best weights made of the test images, and count the look; return how it ended."""
    looks = runs.count_test_evaluation(dataset, figures.fingerprint)
    tested = replace(
        run_ended,
        test_accuracy=figures.accuracy,
        test_loss=figures.loss,
        plain_test_loss=figures.plain_loss,
        confusion_matrix=figures.matrix,
        test_looks=looks,
    )
    runs.end_run(record.id, tested, record.state)
    return tested


def read_trial(runs: RunStore, trial: Trial, stored: TrialRecord) -> None:
    """Fill in what is stored of a trial: how many epochs, and what came of them."""
    try:
        record = runs.record(trial.run)
    except StoreError:
        if stored.state == "running":
            trial.state = stored.state
        return  # its run was removed: it is computed again
    best: float | None = None
    for figures in runs.epoch_metrics(trial.run):
        if figures.is_best:
            best = figures.validation_accuracy
        trial.accuracies.append(best)
        trial.curve.append(figures.validation_accuracy)
        trial.seconds += figures.seconds
    trial.epochs = len(trial.accuracies)
    is_over = record.state in ("completed", "stopped_early", "diverged")
    trial.is_announced = not (stored.state == "running" and is_over)
    trial.state = stored.state if trial.is_announced else "ended"


def snapshot_of(runs: RunStore, trial: Trial) -> Snapshot | None:
    """Return the snapshot from which a trial goes on; None, and nothing done, where there is none.

    One that someone trained otherwise meanwhile is of no use.
    """
    last = runs.checkpoints(trial.run) / LAST
    snapshot: Snapshot | None = None
    if trial.epochs and last.exists():
        with contextlib.suppress(CheckpointError):
            snapshot = snapshots.load(last)
    if (
        snapshot is None
        or snapshot.hyperparameters != trial.hyperparameters.resolved()
        or snapshot.ended is not None
        or not 1 <= snapshot.epoch <= trial.epochs
    ):
        snapshot = None
    epochs = snapshot.epoch if snapshot is not None else 0
    if epochs < trial.epochs:
        trial.seconds *= epochs / trial.epochs
        trial.epochs, trial.accuracies = epochs, trial.accuracies[:epochs]
    return snapshot
