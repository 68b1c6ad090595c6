"""`mlp-tui watch`: shows a run that another program trains."""

import os
import sys

import click

from engine.hyperparameters import Hyperparameters
from engine.sentences import N_
from tui.cli.help import Command, option
from tui.cli.opening import open_app
from tui.cli.options import language_option
from tui.session.paths import home
from tui.text.language import _


@click.command(
    cls=Command,
    help=N_(
        "Watch a run that another program trains, live.\n\n"
        "SOURCE is a file that grows, or - for standard input: JSON lines as `mlp-tui train --json` prints "
        "them (epoch_ended with epoch and one figure is enough), or the CSV log of Keras or Lightning; or it "
        "is a stored run that another process trains: a run's id, a unique beginning of it, its name, or "
        "`latest`. Nothing of it is stored here; ctrl+q leaves it as it is."
    ),
)
@click.argument("source", metavar="SOURCE")
@option("--ascii", "plain", is_flag=True, text=lambda: _("Draw with ASCII alone, for fonts without more."))
@language_option
def watch(source: str, plain: bool) -> int:
    """Watch a run that another program trains."""
    from engine.watching.sources import find_source  # loads NumPy

    found = find_source(source, home(), _standard_input)
    try:
        return open_app(Hyperparameters(), plain=plain, source=found)
    except click.UsageError:
        found.close()
        raise


def _standard_input() -> int:
    """Return the descriptor of what is piped in; from here on the keys come from the terminal.

    Raises:
        click.UsageError: when nothing is piped in, or there is no terminal.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise click.UsageError(_("Nothing is piped in; for example: python train.py | mlp-tui watch -"))
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        raise click.UsageError(
            _("The app needs a terminal; `mlp-tui train` works without one (see mlp-tui --help).")
        ) from None
    piped = os.dup(0)
    os.dup2(terminal, 0)
    os.close(terminal)
    return piped
