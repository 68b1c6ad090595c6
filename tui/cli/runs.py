"""`mlp-tui runs`: the stored runs, listed, shown, named, put aside and had back."""

import contextlib
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.data.location import Location
from engine.errors import DataError, EngineError
from engine.events import HyperparameterChanged
from engine.sentences import N_
from engine.specification import printable
from tui.cli.help import Group, option
from tui.cli.options import data_option, json_option, language_option
from tui.session.paths import home
from tui.text.cell_widths import left, right, width
from tui.text.language import _, plural, translate

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from engine.storage.runs import RunStore


class RunName(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    """A run: its id, a unique beginning of it, its name, or `latest`. The shell completes it."""

    name = "RUN"

    def shell_complete(
        self, context: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """Return the ids and names of runs that begin so."""
        from click.shell_completion import CompletionItem

        from engine.storage.finding import LATEST
        from engine.storage.model_lookup import open_store

        try:
            with open_store(home()) as store:
                records = store.records()
        except EngineError:
            return []
        text = {LATEST: _("the newest run")} if records else {}
        for record in records:
            about = " ".join((record.network, translate(record.state_name), printable(record.name)))
            text[record.id] = about.strip()
            if record.name and record.name == printable(record.name, limit=200):
                text.setdefault(record.name, record.id)
        return [
            CompletionItem(word, help=about) for word, about in text.items() if word.startswith(incomplete)
        ]


def run_argument(function: Any) -> Any:
    """Add the argument RUN."""
    return click.argument("run", metavar="RUN", type=RunName())(function)


@click.group("runs", cls=Group, help=N_("The stored runs: list, show, compare, name, delete, export."))
@language_option
def runs() -> int:
    """Do something with the stored runs."""
    return 0


@runs.command("list", help=N_("List the runs, the newest first."))
@option("--deleted", is_flag=True, text=lambda: _("Those that were deleted in the last day instead."))
@json_option
@language_option
def list_runs(deleted: bool, as_json: bool) -> int:
    """List the runs."""
    from engine.storage.model_lookup import open_store
    from tui.text.run_summary import run_cells, run_fields

    with open_store(home()) as store:
        records = store.records(deleted=deleted)
        if store.unreadable:
            text = plural(
                "{count} run cannot be shown: what is kept of it is damaged.",
                "{count} runs cannot be shown: what is kept of them is damaged.",
                store.unreadable,
            )
            click.echo(text, err=True)
    if as_json:
        for record in records:
            click.echo(json.dumps(run_fields(record), allow_nan=False, ensure_ascii=False))
        return 0
    if not records:
        click.echo(_("There is no run yet; `mlp-tui train` makes one."), err=True)
        return 0
    headings = (
        (_("run"), left),
        (_("when"), left),
        (_("network"), left),
        (_("optimizer"), left),
        (_("validation"), right),
        (_("test"), right),
        (_("epochs"), right),
        (_("seconds"), right),
        (_("state"), left),
        (_("name"), left),
    )
    rows = [tuple(heading for heading, _side in headings), *map(run_cells, records)]
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            side(cell, cells) for cell, cells, (_heading, side) in zip(row, widths, headings, strict=True)
        )
        click.echo("  ".join(cells).rstrip())
    return 0


def tell_of_damage(store: "RunStore") -> None:
    """Say on stderr that rows of the run that was read last are damaged, if there are any."""
    from engine.storage.run_record import damaged_rows_sentence

    if store.unreadable_rows:
        click.echo(translate(damaged_rows_sentence(store.unreadable_rows)), err=True)


@runs.command("show", help=N_("Show a run: its hyperparameters, its epochs, how it ended."))
@run_argument
@json_option
@language_option
def show(run: str, as_json: bool) -> int:
    """Show a run."""
    from engine.storage.model_lookup import open_store
    from tui.text.run_summary import loss_cell, run_description, run_fields

    with open_store(home()) as store:
        record = store.find(run)
        events = list(store.other_events(record.id))
        curves = store.epoch_metrics(record.id)
        ended = store.ended(record.id)
        tell_of_damage(store)
    changes = [event for event in events if isinstance(event, HyperparameterChanged)]
    if as_json:
        fields = run_fields(record) | {
            "hyperparameters": record.hyperparameters.to_mapping(),
            "environment": dataclasses.asdict(record.started.environment),
            "changes": [dataclasses.asdict(change) for change in changes],
            "epochs_ended": [figures._asdict() | {"is_best": bool(figures.is_best)} for figures in curves],
            "confusion_matrix": ended.confusion_matrix.rows() if ended and ended.confusion_matrix else None,
        }
        click.echo(json.dumps(fields, allow_nan=False, ensure_ascii=False))
        return 0
    for name, value in run_description(record, ended):
        click.echo(f"{left(name, 14)} {value}")
    for change in changes:
        message = _("{name} {old} → {new} after epoch {epoch}, batch {batch}")
        text = message.format(
            name=change.name, old=change.old, new=change.new, epoch=change.epoch, batch=change.batch
        )
        click.echo(f"{left(_('change'), 14)} {text}")
    click.echo()
    headings = _("epoch"), _("train loss"), _("train acc."), _("val. loss"), _("val. acc."), _("seconds")
    click.echo("".join(right(cell, 12) for cell in headings))
    for figures in curves:
        cells = (
            str(figures.epoch),
            loss_cell(figures.train_loss),
            f"{figures.train_accuracy:.2%}",
            loss_cell(figures.validation_loss),
            f"{figures.validation_accuracy:.2%}",
            f"{figures.seconds:.2f}",
        )
        best = " *" if figures.epoch == record.best_epoch else ""
        click.echo("".join(right(cell, 12) for cell in cells) + best)
    return 0


@runs.command(
    "compare",
    help=N_(
        "Compare two runs: settings, figures, and whether their difference is significant.\n\n"
        "An experiment alone has its settings compared; beside a run it stands for the run of its best "
        "setting with the first seed."
    ),
)
@click.argument("first", metavar="RUN", type=RunName())
@click.argument("second", metavar="[RUN]", type=RunName(), required=False)
@data_option
@json_option
@language_option
def compare(first: str, second: str | None, data: Location | None, as_json: bool) -> int:
    """Compare two runs, or the settings of an experiment."""
    from engine.data.dataset import load_dataset
    from engine.storage.model_lookup import data_of, open_store
    from tui.cli.experiment import find_run, show_experiment
    from tui.cli.run_comparison import print_comparison

    if second is None:
        return show_experiment(first, as_json=as_json)
    with open_store(home()) as store:
        one, other = find_run(store, first), find_run(store, second)
        dataset = None
        with contextlib.suppress(DataError):  # what can be said without the images is said
            dataset = load_dataset(data_of(one, data))
        print_comparison(store, one, other, dataset=dataset, as_json=as_json)
    return 0


@runs.command(
    "export",
    help=N_(
        "Take a run elsewhere: its figures, its model, a script that trains it again, a report.\n\n"
        "Each FILE is of the kind that its ending says: .csv and .json hold the figures of the epochs; .npz, "
        ".safetensors and .onnx the model; .py is a short NumPy program that trains this very network; .html "
        "is a report. With --format and no FILE it goes to stdout."
    ),
)
@run_argument
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(path_type=Path))
@option(
    "--format",
    "kind",
    metavar="csv|json|npz|safetensors|onnx|script|report",
    text=lambda: _("The kind, whatever the ending of the file says."),
)
@option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FILE",
    text=lambda: _("The file, in place of the argument."),
)
@option("--force", is_flag=True, text=lambda: _("Replace a file that is there."))
@json_option
@language_option
def export_run(
    run: str, files: tuple[Path, ...], kind: str | None, output: Path | None, force: bool, as_json: bool
) -> int:
    """Export a run."""
    from tui.cli.export import export_to_files, export_to_stdout

    places = [*files, *([output] if output else [])]
    if places:
        export_to_files(run, places, kind, force=force, as_json=as_json)
    else:
        export_to_stdout(run, kind)
    return 0


