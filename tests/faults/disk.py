"""A disk that is full, read-only or gone, a database that is locked or newer: the run goes on and says so."""

import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

from engine.data.dataset import Dataset, load_dataset
from engine.errors import EngineError
from engine.events import EpochEnded, Event, RunEnded, RunStarted, StorageFailed
from engine.storage import database
from engine.storage.recorder import record_run
from engine.storage.resuming import trainer_for
from engine.storage.runs import RunStore
from engine.training.trainer import Trainer
from tests.faults.programs import ROOT, WEIGHTS, differences, integrity, picture, write_data
from tests.faults.reporting import Trial
from tests.runs import digest, quick

PRIVATELY = ["unshare", "--user", "--map-root-user", "--mount"]
"""In a mount namespace of its own, nobody else sees a small disk, and nothing of it stays."""
SETTINGS = quick(hidden=(24, 12), epochs=6, batch_norm=True, dropout=0.2, optimizer="adam")
DISK = 6 * 1024**2
"""Bytes of the small disk."""

Action = Callable[[], object]


def disk(kills: int, seed: int) -> Iterator[Trial]:
    """Do all of it, in a mount namespace if there can be one."""
    with suppress(OSError):
        if subprocess.run([*PRIVATELY, "true"], check=False, capture_output=True).returncode == 0:
            done = subprocess.run(
                [*PRIVATELY, sys.executable, "-m", "tests.faults.disk"],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
            for line in done.stdout.splitlines():
                fields = json.loads(line)
                yield Trial(**fields | {"outcomes": Counter(fields["outcomes"])})
            if done.returncode:
                yield Trial("the driver", failures=[done.stderr.strip()[-500:]])
            return
    yield Trial("a small disk, a read-only one", told="SKIPPED: no mount namespace is to be had here")
    with tempfile.TemporaryDirectory() as folder:
        yield from Faults(Path(folder)).without_mounts()


class Faults:
    """A folder in which a run was kept well, before things go wrong in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._dataset: Dataset = load_dataset(write_data(folder / "data.npz", 600, 200))
        undisturbed = Trainer(SETTINGS, self._dataset)
        self._wanted = digest(undisturbed, list(undisturbed))
        self._homes = 0

    def with_mounts(self) -> Iterator[Trial]:
        """Yield the trials on a disk of their own."""
        home = self._folder / "disk" / "home"
        home.parent.mkdir()
        trial = Trial("a disk that becomes full, with 0 to 2 MB left")
        for room in range(0, 2000, 50):
            with mounted(home.parent):
                self._kept_before(home)
                self._run(trial, home, {-1: partial(fill, home, room)}, free=partial(unfill, home))
        yield trial
        trial = Trial("a disk that becomes full in the middle, and free again")
        for room in range(0, 64, 8):
            with mounted(home.parent):
                self._kept_before(home)
                at = {1: partial(fill, home, room), 4: partial(unfill, home)}
                self._run(trial, home, at, whole=True)
        yield trial
        trial = Trial("a disk that is read-only")
        with mounted(home.parent):
            self._kept_before(home)
            at = {-1: partial(_call, "mount", "-o", "remount,ro", str(home.parent))}
            self._run(trial, home, at, free=partial(_call, "mount", "-o", "remount,rw", str(home.parent)))
        yield trial
        trial = Trial("a home that becomes read-only")
        for when in (0, 1, 3, 5):
            with mounted(home.parent):
                self._kept_before(home)
                at = {when: partial(_make_read_only, home)}
                self._run(trial, home, at, free=partial(_call, "umount", "--lazy", str(home)))
        yield trial

    def without_mounts(self) -> Iterator[Trial]:
        """Yield the trials that need no disk of their own."""
        trial = Trial("a limit on the size of files, 0 to 300 kB")
        for most in range(0, 300, 10):
            home = self._home()
            self._run(trial, home, {-1: partial(limit, most)}, free=partial(limit, None))
        yield trial
        for name, change, is_kept in (
            ("the home deleted during a run", shutil.rmtree, False),
            ("the home deleted and made anew", _recreated, False),
            ("the folder of checkpoints deleted", _without_checkpoints, True),
            ("the database deleted", _without_database, False),
            ("the database replaced by a folder", _folder_instead, False),
        ):
            trial = Trial(name)
            for when in (0, 1, 3, 5):
                home = self._home()
                self._run(trial, home, {when: partial(change, home)}, look="weights" if is_kept else "all")
            yield trial
        yield from self._locked()
        yield from self._no_store()

    def _locked(self) -> Iterator[Trial]:
        """Another program holds the database for longer than anyone waits."""
        patience, database.BUSY_TIMEOUT = database.BUSY_TIMEOUT, 0.05
        trial = Trial("a locked database, from some epoch to another")
        for since, until in ((-1, 2), (-1, None), (0, 3), (1, 2), (2, None), (4, 5)):
            home = self._home()
            with closing(sqlite3.connect(home / "runs.db", isolation_level=None)) as other:
                at: dict[int, Action] = {since: partial(other.execute, "BEGIN EXCLUSIVE")}
                if until is not None:
                    at[until] = other.rollback
                self._run(trial, home, at, free=other.rollback, whole=until is not None)
        database.BUSY_TIMEOUT = patience
        yield trial

    def _no_store(self) -> Iterator[Trial]:
        """There is no store to be had from the start."""
        for name, spoil, below in (
            ("a store of a newer version", _newer, ""),
            ("a home that is a file", _file_instead, ""),
            ("a home below a file", _file_instead, "below"),
            ("a file that is not a database", _no_database, ""),
        ):
            trial = Trial(name)
            home = self._home()
            spoil(home)
            before = _contents(home)
            self._run(trial, home / below, {}, look="")
            trial.check(_contents(home) == before, "something that was there was changed")
            yield trial

    def _home(self) -> Path:
        """Return a new home, in which a run was kept well."""
        self._homes += 1
        home = self._folder / f"home {self._homes}"
        self._kept_before(home)
        return home

    def _kept_before(self, home: Path) -> None:
        list(record_run(Trainer(SETTINGS, self._dataset, run="before"), home))

    def _run(
        self,
        trial: Trial,
        home: Path,
        at: Mapping[int, Action],
        *,
        free: Action | None = None,
        whole: bool = False,
        look: str = "all",
    ) -> None:
        """Keep a run while something goes wrong after some epochs (0: its start; -1: before), and look at it.

        free: sets it right again after the run; whole: whether all of the run is kept in the end
        look: what can be looked at afterwards: `all`, all but `weights`, or nothing
        """
        failures = len(trial.failures)
        before: dict[str, object] = {}
        if look:
            with closing(RunStore(home)) as store:
                before = picture(store, "before")
        at.get(-1, _nothing)()
        trainer = Trainer(SETTINGS, self._dataset, run="run")
        events: list[Event] = []
        try:
            for event in record_run(trainer, home):
                events.append(event)
                if isinstance(event, RunStarted | EpochEnded):
                    at.get(getattr(event, "epoch", 0), _nothing)()
        except Exception as error:
            trial.failures.append(f"the run ended with {error!r}")
        finally:
            if free:
                free()
        said = [str(event.message) for event in events if isinstance(event, StorageFailed)]
        trial.check(len(said) <= 1, f"said {len(said)} times")
        trial.check(isinstance(events[-1], RunEnded), "no end")
        trial.check(digest(trainer, events) == self._wanted, "other figures than the undisturbed run")
        if said:
            trial.told = f"“{said[0].replace(str(home), '…')}”"
        state = self._look(trial, home, before, whole, bool(said), look) if look else "not kept"
        trial.check(bool(said) or state == "completed", f"{state}, and nothing said")
        if len(trial.failures) == failures:
            trial.outcomes[f"{'said so' if said else 'nothing to say'}, {state}"] += 1

    def _look(
        self, trial: Trial, home: Path, before: dict[str, object], whole: bool, said: bool, look: str
    ) -> str:
        """Look at what is in the store, go on with the run if it was interrupted, and return its state."""
        if not (home / "runs.db").is_file():
            return "not kept"
        trial.check(integrity(home) == "ok", "the database is damaged")
        try:
            with closing(RunStore(home)) as store:
                store.recover()
                left = [path.name for path in home.rglob(".*")]
                trial.check(not left, f"left behind: {left}")
                records = {record.id: record for record in store.records()}
                if "before" in records and look == "all":
                    for what in differences(picture(store, "before"), before):
                        trial.failures.append(f"of the run before, {what} is damaged")
                if "run" not in records:
                    trial.check(not whole, "the run was not kept")
                    return "not kept"
                state = how = records["run"].state
                trial.check(not whole or state == "completed", f"the run shows as {state}")
                if state == "interrupted":
                    list(record_run(trainer_for(store, records["run"], self._dataset), home))
                    how = "interrupted, then gone on with"
                ours = picture(store, "run")
                if state == "completed" and said and ours["position"] != before["position"]:
                    how = "completed without its last weights"
                    ours |= {name: before[name] for name in WEIGHTS}
                for what in differences(ours, before):
                    trial.failures.append(f"{what} differs from the undisturbed run ({state})")
                return how
        except EngineError as error:
            trial.failures.append(str(error))
            return "not to be read"


class mounted:  # noqa: N801 (a context manager, used as a function is)
    """A small disk of its own at a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        _call("mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(self._folder))

    def __exit__(self, *_: object) -> None:
        _call("umount", str(self._folder))


def fill(home: Path, kilobytes: int) -> None:
    """Fill the disk of `home` but for some kilobytes."""
    free = os.statvfs(home.parent)
    size = free.f_bavail * free.f_frsize - 1024 * kilobytes
    (home.parent / "filler").write_bytes(bytes(max(size, 0)))


def unfill(home: Path) -> None:
    """Make room again."""
    (home.parent / "filler").unlink(missing_ok=True)


def limit(kilobytes: int | None) -> None:
    """Let no file of this process grow beyond a size."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard if kilobytes is None else 1024 * kilobytes, hard))


def _call(*text: str) -> None:
    subprocess.run(text, check=True, capture_output=True)


def _nothing() -> None:
    pass


def _without_checkpoints(home: Path) -> None:
    shutil.rmtree(home / "checkpoints")


def _without_database(home: Path) -> None:
    (home / "runs.db").unlink()


def _no_database(home: Path) -> None:
    (home / "runs.db").write_text("not a database")


def _file_instead(home: Path) -> None:
    shutil.rmtree(home)
    home.write_text("a file")


def _make_read_only(home: Path) -> None:
    """Have no file in `home` written any more, but for those that are open."""
    _call("mount", "--bind", str(home), str(home))
    _call("mount", "-o", "remount,bind,ro", str(home))


def _recreated(home: Path) -> None:
    shutil.rmtree(home)
    RunStore(home).close()


def _folder_instead(home: Path) -> None:
    (home / "runs.db").unlink()
    (home / "runs.db").mkdir()


def _newer(home: Path) -> None:
    with closing(sqlite3.connect(home / "runs.db")) as connection:
        connection.execute("PRAGMA user_version = 99")


def _contents(home: Path) -> dict[str, bytes]:
    paths = [home] if home.is_file() else sorted(path for path in home.rglob("*") if path.is_file())
    return {path.name: path.read_bytes() for path in paths if not path.name.endswith(("-wal", "-shm"))}


def main() -> None:
    """Do all of it in this process, and tell each trial in a line of JSON."""
    with tempfile.TemporaryDirectory() as folder:
        faults = Faults(Path(folder))
        for trials in (faults.with_mounts(), faults.without_mounts()):
            for trial in trials:
                print(json.dumps(vars(trial)), flush=True)


if __name__ == "__main__":
    main()
