"""Stores the events of a run as they happen, and passes them on."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from engine.data.location import Location
from engine.errors import EngineError, RunIsBusyError, StoreError, cannot_write
from engine.events import (
    BatchEnded,
    EpochEnded,
    Event,
    HyperparameterChanged,
    RunEnded,
    RunStarted,
    StorageFailed,
)
from engine.sentences import N_, Sentence
from engine.storage import checkpoint, snapshots
from engine.storage.checkpoint import Checkpoint
from engine.storage.files import atomic_write
from engine.storage.locks import FileLock
from engine.storage.runs import RunStore
from engine.storage.serialization import OTHER_EVENTS
from engine.training.trainer import Trainer

BEST, LAST, NETWORK = "best.npz", "last.npz", "network.py"
NOT_STORED = N_("The run goes on, but is not kept. {reason}")
MAX_WAITING_EVENTS = 1000
"""Events that could not be stored and wait for the next try; with more of them storing is given up."""


def record_run(trainer: Trainer, folder: Path, *, data: Location | None = None) -> Iterator[Event]:
    """Run a trainer, and store its run in `folder`, if that store can be opened.

    Raises:
        RunIsBusyError: when the run is under way in another program.
    """
    try:
        store = RunStore(folder)
    except StoreError as error:
        for event in trainer:
            yield event
            if isinstance(event, RunStarted):
                yield StorageFailed(Sentence(NOT_STORED, {"reason": error.sentence}))
        return
    with contextlib.closing(store):
        yield from Recorder(trainer, store, data=data)


class Recorder:
    """Iterates over the events of a trainer, and stores each before it passes it on.

    An epoch goes into the database first, then into the checkpoints: a program that is killed in between
    learns that epoch again, to the same bits, and replaces its row by the same row. A failure is reported
    once, as `StorageFailed`, and storing is tried again with the next epoch, then without waiting for another
    program that writes; the run continues in any case.
    """

    def __init__(self, trainer: Trainer, store: RunStore, *, data: Location | None = None) -> None:
        """Store the events of `trainer` in `store`; `data` is where its data set is."""
        self._trainer = trainer
        self._store = store
        self._data = data
        self._started: tuple[RunStarted, int] | None = None
        self._waiting: list[Event] = []
        self._is_entered = self._has_reported_failure = self._has_given_up = False
        self._lock: FileLock | None = None

    def __iter__(self) -> Iterator[Event]:
        """Yield the events of the run.

        Raises:
            RunIsBusyError: when the run is under way in another program.
        """
        trainer, store = self._trainer, self._store
        is_over = False
        try:
            self._lock = store.lock_run(trainer.run)
        except RunIsBusyError:
            raise
        except StoreError:
            pass  # it is tried again, and told, when the run has started
        try:
            for event in trainer:
                complaint: Sentence | None = None
                if isinstance(event, RunEnded):
                    is_over = True
                    event, complaint = self._finish(event)
                elif not isinstance(event, BatchEnded):
                    complaint = self._store_event(event)
                if isinstance(event, RunStarted):
                    yield event
                if complaint is not None and not self._has_reported_failure:
                    self._has_reported_failure = True
                    self._wait_for_others(False)
                    yield StorageFailed(complaint)
                if not isinstance(event, RunStarted):
                    yield event
        except Exception as error:
            is_over = True
            self._set_state("failed", str(error) if isinstance(error, EngineError) else repr(error))
            raise
        finally:
            if not is_over:
                self._set_state("interrupted", None)
            if self._lock is not None:
                self._lock.release()

    def _store_event(self, event: Event) -> Sentence | None:
        """Store an event and, at the end of an epoch, the weights; return the message if that fails."""
        if isinstance(event, RunStarted):
            self._started = event, self._trainer.step
        elif isinstance(event, EpochEnded) or type(event).__name__ in OTHER_EVENTS:
            self._waiting.append(event)
        else:
            return None
        try:
            self._flush()
            if isinstance(event, EpochEnded | HyperparameterChanged):
                self._save(best=isinstance(event, EpochEnded) and event.is_best)
        except (EngineError, OSError) as error:
            return self._failure_message(error)
        return None

    def _flush(self) -> None:
        """Insert the run, if that failed before, and store all waiting events."""
        trainer, store = self._trainer, self._store
        if len(self._waiting) > MAX_WAITING_EVENTS:
            self._has_given_up = True
            self._waiting.clear()
        if self._has_given_up:  # curves with gaps would be worse than shorter ones
            raise StoreError(N_("Too many of its events could not be stored."))
        if self._lock is None:
            self._lock = store.lock_run(trainer.run)
        if not self._is_entered and self._started is not None:
            store.begin_run(*self._started, self._data)
            self._is_entered = True
            if self._trainer.learner.own_network is not None:
                with atomic_write(self._folder / NETWORK) as file:
                    file.write(self._trainer.learner.own_text.encode())
        if self._waiting:
            store.add_events(trainer.run, self._waiting, trainer.hyperparameters)
            self._waiting.clear()

    def _finish(self, event: RunEnded) -> tuple[RunEnded, Sentence | None]:
        """Store the end of the run, then its checkpoints.

        If the program is killed in between, the run has ended; in the other order it would have nothing left
        to learn and no end.
        """
        trainer, store = self._trainer, self._store
        self._wait_for_others(True)
        try:
            if event.test_accuracy is not None:
                event = replace(
                    event,
                    test_looks=store.count_test_evaluation(trainer.dataset, trainer.learner.best_fingerprint),
                )
            self._flush()
            store.end_run(trainer.run, event, "interrupted" if trainer.interrupted else event.reason)
            self._save_at_the_end(event)
        except (EngineError, OSError) as error:
            return event, self._failure_message(error)
        return event, None

    def _save(self, *, best: bool) -> None:
        """Write the checkpoints of a run under way."""
        if best:
            self._save_best(self._trainer.epoch)
        self._save_last()

    def _save_at_the_end(self, event: RunEnded) -> None:
        """Write the checkpoints of a run that has ended; the best weights are restored by now."""
        if event.best_epoch is not None:
            self._save_best(event.best_epoch)
        if event.reason != "diverged":
            self._save_last()

    def _save_best(self, epoch: int) -> None:
        """Write the best weights; of a person's own network only while they are the textbook's."""
        if self._trainer.learner.has_weights:
            checkpoint.save(self._folder / BEST, Checkpoint.of(self._trainer, epoch))
        else:
            (self._folder / BEST).unlink(missing_ok=True)

    def _save_last(self) -> None:
        """Write what the run can go on from; a person's own network has nothing of that kind."""
        if self._trainer.learner.own_network is None:
            snapshots.save(self._folder / LAST, self._trainer.snapshot())

    def _set_state(self, state: str, failure: str | None) -> None:
        if self._is_entered:
            with contextlib.suppress(StoreError):
                self._store.set_state(self._trainer.run, state, failure)

    def _wait_for_others(self, patiently: bool) -> None:
        with contextlib.suppress(StoreError):
            self._store.wait_for_others(patiently)

    @property
    def _folder(self) -> Path:
        return self._store.checkpoints(self._trainer.run)

    def _failure_message(self, error: EngineError | OSError) -> Sentence:
        """Say what is not stored, and why."""
        if isinstance(error, OSError):
            error = cannot_write(StoreError, self._folder, error)
        return Sentence(NOT_STORED, {"reason": error.sentence})
