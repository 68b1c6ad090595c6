"""The engine's exceptions, each with one sentence for the user."""

import errno
from pathlib import Path
from typing import BinaryIO, TypeVar

from engine.sentences import N_, Sentence


class EngineError(Exception):
    """Something a user can be told in one sentence: what was given, what is allowed, what to do.

    `sentence` keeps the template and its values apart, for translation; `str(error)` is English.
    """

    def __init__(self, template: str, **values: object) -> None:
        self.sentence = Sentence(template, values)
        super().__init__(self.sentence)

    def __str__(self) -> str:
        return str(self.sentence)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.sentence)


class HyperparameterError(EngineError):
    """A value that a hyperparameter cannot take; `name` says which hyperparameter."""

    def __init__(self, template: str, *, name: str, **values: object) -> None:
        super().__init__(template, name=name, **values)
        self.name = name


class DataError(EngineError):
    """A data set that cannot be read or whose parts do not fit together."""


class CheckpointError(EngineError):
    """A checkpoint that cannot be written or read, or does not fit the network or the data."""


class ExportError(EngineError):
    """A run that cannot be exported as it was asked."""


class StoreError(EngineError):
    """A store of runs that cannot be read or written, or has no such run."""


class RunIsBusyError(StoreError):
    """A run that is under way in another program, which alone may write to it."""


Kind = TypeVar("Kind", bound=EngineError)


def cannot_read(kind: type[Kind], path: object, error: OSError | ValueError) -> Kind:
    """Return the error, of this kind, for a file that the operating system does not let us read."""
    return kind(N_("{path} cannot be read: {reason}."), path=path, reason=system_reason(error))


def cannot_write(kind: type[Kind], path: object, error: OSError | ValueError) -> Kind:
    """Return the error, of this kind, for a file that cannot be written."""
    return kind(N_("{path} cannot be written: {reason}."), path=path, reason=system_reason(error))


NO_REGULAR_FILE = N_("it is a device or a pipe, not a file")


def open_file(path: Path) -> BinaryIO:
    """Open a file to be read.

    Raises:
        OSError: when it cannot be, or is a pipe or a device, which might keep us waiting for ever.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, NO_REGULAR_FILE)
    return path.open("rb")


SYSTEM_MESSAGES = (
    NO_REGULAR_FILE,
    N_("No such file or directory"),
    N_("Permission denied"),
    N_("Operation not permitted"),
    N_("Is a directory"),
    N_("Not a directory"),
    N_("File name too long"),
    N_("No space left on device"),
    N_("Read-only file system"),
    N_("Input/output error"),
    N_("Too many open files"),
    N_("Too many levels of symbolic links"),
    N_("Cannot allocate memory"),
    N_("Bad file descriptor"),
)
"""The commonest messages of the operating system, in English."""


def system_reason(error: OSError | ValueError) -> Sentence:
    """Return why the operating system refused, or what Python has against the path."""
    message = getattr(error, "strerror", None)
    return (
        Sentence(message)
        if message in SYSTEM_MESSAGES
        else Sentence("{reason}", {"reason": message or error})
    )


def _rebuild(kind: type[EngineError], sentence: Sentence) -> EngineError:
    """Unpickle an error that comes up from the training process."""
    return kind(sentence.template, **sentence.values)
