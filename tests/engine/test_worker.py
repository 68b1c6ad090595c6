"""The worker with a real child process: what it says, that it obeys, and that it never stays behind."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.commands import (
    ChangeHyperparameter,
    ExplainPrediction,
    FetchPredictions,
    Pause,
    Resume,
    StartRun,
    Step,
    Stop,
)
from engine.data.dataset import Dataset
from engine.events import (
    BatchEnded,
    ChangeRejected,
    DataFailed,
    DataLoaded,
    EpochEnded,
    Event,
    Explanation,
    HyperparameterChanged,
    Paused,
    Predictions,
    Printed,
    Resumed,
    RunEnded,
    RunFailed,
    RunStarted,
)
from engine.training.metrics import confusion_matrix
from engine.training.trainer import Trainer
from engine.worker import TrainingWorker
from engine.workshop.texts import solution
from tests.engine.conftest import PATIENCE, Line
from tests.runs import BATCHES, eventually, follow, of_kind, only, quick

LONG: dict[str, Any] = {"epochs": 100_000, "early_stopping": False}


def is_gone(pid: int) -> bool:
    """Return whether there is no such process any more, or it only waits for its parent to notice."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return False


def test_it_loads_its_data_first(small_npz: Path, small_dataset: Dataset, lines: Callable[..., Line]) -> None:
    line = lines(small_npz)
    assert not line.worker.is_alive
    assert line.worker.pid is None
    line.worker.send(Stop())  # there is nobody to hear it
    line.worker.start()
    assert line.worker.is_alive
    assert line.next(DataLoaded).data == small_dataset.summary()
    assert len(line.events) == 1


def test_a_run_is_the_one_of_a_trainer_here(line: Line, small_dataset: Dataset) -> None:
    """The same events with the same figures, and a second run without loading anything anew."""
    trainer = Trainer(quick(), small_dataset)
    expected = only(follow(trainer), RunEnded)
    pid = line.worker.pid
    for _ in range(2):
        line.events.clear()
        started = line.run()
        ended = line.next(RunEnded)
        assert isinstance(line.events[0], RunStarted)
        assert started.hyperparameters == trainer.hyperparameters
        assert [epoch.epoch for epoch in of_kind(line.events, EpochEnded)] == [1, 2, 3]
        assert ended.test_loss == expected.test_loss
        assert ended.confusion_matrix == expected.confusion_matrix
    assert line.worker.pid == pid
    assert not of_kind(line.events, DataLoaded)


def test_commands_are_obeyed_and_answered(line: Line) -> None:
    line.run(**LONG)
    line.next(BatchEnded)
    line.worker.send(Pause())
    paused = line.next(Paused)
    line.worker.send(Step())
    batch, again = line.next(BatchEnded), line.next(Paused)
    assert batch.step == again.step == paused.step + 1
    line.worker.send(ChangeHyperparameter("learning_rate", 0.01))
    changed = line.next(HyperparameterChanged)
    assert (changed.step, changed.new) == (again.step, 0.01)
    line.worker.send(ChangeHyperparameter("hidden", (3,)))
    assert line.next(ChangeRejected).name == "hidden"
    assert line.waits()
    line.worker.send(Resume())
    assert line.next(Resumed).step == again.step
    line.next(BatchEnded, lambda event: event.step > again.step + BATCHES)
    line.worker.send(Stop())
    ended = line.next(RunEnded)
    assert ended.reason == "stopped"
    assert ended.test_accuracy is not None


def test_inspect_during_and_after_a_run(line: Line) -> None:
    """The predictions agree with the newest confusion matrix, cell by cell."""
    line.run(**LONG)
    line.next(EpochEnded, lambda epoch: epoch.epoch == 2)
    line.worker.send(Pause())
    line.next(Paused)
    line.worker.send(FetchPredictions())
    validation = line.next(Predictions)
    newest = of_kind(line.events, EpochEnded)[-1]
    assert (validation.split, validation.epoch) == ("validation", newest.epoch)
    matrix = confusion_matrix(validation.labels, validation.predicted, 10)
    assert matrix == newest.validation_confusion_matrix
    earlier = of_kind(line.events, EpochEnded)[-2]
    line.worker.send(FetchPredictions(earlier.epoch))
    before = line.next(Predictions)
    assert before.epoch == earlier.epoch
    assert confusion_matrix(before.labels, before.predicted, 10) == earlier.validation_confusion_matrix
    line.worker.send(Stop())
    ended = line.next(RunEnded)
    line.worker.send(FetchPredictions())
    test = line.next(Predictions)
    assert (test.split, test.epoch) == ("test", ended.best_epoch)
    assert confusion_matrix(test.labels, test.predicted, 10) == ended.confusion_matrix
    assert test.images.shape == (200, 28, 28)


