"""Workers with a real child process, and what comes from them."""

import queue
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.commands import StartRun, Stop
from engine.events import DataFailed, DataLoaded, Event, RunFailed, RunStarted
from engine.worker import TrainingWorker
from tests.runs import Kind, quick

PATIENCE = 60.0
"""Seconds to wait for an event: a guard against hanging."""


class Line:
    """A worker, and the events that have come from it."""

    def __init__(self, data: Path, log: Path | None = None, home: Path | None = None) -> None:
        self.events: list[Event] = []
        self._arriving: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.worker = TrainingWorker(self._arriving.put, data=data, log=log, home=home)

    def next(self, kind: type[Kind], where: Callable[[Kind], bool] = lambda event: True) -> Kind:
        """Wait for the next event of a kind."""
        while True:
            event = self._arriving.get(timeout=PATIENCE)
            self.events.append(event)
            if isinstance(event, kind) and where(event):
                return event
            assert not isinstance(event, RunFailed | DataFailed) or issubclass(kind, type(event)), event

    def waits(self) -> bool:
        """Return whether nothing has come that was not asked for."""
        return self._arriving.empty()

    def run(self, **changes: Any) -> RunStarted:
        """Start a run and wait until it has begun."""
        self.worker.send(StartRun(quick(**changes)))
        return self.next(RunStarted)


@pytest.fixture
def lines() -> Iterator[Callable[..., Line]]:
    """Return what makes workers, each closed after the test."""
    made: list[Line] = []

    def make(*arguments: Any, **options: Any) -> Line:
        made.append(Line(*arguments, **options))
        return made[-1]

    yield make
    for line in made:
        line.worker.close()


@pytest.fixture(scope="module")
def shared(small_npz: Path) -> Iterator[Line]:
    """A worker that has loaded its data and is used by one test after the other."""
    line = Line(small_npz)
    line.worker.start()
    line.next(DataLoaded)
    yield line
    line.worker.close()


@pytest.fixture
def line(shared: Line) -> Iterator[Line]:
    """The shared worker, with no run."""
    shared.events.clear()
    yield shared
    shared.worker.send(Stop())  # for a test that failed in the middle of a run
