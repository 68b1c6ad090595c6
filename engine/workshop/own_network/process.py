"""The process in which a person's own network learns, as its parent sees it: asked, never waited for."""

import contextlib
import json
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from queue import SimpleQueue
from typing import Any

from numpy.typing import NDArray

from engine.commands import Command, Stop
from engine.training.learner import AbandonedError
from engine.workshop.own_network.source import OwnNetworkError
from engine.workshop.sandbox import (
    GRACE,
    MAX_TRACE,
    end_child,
    how_it_ended,
    parsed,
    sentence_of,
    start_child,
)

SECONDS = 20.0
"""What a call may take: of a mini-batch, or of a thousand images to be evaluated."""
MEMORY = 2 * 1024**3
"""Bytes beyond the data."""
PATIENCE = 0.5
"""Seconds that a call may still take when the run is to stop."""
MAX_MESSAGE = 16 * 1024**2
LOOK = 0.05
"""Seconds between two looks for a command to stop, while an answer is awaited."""


class TrainingProcess:
    """A child process that answers questions about a person's network, one after the other."""

    def __init__(
        self,
        request: Mapping[str, object],
        arrays: Sequence[NDArray[Any]],
        commands: "SimpleQueue[Command]",
        printed: Callable[[str], None],
    ) -> None:
        """Start it, and send it the request and the images.

        commands: where a command to stop may come while an answer is awaited
        printed: takes what the person's code prints
        """
        self._file = str(request["file"])
        self._commands, self._printed = commands, printed
        self._messages: SimpleQueue[tuple[Mapping[str, Any], bytes] | None] = SimpleQueue()
        self._trace = self._output = ""
        self._process = start_child("engine.workshop.own_network.child")
        threading.Thread(target=self._read, name="training", daemon=True).start()
        request = {**request, "seconds": SECONDS, "memory": MEMORY}
        self._send(json.dumps(request).encode() + b"\n", *(array.data.cast("B") for array in arrays))

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.returncode is None

    def ask(
        self, ask: str, *, calls: int = 1, may_be_abandoned: bool = True, **values: object
    ) -> tuple[Mapping[str, Any], bytes]:
        """Return the answer to a question: its fields, and bytes.

        calls: of the person's code that may take so long one after the other

        Raises:
            OwnNetworkError: when the person's code fails, does not end, or ends the process.
            AbandonedError: when a command to stop waits and the code does not come to an end.
        """
        self._send(json.dumps({"ask": ask, **values}).encode() + b"\n")
        began = time.monotonic()
        while True:
            try:
                message = self._messages.get(timeout=LOOK)
            except queue.Empty:
                waited = time.monotonic() - began
                if may_be_abandoned and waited > PATIENCE and self._is_to_stop():
                    self.close()
                    raise AbandonedError from None
                self._pass_on_output()
                if waited > SECONDS * calls + GRACE:
                    self.close()
                    raise self._failed(None, self._trace or "Timeout") from None
                continue
            if message is None:
                self._pass_on_output()
                raise self._failed(self._process.wait(), self._trace)
            fields, content = message
            match fields["kind"]:
                case "output":
                    self._output += str(fields["text"])
                case "answer":
                    self._pass_on_output()
                    return fields, content
                case "failed":
                    self._pass_on_output()
                    self.close()
                    told = sentence_of(fields["message"])
                    raise OwnNetworkError(told.template, **told.values)

    def _pass_on_output(self) -> None:
        """Pass on what was printed meanwhile, all at once: a person may print number by number."""
        if self._output:
            text, self._output = self._output, ""
            self._printed(text)

    def close(self) -> None:
        """End it, and whatever it has started."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        end_child(self._process)

    def _send(self, *parts: bytes | memoryview) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # it has ended: there will be no answer
            for part in parts:
                self._process.stdin.write(part)
            self._process.stdin.flush()

    def _read(self) -> None:
        """Pass on its messages until it ends."""
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            while line := stream.readline(MAX_MESSAGE):
                message = parsed(line)
                if "kind" in message:
                    self._messages.put((message, stream.read(message.get("bytes", 0))))
                else:
                    self._trace = self._trace[-MAX_TRACE:] + line[:2000].decode("utf-8", "replace")
        self._messages.put(None)

    def _is_to_stop(self) -> bool:
        """Whether a command to stop is among those that wait."""
        waiting = []
        with contextlib.suppress(queue.Empty):
            while True:
                waiting.append(self._commands.get_nowait())
        for command in waiting:
            self._commands.put(command)
        return any(isinstance(command, Stop) for command in waiting)

    def _failed(self, status: int | None, trace: str) -> OwnNetworkError:
        told, _diagnosis = how_it_ended(status, trace, SECONDS, (self._file,))
        return OwnNetworkError(told.template, **told.values)