def test_explain_during_and_after_a_run(line: Line, small_dataset: Dataset) -> None:
    """Of the weights of the moment in a run, of the best ones after it."""
    line.run(**LONG)
    line.next(EpochEnded, lambda epoch: epoch.epoch == 2)
    line.worker.send(Pause())
    paused = line.next(Paused)
    other = 0 if small_dataset.test_labels[5] else 1
    line.worker.send(ExplainPrediction("test", 5, other))
    during = line.next(Explanation)
    assert (during.split, during.index, during.other) == ("test", 5, other)
    assert (during.epoch, during.batch) == (paused.epoch, paused.batch)
    line.worker.send(Stop())
    ended = line.next(RunEnded)
    line.worker.send(ExplainPrediction("test", 5, other))
    after = line.next(Explanation)
    assert (after.epoch, after.batch) == (ended.best_epoch, None)


def test_commands_for_a_run_that_has_ended_do_nothing_to_the_next(line: Line) -> None:
    line.run(epochs=1)
    line.next(RunEnded)
    for command in (Pause(), Step(), Stop(), Resume(), ChangeHyperparameter("epochs", 1)):
        line.worker.send(command)
    line.run(epochs=2)
    ended = line.next(RunEnded)
    assert (ended.reason, ended.epochs) == ("completed", 2)
    assert not of_kind(line.events, Paused)


def test_hyperparameters_that_do_not_fit_the_data_are_blamed_by_name(line: Line) -> None:
    line.worker.send(StartRun(quick(batch_size=10_000)))
    failed = line.next(RunFailed)
    assert failed.name == "batch_size"
    assert "10,000" in str(failed.message)
    assert line.worker.is_alive
    line.run(epochs=1)
    assert line.next(RunEnded).reason == "completed"


def test_a_fault_in_the_program_is_told_and_logged(
    small_npz: Path, tmp_path: Path, lines: Callable[..., Line], capfd: pytest.CaptureFixture[str]
) -> None:
    """What the process prints goes to the log and never to the terminal; it is there for the next run."""
    log = tmp_path / "worker.log"
    line = lines(small_npz, log=log)
    line.worker.start()
    line.next(DataLoaded)
    line.worker.send(StartRun("nonsense"))  # type: ignore[arg-type]
    failed = line.next(RunFailed)
    assert "AttributeError" in str(failed.message)
    assert failed.name is None
    assert "Traceback" in log.read_text()
    assert oct(log.stat().st_mode & 0o777) == "0o600"
    line.run(epochs=1)
    line.next(RunEnded)
    assert capfd.readouterr() == ("", "")


def test_a_log_that_cannot_be_written_is_done_without(
    small_npz: Path, tmp_path: Path, lines: Callable[..., Line]
) -> None:
    line = lines(small_npz, log=tmp_path / "no folder" / "worker.log")
    line.worker.start()
    line.next(DataLoaded)


