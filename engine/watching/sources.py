"""Where the figures come from of a run that another program trains: a file, a stream, a stored run."""

import contextlib
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Protocol

from engine.errors import EngineError, StoreError, cannot_read, system_reason
from engine.events import Event, RunFailed, SourceRead, WatchedRunBegan
from engine.sentences import N_, Sentence
from engine.specification import printable
from engine.storage.run_record import RunRecord
from engine.storage.runs import RunStore
from engine.watching.lines import Lines
from engine.watching.records import Reader

CHUNK = 64 * 1024
HEAD = 1024
"""Bytes at the beginning of a file by which it is known again."""
SETTLED = 1.0
"""Seconds after which a row without an end is read: it may be the last."""
BETWEEN_LOOKS = 0.5
"""Seconds between two looks at a stored run."""
BETWEEN_RECOVERIES = 5.0
"""Seconds without news after which it is asked whether the process of a stored run still lives."""
STANDARD_INPUT = "-"


class SourceError(EngineError):
    """A source that cannot be watched."""


class Source(Protocol):
    """What is watched. is_over: whether nothing more will come."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""

    def read(self) -> list[Event]:
        """Return what has come since the last time; it may be nothing."""

    def close(self) -> None:
        """Read no more."""


class TextSource:
    """Lines of text as they come. It counts those that are broken, and says how it stands."""

    def __init__(self, name: str) -> None:
        self.name = printable(name, 60)
        self.is_over = False
        self._reader, self._lines = Reader(), Lines()
        self._count = self._broken = 0
        self._first_broken: int | None = None
        self._trouble: Sentence | None = None
        self._told: SourceRead | None = None
        self._peeked = ""

    def events_of(self, content: bytes) -> list[Event]:
        """Return the events of the lines that these bytes end, and how the source stands if that changed."""
        events = []
        for line in self._lines.take(content):
            events += self._read_line(line)
        return events + self._news()

    def end(self) -> list[Event]:
        """Take what has come of the last line for the whole of it: nothing more will come."""
        self.is_over = True
        line = self._lines.partial
        return (self._read_line(line) if line else []) + self._news()

    def peek(self, *, has_settled: bool) -> list[Event]:
        """Read a line that has no end yet, where it can be one: another program may write by the block.

        An object of JSON is whole when it is closed. A row of CSV may go on, and is read again with its end.
        """
        line = self._lines.partial
        if line.startswith("{") and line.endswith("}"):
            with contextlib.suppress(ValueError):
                events = self._reader.read(line)
                self._lines.clear()
                self._count += 1
                return events
        elif has_settled and line != self._peeked and self._reader.is_row(line):
            self._peeked, beyond = line, self._reader.told.beyond
            with contextlib.suppress(Exception):
                events = self._reader.read(line)
                self._reader.told.beyond = beyond
                return events
        return []

    def begin_again(self) -> None:
        """Read from the start of what has taken the place of what was there."""
        self._reader, self._lines = Reader(), Lines()
        self._count = self._broken = 0
        self._first_broken = None

    def say(self, trouble: Sentence | None) -> list[Event]:
        """Say what is wrong with the source as a whole; None where nothing is any more."""
        self._trouble = trouble
        return self._news()

    def _read_line(self, line: str | None) -> list[Event]:
        self._count += 1
        if line == "":
            return []
        try:
            if line is None:
                raise ValueError
            return self._reader.read(line)
        except Exception:  # whatever a program writes: it is counted, and told
            self._broken += 1
            self._first_broken = self._first_broken or self._count
            return []

    def _news(self) -> list[Event]:
        told = SourceRead(
            self.name,
            self._count,
            self._broken,
            self._first_broken,
            self._reader.told.beyond,
            self.is_over,
            self._trouble,
        )
        if told == self._told:
            return []
        self._told = told
        return [told]


class FileSource(TextSource):
    """A file that grows. One that shrinks, is written anew or replaced by another is read from its start."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            SourceError: when there is none, or it is none that grows.
        """
        super().__init__(path.name)
        self._path = path
        self._file = _opened(path)
        self._identity = _identity(os.fstat(self._file.fileno()))
        self._offset, self._head, self._grew = 0, b"", time.monotonic()

    def read(self) -> list[Event]:
        """Return what has come since the last time."""
        try:
            events = self._look_for_another()
            self._file.seek(self._offset)
            content = self._file.read(CHUNK)
        except EngineError as error:
            return self.say(error.sentence)
        except OSError as error:
            return self.say(Sentence(N_("{path} cannot be read: {reason}."), self._values(error)))
        now = time.monotonic()
        if content:
            if len(self._head) < HEAD:
                self._head += content[: HEAD - len(self._head)]
            self._offset, self._grew = self._offset + len(content), now
            return events + self.events_of(content)
        return events + self.peek(has_settled=now - self._grew >= SETTLED) + self._news()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _look_for_another(self) -> list[Event]:
        """Begin again where the file is another one, or what was read of it is no longer there."""
        try:
            named = self._path.stat()
        except OSError as error:
            return self.say(Sentence(N_("{path} is gone ({reason})."), self._values(error)))
        events = self.say(None) if self._trouble is not None else []
        if _identity(named) != self._identity:
            file = _opened(self._path)
            self.close()
            self._file = file
            self._identity = _identity(os.fstat(self._file.fileno()))
        elif named.st_size >= self._offset and self._begins_as_before():
            return events
        self._offset, self._head = 0, b""
        self.begin_again()
        return [*events, WatchedRunBegan()]

    def _begins_as_before(self) -> bool:
        self._file.seek(0)
        return self._file.read(len(self._head)) == self._head

    def _values(self, error: OSError) -> dict[str, object]:
        return {"path": self.name, "reason": system_reason(error)}


class StreamSource(TextSource):
    """What a pipe brings, until it is closed. Reading waits for it."""

    def __init__(self, descriptor: int, name: str) -> None:
        super().__init__(name)
        self._descriptor = descriptor

    def read(self) -> list[Event]:
        """Wait for more, and return what it says; the first time, say that it is there."""
        if self._told is None:
            return self._news()
        try:
            content = os.read(self._descriptor, CHUNK)
        except OSError:
            content = b""
        return self.events_of(content) if content else self.end()

    def close(self) -> None:
        """Leave the pipe as it is: a thread may be waiting for it."""


class StoredRunSource:
    """A stored run that another process trains: its epochs as they are stored."""

    def __init__(self, home: Path, run: str) -> None:
        """Watch a run of the store at `home`.

        Raises:
            StoreError: when it cannot be read.
        """
        self.is_over = False
        self._home, self.run = home, run
        self._epoch = self._others = 0
        self._is_begun = False
        self._looked = self._heard = time.monotonic() - BETWEEN_LOOKS
        self._told: SourceRead | None = None
        with contextlib.closing(RunStore(home)) as store:
            self.record: RunRecord = store.record(run)

    def read(self) -> list[Event]:
        """Return what was stored since the last time; not too often, it is nothing."""
        now = time.monotonic()
        if self.is_over or now - self._looked < BETWEEN_LOOKS:
            return []
        self._looked = now
        try:
            with contextlib.closing(RunStore(self._home)) as store:
                events = self._new_events(store, now)
        except StoreError as error:
            return self._news(error.sentence)
        return events + self._news(None)

    def close(self) -> None:
        """Nothing is open."""

    def _new_events(self, store: RunStore, now: float) -> list[Event]:
        if now - self._heard > BETWEEN_RECOVERIES:
            self._heard = now
            store.recover()
        self.record = store.record(self.run)
        events: list[Event] = []
        if not self._is_begun:
            self._is_begun = True
            for event in store.history(self.run):
                events.append(event)
                self._epoch = max(self._epoch, getattr(event, "epoch", 0))
            self._others = len(store.other_events(self.run))
        else:
            epochs = list(store.epochs(self.run, after=self._epoch))
            others = store.other_events(self.run)
            events = [*epochs, *others[self._others :]]
            self._epoch, self._others = (epochs[-1].epoch if epochs else self._epoch), len(others)
            if (ended := store.ended(self.run)) is not None and self.record.state != "running":
                events.append(ended)
        if events:
            self._heard = now
        if self.record.state != "running":
            self.is_over = True
            if self.record.failure is not None:
                text = printable(self.record.failure, 200)
                events.append(RunFailed(Sentence("{failure}", {"failure": text})))
        return events

    def _news(self, trouble: Sentence | None) -> list[Event]:
        name = printable(self.record.name, 40) if self.record.name.strip() else self.run
        told = SourceRead(name, 0, 0, None, 0, self.is_over, trouble)
        if told == self._told:
            return []
        self._told = told
        return [told]


def find_source(given: str, home: Path, standard_input: Callable[[], int]) -> Source:
    """Return what is to be watched: standard input, a file, or a stored run.

    standard_input: makes the descriptor of what is piped in, if it is asked for

    Raises:
        EngineError: when there is no such source, or it cannot be watched.
    """
    if given == STANDARD_INPUT:
        return StreamSource(standard_input(), "stdin")
    path = Path(given)
    try:
        is_there = path.exists() or path.is_symlink()
    except (OSError, ValueError) as error:
        raise cannot_read(SourceError, path, error) from None
    if is_there:
        return FileSource(path)
    if path.suffix or len(path.parts) != 1:
        raise SourceError(
            N_("{path} is not there yet: start the program that writes it, then watch it."), path=path
        )
    with contextlib.closing(RunStore(home)) as store:
        store.recover()
        return StoredRunSource(home, store.find(given).id)


def _opened(path: Path) -> BinaryIO:
    """Open a file to be read.

    Raises:
        SourceError: when it is a folder, a pipe or a device, or cannot be read.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise SourceError(N_("{path} is a folder; name a file in it."), path=path)
        if not stat.S_ISREG(mode):
            raise SourceError(
                N_("{path} is a pipe or a device; `mlp-tui watch - < {path}` watches what comes from it."),
                path=path,
            )
        return path.open("rb", buffering=0)
    except OSError as error:
        raise cannot_read(SourceError, path, error) from None


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino
