"""The command line. Textual is imported only when the app opens, NumPy only when something is computed."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from engine.errors import EngineError, HyperparameterError, reason_of
from engine.sentences import N_
from engine.specification import printable
from tui.cli.help import Command, WholeNumber, option
from tui.cli.options import (
    NETWORK,
    config_option,
    data_option,
    gather,
    hyperparameter_options,
    json_option,
    language_option,
    preset_option,
)
from tui.cli.runs import run_argument, runs
from tui.text.language import LANGUAGES, _, language_of_arguments, translate, use_language

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130


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
    words=lambda: _("Show the version and exit."),
)
@language_option
@data_option
@config_option
@preset_option
@option("--ascii", "plain", is_flag=True, words=lambda: _("Draw with ASCII alone, for fonts without more."))
@click.pass_context
def cli(
    context: click.Context, data: Path | None, preset: str | None, config: Path | None, plain: bool
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
    hyperparameters = gather(preset, config, {})
    if not (sys.stdin.isatty() and sys.stderr.isatty()):  # Textual draws on stderr
        raise click.UsageError(
            _("The app needs a terminal; `mlp-tui train` works without one (see mlp-tui --help).")
        )
    from engine.storage.presets import DEFAULT_PRESET
    from tui.app.app import MlpApp
    from tui.cli.exit_summary import farewell
    from tui.session.paths import home, settings_file, worker_log
    from tui.session.settings import read_settings
    from tui.text.glyphs import use_ascii

    settings = read_settings(settings_file())
    if settings.language in LANGUAGES and language_of_arguments(sys.argv[1:]) is None:
        use_language(settings.language)
    use_ascii(plain)
    app = MlpApp(
        hyperparameters,
        preset=preset or DEFAULT_PRESET,
        data=data,
        log=worker_log(),
        home=home(),
        settings=settings,
    )
    app.run()
    if words := farewell(app.state):
        click.echo(words)
    return app.return_code or 0


@cli.command(
    help=N_(
        "Train without a screen: progress to stderr, the result to stdout.\n\n"
        "Exit status: 0 done (early stopping included), 1 something failed, 2 a bad value, 3 diverged; "
        "130, 143 or 129 interrupted by Ctrl+C, SIGTERM or SIGHUP."
    )
)
@hyperparameter_options()
@data_option
@option("--name", default="", metavar=N_("TEXT"), words=lambda: _("What to call the run."))
@option(
    "--save",
    type=click.Path(path_type=Path),
    metavar="FILE.npz",
    words=lambda: _("Write the best weights here when the run ends."),
)
@option("--json", "as_json", is_flag=True, words=lambda: _("Print each event as one line of JSON."))
@language_option
def train(
    data: Path | None,
    preset: str | None,
    config: Path | None,
    name: str,
    save: Path | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Train without a screen."""
    from tui.cli import training

    hyperparameters = gather(preset, config, options)
    return training.train(hyperparameters, data=data, name=name, save=save, as_json=as_json)


@cli.command(
    help=N_(
        "Print the test images that a network gets wrong, as ASCII art, the surest mistakes first.\n\n"
        "RUN is a run's id, a unique beginning of it, its name, or `latest`; or a file that "
        "`mlp-tui train --save` or `mlp-tui runs export` wrote."
    )
)
@run_argument
@option("--true", type=WholeNumber(0), metavar=N_("CLASS"), words=lambda: _("Only images of this class."))
@option(
    "--predicted",
    type=WholeNumber(0),
    metavar=N_("CLASS"),
    words=lambda: _("Only images read as this class."),
)
@option(
    "--limit",
    type=WholeNumber(0),
    default=10,
    metavar="N",
    words=lambda: _("How many to print; 0: all. [10]"),
)
@data_option
@json_option
@language_option
def mistakes(
    run: str, true: int | None, predicted: int | None, limit: int, data: Path | None, as_json: bool
) -> int:
    """Print the test images that a network gets wrong."""
    from tui.cli.reports import print_mistakes

    print_mistakes(run, true=true, predicted=predicted, limit=limit, data=data, as_json=as_json)
    return 0


@cli.command(
    help=N_(
        "Go on with a run where it was interrupted or stopped, to the same bits as if it never had been.\n\n"
        "RUN is a run's id, a unique beginning of it, its name, or `latest`. With --epochs, a run that is "
        "done takes more: its schedule is then laid over all of them from the first, and the learning rate "
        "goes on where a run of so many epochs would be."
    )
)
@run_argument
@option(
    "--epochs",
    type=WholeNumber(1),
    metavar="N",
    words=lambda: _("How many epochs the run is to have in all."),
)
@data_option
@option("--json", "as_json", is_flag=True, words=lambda: _("Print each event as one line of JSON."))
@language_option
def resume(run: str, epochs: int | None, data: Path | None, as_json: bool) -> int:
    """Go on with a run."""
    from tui.cli import training

    return training.resume(run, epochs=epochs, data=data, as_json=as_json)