def test_data_that_cannot_be_read_is_told_and_can_be_tried_again(
    small_npz: Path, tmp_path: Path, lines: Callable[..., Line]
) -> None:
    path = tmp_path / "data.npz"
    path.write_bytes(b"PK")
    line = lines(path)
    line.worker.start()
    assert "data.npz" in str(line.next(DataFailed).message)
    eventually(lambda: not line.worker.is_alive, "the process ends")
    line.worker.send(StartRun(quick()))  # is dropped
    path.write_bytes(small_npz.read_bytes())
    line.worker.start()
    line.next(DataLoaded)
    assert [type(event) for event in line.events] == [DataFailed, DataLoaded]  # and no RunFailed between


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_its_death_is_told_and_it_can_be_started_again(
    small_npz: Path, lines: Callable[..., Line], number: signal.Signals
) -> None:
    line = lines(small_npz)
    line.worker.start()
    line.next(DataLoaded)
    line.run(**LONG)
    line.next(EpochEnded, lambda event: event.epoch == 2)
    pid = line.worker.pid
    assert pid is not None
    os.kill(pid, number)
    message = str(line.next(RunFailed).message)
    assert number.name in message
    assert ("memory" in message) == (number is signal.SIGKILL)
    assert "in epoch" in message
    assert "resume" not in message  # it was not kept
    assert message.endswith("ctrl+r starts a new run.")
    assert not line.worker.is_alive
    line.worker.send(Pause())  # nobody hears it
    line.worker.start()
    line.next(DataLoaded)
    line.run(epochs=1)
    assert line.next(RunEnded).reason == "completed"
    second = line.worker.pid
    assert second is not None
    assert second != pid
    os.kill(second, signal.SIGKILL)  # without a run: no epoch is blamed
    assert "in epoch" not in str(line.next(RunFailed).message)


def test_close_in_the_middle_of_an_epoch(lines: Callable[..., Line]) -> None:
    """With all of MNIST and one mini-batch after the other; the bound is a guard against hanging."""
    line = lines(None)
    line.worker.start()
    line.next(DataLoaded)
    line.run(batch_size=1, epochs=100_000)
    line.next(BatchEnded)
    pid = line.worker.pid
    assert pid is not None
    began = time.monotonic()
    line.worker.close()
    assert time.monotonic() - began < 5.0
    assert is_gone(pid)
    assert not line.worker.is_alive
    line.worker.close()
    line.worker.send(Stop())
    assert not of_kind(line.events, RunFailed)


def test_close_while_the_data_loads(lines: Callable[..., Line]) -> None:
    line = lines(None)
    line.worker.start()
    pid = line.worker.pid
    assert pid is not None
    line.worker.close()
    assert is_gone(pid)


def test_close_before_start(small_npz: Path) -> None:
    TrainingWorker(lambda event: None, data=small_npz).close()


def test_close_ends_a_process_that_does_not_listen(small_npz: Path, lines: Callable[..., Line]) -> None:
    """One that is stopped does not even take SIGTERM."""
    line = lines(small_npz)
    line.worker.start()
    line.next(DataLoaded)
    pid = line.worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    assert os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)
    line.worker.close()
    assert is_gone(pid)


def test_after_close_no_event_comes_from_the_old_process(small_npz: Path, lines: Callable[..., Line]) -> None:
    """Nor a word of its death, though the next one has started by then."""
    line = lines(small_npz)
    pids = []
    for _ in range(3):
        line.worker.start()
        pids.append(line.worker.pid)
        line.next(DataLoaded)
        line.run(**LONG)
        line.next(BatchEnded)
        line.worker.close()
    line.worker.start()
    line.next(DataLoaded)
    line.run(epochs=1)
    assert line.next(RunEnded).epochs == 1
    assert not of_kind(line.events, RunFailed)
    assert len(of_kind(line.events, DataLoaded)) == 4
    assert all(is_gone(pid) for pid in pids if pid)


def test_what_is_still_in_the_pipe_is_not_told_after_close(small_npz: Path) -> None:
    """The listener is held up in the first event; more have come when the worker is closed."""
    told: list[Event] = []
    held, go_on = threading.Event(), threading.Event()

    def process(event: Event) -> None:
        told.append(event)
        held.set()
        assert go_on.wait(PATIENCE)

    worker = TrainingWorker(process, data=small_npz)
    others = set(threading.enumerate())
    worker.start()
    (reader,) = {thread for thread in threading.enumerate() if thread.name == "worker events"} - others
    try:
        assert held.wait(PATIENCE)
        worker.send(StartRun(quick()))
        assert worker._connection is not None
        assert worker._connection.poll(PATIENCE)
        worker.close()
    finally:
        go_on.set()
        worker.close()
    reader.join(PATIENCE)
    assert not reader.is_alive()
    assert [type(event) for event in told] == [DataLoaded]


def test_start_takes_the_place_of_a_process_that_is_there(
    small_npz: Path, lines: Callable[..., Line]
) -> None:
    line = lines(small_npz)
    line.worker.start()
    first = line.worker.pid
    assert first is not None
    line.worker.start()
    assert is_gone(first)
    line.next(DataLoaded)


