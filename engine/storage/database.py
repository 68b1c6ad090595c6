"""The connection to the database file `runs.db`: schema, transactions, errors."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from engine.errors import StoreError, system_reason
from engine.sentences import N_, Sentence
from engine.storage.checksums import epoch_checksum, row_checksum

COLUMNS = {
    "runs": (
        *("id", "name", "note", "state", "created", "deleted"),
        *("version", "started", "hyperparameters", "network", "fingerprint", "data"),
        *("seed", "machine", "threads", "epochs", "best_epoch", "best_validation_accuracy"),
        *("best_validation_loss", "test_accuracy", "test_loss", "seconds", "ended", "failure"),
    ),
    "epochs": (
        *("run", "epoch", "step", "train_loss", "train_accuracy", "validation_loss"),
        *("validation_accuracy", "learning_rate", "seconds", "samples_per_second", "is_best"),
    ),
    "details": ("run", "epoch", "content"),
    "happenings": ("run", "number", "epoch", "step", "kind", "content"),
    "evaluations": ("test_set", "network"),
    "experiments": (
        *("id", "name", "state", "created", "deleted", "version", "plan", "fingerprint", "data"),
        *("result", "failure"),
    ),
    "trials": ("experiment", "number", "setting", "seed", "run", "chosen", "state"),
}
"""What the checksum of a row is of, in the order of its columns, which the checksum comes after."""


def sealing(table: str) -> str:
    """Return the beginning of a statement that gives rows of a table their checksums."""
    return f"UPDATE {table} SET checksum = checksum_of_{table}({', '.join(COLUMNS[table])})"


_SEALED_BY_VERSION_2 = ("runs", "epochs", "details", "happenings", "evaluations")

MIGRATIONS = (
    """
    CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        note TEXT NOT NULL DEFAULT '',
        state TEXT NOT NULL,
        created REAL NOT NULL,
        deleted REAL,
        version TEXT NOT NULL,
        started TEXT NOT NULL,
        hyperparameters TEXT NOT NULL,
        network TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        data BLOB,
        seed INTEGER NOT NULL,
        machine TEXT NOT NULL,
        threads INTEGER NOT NULL,
        epochs INTEGER NOT NULL DEFAULT 0,
        best_epoch INTEGER,
        best_validation_accuracy REAL,
        best_validation_loss REAL,
        test_accuracy REAL,
        test_loss REAL,
        seconds REAL NOT NULL DEFAULT 0,
        ended BLOB,
        failure TEXT
    );
    CREATE TABLE epochs (
        run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        epoch INTEGER NOT NULL,
        step INTEGER NOT NULL,
        train_loss REAL,
        train_accuracy REAL NOT NULL,
        validation_loss REAL,
        validation_accuracy REAL NOT NULL,
        learning_rate REAL NOT NULL,
        seconds REAL NOT NULL,
        samples_per_second REAL NOT NULL,
        is_best INTEGER NOT NULL,
        PRIMARY KEY (run, epoch)
    ) WITHOUT ROWID;
    CREATE TABLE details (
        run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        epoch INTEGER NOT NULL,
        content BLOB NOT NULL,
        PRIMARY KEY (run, epoch)
    ) WITHOUT ROWID;
    CREATE TABLE happenings (
        run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        epoch INTEGER NOT NULL,
        step INTEGER NOT NULL,
        kind TEXT NOT NULL,
        content TEXT NOT NULL,
        PRIMARY KEY (run, number)
    ) WITHOUT ROWID;
    CREATE TABLE looks (fingerprint TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
    """,
    """
    CREATE TABLE evaluations (
        test_set TEXT NOT NULL,
        network TEXT NOT NULL,
        PRIMARY KEY (test_set, network)
    ) WITHOUT ROWID;
    INSERT INTO evaluations
        WITH RECURSIVE numbers(n) AS (
            SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < (SELECT MIN(MAX(count), 10000) FROM looks)
        )
        SELECT fingerprint, 'look ' || n FROM looks JOIN numbers ON n <= count;
    DROP TABLE looks
    """
    + "".join(
        f"; ALTER TABLE {table} ADD COLUMN checksum INTEGER; {sealing(table)}"
        for table in _SEALED_BY_VERSION_2
    ),
    """
    CREATE TABLE experiments (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        state TEXT NOT NULL,
        created REAL NOT NULL,
        deleted REAL,
        version TEXT NOT NULL,
        plan TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        data BLOB,
        result TEXT,
        failure TEXT,
        checksum INTEGER
    );
    CREATE TABLE trials (
        experiment TEXT NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        setting INTEGER NOT NULL,
        seed INTEGER NOT NULL,
        run TEXT NOT NULL,
        chosen TEXT NOT NULL,
        state TEXT NOT NULL,
        checksum INTEGER,
        PRIMARY KEY (experiment, number)
    ) WITHOUT ROWID
    """,
)
"""What leads from each version of the schema to the next. Curves stand in columns, so that they are read at
once; a matrix and the figures of the layers stand in `details`, and are read when they are looked at.
`evaluations` has a row for each network that was tried on a test set (both are fingerprints); what the first
version counted, each look at a data set, is kept under the fingerprint of the data set until that is met
again. Every row ends with a checksum; those of the first version, which had none, are taken as they are.
`trials` says which run belongs to which experiment, and what was chosen for it; its figures are its run's."""

BUSY_TIMEOUT = 10.0
"""Seconds to wait for another program that is writing."""
_MAGIC = b"SQLite format 3\0"
MAX_VALUE_BYTES = 64 * 1024**2
"""Bytes; a longer value was not written by this program."""


def damaged_error(path: Path) -> StoreError:
    """Return the error for a file that is not a database of this program."""
    return StoreError(N_("{path} is not a database of mlp-tui, or it is damaged."), path=path)


class Database:
    """One connection, in WAL mode: others may read and write at the same time.

    A commit is flushed to the disk before it returns.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, or make it; its folder too. The owner alone can read them.

        Raises:
            StoreError: when it cannot be opened, is damaged, or is of a newer program.
        """
        self.path = path
        with self._translated_errors():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            with path.open("rb") as file:
                beginning = file.read(len(_MAGIC))
            if beginning not in (b"", _MAGIC):  # SQLite would write over a file of a few bytes
                raise damaged_error(path)
            self._connection = sqlite3.connect(
                path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
            )
        try:
            with self._translated_errors():
                self._opened = path.stat()
                self._prepare_with_retries()
        except BaseException:
            self._connection.close()
            raise

    def _prepare_with_retries(self) -> None:
        """Prepare the connection; retry while another program is creating the database.

        SQLite does not wait by itself while the mode of the journal changes.
        """
        until = time.monotonic() + BUSY_TIMEOUT
        while True:
            try:
                return self._prepare()
            except sqlite3.OperationalError as error:
                if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > until:
                    raise
            time.sleep(0.005)

    def _prepare(self) -> None:
        connection = self._connection
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
        connection.row_factory = sqlite3.Row
        connection.text_factory = _text
        for table in COLUMNS:
            checksum = epoch_checksum if table == "epochs" else row_checksum
            connection.create_function(f"checksum_of_{table}", -1, lambda *row, of=checksum: of(row))
        for pragma in (
            "trusted_schema = OFF",
            "cell_size_check = ON",
            "foreign_keys = ON",
            "journal_mode = WAL",
            "synchronous = FULL",
        ):
            connection.execute(f"PRAGMA {pragma}")
        if self._version() != len(MIGRATIONS):
            self._migrate()
        strange = connection.execute("SELECT COUNT(*) FROM sqlite_schema WHERE rootpage = 0").fetchone()[0]
        if strange:  # a view, a trigger or a virtual table: code that someone else wrote
            raise damaged_error(self.path)

    def _migrate(self) -> None:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = self._version()  # another program may have been quicker
            if version > len(MIGRATIONS):
                raise StoreError(
                    N_(
                        "{path} was written by a newer version of mlp-tui; use that one, or another folder "
                        "(MLP_TUI_HOME)."
                    ),
                    path=self.path,
                )
            for script in MIGRATIONS[version:]:
                for statement in script.split(";"):
                    if statement.strip():
                        connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise

    def _version(self) -> int:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        return int(version)

    @contextlib.contextmanager
    def read_transaction(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection; what is read in the block is of one moment.

        Raises:
            StoreError: when it cannot be read.
        """
        with self._translated_errors():
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")

    @contextlib.contextmanager
    def write_transaction(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection; all that is written in the block is kept, or nothing.

        Raises:
            StoreError: when it cannot be written.
        """
        with self._translated_errors():
            if not os.path.samestat(self.path.stat(), self._opened):  # SQLite would go on with the old one
                raise StoreError(N_("{path} was replaced by another file."), path=self.path)
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    def set_busy_timeout(self, seconds: float) -> None:
        """Set how long to wait for another program that is writing."""
        with self._translated_errors():
            self._connection.execute(f"PRAGMA busy_timeout = {round(1000 * seconds)}")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextlib.contextmanager
    def _translated_errors(self) -> Iterator[None]:
        """Turn an error of SQLite or the file into a `StoreError`."""
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(
                N_("{path} cannot be used: {reason}."), path=self.path, reason=_reason(error)
            ) from None
        except UnicodeDecodeError:  # the name of a column
            raise damaged_error(self.path) from None
        except OSError as error:
            raise StoreError(
                N_("{path} cannot be used: {reason}."), path=self.path, reason=system_reason(error)
            ) from None


def _text(stored: bytes) -> str:
    """Return a text; one that is damaged is told by the checksum of its row, and hides no other row."""
    return stored.decode(errors="replace")


def _reason(error: sqlite3.Error) -> Sentence:
    """Return the reason of an SQLite error, for the user."""
    known = {
        "SQLITE_BUSY": N_("another program has been writing to it for too long"),
        "SQLITE_LOCKED": N_("another program has been writing to it for too long"),
        "SQLITE_FULL": N_("No space left on device"),
        "SQLITE_IOERR": N_("Input/output error"),
        "SQLITE_READONLY": N_("it cannot be written"),
        "SQLITE_CANTOPEN": N_("it cannot be opened"),
        "SQLITE_CORRUPT": N_("it is damaged"),
        "SQLITE_NOTADB": N_("it is not a database of mlp-tui, or it is damaged"),
    }
    name = getattr(error, "sqlite_errorname", "")
    for prefix, text in known.items():
        if name.startswith(prefix):
            return Sentence(text)
    return Sentence(N_("it is damaged ({error})"), {"error": error})
