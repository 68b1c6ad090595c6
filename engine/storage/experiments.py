"""The stored experiments: what was planned, which run belongs to which trial, what came of it."""

import contextlib
import json
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.data.location import Location
from engine.errors import RunIsBusyError, StoreError
from engine.sentences import N_, Sentence
from engine.storage import serialization
from engine.storage.checksums import is_whole
from engine.storage.database import sealing
from engine.storage.finding import LATEST, ids, matching, newest_first, readable
from engine.storage.locks import FileLock, lock_folder
from engine.storage.run_record import ID, MAX_NAME_LENGTH, checked_id, storable
from engine.storage.runs import KEPT_AFTER_DELETION, RunStore, program_version
from engine.storage.validation import checked_dataclass

EXPERIMENT_STATES = {
    "running": N_("running"),
    "completed": N_("completed"),
    "interrupted": N_("interrupted"),
    "failed": N_("failed"),
}
TRIAL_STATES = ("running", "ended", "pruned")


@dataclass(frozen=True)
class ExperimentRecord:
    """A stored experiment.

    plan: what is tried, as plain values; result: what came of it, None before its end
    data: where its data set is, None if in the program itself; fingerprint: of that data set
    created: seconds since 1970; deleted: when, None if it was not; failure: why it failed, for people
    """

    id: str
    name: str
    state: str
    created: float
    deleted: float | None
    version: str
    plan: Mapping[str, Any]
    fingerprint: str
    data: Location | None
    result: Mapping[str, Any] | None
    failure: str | None

    @property
    def state_name(self) -> Sentence:
        """What its state is called, for people."""
        return Sentence(EXPERIMENT_STATES[self.state])


@dataclass(frozen=True)
class TrialRecord:
    """A trial that has begun: `chosen` holds the varied hyperparameters, `run` is the id of its run.

    number: from 1; setting: which of the settings, from 0; state: `running`, `ended` or `pruned`
    """

    number: int
    setting: int
    seed: int
    run: str
    chosen: Mapping[str, Any]
    state: str


