"""The child process in which a person's code is checked; `engine.workshop.sandbox` starts it.

It reads one request from stdin, a line of JSON, and answers on stdout with lines of JSON: `begin` before a
step, `output` for what the person's code prints, `result` after it. What it prints otherwise goes nowhere.
When stdin ends, the program is gone, and so is the child.
"""

import contextlib
import faulthandler
import gc
import io
import json
import os
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any

from engine.sentences import N_, Sentence
from engine.workshop.steps import BY_NAME, FILES, Step

MAX_OUTPUT = 8_000
"""How many characters of a step's output are kept."""


class Channel:
    """The way to the parent: whole messages, one after the other, whichever thread sends them."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._lock = threading.RLock()

    def send(self, kind: str, content: bytes = b"", **fields: object) -> None:
        """Send a message: a line, and bytes that come after it."""
        self.write(json.dumps({"kind": kind, **fields}).encode() + b"\n" + content)

    def write(self, message: bytes) -> None:
        """Send bytes."""
        left = memoryview(message)
        with self._lock:
            while left:
                left = left[os.write(self.descriptor, left) :]


class CaughtOutput(io.TextIOBase):
    """Takes the place of stdout and stderr: sends on what is printed, up to a limit a step."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.left = MAX_OUTPUT

    def write(self, text: str) -> int:
        """Send the text, or what of it is within the limit."""
        if self.left > 0 and isinstance(text, str) and text:
            self._channel.send("output", text=text[: self.left])
            self.left -= len(text)
        return len(text)

    def writable(self) -> bool:
        """It can be written to."""
        return True


def encoded(value: object) -> object:
    """Return a sentence as JSON can carry it."""
    if isinstance(value, Sentence):
        return {
            "template": value.template,
            "values": {name: encoded(one) for name, one in value.values.items()},
        }
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    return str(value)


