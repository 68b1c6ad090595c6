"""Drives an experiment: which rung of which trial comes next, and keeping what has been computed."""

import contextlib
import time
from collections.abc import Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

from engine.data.dataset import Dataset
from engine.data.location import Location
from engine.errors import CheckpointError, EngineError, StoreError
from engine.events import Event, RunEnded
from engine.experiments.events import ExperimentEnded, ExperimentStarted, RungEnded, TrialEnded
from engine.experiments.halving import decided
from engine.experiments.keeping import begin_trial, keep_rung, keep_test, prune, snapshot_of
from engine.experiments.plan import plain_setting
from engine.experiments.pools import LostWorkerError, Pool
from engine.experiments.rung import DataSource, RungTask, WinnerTask, versions
from engine.experiments.statistics import mean_of
from engine.experiments.stored_experiment import read_experiment
from engine.experiments.summary import ended_event
from engine.experiments.trial import Trial
from engine.sentences import N_
from engine.storage.experiments import ExperimentStore
from engine.storage.locks import FileLock
from engine.storage.model_lookup import best_model

SECONDS_A_RUNG = 10.0
"""A trial is kept about as often: who is killed loses no more. A rung ends with an epoch."""
MAX_LOSSES = 3
"""How often a rung is begun again whose worker died; then it is likely that the rung is to blame."""
POLL_SECONDS = 0.2
"""How soon `stop` is heard."""


