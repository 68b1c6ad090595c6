"""What a person asks of a run, as commands to the training process. No Textual in it."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from engine.commands import (
    Change,
    Command,
    Explain,
    FetchWeights,
    GoOn,
    Inspect,
    Pause,
    Resume,
    Run,
    Step,
    Stop,
)
from engine.errors import reason_of
from engine.events import Event, RunFailed
from engine.hyperparameters import SPECIFICATIONS, Hyperparameters
from engine.sentences import N_, Sentence
from tui.session.run_state import Phase, RunState


class Worker(Protocol):
    """What is asked of a `TrainingWorker`."""

    @property
    def is_alive(self) -> bool:
        """Whether commands are heard."""

    def start(self) -> None:
        """Start the process."""

    def send(self, command: Command) -> None:
        """Send a command."""

    def close(self) -> None:
        """End the process."""


WorkerFactory = Callable[[Callable[[Event], None]], Worker]


def training_worker(data: Path | None, log: Path | None, home: Path | None) -> WorkerFactory:
    """Return what makes the real worker, and imports it only then: the first paint comes before."""

    def make(on_event: Callable[[Event], None]) -> Worker:
        from engine.worker import TrainingWorker

        return TrainingWorker(on_event, data=data, log=log, home=home)

    return make


class Steering:
    """Sends commands as they make sense in the state that a run is in."""

    def __init__(self, state: RunState, make_worker: WorkerFactory, hear: Callable[[Event], None]) -> None:
        """Steer what `make_worker` makes; `hear` takes its events."""
        self._state = state
        self._make_worker = make_worker
        self._hear = hear
        self._worker: Worker | None = None
        self.run_wanted = False

    def start(self) -> None:
        """Start the training process, unless there is one. Its first answer is about the data."""
        if self._worker is None:
            self._worker = self._make_worker(self._hear)
        if self._worker.is_alive:
            return
        self._state.phase = Phase.LOADING
        try:
            self._worker.start()
        except OSError as error:
            reason = {"reason": reason_of(error)}
            self._hear(RunFailed(Sentence(N_("The training process cannot be started: {reason}."), reason)))

    def run(self, hyperparameters: Hyperparameters) -> None:
        """Start a run."""
        self.run_wanted = False
        self._state.expect_run()
        self._send(Run(hyperparameters))

    def go_on(self, run: str, epochs: int | None = None) -> None:
        """Go on with a stored run."""
        self.run_wanted = False
        self._state.expect_run()
        self._send(GoOn(run, epochs))

    def pause_or_resume(self) -> None:
        """Pause the run, or let it go on."""
        self._send(Resume() if self._state.phase is Phase.PAUSED else Pause())

    def stop(self) -> None:
        """End the run; its best weights are tested."""
        self._send(Stop())

    def step(self) -> None:
        """Learn one mini-batch, then wait."""
        self._send(Step())

    def change(self, name: str, value: object) -> None:
        """Give a run that is active another value, if it can take it; otherwise the next run has it."""
        if self._state.active and SPECIFICATIONS[name].live:
            self._send(Change(name, value))

    def fetch_predictions(self, split: str, epoch: int) -> None:
        """Ask for the predictions behind a confusion matrix."""
        self._send(Inspect(epoch, split))

    def explain(self, split: str, index: int, other: int) -> None:
        """Ask why an image is read as `other`, or nearly so."""
        self._send(Explain(split, index, other))

    def fetch_weights(self) -> None:
        """Ask for a copy of the weights."""
        self._send(FetchWeights())

    def close(self) -> None:
        """Leave no process behind."""
        if self._worker is not None:
            self._worker.close()

    def _send(self, command: Command) -> None:
        if self._worker is not None:
            self._worker.send(command)
