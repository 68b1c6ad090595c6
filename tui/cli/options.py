"""Command-line options made from the hyperparameters' specifications."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, TypeVar

import click

from engine.hyperparameters import SPECIFICATIONS, Hyperparameters
from engine.sentences import N_
from engine.specification import Choice, Flag, Integer, Real, Specification
from engine.storage.presets import DEFAULT_PRESET, PRESETS, combine, read_config, read_preset
from tui.cli.help import option
from tui.text.language import LANGUAGES, _, translate

Command = TypeVar("Command", bound=Callable[..., Any])

FAILED = 1
"""The exit status when something failed."""

NETWORK = ("hidden", "activation", "initializer", "batch_norm", "dropout", "l2", "label_smoothing", "seed")
"""The hyperparameters that decide a gradient."""


def hyperparameter_options(names: Collection[str] = tuple(SPECIFICATIONS)) -> Callable[[Command], Command]:
    """Decorate a command with one option for each hyperparameter named, and with where others come from."""

    def decorate(command: Command) -> Command:
        for name in reversed(list(names)):
            command = _option(SPECIFICATIONS[name])(command)
        return config_option(preset_option(command))

    return decorate


def preset_option(command: Command) -> Command:
    """Add `--preset`."""
    return option(
        "--preset",
        metavar=N_("NAME"),
        text=lambda: _("Hyperparameters to start from.") + f" [{DEFAULT_PRESET}; {', '.join(PRESETS)}]",
    )(command)


def config_option(command: Command) -> Command:
    """Add `--config`."""
    return option(
        "--config",
        type=click.Path(path_type=Path),
        metavar="FILE.toml",
        text=lambda: _("Hyperparameters from a TOML file; they win over the preset, options win over both."),
    )(command)


def data_option(command: Command) -> Command:
    """Add `--data`."""
    return option(
        "--data",
        type=click.Path(path_type=Path),
        metavar=N_("PATH"),
        text=lambda: _(
            "A folder of IDX files, or an .npz with x_train y_train x_test y_test. [the MNIST inside]"
        ),
    )(command)


def language_option(command: Command) -> Command:
    """Add `--lang`, which has been read before (`language_of_arguments`), and is only checked here."""
    return option(
        "--lang",
        type=click.Choice(list(LANGUAGES)),
        expose_value=False,
        text=lambda: _("Language. [the locale's]"),
    )(command)


def json_option(command: Command) -> Command:
    """Add `--json`."""
    return option("--json", "as_json", is_flag=True, text=lambda: _("Print JSON."))(command)


def gather(preset: str | None, config: Path | None, options: dict[str, object]) -> Hyperparameters:
    """Return the hyperparameters of a preset, a file and options; the later wins.

    Raises:
        EngineError: for the first bad value.
    """
    given = {name: SPECIFICATIONS[name].parse(value) for name, value in options.items() if value is not None}
    return combine(
        read_preset(preset) if preset else {},
        read_config(config) if config else {},
        given,
    )


def _option(specification: Specification) -> Callable[[Command], Command]:
    """Make the option of one hyperparameter. Values stay text: the specification reads them."""
    flag = "--" + specification.name.replace("_", "-")
    kind = specification.kind
    default = specification.format(specification.default)
    if isinstance(kind, Flag):
        return option(
            f"{flag}/--no-{flag[2:]}", default=None, text=lambda: f"{_(specification.help)} [{default}]"
        )
    metavar = "N" if isinstance(kind, Integer) else "X" if isinstance(kind, Real) else "N,N,..."
    if isinstance(kind, Choice):
        metavar = N_("NAME")
    return option(
        flag,
        default=None,
        metavar=metavar,
        text=lambda: f"{_(specification.help)} [{default and default + '; '}{translate(kind.allowed())}]",
    )