class Driver:
    """Computes an experiment; iterate over it once. What is stored of it is not computed again.

        with contextlib.closing(RunStore(home)) as runs:
            for event in Driver(ExperimentStore(runs), experiment, dataset, LocalPool()):
                print(event)

    What becomes of a trial does not depend on which worker was quicker, or on how often the experiment was
    interrupted.
    """

    def __init__(
        self,
        store: ExperimentStore,
        experiment: str,
        dataset: Dataset,
        pool: Pool,
        *,
        data: Location | None = None,
    ) -> None:
        """Prepare the experiment with this id, which is stored; `data` is where its data set is.

        Raises:
            EngineError: when its record is damaged, its data are others, or a setting does not fit them.
        """
        record = store.record(experiment)
        if record.fingerprint != dataset.fingerprint:
            raise CheckpointError(
                N_(
                    "The experiment is of a data set with the fingerprint {theirs}; this one has {ours}. "
                    "Name its data set with --data."
                ),
                ours=dataset.fingerprint,
                theirs=record.fingerprint,
            )
        self._id = record.id
        self._store, self._dataset, self._pool = store, dataset, pool
        self._source = DataSource.of(data, dataset)
        self._read()
        self._computing: dict[Future[Any], Trial] = {}
        self._locks: dict[int, FileLock] = {}
        self._started: float | None = None
        self._computed = 0
        self.stopped = False

    def _read(self) -> None:
        """Take up what is stored."""
        self._experiment = read_experiment(self._store, self._store.record(self._id))
        self._plan, self._ladder = self._experiment.plan, self._experiment.ladder
        self._settings, self._trials = self._experiment.settings, self._experiment.trials
        self._levels = dict.fromkeys(range(len(self._settings)), 0)
        self._has_all_settings = self._plan.search != "tpe"

    def stop(self) -> None:
        """Stop as soon as may be; any thread or signal handler may say so. What is stored is kept."""
        self.stopped = True

    def __iter__(self) -> Generator[Event, None, None]:
        """Yield the events, from `ExperimentStarted` to `ExperimentEnded`, which an interrupted one has not.

        Raises:
            RunIsBusyError: when it is under way in another program.
            EngineError: when it cannot go on.
        """
        state, failure = "interrupted", None
        with self._store.lock(self._id):
            try:
                self._read()  # another program may have gone on with it meanwhile
                self._store.set_state(self._id, "running")
                done = sum(trial.is_over and trial.is_announced for trial in self._trials)
                yield ExperimentStarted(self._id, self._plan.trials, done)
                for trial in self._trials:
                    if not trial.is_announced:
                        self._store.end_trial(self._id, trial.number, trial.state)
                        yield self._trial_ended(trial)
                yield from self._decide()
                while not self.stopped and self._submit_all():
                    yield from self._collect()
                if not self.stopped:
                    yield self._end()
                    state = "completed"
            except EngineError as error:
                state, failure = "failed", str(error)
                raise
            finally:
                self._pool.close()
                for lock in self._locks.values():
                    lock.release()
                if state != "completed":
                    with contextlib.suppress(StoreError):
                        self._let_go(state, failure)

    def _let_go(self, state: str, failure: str | None) -> None:
        """Store that the experiment, and the runs under way, were interrupted."""
        for trial in self._trials:
            if trial.state == "running" and trial.epochs:
                self._store.runs.set_state(trial.run, "interrupted")
        self._store.set_state(self._id, state, failure)

    # What comes next

    def _submit_all(self) -> bool:
        """Give the workers what they have room for; return whether anything is being computed."""
        while len(self._computing) < self._pool.workers:
            trial = self._next_trial()
            if trial is None:
                break
            self._submit(trial)
        return bool(self._computing)

    def _next_trial(self) -> Trial | None:
        """Return the trial to go on with: the highest rung first, then the order of the trials."""
        busy = {trial.number for trial in self._computing.values()}
        ready = [
            trial
            for trial in self._trials
            if trial.number not in busy and not trial.has_come_to(self._goal(trial))
        ]
        if ready:
            return max(
                ready, key=lambda trial: (self._levels[trial.setting], trial.epochs > 0, -trial.number)
            )
        if not self._has_all_settings and self._suggest():
            return self._next_trial()
        return None

    def _goal(self, trial: Trial) -> int:
        """Return the epoch up to which a trial goes on: that of its rung, or without halving its last."""
        if len(self._ladder) == 1:
            return trial.hyperparameters.epochs
        return self._ladder[self._levels[trial.setting]].epochs

    def _suggest(self) -> bool:
        """Add the next setting of the search, if what it is to know is known; return whether there is one."""
        tried = len(self._settings)
        if tried >= self._plan.settings:
            self._has_all_settings = True
            return False
        first = self._ladder[0].epochs if len(self._ladder) > 1 else None
        scores = []
        for setting in range(max(0, tried - self._plan.ahead)):
            of_setting = self._experiment.trials_of(setting)
            if not all(t.is_over if first is None else t.has_come_to(first) for t in of_setting):
                return False
            scores.append(self._score(setting, first))
        self._experiment.add_setting(self._plan.next_setting(self._settings, scores))
        self._levels[tried] = 0
        return True

    def _score(self, setting: int, epochs: int | None) -> float | None:
        """Return the mean accuracy of a setting over its seeds; None where a seed has none."""
        return mean_of([trial.accuracy(epochs) for trial in self._experiment.trials_of(setting)])

    def _submit(self, trial: Trial) -> None:
        """Have the next rung of a trial computed."""
        if trial.number not in self._locks:
            self._locks[trial.number] = self._store.runs.lock_run(trial.run)
        if trial.state == "waiting":
            begin_trial(self._store, self._id, trial)
        snapshot = snapshot_of(self._store.runs, trial)
        until = min(self._goal(trial), trial.epochs + self._epochs_a_rung(trial))
        task = RungTask(
            self._source,
            versions(),
            trial.hyperparameters,
            snapshot,
            until,
            trial.run,
            f"{self._experiment.record.name or self._id} #{trial.number}",
        )
        self._computing[self._pool.submit(task)] = trial

    def _epochs_a_rung(self, trial: Trial) -> int:
        """Return how many epochs are computed before they are kept: as many as take some seconds."""
        seconds = trial.seconds / trial.epochs if trial.epochs else self._seconds_an_epoch()
        return max(1, int(SECONDS_A_RUNG / seconds)) if seconds else 1

    # What comes back

    def _collect(self) -> Iterator[Event]:
        """Wait for rungs, and keep them."""
        done, _others = wait(self._computing, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
        for future in sorted(done, key=lambda future: self._computing[future].number):
            trial = self._computing.pop(future)
            try:
                result = self._pool.result(future)
            except LostWorkerError:
                self._count_loss(trial)
                continue
            trial.losses = 0
            self._computed += keep_rung(self._store, self._id, trial, result, self._source.place)
            self._locks.pop(trial.number).release()
            if self._started is None:  # what it took to start processes and read data does not count
                self._started, self._computed = time.monotonic(), 0
            if trial.is_over:
                yield self._trial_ended(trial)
            else:
                yield RungEnded(trial.number, trial.epochs, *self._progress())
            yield from self._decide()

    def _decide(self) -> Iterator[Event]:
        """Let settings go on to their next rung, and drop the others, as soon as that is certain."""
        for number, rung in enumerate(self._ladder[:-1]):
            scores = {
                setting: self._score(setting, rung.epochs)
                for setting, level in self._levels.items()
                if level > number
                or (
                    level == number
                    and all(t.has_come_to(rung.epochs) for t in self._experiment.trials_of(setting))
                )
            }
            going_on, dropped = decided(rung, scores)
            for setting in going_on:
                self._levels[setting] = max(self._levels[setting], number + 1)
            for setting in sorted(dropped):
                for trial in self._experiment.trials_of(setting):
                    if not trial.is_over:
                        prune(self._store, self._id, trial)
                        yield self._trial_ended(trial)

    def _trial_ended(self, trial: Trial) -> TrialEnded:
        share, seconds_left = self._progress()
        return TrialEnded(
            trial=trial.number,
            values=plain_setting(trial.values),
            seed=trial.seed,
            run=trial.run,
            epochs=trial.epochs,
            best_validation_accuracy=trial.accuracy(),
            pruned=trial.state == "pruned",
            share=share,
            seconds_left=seconds_left,
        )

    # How long it takes

    def _seconds_an_epoch(self) -> float | None:
        """Return how long an epoch takes on one worker, on average."""
        epochs = sum(trial.epochs for trial in self._trials if trial.seconds)
        return sum(trial.seconds for trial in self._trials) / epochs if epochs else None

    def _progress(self) -> tuple[float, float | None]:
        """Return how much of the epochs is done, and in how many seconds the rest will be."""
        left, done = self._epochs_left(), sum(trial.epochs for trial in self._trials)
        elapsed = time.monotonic() - (self._started or 0.0)
        seconds = left * elapsed / self._computed if self._started and self._computed > 0 else None
        return done / max(1, done + left), seconds

    def _epochs_left(self) -> int:
        """Return how many epochs are still to be computed, if no trial ends early."""
        seeds, unknown = self._plan.seeds, self._plan.settings - len(self._settings)
        if len(self._ladder) == 1:
            known = sum(t.hyperparameters.epochs - t.epochs for t in self._trials if not t.is_over)
            return known + (0 if self._has_all_settings else unknown * seeds * self._plan.base.epochs)
        before, left = 0, 0
        for number, rung in enumerate(self._ladder):
            there = [setting for setting, level in self._levels.items() if level >= number]
            trials = [trial for setting in there for trial in self._experiment.trials_of(setting)]
            left += sum(
                max(0, rung.epochs - max(before, trial.epochs)) for trial in trials if not trial.is_over
            )
            left += max(0, rung.settings - len(there)) * seeds * (rung.epochs - before)
            before = rung.epochs
        return left

    # The end

    def _end(self) -> ExperimentEnded:
        """Test the winner, store what came of the experiment, and say it."""
        summaries = self._experiment.summaries
        best = next((summary for summary in summaries if summary.is_best), None)
        looks, accuracies = None, []
        for trial in self._experiment.trials_of(best.number) if best is not None else []:
            run_ended = self._tested(trial)
            accuracies.append(run_ended.test_accuracy)
            looks = run_ended.test_looks
        event = ended_event(self._id, summaries, accuracies, looks)
        self._store.end(
            self._id,
            {
                "setting": best.number if best is not None else None,
                "test_accuracy": accuracies,
                "test_looks": looks,
            },
        )
        return event

    def _tested(self, trial: Trial) -> RunEnded:
        """Have the best weights of a trial evaluated on the test images, once; return how its run ended."""
        runs = self._store.runs
        record, run_ended = runs.record(trial.run), runs.ended(trial.run)
        assert run_ended is not None  # a trial of the winner has ended
        if run_ended.test_accuracy is not None:
            return run_ended
        task = WinnerTask(self._source, versions(), best_model(runs, record))
        while True:
            try:
                figures = self._pool.result(self._pool.submit(task))
                return keep_test(runs, record, run_ended, figures, self._dataset)
            except LostWorkerError:
                self._count_loss(trial)

    def _count_loss(self, trial: Trial) -> None:
        """Count that a worker was lost with a trial.

        Raises:
            EngineError: when that happens again and again.
        """
        trial.losses += 1
        if trial.losses >= MAX_LOSSES:
            raise EngineError(
                N_(
                    "The process that computes trial {trial} has died {count} times, perhaps because memory "
                    "ran out."
                ),
                trial=trial.number,
                count=trial.losses,
            )