@cli.command(
    help=N_(
        "Try a network on the test images: accuracy, the figures of each class, the confusion matrix.\n\n"
        "RUN is a run's id, a unique beginning of it, its name, or `latest`; or a file that "
        "`mlp-tui train --save` or `mlp-tui runs export` wrote."
    )
)
@run_argument
@option(
    "--shifts",
    type=WholeNumber(0, 5),
    default=0,
    metavar="N",
    words=lambda: _("Average over shifts of the images by up to N pixels as well. [0]"),
)
@data_option
@json_option
@language_option
def evaluate(run: str, shifts: int, data: Path | None, as_json: bool) -> int:
    """Try a network on the test images."""
    from tui.cli.evaluate import print_evaluation

    print_evaluation(run, data=data, shifts=shifts, as_json=as_json)
    return 0


@cli.command(
    help=N_(
        "Print what a network reads in pictures: PGM, and with Pillow PNG and others.\n\n"
        "A picture may be of any size, dark on light or light on dark, and anywhere on the paper: it is made "
        "like the images that the network learned. RUN is a run's id, a unique beginning of it, its name, or "
        "`latest`; or a file that `mlp-tui train --save` or `mlp-tui runs export` wrote."
    )
)
@click.argument("images", metavar=N_("IMAGE..."), nargs=-1, required=True, type=click.Path(path_type=Path))
@option("--run", default="latest", metavar="RUN", words=lambda: _("Whose network reads. [latest]"))
@option(
    "--center/--no-center",
    "centred",
    default=True,
    words=lambda: _("Scale and centre as MNIST's digits were, or only make the picture fit. [center]"),
)
@json_option
@language_option
def predict(images: tuple[Path, ...], run: str, centred: bool, as_json: bool) -> int:
    """Print what a network reads in pictures."""
    from tui.cli.predict import print_predictions

    print_predictions(images, run, centred=centred, as_json=as_json)
    return 0


@cli.command(
    "check-gradients",
    help=N_("Hold backpropagation against numerical gradients, layer by layer, in float64."),
)
@hyperparameter_options(NETWORK)
@option(
    "--samples",
    type=WholeNumber(1),
    default=100,
    metavar="N",
    words=lambda: _("Parameters to check in each layer. [100]"),
)
@data_option
@json_option
@language_option
def check_gradients(
    preset: str | None, config: Path | None, samples: int, data: Path | None, as_json: bool, **options: Any
) -> int:
    """Hold backpropagation against numerical gradients."""
    from tui.cli.reports import print_gradient_check

    passed = print_gradient_check(
        gather(preset, config, options), samples=samples, data=data, as_json=as_json
    )
    return 0 if passed else FAILED


@cli.command(
    "find-learning-rate",
    help=N_(
        "Try one learning rate after the other on a network of its own, and suggest one to begin with.\n\n"
        "Each mini-batch is learned with a larger rate (Smith 2017); the loss falls, then shoots up."
    ),
)
@hyperparameter_options()
@data_option
@option("--json", "as_json", is_flag=True, words=lambda: _("Print each step as one line of JSON."))
@language_option
def find_learning_rate(
    preset: str | None, config: Path | None, data: Path | None, as_json: bool, **options: Any
) -> int:
    """Suggest a learning rate."""
    from tui.cli.find_learning_rate import print_learning_rate

    print_learning_rate(gather(preset, config, options), data=data, as_json=as_json)
    return 0


@cli.command(
    help=N_(
        "Do a lesson without a screen: run its experiments, and grade an answer.\n\n"
        "LESSON is a number, a name, or a file that a teacher wrote; without it the lessons are listed. With "
        "--run, a run is held against the lesson's target."
    )
)
@click.argument("lesson", metavar=N_("LESSON"), required=False)
@option("--answer", metavar=N_("TEXT"), words=lambda: _("The answer: the letter of a choice, or a number."))
@option("--run", metavar="RUN", words=lambda: _("Grade this stored run against the lesson's target."))
@data_option
@json_option
@language_option
def lesson(lesson: str | None, answer: str | None, run: str | None, data: Path | None, as_json: bool) -> int:
    """Do a lesson."""
    from tui.cli.lesson import do_lesson, list_lessons

    if lesson is None:
        list_lessons(as_json=as_json)
    else:
        do_lesson(lesson, answer=answer, run_id=run, data=data, as_json=as_json)
    return 0


@cli.command("data", help=N_("Say what is in the data set, and where it came from."))
@data_option
@json_option
@language_option
def data_command(data: Path | None, as_json: bool) -> int:
    """Say what is in the data set."""
    from tui.cli.reports import print_data

    print_data(data, as_json=as_json)
    return 0


cli.add_command(runs)


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
            _("{what}: {reason}.").format(what=what, reason=translate(reason_of(error))), FAILED
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
    click.echo(f"mlp-tui: {printable(line, most=len(line))}", err=True)
    return status
