"""Command-line options made from the hyperparameters' specifications."""

from collections.abc import Callable, Collection
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from engine.data.location import (
    MAX_SIDE,
    NO_SHAPE,
    NO_SHARE,
    ReadingOptions,
    location,
    parse_shape,
    parse_test_size,
)
from engine.hyperparameters import SPECIFICATIONS, Hyperparameters
from engine.sentences import N_
from engine.specification import Choice, Flag, Integer, Real, Specification, quoted
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


class Shape(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    """The height and width of an image, such as 28x28."""

    name = "HEIGHTxWIDTH"

    def convert(
        self, value: Any, param: click.Parameter | None, context: click.Context | None
    ) -> tuple[int, int]:
        """Return both."""
        try:
            return parse_shape(value)
        except ValueError:
            self.fail(_(NO_SHAPE).format(given=quoted(value), limit=MAX_SIDE), param, context)


class Share(click.ParamType):  # type: ignore[type-arg]
    """A number between 0 and 1."""

    name = "X"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> float:
        """Return the number."""
        try:
            return parse_test_size(value)
        except ValueError:
            self.fail(_(NO_SHARE).format(given=quoted(value)), param, context)


def data_option(command: Command) -> Command:
    """Add `--data`, and how it is read: `--shape` and `--test-size`. The command gets all three as `data`."""

    @wraps(command)
    def with_location(
        *arguments: Any,
        data: Path | None,
        shape: tuple[int, int] | None,
        test_size: float | None,
        **others: Any,
    ) -> Any:
        options = ReadingOptions(shape, test_size)
        if data is None and options != ReadingOptions():
            raise click.UsageError(_("--shape and --test-size say how --data is read; name the data, too."))
        place = None if data is None else location(data, options)
        return command(*arguments, data=place, **others)

    decorators = (
        option(
            "--data",
            type=click.Path(path_type=Path),
            metavar=N_("PATH"),
            text=lambda: _(
                "IDX files, an .npz, a CSV, or folders of pictures by class; `mlp-tui data` says what is in "
                "it. [the MNIST inside]"
            ),
        ),
        option(
            "--shape",
            type=Shape(),
            metavar=N_("HEIGHTxWIDTH"),
            text=lambda: _("Size of an image, where the data do not say; resizes folders of pictures."),
        ),
        option(
            "--test-size",
            type=Share(),
            metavar="X",
            text=lambda: _("Share of the images to test with, where the data have no test part. [a seventh]"),
        ),
    )
    decorated: Any = with_location
    for decorator in reversed(decorators):
        decorated = decorator(decorated)
    return cast(Command, decorated)


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
