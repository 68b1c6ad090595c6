"""The store of runs: read access, and everything that changes it."""

import contextlib
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from engine.data.location import Location
from engine.errors import RunIsBusyError, StoreError
from engine.events import EpochEnded, Event, RunEnded, RunStarted
from engine.hyperparameters import Hyperparameters
from engine.sentences import N_
from engine.storage import serialization
from engine.storage.checksums import is_whole
from engine.storage.database import BUSY_TIMEOUT, sealing
from engine.storage.files import remove_unfinished_files, unfinished
from engine.storage.locks import FileLock, lock_folder
from engine.storage.queries import RunQueries
from engine.storage.run_record import ID, MAX_NAME_LENGTH, checked_id, storable

if TYPE_CHECKING:
    from engine.data.dataset import Dataset

KEPT_AFTER_DELETION = 24 * 3600.0
"""Seconds for which a deleted run can be restored."""
MAX_NOTE_LENGTH = 10_000


class RunStore(RunQueries):
    """The stored runs: written while they run, and renamed, annotated or deleted by their user.

    Several programs may use it at once. A run belongs to the process that holds its lock; one that is
    marked as running without a living process was interrupted.
    """

    def wait_for_others(self, patiently: bool) -> None:
        """Say whether to wait while another program writes, or to fail at once."""
        self._database.set_busy_timeout(BUSY_TIMEOUT if patiently else 0.0)

    @contextlib.contextmanager
    def _changing(self, run: str) -> Iterator[sqlite3.Connection]:
        """Yield the connection to change a run; its row gets a new checksum, unless it was damaged before."""
        with self._database.write_transaction() as connection:
            row = connection.execute("SELECT * FROM runs WHERE id = ?", (run,)).fetchone()
            yield connection
            if row is None or is_whole(row):
                connection.execute(f"{sealing('runs')} WHERE id = ?", (run,))

    # A run while it runs

    def begin_run(self, event: RunStarted, step: int = 0, data: Location | None = None) -> None:
        """Insert a run that starts, or resumes after `step`; later epochs and events are then deleted.

        data: where its data set is; None: in the program itself
        """
        hyperparameters = serialization.hyperparameters_to_json(event.hyperparameters)
        place = serialization.location_to_bytes(data)
        with self._changing(event.run) as connection:
            done = connection.execute(
                "UPDATE runs SET state = 'running', hyperparameters = ?, ended = NULL, "
                "test_accuracy = NULL, test_loss = NULL, failure = NULL, deleted = NULL, data = ? "
                "WHERE id = ?",
                (hyperparameters, place, event.run),
            )
            if done.rowcount:
                for table in ("epochs", "details"):
                    connection.execute(
                        f"DELETE FROM {table} WHERE run = ? AND epoch > ?", (event.run, event.epochs_before)
                    )
                connection.execute(
                    "DELETE FROM happenings WHERE run = ? AND (step > ? OR kind <> 'HyperparameterChanged')",
                    (event.run, step),
                )
                self._update_totals(connection, event.run)
                return
            connection.execute(
                "INSERT INTO runs (id, name, state, created, version, started, hyperparameters, network, "
                "fingerprint, data, seed, machine, threads) "
                "VALUES (?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    checked_id(event.run),
                    storable(event.name, MAX_NAME_LENGTH),
                    time.time(),
                    program_version(),
                    serialization.started_to_json(event),
                    hyperparameters,
                    "-".join(map(str, event.layer_sizes)),
                    event.data.fingerprint,
                    place,
                    event.hyperparameters.seed,
                    event.environment.machine,
                    event.environment.threads,
                ),
            )

    def add_events(self, run: str, events: Sequence[Event], hyperparameters: Hyperparameters) -> None:
        """Store events of a run, all or none; an epoch that is there already is replaced."""
        with self._changing(run) as connection:
            for event in events:
                if isinstance(event, EpochEnded):
                    self._add_epoch(connection, run, event)
                else:
                    connection.execute(
                        "INSERT INTO happenings (run, number, epoch, step, kind, content) "
                        "SELECT ?, 1 + COALESCE(MAX(number), 0), ?, ?, ?, ? FROM happenings WHERE run = ?",
                        (
                            run,
                            getattr(event, "epoch", 0),
                            getattr(event, "step", 0),
                            type(event).__name__,
                            serialization.event_to_json(event),
                            run,
                        ),
                    )
            connection.execute(f"{sealing('happenings')} WHERE run = ? AND checksum IS NULL", (run,))
            connection.execute(
                "UPDATE runs SET hyperparameters = ? WHERE id = ?",
                (serialization.hyperparameters_to_json(hyperparameters), run),
            )

    def _add_epoch(self, connection: sqlite3.Connection, run: str, event: EpochEnded) -> None:
        columns = ", ".join(serialization.EPOCH_COLUMNS)
        places = ", ".join("?" * len(serialization.EPOCH_COLUMNS))
        connection.execute(  # not the sum over all epochs, which would take longer with each
            "UPDATE runs SET epochs = ?1, seconds = seconds + ?2 - COALESCE("
            "(SELECT e.seconds FROM epochs e WHERE e.run = ?3 AND e.epoch = ?1), 0) WHERE id = ?3",
            (event.epoch, event.seconds, run),
        )
        connection.execute(
            f"INSERT OR REPLACE INTO epochs (run, {columns}) VALUES (?, {places})",
            (run, *serialization.epoch_to_columns(event)),
        )
        connection.execute(
            "INSERT OR REPLACE INTO details (run, epoch, content) VALUES (?, ?, ?)",
            (run, event.epoch, serialization.epoch_to_details(event)),
        )
        for table in ("epochs", "details"):
            connection.execute(f"{sealing(table)} WHERE run = ? AND epoch = ?", (run, event.epoch))
        if event.is_best:
            connection.execute(
                "UPDATE runs SET best_epoch = ?, best_validation_accuracy = ?, best_validation_loss = ? "
                "WHERE id = ?",
                (event.epoch, event.validation_accuracy, event.validation_loss, run),
            )

    def _update_totals(self, connection: sqlite3.Connection, run: str) -> None:
        """Update the row of a run from its epochs, after some of them were deleted."""
        connection.execute(
            "UPDATE runs SET (epochs, seconds) = "
            "(SELECT COALESCE(MAX(epoch), 0), COALESCE(SUM(seconds), 0) FROM epochs WHERE run = id), "
            "(best_epoch, best_validation_accuracy, best_validation_loss) = "
            "(SELECT MAX(epoch), validation_accuracy, validation_loss FROM epochs "
            "WHERE run = id AND is_best) WHERE id = ?",
            (run,),
        )

    def end_run(self, run: str, event: RunEnded, state: str) -> None:
        """Store how a run ended."""
        with self._changing(run) as connection:
            connection.execute(
                "UPDATE runs SET state = ?, ended = ?, test_accuracy = ?, test_loss = ?, seconds = ? "
                "WHERE id = ?",
                (
                    state,
                    serialization.ended_to_bytes(event),
                    event.test_accuracy,
                    event.test_loss,
                    event.seconds,
                    run,
                ),
            )

    def set_state(self, run: str, state: str, failure: str | None = None) -> None:
        """Store another state of a run."""
        with self._changing(run) as connection:
            connection.execute("UPDATE runs SET state = ?, failure = ? WHERE id = ?", (state, failure, run))

    def lock_run(self, run: str) -> FileLock:
        """Lock a run for this process, until the lock is released.

        Raises:
            RunIsBusyError: when another process has it.
            StoreError: when its folder cannot be made.
        """
        folder = self.checkpoints(run)
        busy = RunIsBusyError(N_("The run {run} is under way in another program."), run=run)
        lock = lock_folder((self.folder, folder.parent, folder), busy)
        remove_unfinished_files(folder)
        return lock

    def recover(self) -> None:
        """Mark runs whose process died as interrupted; remove unfinished files, and old deleted runs."""
        with self._database.read_transaction() as connection:
            running = connection.execute("SELECT id FROM runs WHERE state = 'running'").fetchall()
            before = time.time() - KEPT_AFTER_DELETION
            deleted = connection.execute("SELECT id FROM runs WHERE deleted < ?", (before,)).fetchall()
        left = {path.parent.name for path in unfinished(self.folder / "checkpoints")}
        for run in left.union(run for (run,) in running):
            if ID.fullmatch(run):
                with contextlib.suppress(StoreError), self.lock_run(run):  # another process has it: it lives
                    self._mark_interrupted(run)
        for (run,) in deleted:
            self.erase(run)

    def _mark_interrupted(self, run: str) -> None:
        """Mark a run as interrupted, if it did not end just now."""
        with self._changing(run) as connection:
            connection.execute(
                "UPDATE runs SET state = 'interrupted' WHERE id = ? AND state = 'running'", (run,)
            )

    # Changes by the user

    def rename(self, run: str, name: str) -> None:
        """Rename a run."""
        with self._changing(run) as connection:
            connection.execute(
                "UPDATE runs SET name = ? WHERE id = ?", (storable(name, MAX_NAME_LENGTH), run)
            )

    def annotate(self, run: str, note: str) -> None:
        """Store a note about a run."""
        with self._changing(run) as connection:
            connection.execute(
                "UPDATE runs SET note = ? WHERE id = ?", (storable(note, MAX_NOTE_LENGTH), run)
            )

    def delete(self, run: str) -> None:
        """Delete a run; it can be restored for a day. A run that is under way cannot be deleted.

        Raises:
            RunIsBusyError: when it is under way.
        """
        with self.lock_run(run), self._changing(run) as connection:
            connection.execute("UPDATE runs SET deleted = ? WHERE id = ?", (time.time(), run))

    def restore(self, run: str) -> None:
        """Restore a deleted run."""
        with self._changing(run) as connection:
            connection.execute("UPDATE runs SET deleted = NULL WHERE id = ?", (run,))

    def erase(self, run: str) -> None:
        """Remove a run and its checkpoints for good."""
        with self._database.write_transaction() as connection:
            connection.execute("DELETE FROM runs WHERE id = ?", (run,))
        if ID.fullmatch(run):
            shutil.rmtree(self.checkpoints(run), ignore_errors=True)

    # Evaluations of a test set

    def test_evaluation_count(self, dataset: "Dataset") -> int:
        """Return for how many networks the test set of `dataset` was evaluated, as far as that was kept."""
        with self._database.read_transaction() as connection:
            return _count_evaluations(connection, dataset)

    def count_test_evaluation(self, dataset: "Dataset", *networks: str) -> int:
        """Keep that networks (their fingerprints) were evaluated on a test set; return how many were."""
        with self._database.write_transaction() as connection:
            connection.execute(
                "UPDATE OR REPLACE evaluations SET test_set = ? WHERE test_set = ?",
                (dataset.test_fingerprint, dataset.fingerprint),
            )
            connection.executemany(
                "INSERT OR IGNORE INTO evaluations (test_set, network) VALUES (?, ?)",
                [(dataset.test_fingerprint, network) for network in networks],
            )
            connection.execute(f"{sealing('evaluations')} WHERE test_set = ?", (dataset.test_fingerprint,))
            return _count_evaluations(connection, dataset)


def _count_evaluations(connection: sqlite3.Connection, dataset: "Dataset") -> int:
    """Return how many rows are of a test set; one that is damaged may be of any, and counts."""
    ours = dataset.test_fingerprint, dataset.fingerprint
    rows = connection.execute("SELECT * FROM evaluations").fetchall()
    return sum(row["test_set"] in ours or not is_whole(row) for row in rows)


def program_version() -> str:
    """Return the version of this program."""
    try:
        return version("mlp-tui")
    except PackageNotFoundError:  # from a folder that was not installed
        return "unknown"
