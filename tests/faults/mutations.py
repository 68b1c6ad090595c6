"""Files that are damaged or hostile: each is read as it was, or refused in one sentence."""

import contextlib
import faulthandler
import io
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.data.dataset import Dataset, load_dataset
from engine.errors import EngineError, StoreError
from engine.events import EpochEnded
from engine.hyperparameters import Hyperparameters
from engine.storage import checkpoint, snapshots
from engine.storage.presets import read_config, to_toml
from engine.storage.recorder import BEST, LAST, record_run
from engine.storage.runs import RunStore
from engine.training.trainer import Trainer
from tests.faults.mutators import (
    ANYWHERE,
    ODD_VALUES,
    Mutator,
    forged,
    header_edited,
    members_moved,
    pickled,
)
from tests.faults.programs import ROOT, write_data
from tests.faults.reporting import Trial

ROUNDS = 60
"""How often each kind of file is damaged in each way."""
LONGEST = 20.0
"""Seconds; a file that takes longer to be read hangs."""
MOST_MEMORY = 64 * 1024**2
"""Bytes that reading may take beside twenty times the file's own."""
READ_DIFFERENTLY = "read as something else"


@dataclass(frozen=True)
class TrainedNetwork:
    """A kind of file. read: returns what compares equal if it says the same

    exact: whether what is read must be what was written, if it is not refused
    """

    name: str
    data: bytes
    read: Callable[[Path], object]
    mutators: tuple[Mutator, ...]
    exact: bool


def mutations(kills: int, seed: int) -> Iterator[Trial]:
    """Corruption each kind of file, in a process of its own each."""
    for name in NAMES:
        trial = Trial(name)
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.mutations", name, str(seed), str(ROUNDS)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        lines = done.stdout.splitlines()
        if done.returncode:
            message = (done.stderr.strip().splitlines() or [""])[-1]
            trial.failures.append(f"the interpreter ended with {done.returncode}: {message}")
        else:
            said = json.loads(lines[-1])
            trial.outcomes.update(said["outcomes"])
            trial.failures += said["failures"]
            trial.told = f"at most {said['peak'] / 1e6:.0f} MB"
        yield trial


def try_all(name: str, seed: int, rounds: int, folder: Path) -> tuple[Trial, int]:
    """Corruption one kind of file; return how it was read, and the most memory it took."""
    trial, limit = Trial(name), 0
    mark = folder / "mark"
    trained = subject_of(name, folder, mark)
    path = folder / "damaged" / f"{name}.npz"
    path.parent.mkdir()
    path.write_bytes(trained.data)
    right = trained.read(path)
    tracemalloc.start()
    for place, mutator in enumerate(trained.mutators):
        for number in range(rounds):
            rng = random.Random(f"{seed} {place} {number}")
            data = mutator(trained.data, rng)
            if data == trained.data:
                continue
            path.write_bytes(data)
            where = f"{mutator.__name__} {number}"
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            faulthandler.dump_traceback_later(LONGEST, exit=True)
            try:
                came_out = trained.read(path)
                outcome = "read as it was" if came_out == right else READ_DIFFERENTLY
                if outcome == READ_DIFFERENTLY and trained.exact:
                    trial.failures.append(f"{where}: {READ_DIFFERENTLY}")
                else:
                    trial.outcomes[outcome] += 1
                del came_out
            except EngineError as error:
                trial.check("\n" not in str(error), f"{where}: more than one line")
                trial.outcomes["refused in a sentence"] += 1
            except Exception as error:
                trial.failures.append(f"{where}: {error!r}")
            faulthandler.cancel_dump_traceback_later()
            taken = tracemalloc.get_traced_memory()[1] - before
            limit = max(limit, taken)
            trial.check(taken < 20 * len(data) + MOST_MEMORY, f"{where}: {taken:,} bytes of memory")
            trial.check(not mark.exists(), f"{where}: code was run")
            mark.unlink(missing_ok=True)
    tracemalloc.stop()
    return trial, limit


NAMES = [
    "last.npz",
    "last.npz, forged",
    "best.npz",
    "runs.db",
    "runs.db-wal",
    "runs.db, forged",
    "TOML",
    "data.npz",
    "IDX",
    "IDX, gzipped",
]


