"""An experiment beside the app: it is begun, makes way for a run, goes on, and leaves nothing behind."""

import contextlib
import queue
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.data.dataset import Dataset
from engine.errors import HyperparameterError
from engine.events import Event
from engine.experiments.events import (
    ExperimentEnded,
    ExperimentFailed,
    ExperimentLeft,
    ExperimentStarted,
    TrialEnded,
)
from engine.storage.experiments import ExperimentStore
from engine.storage.runs import RunStore
from tests.engine.experiments.pools import SameProcess
from tests.runs import Kind, quick
from tui.session.experiments import Experiments

PATIENCE = 60.0
"""Seconds to wait for an event: a guard against hanging."""


class Desk:
    """The experiments of an app whose message queue a test empties."""

    def __init__(self, home: Path | None, dataset: Dataset) -> None:
        self.arriving: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.pools: list[SameProcess] = []
        self.experiments = Experiments(home, self.arriving.put, lambda: self.pool(dataset))

    def pool(self, dataset: Dataset) -> SameProcess:
        self.pools.append(SameProcess(dataset))
        return self.pools[-1]

    def until(self, kind: type[Kind]) -> Kind:
        """Take in events up to one of a kind."""
        while True:
            event = self.arriving.get(timeout=PATIENCE)
            self.experiments.fold(event)
            if isinstance(event, kind):
                return event
            assert not isinstance(event, ExperimentFailed), event

    def begin(self, data: Path, **varied: str) -> None:
        self.experiments.draft.varied = varied
        self.experiments.draft.seeds = 1
        self.experiments.begin(self.experiments.draft.plan(quick(hidden=(8,))), data)


@pytest.fixture
def desk(tmp_path: Path, small_dataset: Dataset) -> Iterator[Desk]:
    made = Desk(tmp_path, small_dataset)
    yield made
    made.experiments.close()


def states(home: Path) -> list[str]:
    with contextlib.closing(RunStore(home)) as runs:
        return [record.state for record in ExperimentStore(runs).records()]


def test_it_is_computed_to_its_end(desk: Desk, small_npz: Path, tmp_path: Path) -> None:
    desk.begin(small_npz, learning_rate="0.01,0.1", hidden="8;16")
    started = desk.until(ExperimentStarted)
    assert (desk.experiments.running, started.trials) == (started.experiment, 4)
    desk.begin(small_npz, dropout="0,0.5")  # one at a time
    trial = desk.until(TrialEnded)
    assert (desk.experiments.share, desk.experiments.seconds_left) == (trial.share, trial.seconds_left)
    ended = desk.until(ExperimentEnded)
    assert ended.settings == 4
    desk.until(ExperimentLeft)
    assert not desk.experiments.is_busy
    assert desk.experiments.wanted is None
    assert states(tmp_path) == ["completed"]
    assert [pool.is_closed for pool in desk.pools] == [True]


@pytest.mark.parametrize("shares", [False, True])
def test_it_makes_way_for_a_run_unless_they_share_the_cores(
    desk: Desk, small_npz: Path, tmp_path: Path, shares: bool
) -> None:
    desk.experiments.shares_cores = shares
    desk.begin(small_npz, learning_rate="0.01,0.02,0.05,0.1,0.2,0.5")
    started = desk.until(ExperimentStarted)
    desk.experiments.hold(True)
    if shares:
        desk.until(ExperimentEnded)
        return
    desk.until(ExperimentLeft)
    assert not desk.experiments.is_busy
    assert desk.experiments.wanted == started.experiment
    assert states(tmp_path) == ["interrupted"]
    desk.experiments.hold(False)
    assert desk.until(ExperimentStarted).experiment == started.experiment
    desk.until(ExperimentEnded)
    assert states(tmp_path) == ["completed"]


def test_one_that_is_stopped_stays_stopped_until_it_is_gone_on_with(
    desk: Desk, small_npz: Path, tmp_path: Path
) -> None:
    desk.begin(small_npz, learning_rate="0.01,0.02,0.05,0.1,0.2,0.5")
    desk.experiments.stop()  # before it is even known which it is
    experiment = desk.until(ExperimentStarted).experiment
    desk.until(ExperimentLeft)
    desk.experiments.hold(True)
    desk.experiments.hold(False)
    assert not desk.experiments.is_busy
    assert states(tmp_path) == ["interrupted"]
    desk.experiments.go_on(experiment)
    desk.until(ExperimentEnded)


def test_what_is_wrong_is_told(desk: Desk, small_npz: Path, small_dataset: Dataset, tmp_path: Path) -> None:
    def failure(begin: Callable[[], None], of: Desk) -> str:
        begin()
        while not isinstance(event := of.arriving.get(timeout=PATIENCE), ExperimentFailed):
            of.experiments.fold(event)
        of.experiments.fold(event)
        of.until(ExperimentLeft)
        return str(event.message)

    assert "batch_size is 541" in failure(lambda: desk.begin(small_npz, batch_size="50,541"), desk)
    assert "/nowhere" in failure(lambda: desk.begin(Path("/nowhere"), dropout="0,0.5"), desk)
    homeless = Desk(None, small_dataset)
    assert "without a folder" in failure(lambda: homeless.begin(small_npz, dropout="0,0.5"), homeless)
    assert states(tmp_path) == []
    with pytest.raises(HyperparameterError, match="dropout is “2”"):
        desk.begin(small_npz, dropout="0,2")


def test_closing_interrupts_it_and_keeps_what_is_done(desk: Desk, small_npz: Path, tmp_path: Path) -> None:
    desk.begin(small_npz, learning_rate="0.01,0.02,0.05,0.1,0.2,0.5")
    desk.until(TrialEnded)
    desk.experiments.close()
    assert states(tmp_path) == ["interrupted"]
    assert desk.pools[0].is_closed
