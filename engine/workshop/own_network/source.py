"""The file that holds a person's own network, and the class in it."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import EngineError, HyperparameterError, cannot_read, open_file
from engine.hyperparameters import OWN_NETWORK, SPECIFICATIONS, Hyperparameters, does_not_apply
from engine.sentences import N_
from engine.specification import quoted

MAX_FILE_BYTES = 1024 * 1024
DEFAULT_CLASS = "MLP"


class OwnNetworkError(EngineError):
    """A person's own network that cannot be read, or whose code fails."""


@dataclass(frozen=True)
class Source:
    """The text of a file, and which of its classes is the network. folder: for what the file imports."""

    folder: Path
    file: str
    class_name: str
    text: str

    @property
    def path(self) -> Path:
        """The whole path of the file."""
        return self.folder / self.file

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that change with any character of the text."""
        return hashlib.blake2b(self.text.encode(), digest_size=8).hexdigest()


def read_source(given: str) -> Source:
    """Read `FILE.py` or `FILE.py:CLASS`.

    Raises:
        HyperparameterError: when that is neither.
        OwnNetworkError: when the file cannot be read, or is no text.
    """
    name, colon, class_name = given.rpartition(":")
    if not colon or Path(given).is_file():
        name, class_name = given, DEFAULT_CLASS
    if not name or not class_name.isidentifier():
        raise HyperparameterError(
            N_("{given} is not a network; FILE.py or FILE.py:CLASS is."), name="network", given=quoted(given)
        )
    path = Path(name)
    try:
        with open_file(path) as file:
            content = file.read(MAX_FILE_BYTES + 1)
        folder = path.absolute().parent
    except (OSError, ValueError) as error:
        raise cannot_read(OwnNetworkError, path, error) from None
    if len(content) > MAX_FILE_BYTES:
        raise OwnNetworkError(N_("{file} is larger than a megabyte."), file=path.name)
    try:
        return Source(folder, path.name, class_name, content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise OwnNetworkError(N_("{file} is not UTF-8 text: save it as UTF-8."), file=path.name) from None


def only_applicable(hyperparameters: Hyperparameters, asked_for: Collection[str] = ()) -> Hyperparameters:
    """Return the hyperparameters with the defaults of those that a network of one's own decides itself.

    asked_for: those that were asked for by name

    Raises:
        HyperparameterError: when one of these does not apply, or there is not one hidden layer.
    """
    for name in asked_for:
        if name not in OWN_NETWORK:
            raise does_not_apply(name)
    if len(hyperparameters.hidden) != 1:
        raise HyperparameterError(
            N_(
                "{name} is {given}; a network of one's own is made with one hidden size: "
                "CLASS(input_size, hidden_size, output_size)."
            ),
            name="hidden",
            given=quoted(SPECIFICATIONS["hidden"].format(hyperparameters.hidden)),
        )
    return replace(Hyperparameters(), **{name: getattr(hyperparameters, name) for name in OWN_NETWORK})


def left_out(hyperparameters: Hyperparameters) -> list[str]:
    """Return the names of those that are not at their defaults and that `only_applicable` sets to them."""
    return [
        name
        for name, specification in SPECIFICATIONS.items()
        if name not in OWN_NETWORK and getattr(hyperparameters, name) != specification.default
    ]
