"""Runs a `Trainer` in a child process: commands go in, events come out.

Both go through one pipe. In a process of its own, training is not slowed down by the user interface
(every NumPy call of a step releases the interpreter lock, and drawing holds it), and a crash of the child
leaves the user interface running.

The child never outlives its parent: one of its threads does nothing but read the pipe, and ends the
process when the pipe closes, whatever the training is doing.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue

from engine.commands import (
    Command,
    EstimateDuration,
    ExplainPrediction,
    FetchPredictions,
    FetchWeights,
    ResumeStoredRun,
    StartRun,
    Stop,
)
from engine.data.location import Location
from engine.errors import EngineError, HyperparameterError
from engine.events import (
    BatchEnded,
    DataFailed,
    DataLoaded,
    DurationEstimated,
    EpochEnded,
    Event,
    Printed,
    RunEnded,
    RunFailed,
    RunStarted,
    StorageFailed,
)
from engine.sentences import N_, Sentence

SAVE_TIMEOUT = 2.0
"""Seconds that a run has to save its state when the program quits; each epoch is saved anyway."""


class TrainingWorker:
    """The parent's side: starts the process, passes its events to a callback, sends it commands.

    The process loads its data once and stays ready for the next run. `on_event` is called from a thread of
    the worker's own. When the process dies, whatever it was doing, the last event is `RunFailed`
    (`DataFailed` where it could not read its data); `start` may then be called again. After `close` no event
    comes.
    """

    def __init__(
        self,
        on_event: Callable[[Event], None],
        *,
        data: Location | None = None,
        log: Path | None = None,
        home: Path | None = None,
    ) -> None:
        """Prepare a worker for the data set at `data` (None: MNIST); another counts from the next start.

        Its output goes to `log`; its runs are stored at `home` (None: they are not).
        """
        self.data = data
        self._on_event = on_event
        self._log = log
        self._home = home
        self._is_running = False
        self._run_is_over = threading.Event()
        self._process: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection | None = None
        self._last_epoch = self._epochs_kept = 0
        self._run, self._is_kept = "", False

    @property
    def is_alive(self) -> bool:
        """Whether there is a process to send commands to."""
        return self._process is not None and self._process.is_alive()

    @property
    def pid(self) -> int | None:
        """The number of the process, None before `start`."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process, in place of one that is there. It answers with `DataLoaded` or `DataFailed`."""
        self.close()
        context = multiprocessing.get_context("spawn")
        connection, child_connection = context.Pipe()
        process = context.Process(
            target=_child_main,
            args=(child_connection, self.data, self._log, self._home),
            name="mlp-tui training",
            daemon=True,
        )
        # Under Textual stderr has no file number, which spawning needs (Textual issue 3593).
        with contextlib.redirect_stderr(sys.__stderr__):
            process.start()
        child_connection.close()
        self._process, self._connection, self._last_epoch = process, connection, 0
        threading.Thread(
            target=self._forward_events, args=(process, connection), name="worker events", daemon=True
        ).start()

    def send(self, command: Command) -> None:
        """Send a command. If the process has died, it is dropped; `RunFailed` has reported that already."""
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.send(command)

    def close(self) -> None:
        """End the process and wait for it. A run under way is interrupted, and stored as such."""
        process, self._process = self._process, None
        if process is None:
            return
        if self._is_running and process.is_alive():
            self.send(Stop(interrupted=True, tested=False))
            self._run_is_over.wait(SAVE_TIMEOUT)
        process.terminate()
        process.join(0.3)
        if process.is_alive():
            process.kill()
            process.join()

    def _forward_events(self, process: multiprocessing.process.BaseProcess, connection: Connection) -> None:
        """Pass on events until the pipe closes, or the process is no longer the worker's."""
        event: Event | None = None
        while True:
            try:
                event = connection.recv()
            except (EOFError, OSError):
                break
            if isinstance(event, BatchEnded | EpochEnded):
                self._last_epoch = event.epoch
                if isinstance(event, EpochEnded) and self._is_kept:
                    self._epochs_kept = event.epoch
            elif isinstance(event, StorageFailed):
                self._is_kept = False
            elif isinstance(event, RunStarted):
                self._last_epoch, self._is_running = 0, True
                self._run = event.run
                self._is_kept = self._home is not None and event.network is None
                self._epochs_kept = event.epochs_before
                self._run_is_over.clear()
            elif isinstance(event, RunEnded | RunFailed):
                self._last_epoch, self._is_running = 0, False
                self._run_is_over.set()
            if (
                self._process is process
            ):  # and not closed; what it says is read all the same, or it would wait
                self._on_event(event)
        self._run_is_over.set()
        process.join()
        connection.close()
        expected = isinstance(event, DataFailed)
        if self._process is process and not expected:
            self._on_event(RunFailed(self._exit_message(process.exitcode)))

    def _exit_message(self, exit_code: int | None) -> Sentence:
        """Return the message about a process that ended unexpectedly."""
        if exit_code is not None and exit_code < 0:
            cause = Sentence(
                N_("it was killed by signal {signal}, perhaps because memory ran out")
                if exit_code == -signal.SIGKILL
                else N_("it was killed by signal {signal}"),
                {"signal": signal.Signals(-exit_code).name},
            )
        else:
            cause = Sentence(N_("exit status {status}"), {"status": exit_code})
        if self._last_epoch and self._epochs_kept and self._home is not None:
            return Sentence(
                N_(
                    "The training process died in epoch {epoch}: {cause}. In the tab Runs, r resumes the run "
                    "after epoch {kept}, as `mlp-tui resume {run}` does; ctrl+r starts a new one."
                ),
                {"epoch": self._last_epoch, "cause": cause, "kept": self._epochs_kept, "run": self._run},
            )
        return Sentence(
            N_("The training process died in epoch {epoch}: {cause}. ctrl+r starts a new run.")
            if self._last_epoch
            else N_("The training process died: {cause}. ctrl+r starts a new run."),
            {"epoch": self._last_epoch, "cause": cause},
        )