def subject_of(name: str, folder: Path, mark: Path) -> TrainedNetwork:
    """Return a kind of file by its name."""
    npz_mutators = (*ANYWHERE, header_edited, members_moved, pickled(str(mark)))
    dataset = load_dataset(write_data(folder / "small.npz", 300, 100))
    home = folder / "home"
    if name.startswith(("last", "best", "runs")):
        list(record_run(Trainer(SMALL, dataset, run="run"), home))
    kept = home / "checkpoints" / "run"
    match name:
        case "last.npz":
            return TrainedNetwork(name, (kept / LAST).read_bytes(), _read_last, npz_mutators, True)
        case "last.npz, forged":
            data = (kept / LAST).read_bytes()
            return TrainedNetwork(name, data, lambda path: _go_on(path, dataset), (forged,) * 5, False)
        case "best.npz":
            return TrainedNetwork(name, (kept / BEST).read_bytes(), _read_best, npz_mutators, True)
        case "runs.db":
            return TrainedNetwork(name, _database(home), _read_store, ANYWHERE, True)
        case "runs.db-wal":
            database, log = _with_log(home, dataset)
            return TrainedNetwork(name, log, lambda path: _read_store(path, database), ANYWHERE, True)
        case "runs.db, forged":
            return TrainedNetwork(name, _database(home), _read_store, (rows_forged, schema_forged), False)
        case "TOML":
            return TrainedNetwork(name, to_toml(SMALL).encode(), read_config, (*ANYWHERE, toml_edited), False)
        case "data.npz":  # pixels of a file without checksums are what they are
            data = (folder / "small.npz").read_bytes()
            return TrainedNetwork(
                name, data, lambda path: load_dataset(path).fingerprint, npz_mutators, False
            )
        case "IDX":
            return TrainedNetwork(name, _idx(dataset), _read_idx, (*ANYWHERE, idx_edited), False)
        case _:
            import gzip

            return TrainedNetwork(name, gzip.compress(_idx(dataset), mtime=0), _read_idx, ANYWHERE, True)


SMALL = Hyperparameters(
    hidden=(8,), batch_size=50, epochs=6, batch_norm=True, dropout=0.1, optimizer="adam", threads=1
)


def _read_last(path: Path) -> object:
    snapshot = snapshots.load(path)
    learner = snapshot.learner
    vectors = {name: vector.tobytes() for name, vector in learner.vectors.items()}
    return snapshot.epoch, snapshot.step, snapshot.hyperparameters, learner.order_rng, vectors


def _go_on(path: Path, dataset: Dataset) -> object:
    """Go on with a run for some events: what is odd may be refused there, or be a number like any other."""
    trainer = Trainer.from_snapshot(snapshots.load(path), dataset, epochs=8)
    events = iter(trainer)
    return [type(event).__name__ for event, _ in zip(events, range(6), strict=False)]


def _read_best(path: Path) -> object:
    read = checkpoint.load(path)
    return read.epoch, read.hyperparameters, read.parameters.tobytes(), read.statistics.tobytes()


def _database(home: Path) -> bytes:
    with closing(sqlite3.connect(home / "runs.db")) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    return (home / "runs.db").read_bytes()


def _check_whole(store: RunStore, run: str) -> None:
    """See that a run of which the log was damaged is there from its first epoch to some later one."""
    numbers = [event.epoch for event in store.history(run) if isinstance(event, EpochEnded)]
    if numbers != list(range(1, store.record(run).epochs + 1)):
        raise AssertionError(f"the epochs {numbers}")


def _with_log(home: Path, dataset: Dataset) -> tuple[bytes, bytes]:
    """Return a database and the log beside it, as a killed program leaves them."""
    with closing(RunStore(home)):
        list(record_run(Trainer(SMALL, dataset, run="another"), home))
        return (home / "runs.db").read_bytes(), (home / "runs.db-wal").read_bytes()


def _read_store(path: Path, database: bytes | None = None) -> object:
    """Read all that there is in a database, and write to it; of one with a log, what is not in the log.

    What is in the log up to where it is damaged is there, too, and nothing of the rest.
    """
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        (Path(folder) / "runs.db").write_bytes(database or path.read_bytes())
        if database:
            (Path(folder) / "runs.db-wal").write_bytes(path.read_bytes())
        with closing(RunStore(Path(folder))) as store:
            store.recover()
            found: list[object] = []
            records = store.records()
            _refuse_if_told(store.unreadable)
            for record in records:
                if database and record.id != "run":
                    _check_whole(store, record.id)
                    continue
                found += [record, record.network, str(record.state_name), list(store.history(record.id))]
                _refuse_if_told(store.unreadable_epochs + store.unreadable_happenings)
                found.append(store.epoch_metrics(record.id))
                _refuse_if_told(store.unreadable_epochs)
                store.rename(record.id, record.name + "x")
                store.delete(record.id)
            return found


