"""Runs the child process in which a person's code is checked, and never waits for it longer than allowed."""

import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.sentences import N_, Sentence
from engine.workshop.findings import Difference
from engine.workshop.steps import BY_NAME, WORKSHOP_FILES, Step

GRACE = 10.0
"""Seconds that the child has to end itself after its limit, before it is killed."""
MAX_LINE = 1_000_000
MAX_TRACE = 50_000
FRAME = re.compile(r'^\s*File "(?:.*[/\\])?([^"/\\]+)", line (\d+)')


@dataclass(frozen=True)
class Limits:
    """What a step may use: seconds, those of the step `train`, and bytes of memory beyond its data."""

    seconds: float = 20.0
    train_seconds: float = 120.0
    memory: int = 2 * 1024**3


@dataclass(frozen=True)
class StepResult:
    """What came of a step.

    diagnosis: the short name of the mistake, None where it is not known or there is none
    checked: False for one that builds on a step that does not pass
    of_file: whether the file cannot be run at all, so that each of its steps fails alike
    output: what the person's code printed; difference: what came beside what was wanted
    """

    step: str
    passed: bool
    diagnosis: str | None
    message: Sentence
    seconds: float = 0.0
    output: str = ""
    difference: Difference | None = None
    checked: bool = True
    of_file: bool = False


class Stop:
    """Ends a check from another thread, at once: its child is killed, and nothing more comes of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self.is_set = False

    def set(self) -> None:
        """End the check."""
        with self._lock:
            self.is_set = True
            if self._process is not None:
                kill_child(self._process)

    @contextlib.contextmanager
    def ending(self, process: "subprocess.Popen[bytes]") -> Iterator[None]:
        """Kill this child when the check is to end, and with the end of the block at the latest."""
        with self._lock:
            self._process = process
            if self.is_set:
                kill_child(process)
        try:
            yield
        finally:
            with self._lock:  # once it is waited for, its number may be another's
                self._process = None
                end_child(process)
            if process.stdin is not None:
                with contextlib.suppress(OSError):  # what was not written to a child that had ended
                    process.stdin.close()


class ChildEndedError(Exception):
    """The child ended in the middle of a step."""

    def __init__(self, step: str, sentence: Sentence, diagnosis: str, output: str, seconds: float) -> None:
        super().__init__(step)
        self.step, self.sentence, self.diagnosis = step, sentence, diagnosis
        self.output, self.seconds = output, seconds


def run_steps(
    folder: Path,
    steps: Sequence[Step],
    if_written: Sequence[int],
    limits: Limits,
    *,
    texts: Mapping[str, str] | None = None,
    stop: Stop | None = None,
) -> Iterator[StepResult]:
    """Check steps in child processes: one, and another after each that a step brought down.

    if_written: the parts that are left out where nothing of them is written
    texts: what is checked, by the names of the files; the others are read
    """
    stop = stop or Stop()
    request = {
        "folder": str(folder),
        "texts": dict(texts or {}),
        "if_written": list(if_written),
        "seconds": limits.seconds,
        "train_seconds": limits.train_seconds,
        "memory": limits.memory,
    }
    failed: dict[str, str] = {}
    left = list(steps)
    while left and not stop.is_set:
        try:
            for message in _child({**request, "failed": failed}, left, limits, stop):
                if isinstance(message, int):
                    left = [step for step in left if step.part != message]
                    continue
                left = [step for step in left if step.name != message.step]
                if not message.passed:
                    cause = message.message.values.get("name") if not message.checked else None
                    failed[message.step] = str(cause) if cause in BY_NAME else message.step
                yield message
            return
        except ChildEndedError as died:
            if stop.is_set:
                return
            part = int(died.step.removeprefix("part ")) if died.step.startswith("part ") else None
            ended = [step for step in left if step.part == part or step.name == died.step] or left[:1]
            for step in ended:
                failed[step.name] = step.name
                yield StepResult(
                    step.name,
                    False,
                    died.diagnosis,
                    died.sentence,
                    died.seconds,
                    died.output,
                    of_file=part is not None,
                )
            left = [step for step in left if step not in ended]


def _child(
    request: Mapping[str, object], steps: Sequence[Step], limits: Limits, stop: Stop
) -> Iterator[StepResult | int]:
    """Run one child; yield its results, and the numbers of parts that are left out.

    Raises:
        ChildEndedError: when it ends, or is ended, in the middle of a step.
    """
    process = start_child("engine.workshop.child")
    lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(process, lines), name="workshop", daemon=True).start()
    current, patience, output, trace = "", limits.seconds + GRACE, "", ""
    names = [step.name for step in steps]
    wanted = set(names)
    with stop.ending(process):
        assert process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended: there will be no line
            process.stdin.write(json.dumps({**request, "steps": names}).encode() + b"\n")
            process.stdin.flush()  # it stays open: by its end the child knows that this process is gone
        while True:
            try:
                line = lines.get(timeout=patience)
            except queue.Empty:
                raise _ended(current, None, trace or "Timeout", output, patience) from None
            if line is None:
                break
            message = parsed(line)
            match message.get("kind") if message else None:
                case "begin":
                    output = output if current.startswith("part ") else ""  # printed as the file was run
                    current = str(message["step"])
                    patience = float(message["seconds"]) + GRACE
                case "output":
                    output += str(message["text"])
                case "skip":
                    wanted -= {step.name for step in steps if step.part == message["part"]}
                    yield int(message["part"])
                case "result" if message["step"] in wanted:
                    wanted.discard(message["step"])
                    result = _result(message, output)
                    output, current = "", ""
                    yield result
                case _:
                    trace = trace[-MAX_TRACE:] + line[:2000].decode("utf-8", "replace")
        status = process.wait()
        if wanted:
            raise _ended(current, status, trace, output, limits.seconds)


def start_child(module: str) -> "subprocess.Popen[bytes]":
    """Start a process in a session of its own that runs `main` of a module, with one BLAS thread."""
    environment = os.environ | {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}
    return subprocess.Popen(
        [
            sys.executable,
            "-P",
            str(Path(__file__).with_name("start_child.py")),
            str(Path(__file__).parents[2]),
            module,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )


def _read(process: "subprocess.Popen[bytes]", lines: "queue.SimpleQueue[bytes | None]") -> None:
    """Pass on the child's lines until it ends."""
    assert process.stdout is not None
    with process.stdout as stream:
        while line := stream.readline(MAX_LINE):
            lines.put(line)
    lines.put(None)


