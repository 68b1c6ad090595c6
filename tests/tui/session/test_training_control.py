"""What the training process is told, in each state of a run."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.commands import (
    ChangeHyperparameter,
    Command,
    FetchWeights,
    Pause,
    Resume,
    ResumeStoredRun,
    StartRun,
    Step,
    Stop,
)
from engine.data.location import Location
from engine.events import DataFailed, DataLoaded, Event, Paused, RunFailed
from engine.hyperparameters import Hyperparameters
from engine.sentences import Sentence
from tests.tui.screen_text import MNIST, started
from tui.session.run_state import Phase, RunState
from tui.session.training_control import TrainingControl


@dataclass
class Process:
    """A training process that keeps its commands."""

    commands: list[Command] = field(default_factory=list)
    fails: bool = False
    starts: int = 0
    is_alive: bool = False
    data: Location | None = None

    def start(self) -> None:
        self.starts += 1
        if self.fails:
            raise OSError(11, "Resource temporarily unavailable")
        self.is_alive = True

    def send(self, command: Command) -> None:
        self.commands.append(command)

    def close(self) -> None:
        self.is_alive = False


@dataclass
class Control:
    """A control with its process and state."""

    state: RunState = field(default_factory=RunState)
    process: Process = field(default_factory=Process)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.training = TrainingControl(self.state, lambda on_event: self.process, self.events.append)

    def begin(self) -> None:
        self.training.start()
        self.state.fold(DataLoaded(MNIST))

    def happen(self, *events: Event) -> None:
        for event in events:
            self.state.fold(event)


def test_the_process_is_started_once_and_again_after_it_died() -> None:
    control = Control()
    control.training.start()
    control.training.start()
    assert control.process.starts == 1
    assert control.state.phase is Phase.LOADING
    control.process.is_alive = False
    control.training.start()
    assert control.process.starts == 2


def test_other_data_are_read_by_another_process() -> None:
    control = Control()
    control.begin()
    control.training.use_data(Path("other.npz"))
    assert (control.process.data, control.process.starts) == (Path("other.npz"), 2)
    assert control.state.phase is Phase.LOADING
    control.training.go_on("a-run")
    control.happen(DataFailed(Sentence("They are gone.")))
    assert not control.state.active  # no answer to what was asked will come


def test_a_process_that_cannot_be_started_is_an_event() -> None:
    control = Control(process=Process(fails=True))
    control.training.start()
    (event,) = control.events
    assert isinstance(event, RunFailed)
    assert "cannot be started" in str(event.message)


def test_commands_follow_the_state() -> None:
    control = Control()
    control.begin()
    control.training.change("learning_rate", 0.2)  # no run takes it: the next one has it from the form
    control.training.run(Hyperparameters())
    assert control.state.active
    control.happen(started())
    control.training.change("learning_rate", 0.2)
    control.training.change("hidden", (8,))  # not live
    control.training.pause_or_resume()
    control.happen(Paused(1, 5, 5))
    control.training.pause_or_resume()
    control.training.step()
    control.training.ask(FetchWeights())
    control.training.stop()
    control.training.go_on("some-run", 9)
    assert control.process.commands == [
        StartRun(Hyperparameters()),
        ChangeHyperparameter("learning_rate", 0.2),
        Pause(),
        Resume(),
        Step(),
        FetchWeights(),
        Stop(),
        ResumeStoredRun("some-run", 9),
    ]


def test_a_run_that_is_not_kept_is_replaced_when_asked_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    control = Control()
    control.begin()
    control.happen(started())
    assert control.training.is_confirmed(None)
    assert not control.training.is_confirmed("It would be lost.")
    assert control.training.is_confirmed("It would be lost.")
    monkeypatch.setattr("time.monotonic", lambda: float("inf"))
    assert not control.training.is_confirmed("It would be lost.")


def test_nothing_is_sent_before_there_is_a_process_and_closing_ends_it() -> None:
    control = Control()
    control.training.stop()
    assert not control.process.commands
    control.training.start()
    control.training.close()
    assert not control.process.is_alive


def test_a_run_that_goes_on_pauses_while_the_app_is_suspended() -> None:
    control = Control()
    control.begin()
    control.state.fold(started())
    control.training.suspend()
    control.training.wake()  # before the process has answered
    control.training.wake()
    assert control.process.commands == [Pause(), Resume()]


def test_a_run_that_was_paused_stays_paused_when_the_app_is_back() -> None:
    control = Control()
    control.begin()
    control.state.fold(started())
    control.state.fold(Paused(1, 2, 3))
    control.training.suspend()
    control.training.wake()
    assert control.process.commands == []