def _child_main(connection: Connection, data: Location | None, log: Path | None, home: Path | None) -> None:
    """Run the child process: load the data, then carry out commands until the pipe closes."""
    _detach_from_terminal(log)
    commands: SimpleQueue[Command] = SimpleQueue()
    threading.Thread(target=_queue_commands, args=(connection, commands), daemon=True).start()
    with contextlib.suppress(BrokenPipeError):  # the parent is gone; `_queue_commands` ends us
        _run_commands(connection, commands, data, home)


def _run_commands(
    connection: Connection, commands: "SimpleQueue[Command]", data: Location | None, home: Path | None
) -> None:
    """Load the data, then carry out one command after the other."""
    from engine.data.dataset import load_dataset  # NumPy is loaded here, in the child alone
    from engine.storage.recorder import record_run
    from engine.storage.resuming import trainer_for_id
    from engine.training.duration import expected_seconds
    from engine.training.trainer import Trainer
    from engine.workshop.own_network.source import only_applicable, read_source

    def printed(text: str) -> None:
        connection.send(Printed(text))

    try:
        dataset = load_dataset(data)
    except EngineError as error:
        connection.send(DataFailed(error.sentence))
        return
    connection.send(DataLoaded(dataset.summary()))
    trainer: Trainer | None = None
    while True:
        match commands.get():
            case StartRun() | ResumeStoredRun() as wanted:
                trainer = None  # the memory of the run before is free for this one
                try:
                    if isinstance(wanted, StartRun) and wanted.network is not None:
                        from engine.workshop.own_network.learner import own_trainer

                        given = only_applicable(wanted.hyperparameters)
                        source = read_source(wanted.network)
                        trainer = own_trainer(source, given, dataset, commands, printed)
                    elif isinstance(wanted, StartRun):
                        trainer = Trainer(wanted.hyperparameters, dataset, commands)
                    else:
                        trainer = trainer_for_id(home, wanted.run, dataset, commands, epochs=wanted.epochs)
                    for event in record_run(trainer, home, data=data) if home else trainer:
                        connection.send(event)
                except BrokenPipeError:
                    raise
                except Exception as error:
                    traceback.print_exc()  # into the log
                    connection.send(_run_failed(error))
            case EstimateDuration(hyperparameters) if commands.empty():
                with contextlib.suppress(EngineError, MemoryError):  # starting such a run would say so
                    seconds = expected_seconds(hyperparameters, dataset)
                    connection.send(DurationEstimated(hyperparameters, seconds))
            case FetchPredictions() | ExplainPrediction() | FetchWeights() as question:
                if trainer is not None and (answer := trainer.answer(question)):
                    connection.send(answer)
            case _:
                pass  # a command for a run that has just ended


def _run_failed(error: Exception) -> RunFailed:
    """Return the event for a run that cannot start or go on."""
    if isinstance(error, HyperparameterError):
        return RunFailed(error.sentence, error.name)
    if isinstance(error, EngineError):
        return RunFailed(error.sentence)
    if isinstance(error, MemoryError):
        return RunFailed(
            Sentence(N_("There is not enough memory for this network; make it or the batch smaller."))
        )
    return RunFailed(
        Sentence(
            N_("The run failed because of an error in the program: {error}."),
            {"error": f"{type(error).__name__}: {error}"},
        )
    )


def _queue_commands(connection: Connection, commands: "SimpleQueue[Command]") -> None:
    """Queue the commands from the pipe; end the process when it closes."""
    try:
        while True:
            commands.put(connection.recv())
    except (EOFError, OSError):
        os._exit(0)


def _open_log(log: Path | None) -> int:
    """Return a file descriptor for the output: `log`, or the null device if that cannot be written."""
    if log is not None:
        with contextlib.suppress(OSError):
            return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    return os.open(os.devnull, os.O_WRONLY)


def _detach_from_terminal(log: Path | None) -> None:
    """Detach from the terminal: ignore its signals, and send output to the log."""
    for name in ("SIGINT", "SIGHUP", "SIGTSTP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    output = _open_log(log)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