class ExperimentStore:
    """The experiments in a store of runs. Several programs may use it at once.

    An experiment belongs to the process that holds its lock; one that is marked as running without a living
    process was interrupted.
    """

    def __init__(self, runs: RunStore) -> None:
        """Use the database of `runs`."""
        self.runs = runs
        self.unreadable = 0
        self._database = runs.database

    # Reading

    def records(self, *, deleted: bool = False) -> list[ExperimentRecord]:
        """Return the experiments, the newest first; damaged rows are counted in `unreadable` instead."""
        found = newest_first(self._database, "experiments", deleted=deleted)
        records, self.unreadable = readable(found, self._record)
        return records

    def record(self, experiment: str) -> ExperimentRecord:
        """Return one experiment, by its id."""
        with self._database.read_transaction() as connection:
            row = connection.execute("SELECT * FROM experiments WHERE id = ?", (experiment,)).fetchone()
        if row is None:
            raise StoreError(N_("There is no experiment {experiment}."), experiment=experiment)
        return self._record(row)

    def find(self, text: str) -> ExperimentRecord:
        """Return an experiment by its id, a unique beginning of it, its name, or `latest`.

        Raises:
            StoreError: when there is none, or more than one.
        """
        text = storable(text, MAX_NAME_LENGTH)
        found = matching(self._database, "experiments", text)
        if not found and text == LATEST:
            raise StoreError(N_("There is no experiment yet; `mlp-tui experiment run` makes one."))
        if not found:
            raise StoreError(
                N_("There is no experiment “{given}”; `mlp-tui experiment list` shows those there are."),
                given=text,
            )
        if len(found) > 1:
            raise StoreError(
                N_("“{given}” matches {count} experiments: {experiments}; give more of the id."),
                given=text,
                count=len(found),
                experiments=ids(found),
            )
        return self._record(found[0])

    def trials(self, experiment: str) -> list[TrialRecord]:
        """Return the trials that have begun, by number; a damaged row counts as one that has not."""
        with self._database.read_transaction() as connection:
            found = connection.execute(
                "SELECT * FROM trials WHERE experiment = ? ORDER BY number", (experiment,)
            ).fetchall()
        trials = []
        for row in found:
            with contextlib.suppress(Exception):  # JSON and dataclasses know a dozen kinds
                if is_whole(row) and row["state"] in TRIAL_STATES and ID.fullmatch(row["run"]):
                    fields = {name: row[name] for name in TrialRecord.__dataclass_fields__}
                    fields["chosen"] = json.loads(row["chosen"])
                    trials.append(checked_dataclass(TrialRecord, fields))
        return trials

    def _record(self, row: sqlite3.Row) -> ExperimentRecord:
        try:
            fields = {name: row[name] for name in ExperimentRecord.__dataclass_fields__}
            if not is_whole(row) or not ID.fullmatch(row["id"]) or row["state"] not in EXPERIMENT_STATES:
                raise ValueError
            fields["plan"] = json.loads(row["plan"])
            fields["result"] = json.loads(row["result"]) if row["result"] else None
            fields["data"] = serialization.location_from_bytes(row["data"])
            return checked_dataclass(ExperimentRecord, fields)
        except Exception:  # JSON and dataclasses know a dozen kinds
            raise StoreError(
                N_("The record of experiment {experiment} in {path} is damaged."),
                experiment=str(row["id"]),
                path=self._database.path,
            ) from None

    # Changing

    @contextlib.contextmanager
    def _changing(self, experiment: str) -> Iterator[sqlite3.Connection]:
        """Yield the connection to change an experiment; its row gets a new checksum afterwards."""
        with self._database.write_transaction() as connection:
            row = connection.execute("SELECT * FROM experiments WHERE id = ?", (experiment,)).fetchone()
            yield connection
            if row is None or is_whole(row):
                connection.execute(f"{sealing('experiments')} WHERE id = ?", (experiment,))

    def begin(
        self,
        experiment: str,
        *,
        name: str,
        plan: Mapping[str, object],
        fingerprint: str,
        data: Location | None,
    ) -> None:
        """Insert an experiment that starts."""
        with self._changing(experiment) as connection:
            connection.execute(
                "INSERT INTO experiments (id, name, state, created, version, plan, fingerprint, data) "
                "VALUES (?, ?, 'running', ?, ?, ?, ?, ?)",
                (
                    checked_id(experiment),
                    storable(name, MAX_NAME_LENGTH),
                    time.time(),
                    program_version(),
                    json.dumps(plan, allow_nan=False),
                    fingerprint,
                    serialization.location_to_bytes(data),
                ),
            )

    def begin_trial(self, experiment: str, trial: TrialRecord) -> None:
        """Insert a trial that starts."""
        with self._database.write_transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO trials (experiment, number, setting, seed, run, chosen, state) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    *(experiment, trial.number, trial.setting, trial.seed, trial.run),
                    *(json.dumps(trial.chosen, allow_nan=False), trial.state),
                ),
            )
            self._seal_trial(connection, experiment, trial.number)

    def end_trial(self, experiment: str, number: int, state: str) -> None:
        """Store that a trial ended, or was pruned."""
        with self._database.write_transaction() as connection:
            connection.execute(
                "UPDATE trials SET state = ? WHERE experiment = ? AND number = ?", (state, experiment, number)
            )
            self._seal_trial(connection, experiment, number)

    def _seal_trial(self, connection: sqlite3.Connection, experiment: str, number: int) -> None:
        connection.execute(f"{sealing('trials')} WHERE experiment = ? AND number = ?", (experiment, number))

    def set_state(self, experiment: str, state: str, failure: str | None = None) -> None:
        """Store another state of an experiment."""
        with self._changing(experiment) as connection:
            connection.execute(
                "UPDATE experiments SET state = ?, failure = ? WHERE id = ?", (state, failure, experiment)
            )

    def end(self, experiment: str, result: Mapping[str, object]) -> None:
        """Store what came of an experiment."""
        with self._changing(experiment) as connection:
            connection.execute(
                "UPDATE experiments SET state = 'completed', failure = NULL, result = ? WHERE id = ?",
                (json.dumps(result, allow_nan=False), experiment),
            )

    def delete(self, experiment: str) -> Sequence[str]:
        """Delete an experiment and the runs of its trials, which can be restored for a day; return these.

        Raises:
            RunIsBusyError: when the experiment is under way, or one of its runs.
        """
        runs = [trial.run for trial in self.trials(experiment)]
        with self.lock(experiment):
            there = [run for run in runs if self._has_run(run)]
            for run in there:
                self.runs.delete(run)
            with self._changing(experiment) as connection:
                connection.execute(
                    "UPDATE experiments SET deleted = ? WHERE id = ?", (time.time(), experiment)
                )
        return there

    def _has_run(self, run: str) -> bool:
        with self._database.read_transaction() as connection:
            return (
                connection.execute("SELECT 1 FROM runs WHERE id = ? AND deleted IS NULL", (run,)).fetchone()
                is not None
            )

    def lock(self, experiment: str) -> FileLock:
        """Lock an experiment for this process, until the lock is released.

        Raises:
            RunIsBusyError: when another process has it.
            StoreError: when its folder cannot be made.
        """
        folder = self._folder(experiment)
        busy = RunIsBusyError(
            N_("The experiment {experiment} is under way in another program."), experiment=experiment
        )
        return lock_folder((self.runs.folder, folder.parent, folder), busy)

    def recover(self) -> None:
        """Mark experiments whose process died as interrupted; erase those that were deleted a day ago."""
        with self._database.read_transaction() as connection:
            running = connection.execute("SELECT id FROM experiments WHERE state = 'running'").fetchall()
            before = time.time() - KEPT_AFTER_DELETION
            deleted = connection.execute("SELECT id FROM experiments WHERE deleted < ?", (before,)).fetchall()
        for (experiment,) in running:
            if ID.fullmatch(experiment):
                with contextlib.suppress(StoreError), self.lock(experiment):  # else its process lives
                    self._mark_interrupted(experiment)
        for (experiment,) in deleted:
            with self._database.write_transaction() as connection:
                connection.execute("DELETE FROM experiments WHERE id = ?", (experiment,))
            if ID.fullmatch(experiment):
                shutil.rmtree(self._folder(experiment), ignore_errors=True)

    def _mark_interrupted(self, experiment: str) -> None:
        with self._changing(experiment) as connection:
            connection.execute(
                "UPDATE experiments SET state = 'interrupted' WHERE id = ? AND state = 'running'",
                (experiment,),
            )

    def _folder(self, experiment: str) -> Path:
        return self.runs.folder / "experiments" / checked_id(experiment)