def end_child(process: "subprocess.Popen[bytes]") -> None:
    """End the child, and whatever it has started in its session."""
    kill_child(process)
    process.wait()


def kill_child(process: "subprocess.Popen[bytes]") -> None:
    """Tell the child to end at once, and whatever it has started in its session."""
    if os.name == "posix":
        with contextlib.suppress(OSError):  # they are gone
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def parsed(line: bytes) -> dict[str, Any]:
    """Return a message; empty for a line that is none."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def how_it_ended(
    status: int | None, trace: str, seconds: float, files: Collection[str] = WORKSHOP_FILES
) -> tuple[Sentence, str]:
    """Return what is said of a child that did not answer, and the short name of that."""
    frames = [FRAME.match(line) for line in trace.splitlines()]
    own = next((found for found in frames if found and found[1] in files), None)
    place: dict[str, object] = {
        "seconds": round(seconds),
        "file": own[1] if own else "",
        "line": own[2] if own else "",
    }
    if "Timeout" in trace:
        template = (
            N_(
                "It did not end within {seconds} seconds; it was at {file}, line {line}: does a loop "
                "there ever end?"
            )
            if own
            else N_("It did not end within {seconds} seconds.")
        )
        return Sentence(template, place), "endless_loop"
    if status is not None and status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = str(-status)
        template = (
            N_("It brought the process down ({signal}) at {file}, line {line}.")
            if own
            else N_("It brought the process down ({signal}).")
        )
        return Sentence(template, {**place, "signal": name}), "died"
    return Sentence(N_("It ended the process (exit status {status})."), {"status": status}), "exit"


def _ended(step: str, status: int | None, trace: str, output: str, seconds: float) -> ChildEndedError:
    """Return the error for a child that did not come to the end of a step."""
    sentence, diagnosis = how_it_ended(status, trace, seconds)
    took = seconds if diagnosis == "endless_loop" else 0.0
    return ChildEndedError(step, sentence, diagnosis, output, took)


def _result(message: Mapping[str, Any], output: str) -> StepResult:
    shown = message.get("difference")
    difference = None
    if shown is not None:
        difference = Difference(
            str(shown["name"]),
            sentence_of(shown["case"]),
            tuple(shown["got_shape"]),
            tuple(shown["wanted_shape"]),
            tuple(map(tuple, shown["got"])),
            tuple(map(tuple, shown["wanted"])),
            None if shown["first"] is None else tuple(shown["first"]),
        )
    diagnosis = message["diagnosis"]
    return StepResult(
        step=str(message["step"]),
        passed=message["passed"] is True,
        diagnosis=None if diagnosis is None else str(diagnosis),
        message=sentence_of(message["message"]),
        seconds=float(message["seconds"]),
        output=output,
        difference=difference,
        checked=message["checked"] is True,
        of_file=message["of_file"] is True,
    )


def sentence_of(value: Any) -> Sentence:
    """Return a sentence that came as JSON."""
    values = {
        name: sentence_of(one) if isinstance(one, dict) else one for name, one in value["values"].items()
    }
    return Sentence(str(value["template"]), values)
