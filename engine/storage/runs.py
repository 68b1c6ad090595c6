"""The store of runs: what each was, how it went, and where it stands. Kept the moment it happens."""

import contextlib
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path

from engine.errors import RunIsBusyError, StoreError, reason_of
from engine.events import EpochEnded, Event, RunEnded, RunStarted
from engine.hyperparameters import Hyperparameters
from engine.storage import rows
from engine.storage.database import PATIENCE, Database, damaged
from engine.storage.files import clear_away, unfinished
from engine.storage.locks import FileLock
from engine.storage.plain import made
from engine.training.early_stopping import EarlyStopping
from engine.wording import N_, Sentence

_STATE_NAMES = {
    "running": N_("running"),
    "completed": N_("completed"),
    "stopped_early": N_("stopped early"),
    "stopped": N_("stopped"),
    "diverged": N_("diverged"),
    "interrupted": N_("interrupted"),
    "failed": N_("failed"),
}
STATES = tuple(_STATE_NAMES)
LATEST = "latest"
KEPT_AFTER_DELETION = 24 * 3600.0
"""Seconds in which a deleted run can be had back."""
LONGEST_NAME, LONGEST_NOTE = 200, 10_000

_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")


@dataclass(frozen=True)
class RunRecord:
    """A stored run at a glance.

    state: one of `STATES`; created: seconds since 1970; epochs: how many are done
    data: where its data set is, None if in the program itself
    started: as it was told when the run began; hyperparameters: as they are now, live changes included
    seconds: of training; failure: why a run failed, for people; deleted: when, None if it was not
    The figures are of the best epoch, None where there is none.
    """

    id: str
    name: str
    note: str
    state: str
    created: float
    deleted: float | None
    version: str
    data: str | None
    started: RunStarted
    hyperparameters: Hyperparameters
    epochs: int
    best_epoch: int | None
    best_validation_accuracy: float | None
    best_validation_loss: float | None
    test_accuracy: float | None
    test_loss: float | None
    seconds: float
    failure: str | None

    @property
    def network(self) -> str:
        """The sizes of its layers, such as 784-128-10."""
        return "-".join(map(str, self.started.layer_sizes))

    @property
    def state_name(self) -> Sentence:
        """What its state is called, for people."""
        return Sentence(_STATE_NAMES[self.state])


