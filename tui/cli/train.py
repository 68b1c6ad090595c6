"""`mlp-tui train`: training without a screen."""

from pathlib import Path
from typing import Any

import click

from engine.data.location import Location
from engine.errors import EngineError
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
@option(
    "--network",
    metavar="FILE.py[:CLASS]",
    text=lambda: _("Train a network of one's own: this class of this file. [CLASS: MLP]"),
)
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
    network: str | None,
    name: str,
    save: Path | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Train without a screen."""
    from tui.cli.training import Interruption, Reporter, follow  # loads NumPy

    hyperparameters = gather(preset, config, options)
    source = None
    if network is not None:
        from engine.workshop.own_network.source import left_out, only_applicable, read_source

        asked_for = [name for name, value in options.items() if value is not None]
        hyperparameters = only_applicable(hyperparameters, asked_for + left_out(hyperparameters))
        source = read_source(network)
    reporter = Reporter(as_json=as_json)
    interruption = Interruption()
    with interruption.watching():
        from engine.data.dataset import load_dataset
        from engine.storage import checkpoint
        from engine.training.trainer import Trainer

        if save:
            checkpoint.check_writable(save)
        dataset = load_dataset(data)
        if source is None:
            trainer = Trainer(hyperparameters, dataset, interruption.commands, name=name)
            return follow(trainer, interruption, reporter, data=data, save=save)
        from engine.workshop.own_network.learner import own_trainer

        with reporter.telling_failures():
            trainer = own_trainer(
                source, hyperparameters, dataset, interruption.commands, reporter.progress.write, name=name
            )
            if save and trainer.learner.own_network and trainer.learner.own_network.differs:
                trainer.learner.close()
                told = trainer.learner.own_network.why_not
                raise EngineError(told.template, **told.values)
            return follow(trainer, interruption, reporter, data=data, save=save)
