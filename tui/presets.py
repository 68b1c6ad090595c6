"""Hyperparameters from TOML: the presets that ship with the program, and files of a user's own."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from assets import FOLDER
from engine.errors import EngineError, HyperparameterError, reason_of
from engine.hyperparameters import Hyperparameters, specification_of
from engine.wording import N_, Sentence

DEFAULT_PRESET = "textbook"


class ConfigurationError(EngineError):
    """A TOML file that cannot be read."""


def preset_names() -> list[str]:
    """Return the names of the presets, the default first."""
    names = sorted(file.stem for file in (FOLDER / "presets").glob("*.toml"))
    return sorted(names, key=lambda name: name != DEFAULT_PRESET)


def read_preset(name: str) -> dict[str, object]:
    """Return the values that a preset names.

    Raises:
        HyperparameterError: when there is no such preset.
    """
    if name not in preset_names():
        raise HyperparameterError(
            N_("There is no preset “{given}”; there are: {names}."),
            name="preset",
            given=name,
            names=", ".join(preset_names()),
        )
    return _parse((FOLDER / "presets" / f"{name}.toml").read_bytes(), name)


def read_config(path: Path) -> dict[str, object]:
    """Return the values that a TOML file names, each checked.

    Raises:
        ConfigurationError: when the file cannot be read or is not TOML.
        HyperparameterError: for a name that does not exist or a value that is not allowed.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            N_("{path} cannot be read: {reason}."), path=path, reason=reason_of(error)
        ) from None
    return _parse(content, str(path))


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
    return {key: specification_of(key).read(value) for key, value in values.items()}