class RunStore:
    """Runs in a folder: `runs.db`, and a folder of checkpoints for each run.

    Several programs may use it at once. A run belongs to the process that holds its lock; one that is
    marked as running without a living process was interrupted.
    """

    def __init__(self, folder: Path) -> None:
        """Open the store, or make it.

        Raises:
            StoreError: when that cannot be done, or it was written by a newer version.
        """
        self.folder = folder
        self.unreadable = 0
        self._database = Database(folder / "runs.db")

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def wait_for_others(self, patiently: bool) -> None:
        """Say whether to wait while another program writes, or to fail at once."""
        self._database.wait(PATIENCE if patiently else 0.0)

    # A run as it happens

    def begin(self, event: RunStarted, step: int = 0, data: Path | None = None) -> None:
        """Enter a run that starts, or goes on after `step`: what came later, and its end, is forgotten.

        data: where its data set is; None: in the program itself
        """
        hyperparameters = rows.json_of(event.hyperparameters)
        place = os.fsencode(data.absolute()) if data else None
        with self._database.writing() as connection:
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
                self._sum_up(connection, event.run)
                return
            connection.execute(
                "INSERT INTO runs (id, name, state, created, version, started, hyperparameters, network, "
                "fingerprint, data, seed, machine, threads) "
                "VALUES (?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    checked_id(event.run),
                    _storable(event.name, LONGEST_NAME),
                    time.time(),
                    _program_version(),
                    rows.started_text(event),
                    hyperparameters,
                    "-".join(map(str, event.layer_sizes)),
                    event.data.fingerprint,
                    place,
                    event.hyperparameters.seed,
                    event.environment.machine,
                    event.environment.threads,
                ),
            )

    def add(self, run: str, events: Sequence[Event], hyperparameters: Hyperparameters) -> None:
        """Keep what happened in a run, all of it or nothing; one that is there already is replaced."""
        with self._database.writing() as connection:
            for event in events:
                if isinstance(event, EpochEnded):
                    self._add_epoch(connection, run, event)
                else:
                    connection.execute(
                        "INSERT INTO happenings SELECT ?, 1 + COALESCE(MAX(number), 0), ?, ?, ?, ? "
                        "FROM happenings WHERE run = ?",
                        (
                            run,
                            getattr(event, "epoch", 0),
                            getattr(event, "step", 0),
                            type(event).__name__,
                            rows.happening_text(event),
                            run,
                        ),
                    )
            connection.execute(
                "UPDATE runs SET hyperparameters = ? WHERE id = ?", (rows.json_of(hyperparameters), run)
            )

    def _add_epoch(self, connection: sqlite3.Connection, run: str, event: EpochEnded) -> None:
        columns = ", ".join(rows.CURVES)
        places = ", ".join("?" * len(rows.CURVES))
        connection.execute(  # not the sum over all epochs, which would take longer with each
            "UPDATE runs SET epochs = ?1, seconds = seconds + ?2 - COALESCE("
            "(SELECT e.seconds FROM epochs e WHERE e.run = ?3 AND e.epoch = ?1), 0) WHERE id = ?3",
            (event.epoch, event.seconds, run),
        )
        connection.execute(
            f"INSERT OR REPLACE INTO epochs (run, {columns}) VALUES (?, {places})",
            (run, *rows.epoch_columns(event)),
        )
        connection.execute(
            "INSERT OR REPLACE INTO details VALUES (?, ?, ?)", (run, event.epoch, rows.epoch_details(event))
        )
        if event.is_best:
            connection.execute(
                "UPDATE runs SET best_epoch = ?, best_validation_accuracy = ?, best_validation_loss = ? "
                "WHERE id = ?",
                (event.epoch, event.validation_accuracy, event.validation_loss, run),
            )

    def _sum_up(self, connection: sqlite3.Connection, run: str) -> None:
        """Have the row of a run say what its epochs say, after some of them were forgotten."""
        connection.execute(
            "UPDATE runs SET (epochs, seconds) = "
            "(SELECT COALESCE(MAX(epoch), 0), COALESCE(SUM(seconds), 0) FROM epochs WHERE run = id), "
            "(best_epoch, best_validation_accuracy, best_validation_loss) = "
            "(SELECT MAX(epoch), validation_accuracy, validation_loss FROM epochs "
            "WHERE run = id AND is_best) WHERE id = ?",
            (run,),
        )

    def end(self, run: str, event: RunEnded, state: str) -> None:
        """Keep how a run ended."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE runs SET state = ?, ended = ?, test_accuracy = ?, test_loss = ?, seconds = ? "
                "WHERE id = ?",
                (state, rows.ended_bytes(event), event.test_accuracy, event.test_loss, event.seconds, run),
            )

    def mark(self, run: str, state: str, failure: str | None = None) -> None:
        """Keep that a run is in another state."""
        with self._database.writing() as connection:
            connection.execute("UPDATE runs SET state = ?, failure = ? WHERE id = ?", (state, failure, run))

    def own(self, run: str) -> FileLock:
        """Take a run for this process, for as long as the lock is held.

        Raises:
            RunIsBusyError: when another process has it.
            StoreError: when its folder cannot be made.
        """
        folder = self.checkpoints(run)
        try:
            for place in (self.folder, folder.parent, folder):  # `parents=True` would forget the mode
                place.mkdir(exist_ok=True, mode=0o700)
            lock = FileLock(folder / "lock")
        except BlockingIOError:
            raise RunIsBusyError(N_("The run {run} is under way in another program."), run=run) from None
        except OSError as error:
            raise StoreError(
                N_("{path} cannot be written: {reason}."), path=folder, reason=reason_of(error)
            ) from None
        clear_away(folder)
        return lock

    def settle(self) -> None:
        """Mark runs whose process died as interrupted; clear away what they left, and old deleted ones."""
        with self._database.reading() as connection:
            running = connection.execute("SELECT id FROM runs WHERE state = 'running'").fetchall()
            before = time.time() - KEPT_AFTER_DELETION
            deleted = connection.execute("SELECT id FROM runs WHERE deleted < ?", (before,)).fetchall()
        left = {path.parent.name for path in unfinished(self.folder / "checkpoints")}
        for run in left.union(run for (run,) in running):
            if _ID.fullmatch(run):
                with contextlib.suppress(StoreError), self.own(run):  # another process has it: it lives
                    self._bury(run)
        for (run,) in deleted:
            self.erase(run)

    def _bury(self, run: str) -> None:
        """Mark a run as interrupted, if it did not end just now."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE runs SET state = 'interrupted' WHERE id = ? AND state = 'running'", (run,)
            )

    # Looking at runs

    def records(self, *, deleted: bool = False) -> list[RunRecord]:
        """Return the runs, the newest first; those that were deleted instead, if wanted.

        A damaged row does not hide the others: it is left out, and counted in `unreadable`.
        """
        with self._database.reading() as connection:
            found = connection.execute(
                "SELECT * FROM runs WHERE (deleted IS NOT NULL) = ? ORDER BY created DESC, id DESC",
                (deleted,),
            ).fetchall()
        records, self.unreadable = [], 0
        for row in found:
            try:
                records.append(self._record(row))
            except StoreError:
                self.unreadable += 1
        return records

    def record(self, run: str) -> RunRecord:
        """Return one run, by its id."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT * FROM runs WHERE id = ?", (run,)).fetchone()
        if row is None:
            raise StoreError(N_("There is no run {run}."), run=run)
        return self._record(row)

    def find(self, words: str, *, deleted: bool = False) -> RunRecord:
        """Return the run that is meant: by its id, a unique beginning of it, its name, or `latest`.

        Raises:
            StoreError: when there is none, or more than one.
        """
        words = _storable(words, LONGEST_NAME)  # as a name that was given so was stored
        condition = f"(deleted IS NOT NULL) = {int(deleted)}"
        with self._database.reading() as connection:
            if words == LATEST:
                found = connection.execute(
                    f"SELECT * FROM runs WHERE {condition} ORDER BY created DESC, id DESC LIMIT 1"
                ).fetchall()
                if not found:
                    raise StoreError(N_("There is no run yet; `mlp-tui train` makes one."))
                return self._record(found[0])
            for question, value in (
                ("id = ?", words),
                ("name = ?", words),
                ("substr(id, 1, length(?1)) = ?1", words),
            ):
                found = connection.execute(
                    f"SELECT * FROM runs WHERE {condition} AND {question} ORDER BY created DESC", (value,)
                ).fetchall()
                if found and words:
                    break
        if not found or not words:
            raise StoreError(
                N_("There is no run “{given}”; `mlp-tui runs list` shows those there are."), given=words
            )
        if len(found) > 1:
            raise StoreError(
                N_("“{given}” may be any of {count} runs: {runs}; give more of the id."),
                given=words,
                count=len(found),
                runs=", ".join(row["id"] for row in found[:5]) + (", …" if len(found) > 5 else ""),
            )
        return self._record(found[0])

    def history(self, run: str, *, whole: int = 200, most: int = 4000) -> Iterator[Event]:
        """Yield what happened in a run, in order, as if it happened now: `RunStarted` to `RunEnded`.

        Only the last `whole` epochs have their matrices and layers; `epoch` finds those of the others. Of a
        run with more epochs than `most`, those before are thinned evenly.
        """
        record = self.record(run)
        yield record.started
        epochs = chain(
            self._thinned(record, record.epochs - whole, most), self.epochs(run, after=record.epochs - whole)
        )
        yield from rows.in_order(epochs, self.happenings(run))
        if ended := self.ended(run):
            yield ended

    def ended(self, run: str) -> RunEnded | None:
        """Return how a run ended, None if it did not."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT ended FROM runs WHERE id = ?", (run,)).fetchone()
        if row is None or row["ended"] is None:
            return None
        with self._decoded(run):
            return rows.ended_of(row["ended"])

    def _thinned(self, record: RunRecord, last: int, most: int) -> Iterator[EpochEnded]:
        """Yield no more than `most` of the epochs up to `last`, by their columns alone."""
        if last <= 0:
            return
        every = -(-last // most)
        watching = EarlyStopping.of(record.started.hyperparameters)
        by_accuracy = watching.monitor == "validation_accuracy"
        for figures in self.curves(record.id):
            if figures.epoch > last:
                return
            value = figures.validation_accuracy if by_accuracy else figures.validation_loss
            watching.observe(figures.epoch, value)
            if figures.epoch % every == 1 % every or figures.epoch == record.best_epoch:
                yield rows.curve_of(figures, record.hyperparameters.epochs, watching.status())

    def epochs(self, run: str, *, after: int = 0, at_once: int = 500) -> Iterator[EpochEnded]:
        """Yield the epochs of a run that come after one of them."""
        last = after
        while True:
            with self._database.reading() as connection:
                found = connection.execute(
                    "SELECT e.*, d.content FROM epochs e JOIN details d ON d.run = e.run "
                    "AND d.epoch = e.epoch WHERE e.run = ? AND e.epoch > ? ORDER BY e.epoch LIMIT ?",
                    (run, last, at_once),
                ).fetchall()
            for row in found:
                with self._decoded(run):
                    event = rows.epoch_of(row, row["content"])
                yield event
                last = event.epoch
            if len(found) < at_once:
                return

    def epoch(self, run: str, number: int) -> EpochEnded:
        """Return one epoch of a run."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT e.*, d.content FROM epochs e JOIN details d ON d.run = e.run AND d.epoch = e.epoch "
                "WHERE e.run = ? AND e.epoch = ?",
                (run, number),
            ).fetchone()
        if row is None:
            raise StoreError(N_("The run {run} has no epoch {epoch}."), run=run, epoch=number)
        with self._decoded(run):
            return rows.epoch_of(row, row["content"])

    def curves(self, run: str) -> list[rows.EpochFigures]:
        """Return the figures of all epochs of a run, without matrices and layers."""
        columns = ", ".join(rows.CURVES)
        with self._database.reading() as connection:
            found = connection.execute(
                f"SELECT {columns} FROM epochs WHERE run = ? ORDER BY epoch", (run,)
            ).fetchall()
        with self._decoded(run):
            return rows.figures_of(found)

    def checkpoints(self, run: str) -> Path:
        """Return the folder of a run's `best.npz` and `last.npz`."""
        return self.folder / "checkpoints" / checked_id(run)

    def happenings(self, run: str) -> list[Event]:
        """Return what happened in a run besides its epochs: live changes, early stopping, divergence."""
        with self._database.reading() as connection:
            found = connection.execute(
                "SELECT kind, content FROM happenings WHERE run = ? ORDER BY number", (run,)
            ).fetchall()
        with self._decoded(run):
            return [rows.happening_of(kind, content) for kind, content in found]

    def _record(self, row: sqlite3.Row) -> RunRecord:
        with self._decoded(str(row["id"])):
            fields = {name: row[name] for name in RunRecord.__dataclass_fields__}
            if not _ID.fullmatch(row["id"]) or row["state"] not in STATES:
                raise ValueError
            fields["data"] = os.fsdecode(row["data"]) if row["data"] else None
            fields["started"] = rows.started_of(row["started"])
            fields["hyperparameters"] = rows.hyperparameters_from(row["hyperparameters"])
            return made(RunRecord, fields)

    @contextlib.contextmanager
    def _decoded(self, run: str) -> Iterator[None]:
        """Tell of a row that says something impossible."""
        try:
            yield
        except Exception:  # JSON, zlib, dataclasses and hyperparameters know a dozen kinds
            raise StoreError(
                N_("What {path} holds of the run {run} is damaged."), path=self._database.path, run=run
            ) from None

    # What people do with runs

    def rename(self, run: str, name: str) -> None:
        """Call a run something else."""
        with self._database.writing() as connection:
            connection.execute("UPDATE runs SET name = ? WHERE id = ?", (_storable(name, LONGEST_NAME), run))

    def annotate(self, run: str, note: str) -> None:
        """Keep a person's words about a run."""
        with self._database.writing() as connection:
            connection.execute("UPDATE runs SET note = ? WHERE id = ?", (_storable(note, LONGEST_NOTE), run))

    def delete(self, run: str) -> None:
        """Put a run aside; for a day it can be had back. One that is under way stays.

        Raises:
            RunIsBusyError: when it is under way.
        """
        with self.own(run), self._database.writing() as connection:
            connection.execute("UPDATE runs SET deleted = ? WHERE id = ?", (time.time(), run))

    def restore(self, run: str) -> None:
        """Have a deleted run back."""
        with self._database.writing() as connection:
            connection.execute("UPDATE runs SET deleted = NULL WHERE id = ?", (run,))

    def erase(self, run: str) -> None:
        """Forget a run for good, its checkpoints too."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM runs WHERE id = ?", (run,))
        if _ID.fullmatch(run):
            shutil.rmtree(self.checkpoints(run), ignore_errors=True)

    # Looks at a test score

    def looks(self, fingerprint: str) -> int:
        """Return how often the test score of a data set was looked at."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT count FROM looks WHERE fingerprint = ?", (fingerprint,)
            ).fetchone()
        count = row[0] if row else 0
        if not isinstance(count, int):
            raise damaged(self._database.path)
        return count

    def count_look(self, fingerprint: str) -> int:
        """Count one more look; return how many there were."""
        with self._database.writing() as connection:
            (count,) = connection.execute(
                "INSERT INTO looks VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count",
                (fingerprint,),
            ).fetchone()
        return int(count)


def checked_id(run: str) -> str:
    """Return the id of a run, if it can be the name of a folder in the store's own.

    Raises:
        StoreError: when it cannot.
    """
    if not _ID.fullmatch(run):
        raise StoreError(N_("“{run}” cannot be the id of a run."), run=run)
    return run


def _storable(text: str, most: int) -> str:
    """Return a text as UTF-8 can hold it, no longer than `most`; a shell may give bytes that are no text."""
    return text[:most].encode(errors="replace").decode()


def _program_version() -> str:
    try:
        return version("mlp-tui")
    except PackageNotFoundError:  # from a folder that was not installed
        return "unknown"
