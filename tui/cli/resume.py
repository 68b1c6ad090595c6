"""`mlp-tui resume`: goes on with a stored run."""

import click

from engine.data.location import Location
from engine.sentences import N_
from tui.cli.help import Command, WholeNumber, option
from tui.cli.options import data_option, language_option
from tui.cli.runs import run_argument
from tui.session.paths import home
from tui.text.language import _


@click.command(
    cls=Command,
    help=N_(
        "Go on with a run where it was interrupted or stopped, to the same bits as if it never had been.\n\n"
        "RUN is a run's id, a unique beginning of it, its name, or `latest`. With --epochs, a run that is "
        "done takes more: its schedule is then laid over all of them from the first, and the learning rate "
        "goes on where a run of so many epochs would be."
    ),
)
@run_argument
@option(
    "--epochs",
    type=WholeNumber(1),
    metavar="N",
    text=lambda: _("How many epochs the run is to have in all."),
)
@data_option
@option("--json", "as_json", is_flag=True, text=lambda: _("Print each event as one line of JSON."))
@language_option
def resume(run: str, epochs: int | None, data: Location | None, as_json: bool) -> int:
    """Go on with a run."""
    from tui.cli.training import Interruption, Reporter, follow  # loads NumPy

    interruption = Interruption()
    with interruption.watching():
        from engine.storage.model_lookup import data_of, load_data, open_store
        from engine.storage.resuming import trainer_for

        reporter = Reporter(as_json=as_json)
        with open_store(home()) as store:
            record = store.find(run)
            place = data_of(record, data)
            trainer = trainer_for(
                store, record, load_data(record, data), interruption.commands, epochs=epochs
            )
            before = store.epoch_metrics(record.id)
        if trainer.step == 0:
            reporter.progress.write_line(
                _("No epoch of {run} was kept: it starts over, with its seed.").format(run=record.id)
            )
        elif trainer.hyperparameters.epochs != record.hyperparameters.epochs and before:
            reporter.progress.write_line(
                _(
                    "Now {epochs} epochs: the schedule ({schedule}) is laid over all of them, and the "
                    "learning rate goes on at {rate:.4g} (it was {before:.4g})."
                ).format(
                    epochs=trainer.hyperparameters.epochs,
                    schedule=trainer.hyperparameters.schedule,
                    rate=trainer.next_learning_rate,
                    before=before[-1].learning_rate,
                )
            )
        return follow(trainer, interruption, reporter, data=place)
