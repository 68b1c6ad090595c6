"""`kill -9` at every point of a short run at which something is about to be, or has just been, written."""

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from engine.commands import ChangeHyperparameter
from engine.data.dataset import Dataset, load_dataset
from engine.errors import EngineError
from engine.events import EpochEnded
from engine.hyperparameters import Hyperparameters
from engine.storage.database import Database
from engine.storage.recorder import record_run
from engine.storage.resuming import trainer_for
from engine.storage.runs import RunStore
from engine.training.trainer import Trainer
from tests.faults.programs import differences, integrity, picture, write_data
from tests.faults.reporting import Trial
from tests.runs import quick

RUNS = {
    "completed": quick(hidden=(12,), epochs=3, batch_norm=True, dropout=0.2, optimizer="adam"),
    "stopped early": quick(hidden=(12,), epochs=30, patience=2, min_delta=0.3, dropout=0.2),
}


def crash_points(*, every: int = 1) -> Iterator[Trial]:
    """Kill each run at every point, or at every few; the point after the last is the end of the run."""
    with tempfile.TemporaryDirectory() as folder:
        dataset = load_dataset(write_data(Path(folder) / "data.npz", 600, 200))
        for name, settings in RUNS.items():
            yield _kill_at_each_point(name, settings, dataset, Path(folder) / name, every)


def _kill_at_each_point(
    name: str, settings: Hyperparameters, dataset: Dataset, place: Path, every: int
) -> Trial:
    trial = Trial(f"kill -9 before and after each write, {name}")
    _learn(settings, dataset, place / "undisturbed")
    with closing(RunStore(place / "undisturbed")) as store:
        wanted = picture(store, "run")
    point, killed = 1, True
    while killed:
        home = place / str(point)
        home.mkdir()
        killed = _killed_at(point, settings, dataset, home)
        failures = len(trial.failures)
        _look(trial, settings, dataset, home, wanted, f"point {point}")
        if len(trial.failures) == failures:
            trial.outcomes["gone on with to the same bits" if killed else "not reached: the run ended"] += 1
        point += every
    return trial


def _learn(settings: Hyperparameters, dataset: Dataset, home: Path) -> None:
    """Learn a run, one of whose hyperparameters changes in the middle, and keep it."""
    trainer = Trainer(settings, dataset, run="run")
    for event in record_run(trainer, home):
        if isinstance(event, EpochEnded) and event.epoch == 1:
            trainer.commands.put(ChangeHyperparameter("l2", 0.001))


def _killed_at(point: int, settings: Hyperparameters, dataset: Dataset, home: Path) -> bool:
    """Learn a run in a process that dies at a point; return whether it came so far."""
    child = os.fork()
    if child == 0:
        try:
            _die_at(point)
            _learn(settings, dataset, home)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def _die_at(number: int) -> None:
    """Have this process killed when something is written for the n-th time, before or after."""
    left = number

    def point() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def between(call: Callable[..., Any]) -> Callable[..., Any]:
        def run_label(*arguments: Any, **options: Any) -> Any:
            point()
            result = call(*arguments, **options)
            point()
            return result

        return run_label

    writing = Database.write_transaction

    @contextmanager
    def written(self: Database) -> Iterator[Connection]:
        point()
        with writing(self) as connection:
            yield connection
            point()
        point()

    os.fsync, os.replace, os.unlink = between(os.fsync), between(os.replace), between(os.unlink)
    os.mkdir = between(os.mkdir)
    Database.write_transaction = written  # type: ignore[method-assign]


def _look(
    trial: Trial,
    settings: Hyperparameters,
    dataset: Dataset,
    home: Path,
    wanted: dict[str, object],
    where: str,
) -> None:
    """See that what was kept is whole, go on with it, and hold its end against the undisturbed run's."""
    try:
        with closing(RunStore(home)) as store:
            store.recover()
            trial.check(integrity(home) == "ok", f"{where}: the database is damaged")
            records = store.records()
            if not records:
                _learn(settings, dataset, home)
            elif store.ended("run") is None:
                trial.check(records[0].state == "interrupted", f"{where}: {records[0].state}")
                trainer = trainer_for(store, records[0], dataset)
                for event in record_run(trainer, home):
                    if isinstance(event, EpochEnded) and event.epoch == 1:
                        trainer.commands.put(ChangeHyperparameter("l2", 0.001))
                if trainer.hyperparameters.l2 == 0.0:  # killed before its change was kept: nobody knows of it
                    trial.outcomes["before a person's change was kept"] += 1
                    return
            left = [path.name for path in home.rglob(".*")]
            trial.check(not left, f"{where}: left behind {left}")
            for what in differences(picture(store, "run"), wanted):
                trial.failures.append(f"{where}: {what} differs from the undisturbed run")
    except EngineError as error:
        trial.failures.append(f"{where}: {error}")
