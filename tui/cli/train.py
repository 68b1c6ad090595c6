"""`mlp-tui train`: training without a screen."""

from pathlib import Path
from typing import Any

import click

from engine.data.location import Location
from engine.sentences import N_
from tui.cli.help import Command, option
from tui.cli.options import data_option, gather, hyperparameter_options, language_option
from tui.text.language import _


@click.command(
    cls=Command,
    help=N_(
        "Train without a screen: progress to stderr, the result to stdout. With --json, the learning_rate of "
        "an epoch is that of its last step.\n\n"
        "Exit status: 0 done (early stopping included), 1 something failed, 2 a bad value, 3 diverged; "
        "130, 143 or 129 interrupted by Ctrl+C, SIGTERM or SIGHUP."
    ),
)
@hyperparameter_options()
@data_option
@option("--name", default="", metavar=N_("TEXT"), text=lambda: _("What to call the run."))
@option(
    "--save",
    type=click.Path(path_type=Path),
    metavar="FILE.npz",
    text=lambda: _("Write the best weights here when the run ends."),
)
@option("--json", "as_json", is_flag=True, text=lambda: _("Print each event as one line of JSON."))
@language_option
def train(
    data: Location | None,
    preset: str | None,
    config: Path | None,
    name: str,
    save: Path | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Train without a screen."""
    from tui.cli.training import Interruption, Reporter, follow  # loads NumPy

    hyperparameters = gather(preset, config, options)
    interruption = Interruption()
    with interruption.watching():
        from engine.data.dataset import load_dataset
        from engine.storage import checkpoint
        from engine.training.trainer import Trainer

        if save:
            checkpoint.check_writable(save)
        trainer = Trainer(hyperparameters, load_dataset(data), interruption.commands, name=name)
        return follow(trainer, interruption, Reporter(as_json=as_json), data=data, save=save)
