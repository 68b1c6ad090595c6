"""Read access to the stored runs."""

import contextlib
import sqlite3
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from engine.errors import StoreError
from engine.events import EpochEnded, Event, RunEnded
from engine.sentences import N_
from engine.storage import serialization
from engine.storage.checksums import is_whole, whole_epochs
from engine.storage.database import Database
from engine.storage.finding import LATEST, ids, matching, newest_first, readable
from engine.storage.run_record import ID, MAX_NAME_LENGTH, STATES, RunRecord, checked_id, storable
from engine.storage.validation import checked_dataclass
from engine.training.early_stopping import EarlyStopping

EPOCHS_PER_QUERY = 500
_WITH_DETAILS = (
    "SELECT e.*, d.content, d.checksum AS details_checksum FROM epochs e "
    "JOIN details d ON d.run = e.run AND d.epoch = e.epoch"
)


class RunQueries:
    """Read access to the runs in a folder: `runs.db`, and a folder of checkpoints for each run."""

    def __init__(self, folder: Path) -> None:
        """Open the store, or make it.

        Raises:
            StoreError: when that cannot be done, or it was written by a newer version.
        """
        self.folder = folder
        self.unreadable = self.unreadable_epochs = self.unreadable_happenings = 0
        self._epochs_read = 0
        self._database = Database(folder / "runs.db")

    @property
    def unreadable_rows(self) -> int:
        """How many rows of the run that was read last are damaged, and were left out."""
        return self.unreadable_epochs + self.unreadable_happenings

    @property
    def database(self) -> Database:
        """The database, for what else is kept in it."""
        return self._database

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    # Reading runs

    def records(self, *, deleted: bool = False) -> list[RunRecord]:
        """Return the runs, the newest first; those that were deleted instead, if wanted.

        A damaged row does not hide the others: it is left out, and counted in `unreadable`.
        """
        found = newest_first(self._database, "runs", deleted=deleted)
        records, self.unreadable = readable(found, self._record)
        return records

    def record(self, run: str) -> RunRecord:
        """Return one run, by its id."""
        with self._database.read_transaction() as connection:
            row = connection.execute("SELECT * FROM runs WHERE id = ?", (run,)).fetchone()
        if row is None:
            raise StoreError(N_("There is no run {run}."), run=run)
        return self._record(row)

    def find(self, text: str, *, deleted: bool = False) -> RunRecord:
        """Return a run by its id, a unique beginning of it, its name, or `latest`.

        Raises:
            StoreError: when there is none, or more than one.
        """
        text = storable(text, MAX_NAME_LENGTH)  # as a name that was given so was stored
        found = matching(self._database, "runs", text, deleted=deleted)
        if not found and text == LATEST:
            raise StoreError(N_("There is no run yet; `mlp-tui train` makes one."))
        if not found:
            raise StoreError(
                N_("There is no run “{given}”; `mlp-tui runs list` shows those there are."), given=text
            )
        if len(found) > 1:
            raise StoreError(
                N_("“{given}” matches {count} runs: {runs}; give more of the id."),
                given=text,
                count=len(found),
                runs=ids(found),
            )
        return self._record(found[0])

    def history(self, run: str, *, detailed: int = 200, limit: int = 4000) -> Iterator[Event]:
        """Yield the events of a run in order, from `RunStarted` to `RunEnded`.

        Only the last `detailed` epochs have their matrices and layers; `epoch` returns the others. Of a
        run with more epochs than `limit`, those before are thinned evenly. What is damaged is left out, and
        counted in `unreadable_epochs` and `unreadable_happenings`.
        """
        record = self.record(run)
        yield record.started
        self._epochs_read = 0
        epochs = chain(
            self._thinned_epochs(record, record.epochs - detailed, limit),
            self.epochs(run, after=record.epochs - detailed),
        )
        yield from serialization.in_order(epochs, self.other_events(run))
        self.unreadable_epochs = _missing(record, self._epochs_read)
        if ended := self.ended(run):
            yield ended

    def ended(self, run: str) -> RunEnded | None:
        """Return how a run ended, None if it did not."""
        with self._database.read_transaction() as connection:
            row = connection.execute("SELECT * FROM runs WHERE id = ?", (run,)).fetchone()
        if row is None or row["ended"] is None:
            return None
        with self._decoding_errors(run):
            if not is_whole(row):
                raise ValueError
            return serialization.ended_from_bytes(row["ended"])

    def _thinned_epochs(self, record: RunRecord, last: int, limit: int) -> Iterator[EpochEnded]:
        """Yield no more than `limit` of the epochs up to `last`, by their columns alone."""
        every = max(1, -(-last // limit))
        watching = EarlyStopping.of(record.started.hyperparameters, record.started.validation_images)
        monitored = serialization.EPOCH_COLUMNS.index(watching.monitor)
        for rows in self._pages(record.id, last):
            chosen, statuses = [], []
            with self._decoding_errors(record.id):
                for row in rows:
                    watching.observe(row[0], row[monitored])
                    if row[0] % every == 1 % every or row[0] == record.best_epoch:
                        chosen.append(row)
                        statuses.append(watching.status())
                found = serialization.epoch_metrics_from_rows(chosen)
            for metrics, status in zip(found, statuses, strict=True):
                yield serialization.epoch_without_details(metrics, record.hyperparameters.epochs, status)

    def _pages(self, run: str, last: int, at_once: int = 5000) -> Iterator[list[sqlite3.Row]]:
        """Yield the columns of the epochs up to `last`, those whose rows are as they were written."""
        columns, after = ", ".join(serialization.EPOCH_COLUMNS), 0
        while after < last:
            with self._database.read_transaction() as connection:
                found = connection.execute(
                    f"SELECT {columns}, checksum FROM epochs WHERE run = ? AND epoch > ? AND epoch <= ? "
                    "ORDER BY epoch LIMIT ?",
                    (run, after, last, at_once),
                ).fetchall()
            rows = whole_epochs(run, found)
            self._epochs_read += len(rows)
            yield rows
            if len(found) < at_once:
                return
            after = found[-1]["epoch"]

    def epochs(self, run: str, *, after: int = 0) -> Iterator[EpochEnded]:
        """Yield the epochs of a run that come after one of them."""
        last = after
        while True:
            with self._database.read_transaction() as connection:
                found = connection.execute(
                    f"{_WITH_DETAILS} WHERE e.run = ? AND e.epoch > ? ORDER BY e.epoch LIMIT ?",
                    (run, last, EPOCHS_PER_QUERY),
                ).fetchall()
            for row in found:
                if _is_whole_with_details(run, row):
                    with self._decoding_errors(run):
                        event = serialization.epoch_from_row(row, row["content"])
                    self._epochs_read += 1
                    yield event
            if len(found) < EPOCHS_PER_QUERY:
                return
            last = found[-1]["epoch"]

    def epoch(self, run: str, number: int) -> EpochEnded:
        """Return one epoch of a run."""
        with self._database.read_transaction() as connection:
            row = connection.execute(
                f"{_WITH_DETAILS} WHERE e.run = ? AND e.epoch = ?", (run, number)
            ).fetchone()
        if row is None:
            raise StoreError(N_("The run {run} has no epoch {epoch}."), run=run, epoch=number)
        with self._decoding_errors(run):
            if not _is_whole_with_details(run, row):
                raise ValueError
            return serialization.epoch_from_row(row, row["content"])

    def epoch_metrics(self, run: str) -> list[serialization.EpochMetrics]:
        """Return the figures of all epochs of a run, without matrices and layers.

        Those whose rows are damaged are left out, and counted in `unreadable_epochs`.
        """
        record, self._epochs_read = self.record(run), 0
        rows = [row for page in self._pages(run, record.epochs) for row in page]
        self.unreadable_epochs = _missing(record, self._epochs_read)
        with self._decoding_errors(run):
            return serialization.epoch_metrics_from_rows(rows)

    def checkpoints(self, run: str) -> Path:
        """Return the folder of a run's `best.npz` and `last.npz`."""
        return self.folder / "checkpoints" / checked_id(run)

    def other_events(self, run: str) -> list[Event]:
        """Return what happened in a run besides its epochs: live changes, early stopping, divergence.

        What is damaged is left out, and counted in `unreadable_happenings`.
        """
        with self._database.read_transaction() as connection:
            found = connection.execute(
                "SELECT * FROM happenings WHERE run = ? ORDER BY number", (run,)
            ).fetchall()
        whole = [row for row in found if is_whole(row)]
        self.unreadable_happenings = len(found) - len(whole)
        with self._decoding_errors(run):
            return [serialization.event_from_json(row["kind"], row["content"]) for row in whole]

    def _record(self, row: sqlite3.Row) -> RunRecord:
        with self._decoding_errors(str(row["id"])):
            fields = {name: row[name] for name in RunRecord.__dataclass_fields__}
            if not is_whole(row) or not ID.fullmatch(row["id"]) or row["state"] not in STATES:
                raise ValueError
            fields["data"] = serialization.location_from_bytes(row["data"])
            fields["started"] = serialization.started_from_json(row["started"])
            fields["hyperparameters"] = serialization.hyperparameters_from_json(row["hyperparameters"])
            return checked_dataclass(RunRecord, fields)

    @contextlib.contextmanager
    def _decoding_errors(self, run: str) -> Iterator[None]:
        """Raise a `StoreError` for a row with impossible values."""
        try:
            yield
        except Exception:  # JSON, zlib, dataclasses and hyperparameters know a dozen kinds
            raise StoreError(
                N_("The record of run {run} in {path} is damaged."), path=self._database.path, run=run
            ) from None


def _is_whole_with_details(run: str, row: sqlite3.Row) -> bool:
    """Return whether an epoch and its details are as they were written."""
    *columns, content, checksum = row
    return bool(whole_epochs(run, [columns[1:]])) and is_whole((run, row["epoch"], content, checksum))


def _missing(record: RunRecord, read: int) -> int:
    """Return how many epochs of a run were not read, though it had them."""
    return max(0, record.epochs - record.started.epochs_before - read)
