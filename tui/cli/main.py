"""The command line. Textual is imported only when the app opens, NumPy only when something is computed."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from engine.data.location import Location
from engine.errors import EngineError, HyperparameterError, system_reason
from engine.sentences import N_
from engine.specification import printable
from tui.cli.check_gradients import check_gradients
from tui.cli.data import data_command
from tui.cli.evaluate import evaluate
from tui.cli.experiment import experiment
from tui.cli.find_learning_rate import find_learning_rate
from tui.cli.help import Command, option
from tui.cli.lesson import lesson
from tui.cli.mistakes import mistakes
from tui.cli.opening import open_app
from tui.cli.options import (
    FAILED,
    config_option,
    data_option,
    gather,
    language_option,
    preset_option,
)
from tui.cli.predict import predict
from tui.cli.resume import resume
from tui.cli.runs import runs
from tui.cli.train import train
from tui.cli.watch import watch
from tui.cli.workshop import workshop
from tui.text.language import _, language_of_arguments, translate, use_language

WRONG_USAGE, INTERRUPTED = 2, 130


class Commands(Command, click.Group):
    """The commands; the reader of their output, such as `head`, may leave when it has seen enough.

    Click would make a closed pipe exit status 1.
    """

    command_class = Command

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """Read the options of the program, of which some print and end it."""
        with _reader_may_leave():
            return super().make_context(*arguments, **options)

    def invoke(self, context: click.Context) -> Any:
        """Run the command."""
        with _reader_may_leave():
            status = super().invoke(context)
            sys.stdout.flush()
            return status


def _say_version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    """Print the version, and end."""
    if wanted:
        from importlib.metadata import version

        click.echo(_("{program}, version {version}").format(program="mlp-tui", version=version("mlp-tui")))
        context.exit()


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=N_("Watch a neural network learn. Without a command, the app opens."),
)
@option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_say_version,
    text=lambda: _("Show the version and exit."),
)
@language_option
@data_option
@config_option
@preset_option
@option("--ascii", "plain", is_flag=True, text=lambda: _("Draw with ASCII alone, for fonts without more."))
@click.pass_context
def cli(
    context: click.Context, data: Location | None, preset: str | None, config: Path | None, plain: bool
) -> int:
    """Open the app, unless there is a command."""
    if context.invoked_subcommand is not None:
        if data or preset or config or plain:
            raise click.UsageError(
                _("Options of a command stand after it: mlp-tui {command} --data ...").format(
                    command=context.invoked_subcommand
                )
            )
        return 0
    return open_app(gather(preset, config, {}), preset=preset, data=data, plain=plain)


for command in (
    train,
    resume,
    evaluate,
    mistakes,
    predict,
    check_gradients,
    find_learning_rate,
    lesson,
    data_command,
    workshop,
    watch,
    runs,
    experiment,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line. Whatever goes wrong is one line on stderr and an exit status."""
    _open_streams()
    use_language(language_of_arguments(sys.argv[1:]))
    try:
        status = cli.main(prog_name="mlp-tui", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        status = _complain(error.format_message(), error.exit_code)
    except HyperparameterError as error:
        status = _complain(translate(error), WRONG_USAGE)
    except EngineError as error:
        status = _complain(translate(error), FAILED)
    except MemoryError:
        status = _complain(_("There is not enough memory for this."), FAILED)
    except (click.Abort, KeyboardInterrupt):
        status = INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        status = 0
    except OSError as error:  # a full disk, a name that is too long
        _discard_output()
        what = error.filename or _("the output")
        status = _complain(
            _("{what}: {reason}.").format(what=what, reason=translate(system_reason(error))), FAILED
        )
    sys.exit(status)


def _open_streams() -> None:
    """Make sure that there is a stdout and a stderr, and that any path can be written to them.

    Both may have been closed (`>&-`); a path may hold bytes that are no UTF-8.
    """
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115 (open until the program ends)
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


@contextlib.contextmanager
def _reader_may_leave() -> Iterator[None]:
    """End the program in peace when nobody reads its output any more; `main` sees to what is left of it."""
    try:
        yield
    except BrokenPipeError:
        raise click.exceptions.Exit(0) from None


def _discard_output() -> None:
    """Send what is left in stdout's buffer nowhere, so that Python does not stumble over it at exit."""
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _complain(text: str, status: int) -> int:
    """Write one line to stderr, without the control characters that a path may hold."""
    line = " ".join(text.split())
    click.echo(f"mlp-tui: {printable(line, limit=len(line))}", err=True)
    return status