CAPTURED = """
import io
import queue
import sys
from pathlib import Path

from engine import TrainingWorker

class Captured(io.StringIO):
    def fileno(self):
        return int(sys.argv[2])

sys.stdout = sys.stderr = Captured()
events = queue.SimpleQueue()
worker = TrainingWorker(events.put, data=Path(sys.argv[1]))
worker.start()
event = events.get(timeout=60)
worker.close()
print(type(event).__name__, file=sys.__stdout__)
"""


@pytest.mark.parametrize("number", ["-1", "none"])
def test_it_starts_where_stderr_has_no_file_number(small_npz: Path, number: str) -> None:
    """As under Textual (its issue 3593); in a fresh interpreter, which has no resource tracker yet."""
    command = [sys.executable, "-c", CAPTURED, str(small_npz), number]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert (done.stdout, done.stderr) == ("DataLoaded\n", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_what_the_terminal_sends_is_the_parents_alone(line: Line, number: signal.Signals) -> None:
    """Ctrl+C reaches every process of a terminal; the run goes on."""
    line.run(**LONG)
    step = line.next(BatchEnded).step
    assert line.worker.pid is not None
    os.kill(line.worker.pid, number)
    line.next(BatchEnded, lambda event: event.step > step + BATCHES)
    line.worker.send(Stop())
    line.next(RunEnded)


PARENT = """
import sys
import threading
from pathlib import Path

from engine import Hyperparameters, TrainingWorker
from engine.commands import StartRun
from engine.events import BatchEnded, DataLoaded

idle, learning = threading.Event(), threading.Event()

def hear(event):
    if isinstance(event, DataLoaded):
        idle.set()
    if isinstance(event, DataLoaded) and sys.argv[2] == "learning":
        worker.send(StartRun(Hyperparameters(epochs=100_000, batch_size=1, threads=1)))
    if isinstance(event, BatchEnded):
        learning.set()

worker = TrainingWorker(hear, data=Path(sys.argv[1]))
worker.start()
if sys.argv[2] == "learning":
    learning.wait()
if sys.argv[2] == "idle":
    idle.wait()
print(worker.pid, flush=True)
if sys.argv[3] == "leave":
    sys.exit()
threading.Event().wait()
"""


@pytest.mark.parametrize("end", ["leave", "killed"])
@pytest.mark.parametrize("when", ["starting", "idle", "learning"])
def test_it_does_not_outlive_its_parent(small_npz: Path, when: str, end: str) -> None:
    """Neither one that leaves without closing it, nor one that is killed with SIGKILL."""
    command = [sys.executable, "-c", PARENT, str(small_npz), when, end]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        if end == "killed":
            assert not is_gone(pid)
            parent.kill()
        parent.wait(PATIENCE)
    eventually(lambda: is_gone(pid), "the training process ends")


def test_predictions_cross_the_border_whole(line: Line, small_dataset: Dataset) -> None:
    trainer = Trainer(quick(epochs=1), small_dataset)
    follow(trainer)
    ours = trainer.predictions()
    line.run(epochs=1)
    line.next(RunEnded)
    line.worker.send(FetchPredictions())
    theirs = line.next(Predictions)
    assert ours is not None
    for name in ("images", "labels", "indices", "predicted", "probabilities"):
        np.testing.assert_array_equal(getattr(theirs, name), getattr(ours, name))
        assert getattr(theirs, name).dtype == getattr(ours, name).dtype


def test_a_persons_own_network_learns_in_the_worker(line: Line, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(solution(1).replace("self.X = X", "self.X = X; print(len(X))"), "utf-8")
    line.worker.send(StartRun(quick(optimizer="adam"), str(path)))
    started_with = line.next(RunStarted)
    assert started_with.network is not None
    assert started_with.network.path == str(path)
    assert started_with.hyperparameters.optimizer == "sgd"
    assert "50\n" in line.next(Printed, where=lambda event: "50" in event.text).text
    assert line.next(RunEnded).reason == "completed"
    path.write_text("def f(:")
    line.worker.send(StartRun(quick(), str(path)))
    assert (
        str(line.next(RunFailed).message) == "mine.py, line 1 is not valid Python: invalid syntax: `def f(:`"
    )