def limit_memory(beyond: int) -> None:
    """Allow this many bytes more than the process has now, where the system can limit that."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + beyond, hard))


class Checking:
    """Checks the steps of a request, one after the other."""

    def __init__(self, request: dict[str, Any], channel: Channel) -> None:
        self._folder = Path(request["folder"])
        self._texts: dict[str, str] = request["texts"]
        self._steps = [BY_NAME[name] for name in request["steps"]]
        self._failed: dict[str, str] = dict(request["failed"])
        self._if_written: list[int] = request["if_written"]
        self._seconds, self._train_seconds = request["seconds"], request["train_seconds"]
        self._memory = request["memory"]
        self._channel = channel
        self._output = CaughtOutput(channel)

    def run(self) -> None:
        """Check each step whose dependencies pass."""
        from engine.workshop.code import PersonsCode

        sys.stdout = sys.stderr = self._output
        code: dict[int, PersonsCode] = {}
        for part in FILES:
            steps = [step for step in self._steps if step.part == part]
            if steps and (loaded := self._load(part, steps)):
                code[part] = loaded
                for step in steps:
                    self._check(step, loaded)

    def _load(self, part: int, steps: list[Step]) -> Any:
        """Run a person's file; where it cannot be run, all of its steps fail with the reason."""
        from engine.workshop.code import PersonsCode, source_of
        from engine.workshop.exceptions import explain
        from engine.workshop.findings import MistakeError

        optional, file = part in self._if_written, FILES[part]
        if optional and not os.path.exists(self._folder / file):  # noqa: PTH110 (Path raises where it may not look)
            self._channel.send("skip", part=part)
            return None
        self._begin(f"part {part}", self._seconds)
        try:
            text = self._texts[file] if file in self._texts else source_of(self._folder / file)
            code = PersonsCode(file, text)
        except MistakeError as told:
            finding = told.finding
        except BaseException as error:
            finding = explain(error)
        else:
            if optional and not any(self._is_written(code, step) for step in steps):
                self._channel.send("skip", part=part)
                return None
            return code
        for step in steps:
            self._failed[step.name] = step.name
            self._send(step, False, finding.diagnosis, finding.message, 0.0, None, of_file=True)
        return None

    @staticmethod
    def _is_written(code: Any, step: Step) -> bool:
        from engine.workshop.findings import MistakeError

        try:
            code.check_written(step)
        except MistakeError:
            return False
        return True

    def _begin(self, name: str, seconds: float) -> None:
        """Tell the parent, and set the limits."""
        self._output.left = MAX_OUTPUT
        self._channel.send("begin", step=name, seconds=seconds)
        limit_memory(self._memory)
        faulthandler.dump_traceback_later(seconds, exit=True, file=self._channel.descriptor)

    def _check(self, step: Step, code: Any) -> None:
        """Check a step, and tell the parent."""
        import numpy as np

        from engine.workshop.checks.challenges import CHALLENGE_CHECKS
        from engine.workshop.checks.network import NETWORK_CHECKS
        from engine.workshop.checks.training import digits
        from engine.workshop.exceptions import explain
        from engine.workshop.findings import Finding, MistakeError

        cause = next((self._failed[name] for name in step.depends if name in self._failed), None)
        if cause is not None:
            self._failed[step.name] = cause
            message = Sentence(
                N_("Not checked: it builds on “{name}”, which does not pass yet."), {"name": cause}
            )
            self._send(step, False, None, message, 0.0, None, checked=False)
            return
        if step.name == "train":
            digits()  # beyond what the step may use
        self._begin(step.name, self._train_seconds if step.name == "train" else self._seconds)
        started = time.perf_counter()
        finding: Finding | None = None
        remark: Sentence | None = None
        try:
            np.random.seed(0)  # noqa: NPY002 (a person's code may use it: the same check, the same numbers)
            code.check_written(step)
            remark = (NETWORK_CHECKS | CHALLENGE_CHECKS)[step.name](code)
        except MistakeError as told:
            finding = told.finding
        except BaseException as error:
            finding = explain(error)
        faulthandler.cancel_dump_traceback_later()
        seconds = time.perf_counter() - started
        if finding is None:
            self._send(step, True, None, remark or Sentence(N_("Right.")), seconds, None)
            return
        self._failed[step.name] = step.name
        self._send(step, False, finding.diagnosis, finding.message, seconds, finding.difference)

    def _send(
        self,
        step: Step,
        passed: bool,
        diagnosis: str | None,
        message: Sentence,
        seconds: float,
        difference: Any,
        *,
        checked: bool = True,
        of_file: bool = False,
    ) -> None:
        shown = None
        if difference is not None:
            shown = {
                "name": difference.name,
                "case": encoded(difference.case),
                "got_shape": difference.got_shape,
                "wanted_shape": difference.wanted_shape,
                "got": difference.got,
                "wanted": difference.wanted,
                "first": difference.first,
            }
        self._channel.send(
            "result",
            step=step.name,
            passed=passed,
            diagnosis=diagnosis,
            message=encoded(message),
            seconds=seconds,
            difference=shown,
            checked=checked,
            of_file=of_file,
        )


def end_with_parent(descriptor: int) -> None:
    """End this process when the other end of its stdin is closed: the program is gone."""

    def wait() -> None:
        os.read(descriptor, 1)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def channel_of_child(folder: str) -> Channel:
    """Take stdin, stdout and stderr from a person's code in `folder`; return the channel to the parent."""
    import numpy as np

    channel = Channel(os.dup(1))
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    faulthandler.enable(file=channel.descriptor)
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    sys.dont_write_bytecode = True  # the folder is a person's own
    sys.path.append(str(Path(folder).resolve()))
    return channel


def main() -> None:
    """Answer one request."""
    request = json.loads(sys.stdin.buffer.readline())
    end_with_parent(os.dup(0))
    channel = channel_of_child(request["folder"])
    gc.freeze()
    Checking(request, channel).run()
    os._exit(0)  # whatever threads a person's code has left behind
