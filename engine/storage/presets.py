"""Hyperparameters from and to TOML: the program's presets, and a user's own files."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

from assets import FOLDER
from engine.errors import EngineError, HyperparameterError, cannot_read, cannot_write, open_file
from engine.hyperparameters import GROUPS, SPECIFICATIONS, Hyperparameters, specification_of
from engine.sentences import N_, Sentence
from engine.storage.files import atomic_write

DEFAULT_PRESET = "textbook"

PRESETS = {
    "textbook": N_("One hidden layer and plain SGD: what a first course teaches."),
    "tiny": N_("16 hidden units, three epochs: done in seconds."),
    "adam": N_("The textbook network, with a step of its own size for each weight."),
    "deep": N_("Three hidden layers, batch norm and dropout: slower, more accurate."),
    "quick": N_("Distorted images and averaged weights: the best within half a minute."),
    "record": N_("What a plain MLP can reach, in ten to twenty minutes on two cores."),
    "bad_learning_rate": N_(
        "A failure to study: a learning rate a hundred times too large; the first steps kill every "
        "hidden unit."
    ),
    "bad_zeros": N_("A failure to study: all weights start at zero, and all units stay equal."),
    "bad_sigmoid": N_("A failure to study: ten layers of sigmoids let hardly any gradient through."),
}
"""The presets, the default first, each with a line about it; the values are in `assets/presets`."""


class ConfigurationError(EngineError):
    """A TOML file that cannot be read."""


def read_preset(name: str) -> dict[str, object]:
    """Return the values that a preset names.

    Raises:
        HyperparameterError: when there is no such preset.
    """
    if name not in PRESETS:
        raise HyperparameterError(
            N_("There is no preset “{given}”; there are: {names}."),
            name="preset",
            given=name,
            names=", ".join(PRESETS),
        )
    return _parse((FOLDER / "presets" / f"{name}.toml").read_bytes(), name)


def read_config(path: Path) -> dict[str, object]:
    """Return the values that a TOML file names, each checked.

    Raises:
        ConfigurationError: when the file cannot be read or is not TOML.
        HyperparameterError: for a name that does not exist or a value that is not allowed.
    """
    try:
        with open_file(path) as file:
            content = file.read()
    except OSError as error:
        raise cannot_read(ConfigurationError, path, error) from None
    return _parse(content, str(path))


def write_config(path: Path, hyperparameters: Hyperparameters) -> None:
    """Write a TOML file that `read_config` reads back; one that was there is replaced by a whole new one.

    Raises:
        ConfigurationError: when it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():  # a folder; or /dev/null, which would be gone
            raise ConfigurationError(N_("{path} is not a file; name one, such as run.toml."), path=path)
        with atomic_write(path, mode=path.stat().st_mode if path.exists() else 0o644) as file:
            file.write(to_toml(hyperparameters).encode())
    except (OSError, ValueError) as error:
        raise cannot_write(ConfigurationError, path, error) from None


def to_toml(hyperparameters: Hyperparameters) -> str:
    """Return hyperparameters as TOML, by group; what a rule decides is left out."""
    values = hyperparameters.to_mapping()
    parts = []
    for group in GROUPS:
        names = [name for name in values if SPECIFICATIONS[name].group == group]
        lines = [f"{name} = {json.dumps(values[name])}" for name in names]
        parts.append("\n".join([f"# {group}", *lines]))
    return "\n\n".join(parts) + "\n"


def combine(*sources: Mapping[str, object]) -> Hyperparameters:
    """Return the hyperparameters of several sources; the later wins."""
    merged: dict[str, object] = {}
    for source in sources:
        merged.update(source)
    return Hyperparameters.from_mapping(merged)


def _parse(content: bytes, name: str) -> dict[str, object]:
    try:
        values = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:  # not only TOMLDecodeError: a number of 5,000 digits
        is_deep = isinstance(error, RecursionError)
        reason = Sentence(N_("too deeply nested")) if is_deep else str(error).splitlines()[0]
        raise ConfigurationError(N_("{name} is not TOML: {reason}."), name=name, reason=reason) from None
    return {key: specification_of(key).parse(value) for key, value in values.items()}