def _refuse_if_told(damaged: int) -> None:
    """Count what is left out and told as refused."""
    if damaged:
        raise StoreError("{damaged} rows are left out.", damaged=damaged)


def rows_forged(data: bytes, rng: random.Random) -> bytes:
    """A column of a table says something odd, of any type."""
    with _open_bytes(data) as connection:
        table = rng.choice(["runs", "epochs", "details", "happenings", "evaluations"])
        column = rng.choice([row[1] for row in connection.execute(f"PRAGMA table_info({table})")])
        value: Any = rng.choice([v for v in ODD_VALUES if v is None or isinstance(v, int | float | str)])
        if isinstance(value, int) and abs(value) >= 2**63:
            value = float(min(value, 10**300))
        if value == "\ud800":
            value = b"\xff\x00"
        if rng.random() < 0.3:
            value = json.dumps(rng.choice(ODD_VALUES))
        with contextlib.suppress(sqlite3.IntegrityError):
            connection.execute(f"UPDATE {table} SET {column} = ?", (value,))
        connection.commit()
        return bytes(connection.serialize())


def schema_forged(data: bytes, rng: random.Random) -> bytes:
    """A schema that would run for ever, or is of something else."""
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT"
    scripts = [
        f"DROP TABLE epochs; CREATE VIEW epochs AS {endless} i AS run FROM n",
        f"ALTER TABLE runs RENAME TO old; CREATE VIEW runs AS {endless} max(i) AS id FROM n",
        f"CREATE TRIGGER t BEFORE UPDATE ON runs BEGIN DELETE FROM epochs; {endless} max(i) FROM n; END",
        "DROP TABLE details", "DROP TABLE evaluations", "ALTER TABLE runs DROP COLUMN note",
        "PRAGMA user_version = 0", "PRAGMA user_version = -1", "PRAGMA user_version = 2000000",
        "DELETE FROM runs", "DELETE FROM details",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE x (y)' WHERE rootpage = 3",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 1",
        "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema",
    ]  # fmt: skip
    with _open_bytes(data) as connection:
        connection.executescript(rng.choice(scripts))
        return bytes(connection.serialize())


@contextlib.contextmanager
def _open_bytes(data: bytes) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(data)
        yield connection


def toml_edited(data: bytes, rng: random.Random) -> bytes:
    """A value of a TOML file replaced by an odd one."""
    lines = data.decode().splitlines()
    place = rng.choice([number for number, line in enumerate(lines) if "=" in line])
    odd = [
        *map(repr, ODD_VALUES),
        "9" * 5000,
        "[" * 5000,
        "{a=" * 3000,
        "1979-05-27",
        "inf",
        "nan",
        "0x" + "f" * 999,
    ]
    lines[place] = lines[place].partition("=")[0] + "= " + rng.choice(odd)
    return "\n".join(lines).encode(errors="surrogatepass")


def _idx(dataset: Dataset) -> bytes:
    file = io.BytesIO()
    images = dataset.train_images
    file.write((2051).to_bytes(4, "big") + np.array(images.shape, ">u4").tobytes() + images.tobytes())
    return file.getvalue()


def idx_edited(data: bytes, rng: random.Random) -> bytes:
    """An IDX header that announces something else, a thousand billion bytes and more among it."""
    sizes = [rng.choice([0, 1, 28, 10**4, 10**6, 2**31, 2**32 - 1]) for _ in range(3)]
    return data[:4] + np.array(sizes, ">u4").tobytes() + data[16:]


def _read_idx(path: Path) -> object:
    from engine.data.idx import read_images

    return read_images(path).tobytes()


def main() -> None:
    """Corruption one kind of file, and tell of it in a line of JSON."""
    name, seed, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        trial, limit = try_all(name, seed, rounds, Path(folder))
    print(json.dumps({"outcomes": trial.outcomes, "failures": trial.failures, "peak": limit}))


if __name__ == "__main__":
    main()