@runs.command("rename", help=N_("Call a run something else."))
@run_argument
@click.argument("name", metavar=N_("TEXT"))
@language_option
def rename(run: str, name: str) -> int:
    """Call a run something else."""
    from engine.storage.model_lookup import open_store

    with open_store(home()) as store:
        store.rename(store.find(run).id, name)
    return 0


@runs.command("note", help=N_("Keep a note with a run."))
@run_argument
@click.argument("note", metavar=N_("TEXT"))
@language_option
def note(run: str, note: str) -> int:
    """Keep a note with a run."""
    from engine.storage.model_lookup import open_store

    with open_store(home()) as store:
        store.annotate(store.find(run).id, note)
    return 0


@runs.command("delete", help=N_("Delete runs; for a day `mlp-tui runs restore` has them back."))
@click.argument("runs_to_delete", metavar="RUN...", type=RunName(), nargs=-1, required=True)
@option("--yes", is_flag=True, text=lambda: _("Nothing is asked anyway; for scripts that say it."))
@json_option
@language_option
def delete(runs_to_delete: Sequence[str], yes: bool, as_json: bool) -> int:
    """Delete runs: all of those named, or none."""
    from engine.storage.model_lookup import open_store

    with open_store(home()) as store:
        found = {record.id for record in map(store.find, runs_to_delete)}
        for run in sorted(found):
            store.delete(run)
    if as_json:
        click.echo(json.dumps({"deleted": sorted(found)}))
        return 0
    for run in sorted(found):
        click.echo(_("{run} is deleted; `mlp-tui runs restore {run}` has it back for a day.").format(run=run))
    return 0


@runs.command("restore", help=N_("Have a deleted run back."))
@run_argument
@language_option
def restore(run: str) -> int:
    """Have a deleted run back."""
    from engine.storage.model_lookup import open_store

    with open_store(home()) as store:
        record = store.find(run, deleted=True)
        store.restore(record.id)
    click.echo(_("{run} is back.").format(run=record.id))
    return 0
