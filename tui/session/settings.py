"""What a person has chosen for good: a small JSON file, read before the first paint.

A file that cannot be read or says something impossible is ignored with one sentence, and is replaced by the
next choice.
"""

import json
import stat
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import system_reason
from engine.sentences import N_, Sentence
from engine.storage.files import atomic_write

LARGEST = 64 * 1024
"""Bytes; a larger file is none of ours, and reading it would delay the first paint."""

KEPT = ("theme", "language", "workshop", "experiment")
RECENT, MOST_RECENT, LONGEST_RECENT = "recent_data", 5, 1_000
"""Where the data sets stand that were opened last, how many, and of how many characters at most."""


@dataclass
class Settings:
    """The choices; None where none was made. `workshop` is the folder that was opened last.

    Without a `path` nothing is kept. `complaint` says what was wrong with the file. `recent_data` are the
    data sets that were opened last, the newest first, as `parse_location` takes them. `experiment` was under
    way when the app was closed.
    """

    theme: str | None = None
    language: str | None = None
    workshop: str | None = None
    path: Path | None = None
    recent_data: tuple[str, ...] = ()
    experiment: str | None = None
    complaint: Sentence | None = field(default=None, compare=False)

    def remember_data(self, place: str) -> Sentence | None:
        """Put a data set first of those that were opened; return why that cannot be written down."""
        others = (other for other in self.recent_data if other != place)
        recent = (place, *others)[:MOST_RECENT]
        if len(place) > LONGEST_RECENT or recent == self.recent_data:
            return None
        return self.keep(recent_data=recent)

    def keep(self, **choices: str | tuple[str, ...]) -> Sentence | None:
        """Take choices over and write them down at once; return why that was not possible."""
        for name, value in choices.items():
            setattr(self, name, value)
        if self.path is None:
            return None
        values = {name: value for name in (*KEPT, RECENT) if (value := getattr(self, name))}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with atomic_write(self.path) as file:
                file.write((json.dumps(values, indent=2) + "\n").encode())
        except OSError as error:
            return Sentence(
                N_("The choice is not kept: {path} cannot be written ({reason})."),
                {"path": self.path, "reason": system_reason(error)},
            )
        return None


def read_settings(path: Path) -> Settings:
    """Return what stands in the file; no file means no choice."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
            return _ignored(path)  # a pipe would let the app wait for ever
        values = json.loads(path.read_bytes())
    except FileNotFoundError:
        return Settings(path=path)
    except (OSError, ValueError, RecursionError):
        return _ignored(path)
    if not isinstance(values, dict):
        return _ignored(path)
    choices = {name: values[name] for name in KEPT if isinstance(values.get(name), str)}
    recent = values.get(RECENT, [])
    is_list = isinstance(recent, list) and all(isinstance(place, str) for place in recent)
    wrong = not is_list or any(name in values and name not in choices for name in KEPT)
    return Settings(
        **choices,
        path=path,
        recent_data=tuple(recent[:MOST_RECENT]) if is_list else (),
        complaint=_complaint(path) if wrong else None,
    )


def _ignored(path: Path) -> Settings:
    return Settings(path=path, complaint=_complaint(path))


def _complaint(path: Path) -> Sentence:
    return Sentence(
        N_("The settings in {path} cannot be read and are ignored; a new choice replaces them."),
        {"path": path},
    )
