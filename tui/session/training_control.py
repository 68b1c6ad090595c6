"""Controls the training process: starts it, and sends it commands as the state of the run allows."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from engine.commands import (
    ChangeHyperparameter,
    Command,
    EstimateDuration,
    Pause,
    Query,
    Resume,
    ResumeStoredRun,
    StartRun,
    Step,
    Stop,
)
from engine.data.location import Location
from engine.errors import system_reason
from engine.events import Event, RunFailed
from engine.hyperparameters import SPECIFICATIONS, Hyperparameters
from engine.sentences import N_, Sentence
from tui.session.run_state import Phase, RunState


class Worker(Protocol):
    """What is asked of a `TrainingWorker`."""

    data: Location | None

    @property
    def is_alive(self) -> bool:
        """Whether commands are heard."""

    def start(self) -> None:
        """Start the process."""

    def send(self, command: Command) -> None:
        """Send a command."""

    def close(self) -> None:
        """End the process."""


SECONDS_TO_CONFIRM = 10
"""How long a warning that a run is lost waits for the same key again."""

WorkerFactory = Callable[[Callable[[Event], None]], Worker]


def training_worker(data: Location | None, log: Path | None, home: Path | None) -> WorkerFactory:
    """Return what makes the real worker, and imports it only then: the first paint comes before."""

    def make(on_event: Callable[[Event], None]) -> Worker:
        from engine.worker import TrainingWorker

        return TrainingWorker(on_event, data=data, log=log, home=home)

    return make


class TrainingControl:
    """Sends commands as they make sense in the state that a run is in.

    run_wanted: whether a run starts as soon as the data is loaded; network_wanted: of which network of a
    person's own, None for the engine's
    """

    def __init__(self, state: RunState, make_worker: WorkerFactory, process: Callable[[Event], None]) -> None:
        """Control the process that `make_worker` makes; `process` takes its events."""
        self._state = state
        self._make_worker = make_worker
        self._on_event = process
        self._worker: Worker | None = None
        self.run_wanted = False
        self.network_wanted: str | None = None
        self._warned: tuple[str, float] | None = None
        self._is_suspended = False

    def is_confirmed(self, question: str | None) -> bool:
        """Return whether a run may replace the one shown: nothing is lost, or it was asked for again in time.

        question: what would be lost, None if nothing
        """
        if question is None or self._state.started is None:
            return True
        run, now = self._state.started.run, time.monotonic()
        if self._warned is not None and self._warned[0] == run and now < self._warned[1]:
            return True
        self._warned = run, now + SECONDS_TO_CONFIRM
        return False

    def start(self) -> None:
        """Start the training process, unless there is one. Its first answer is about the data."""
        if self._worker is None:
            self._worker = self._make_worker(self._on_event)
        if self._worker.is_alive:
            return
        self._state.phase = Phase.LOADING
        try:
            self._worker.start()
        except OSError as error:
            reason = {"reason": system_reason(error)}
            self._on_event(
                RunFailed(Sentence(N_("The training process cannot be started: {reason}."), reason))
            )

    def use_data(self, data: Location | None) -> None:
        """Start the training process anew, on other data. To be called while no run is active."""
        if self._worker is None:
            self._worker = self._make_worker(self._on_event)
        self._worker.close()
        self._worker.data = data
        self.start()

    def run(self, hyperparameters: Hyperparameters, network: str | None = None) -> None:
        """Start a run; of a person's own network, if one is named."""
        self.run_wanted = False
        self._state.expect_run()
        self._send(StartRun(hyperparameters, network))

    def estimate(self, hyperparameters: Hyperparameters) -> None:
        """Ask how long such a run would take; nothing answers while one is active."""
        if not self._state.active:
            self._send(EstimateDuration(hyperparameters))

    def go_on(self, run: str, epochs: int | None = None) -> None:
        """Go on with a stored run."""
        self.run_wanted = False
        self._state.expect_run()
        self._send(ResumeStoredRun(run, epochs))

    def pause_or_resume(self) -> None:
        """Pause the run, or let it go on."""
        self._send(Resume() if self._state.phase is Phase.PAUSED else Pause())

    def suspend(self) -> None:
        """Pause a run that is going on, for as long as the app is suspended."""
        self._is_suspended = self._state.phase is Phase.RUNNING
        if self._is_suspended:
            self._send(Pause())

    def wake(self) -> None:
        """Have a run that `suspend` paused go on."""
        if self._is_suspended:
            self._is_suspended = False
            self._send(Resume())

    def stop(self) -> None:
        """End the run; its best weights are tested."""
        self._send(Stop())

    def step(self) -> None:
        """Learn one mini-batch, then wait."""
        self._send(Step())

    def change(self, name: str, value: object) -> None:
        """Give a run that is active another value, if it can take it; otherwise the next run has it."""
        if self._state.active and SPECIFICATIONS[name].live:
            self._send(ChangeHyperparameter(name, value))

    def ask(self, question: Query) -> None:
        """Ask the run for predictions, an explanation or its weights; an event is the answer."""
        self._send(question)

    def close(self) -> None:
        """Leave no process behind."""
        if self._worker is not None:
            self._worker.close()

    def _send(self, command: Command) -> None:
        if self._worker is not None:
            self._worker.send(command)
