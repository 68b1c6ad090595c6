"""Watches a run that another program trains: a thread reads its source, the screen takes what has come."""

import threading
from collections import deque
from typing import TYPE_CHECKING

from engine.events import BatchEnded, Event
from tui.session.run_state import RunState, StoredRun

if TYPE_CHECKING:
    from engine.watching.sources import Source

MAX_WAITING = 2_000
"""Events that wait for the screen; the source is read no further until it has taken some."""
MAX_AT_ONCE = 500
"""Events that the screen takes at a time: some 10 ms, for which a key may wait."""
IDLE, BUSY = 0.1, 0.005
"""Seconds that the thread rests after a reading that brought nothing, or something."""


class Watching:
    """Reads a source until it is closed or over. What has come is taken with `take_into`."""

    def __init__(self, source: "Source") -> None:
        self._source = source
        self._waiting: deque[Event] = deque()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._read, name="watching", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def close(self) -> None:
        """Read no more; wait for nothing."""
        self._closed.set()

    def take_into(self, state: RunState) -> bool:
        """Have `state` take in what has come; return whether there was something."""
        from engine.watching.sources import StoredRunSource

        with self._lock:
            events = [self._waiting.popleft() for _ in range(min(MAX_AT_ONCE, len(self._waiting)))]
        for event in events:
            state.fold(event)
        source = self._source
        if events and isinstance(source, StoredRunSource):
            known = state.stored.record if state.stored is not None else None
            if known != source.record:
                state.stored = StoredRun(source.record)
        return bool(events)

    def _read(self) -> None:
        while not self._closed.is_set():
            with self._lock:
                is_full = len(self._waiting) >= MAX_WAITING
            events = [] if is_full else self._source.read()
            self._keep(events)
            if self._source.is_over and not is_full:
                break
            self._closed.wait(BUSY if events else IDLE)
        self._source.close()

    def _keep(self, events: list[Event]) -> None:
        """Keep events for the screen; of mini-batches in a row the newest alone."""
        with self._lock:
            for event in events:
                if (
                    isinstance(event, BatchEnded)
                    and self._waiting
                    and isinstance(self._waiting[-1], BatchEnded)
                ):
                    self._waiting.pop()
                self._waiting.append(event)
