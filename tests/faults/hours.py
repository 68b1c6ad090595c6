"""Eight hours of training as 100,000 small epochs: memory does not grow, and the run opens at once."""

import os
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from engine.data.dataset import load_dataset
from engine.events import EpochEnded, RunStarted
from engine.storage.runs import RunStore
from engine.training.trainer import Trainer
from tests.faults.programs import write_data
from tests.faults.reporting import Trial
from tests.runs import quick

EPOCHS, AT_ONCE, TIMED = 100_000, 100, 1_000
MOST_GROWTH = 20 * 1024**2
"""Bytes that the process may be larger at the end than after a tenth of the epochs."""
LONGEST = 1.0
"""Seconds in which the curves of the whole run are to be had."""


def hours(kills: int, seed: int) -> Iterator[Trial]:
    """Put real epochs into the store, again and again with other numbers, and look at the run."""
    with tempfile.TemporaryDirectory() as folder:
        dataset = load_dataset(write_data(Path(folder) / "data.npz", 600, 200))
        trainer = Trainer(quick(epochs=50, early_stopping=False), dataset, run="long")
        events = list(trainer)
        started = events[0]
        assert isinstance(started, RunStarted)
        real = [event for event in events if isinstance(event, EpochEnded)]
        with closing(RunStore(Path(folder) / "home")) as store:
            store.begin_run(started)
            yield _put_in(store, trainer, real)
            yield from _look_at(store)


def _put_in(store: RunStore, trainer: Trainer, real: list[EpochEnded]) -> Trial:
    """Add all epochs, the first and last ones singly, as they come in a run."""
    trial = Trial(f"{EPOCHS:,} epochs into the store")
    number, began, tenth, pace = 0, time.monotonic(), 0, []
    while number < EPOCHS:
        singly = number < TIMED or number >= EPOCHS - TIMED
        some = []
        for _ in range(1 if singly else AT_ONCE):
            number += 1
            some.append(replace(real[number % len(real)], epoch=number, epochs=EPOCHS, step=11 * number))
        store.add_events(trainer.run, some, trainer.hyperparameters)
        if number in (TIMED, EPOCHS - TIMED, EPOCHS):
            pace.append(time.monotonic())
        if number == EPOCHS // 10:
            tenth = _resident()
    grown = _resident() - tenth
    trial.check(grown < MOST_GROWTH, f"memory grew by {grown:,} bytes")
    first, last = 1000 * (pace[0] - began) / TIMED, 1000 * (pace[2] - pace[1]) / TIMED
    trial.outcomes["kept"] += EPOCHS
    size = (store.folder / "runs.db").stat().st_size
    trial.told = (
        f"one by one {first:.2f} ms each at first, {last:.2f} ms at last; {size / 1e6:.0f} MB on disk; "
        f"memory {tenth / 1e6:.0f} MB after a tenth, {grown / 1e6:+.1f} MB since then"
    )
    return trial


def _look_at(store: RunStore) -> Iterator[Trial]:
    """Open the run, as a person would."""
    for what, look, is_right in (
        ("the list of runs", lambda: store.records()[0].epochs, lambda found: found == EPOCHS),
        ("the curves of the run", lambda: store.epoch_metrics("long"), lambda found: len(found) == EPOCHS),
        (
            "one epoch with its matrix",
            lambda: store.epoch("long", 77_777).epoch,
            lambda found: found == 77_777,
        ),
    ):
        trial = Trial(what)
        began = time.monotonic()
        found = look()
        seconds = time.monotonic() - began
        trial.check(is_right(found), "not what was put in")
        trial.check(seconds < LONGEST, f"it took {seconds:.2f} s")
        if not trial.failures:
            trial.outcomes["right"] += 1
        trial.told = f"in {1000 * seconds:.1f} ms"
        del found
        yield trial
    trial = Trial("all of its epochs, one after the other")
    before, began = _resident(), time.monotonic()
    trial.outcomes["read"] = sum(1 for _ in store.epochs("long"))
    grown = _resident() - before
    trial.check(trial.outcomes["read"] == EPOCHS, "some are missing")
    trial.check(grown < MOST_GROWTH, f"memory grew by {grown:,} bytes")
    trial.told = f"in {time.monotonic() - began:.1f} s, memory {grown / 1e6:+.1f} MB"
    yield trial


def _resident() -> int:
    """Return the bytes of memory that this process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() if os.name == "posix" else 0
