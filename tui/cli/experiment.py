"""`mlp-tui experiment`: many settings and seeds, on all cores or a cluster, and which are really better."""

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.data.location import Location
from engine.errors import EngineError, StoreError
from engine.sentences import N_
from tui.cli.help import Group, WholeNumber, option
from tui.cli.options import data_option, gather, hyperparameter_options, json_option, language_option
from tui.cli.progress import Progress, bar
from tui.session.paths import home
from tui.text.cell_widths import left, right, width
from tui.text.language import _, plural

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from engine.data.dataset import Dataset
    from engine.events import Event
    from engine.experiments.events import TrialEnded
    from engine.experiments.pools import Pool
    from engine.experiments.stored_experiment import StoredExperiment
    from engine.storage.experiments import ExperimentStore
    from engine.storage.run_record import RunRecord
    from engine.storage.runs import RunStore
    from tui.cli.training import Interruption

MAX_SEEDS, MAX_WORKERS = 10_000, 1024


class ExperimentName(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    """An experiment: its id, a unique beginning of it, its name, or `latest`. The shell completes it."""

    name = "EXPERIMENT"

    def shell_complete(
        self, context: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """Return the ids and names of experiments that begin so."""
        from click.shell_completion import CompletionItem

        from engine.storage.experiments import ExperimentStore
        from engine.storage.model_lookup import open_store

        try:
            with open_store(home()) as runs:
                records = ExperimentStore(runs).records()
        except EngineError:
            return []
        words = ["latest"] if records else []
        words += [word for record in records for word in (record.id, record.name) if word.isprintable()]
        return [CompletionItem(word) for word in words if word and word.startswith(incomplete)]


def experiment_argument(function: Any) -> Any:
    """Add the argument EXPERIMENT."""
    return click.argument("experiment", metavar="EXPERIMENT", type=ExperimentName())(function)


def where_options(command: Any) -> Any:
    """Add `--workers` and `--cluster`: where an experiment is computed."""
    for decorator in (
        option(
            "--cluster",
            metavar=N_("ADDRESS"),
            text=lambda: _("Compute on the Dask cluster whose scheduler is there, such as tcp://host:8786."),
        ),
        option(
            "--workers",
            type=WholeNumber(1, MAX_WORKERS),
            metavar="N",
            text=lambda: _("Trials that are computed at once. [one for each core]"),
        ),
    ):
        command = decorator(command)
    return command


@click.group(
    "experiment", cls=Group, help=N_("Try many settings and seeds, and see which are really better.")
)
@language_option
def experiment() -> int:
    """Do something with experiments."""
    return 0


@experiment.command(
    "run",
    help=N_(
        "Train each setting with each seed, and compare them by their validation images.\n\n"
        "NAME=VALUES is a hyperparameter and what it is to be: values separated by commas, those of hidden "
        "by semicolons (hidden=64;128,64), or a range such as 0.001..1, whose steps are those of its field. "
        "The other options are those of train. Every trial is a stored run.\n\n"
        "Exit status: 0 done, 1 something failed, 2 a bad value, 130, 143 or 129 interrupted; then "
        "`mlp-tui experiment resume` goes on."
    ),
)
@click.argument("more", metavar="[NAME=VALUES]...", nargs=-1)
@option(
    "--vary",
    multiple=True,
    metavar="NAME=VALUES",
    text=lambda: _("A hyperparameter that varies, and its values; several times for several."),
)
@option(
    "--seeds",
    type=WholeNumber(1, MAX_SEEDS),
    default="1",
    metavar="N",
    text=lambda: _("Repeat each setting with so many seeds, from --seed on. [1]"),
)
@where_options
@option(
    "--search",
    type=click.Choice(["grid", "random", "tpe"]),
    default="grid",
    text=lambda: _("Try all settings, some at random, or those that look best after the others. [grid]"),
)
@option(
    "--trials",
    type=WholeNumber(1, 10_000),
    metavar="N",
    text=lambda: _("Settings that random and tpe try, each with every seed. [30]"),
)
@option(
    "--halving",
    is_flag=True,
    text=lambda: _("After a quarter and a half of the epochs only the better half of the settings goes on."),
)
@option("--name", default="", metavar=N_("TEXT"), text=lambda: _("What to call the experiment."))
@hyperparameter_options()
@data_option
@option("--json", "as_json", is_flag=True, text=lambda: _("Print each event as one line of JSON."))
@language_option
def run(
    more: Sequence[str],
    vary: Sequence[str],
    seeds: int,
    workers: int | None,
    cluster: str | None,
    search: str,
    trials: int | None,
    halving: bool,
    name: str,
    data: Location | None,
    preset: str | None,
    config: Path | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Run an experiment."""
    from engine.data.dataset import load_dataset  # loads NumPy
    from engine.experiments.halving import rungs
    from engine.experiments.plan import Plan
    from engine.experiments.search import check_optuna
    from engine.experiments.space import parse_space
    from engine.experiments.stored_experiment import new_experiment
    from engine.storage.experiments import ExperimentStore
    from engine.storage.model_lookup import open_store
    from tui.cli.training import Interruption

    interruption = Interruption()
    with interruption.watching():
        base, space = gather(preset, config, options), parse_space([*vary, *more])
        if search == "tpe":
            check_optuna()
        plan = Plan.of(
            base,
            space,
            search=search,
            settings=trials,
            seeds=seeds,
            halving=halving,
        )
        dataset = load_dataset(data)
        with open_store(home()) as runs:
            store = ExperimentStore(runs)
            pool = _pool(cluster, workers, dataset)
            plan = plan.for_workers(pool.workers)
            if halving and len(rungs(plan.base.epochs, plan.settings, halving=True)) == 1:
                text = _("Nothing is halved: that takes at least two settings and two epochs.")
                click.echo(text, err=True)
            experiment = new_experiment(store, plan, dataset, name=name, data=data)
            return _follow(store, experiment, dataset, pool, interruption, as_json=as_json, data=data)


@experiment.command(
    "resume", help=N_("Go on with an experiment that was interrupted; nothing is computed twice.")
)
@experiment_argument
@where_options
@data_option
@option("--json", "as_json", is_flag=True, text=lambda: _("Print each event as one line of JSON."))
@language_option
def resume(
    experiment: str, workers: int | None, cluster: str | None, data: Location | None, as_json: bool
) -> int:
    """Go on with an experiment."""
    from engine.data.dataset import load_dataset
    from engine.storage.experiments import ExperimentStore
    from engine.storage.model_lookup import open_store
    from tui.cli.training import Interruption

    interruption = Interruption()
    with interruption.watching(), open_store(home()) as runs:
        store = ExperimentStore(runs)
        record = store.find(experiment)
        place = record.data if data is None else data
        dataset = load_dataset(place)
        pool = _pool(cluster, workers, dataset)
        return _follow(store, record.id, dataset, pool, interruption, as_json=as_json, data=place)


def _pool(cluster: str | None, workers: int | None, dataset: "Dataset") -> "Pool":
    """Return where an experiment is computed."""
    from engine.experiments.pools import ClusterPool, LocalPool

    return LocalPool(workers) if cluster is None else ClusterPool(cluster, dataset, workers)


def _follow(
    store: "ExperimentStore",
    experiment: str,
    dataset: "Dataset",
    pool: "Pool",
    interruption: "Interruption",
    *,
    as_json: bool,
    data: Location | None,
) -> int:
    """Compute an experiment to its end, and return the exit status."""
    from engine.experiments.driver import Driver
    from engine.experiments.stored_experiment import read_experiment

    driver = Driver(store, experiment, dataset, pool, data=data)
    interruption.expect_run(driver.stop)
    reporter = Reporter(as_json=as_json)
    with contextlib.closing(iter(driver)) as events:  # its processes end with it
        for event in events:
            reporter.show(event)
    if interruption.exit_status is not None:
        reporter.progress.write_line(
            _("`mlp-tui experiment resume {experiment}` goes on from here.").format(experiment=experiment)
        )
        return interruption.exit_status
    if not as_json:
        print_experiment(read_experiment(store, store.record(experiment)))
    return 0


class Reporter:
    """Shows the events of an experiment to a person, or as JSON lines to a program."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.progress = Progress(as_json=as_json)
        self._trials = 0

    def show(self, event: "Event") -> None:
        """Show one event."""
        from engine.events import to_json
        from engine.experiments.events import ExperimentStarted, RungEnded, TrialEnded

        if self.as_json and not isinstance(event, RungEnded):
            click.echo(to_json(event))  # and flush it
        match event:
            case ExperimentStarted(experiment, trials, done):
                self._trials = trials
                text = plural("{count:,} trial", "{count:,} trials", trials)
                if done:
                    text += ", " + plural("{count} done before", "{count} done before", done)
                self.progress.write_line(
                    _("experiment {experiment}: {trials}").format(experiment=experiment, trials=text)
                )
            case TrialEnded():
                self.progress.write_line(self._trial(event))
            case RungEnded(share=share, seconds_left=float() as left):
                self.progress.redraw(lambda: _share_done(share, left))

    def _trial(self, event: "TrialEnded") -> str:
        """Return the line about a trial that has ended."""
        from tui.text.experiment_phrases import setting_text
        from tui.text.phrases import duration

        accuracy = event.best_validation_accuracy
        text = _("trial {trial:>{width}}/{trials}  {setting}  seed {seed}  validation {accuracy}").format(
            trial=event.trial,
            width=len(str(self._trials)),
            trials=self._trials,
            setting=setting_text(event.values),
            seed=event.seed,
            accuracy="–" if accuracy is None else f"{accuracy:.2%}",
        )
        if event.pruned:
            text += "  " + plural("dropped after {count} epoch", "dropped after {count} epochs", event.epochs)
        if event.seconds_left:
            text += "  " + _("{time} left").format(time=duration(event.seconds_left))
        return text


def _share_done(share: float, seconds_left: float) -> str:
    """Return the line of the progress."""
    from tui.text.phrases import duration

    return _("{bar} {share:4.0%}  {time} left").format(
        bar=bar(share), share=share, time=duration(seconds_left)
    )


@experiment.command("list", help=N_("List the experiments, the newest first."))
@json_option
@language_option
def list_experiments(as_json: bool) -> int:
    """List the experiments."""
    from engine.experiments.fields import experiment_fields
    from engine.experiments.stored_experiment import read_experiment
    from engine.storage.experiments import ExperimentStore
    from engine.storage.model_lookup import open_store
    from tui.text.experiment_phrases import experiment_cells

    with open_store(home()) as runs:
        store = ExperimentStore(runs)
        store.recover()
        experiments = [read_experiment(store, record) for record in store.records()]
        if store.unreadable:
            text = plural(
                "{count} experiment cannot be shown: what is kept of it is damaged.",
                "{count} experiments cannot be shown: what is kept of them is damaged.",
                store.unreadable,
            )
            click.echo(text, err=True)
    if as_json:
        for one in experiments:
            click.echo(json.dumps(experiment_fields(one), allow_nan=False, ensure_ascii=False))
        return 0
    if not experiments:
        click.echo(_("There is no experiment yet; `mlp-tui experiment run` makes one."), err=True)
        return 0
    headings = (
        *(_("experiment"), _("when"), _("what varies"), _("trials"), _("best mean"), _("state"), _("name")),
    )
    print_table([headings, *map(experiment_cells, experiments)], at_right=(3, 4))
    return 0


@experiment.command("show", help=N_("Show an experiment: what each setting came to, and what follows."))
@experiment_argument
@option(
    "--export",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    text=lambda: _("Write it to a file: .csv (its trials), .json (everything), .html (a page with charts)."),
)
@option("--force", is_flag=True, text=lambda: _("Replace a file that is there."))
@json_option
@language_option
def show(experiment: str, files: Sequence[Path], force: bool, as_json: bool) -> int:
    """Show an experiment."""
    return show_experiment(experiment, files, force=force, as_json=as_json)


def show_experiment(
    experiment: str, files: Sequence[Path] = (), *, force: bool = False, as_json: bool
) -> int:
    """Print an experiment, and write it to files.

    Raises:
        EngineError: when there is none, or a file cannot be written.
    """
    from engine.experiments.export import export_experiment
    from engine.experiments.fields import experiment_details
    from engine.experiments.stored_experiment import read_experiment
    from engine.storage.experiments import ExperimentStore
    from engine.storage.model_lookup import open_store
    from tui.cli.export import check_free

    with open_store(home()) as runs:
        store = ExperimentStore(runs)
        store.recover()
        found = read_experiment(store, store.find(experiment))
    check_free(files, force=force)
    for file in files:
        export_experiment(found, file)
        text = _("{path} holds the experiment {experiment}.")
        click.echo(text.format(path=file, experiment=found.record.id), err=True)
    if as_json:
        click.echo(json.dumps(experiment_details(found), allow_nan=False, ensure_ascii=False))
    else:
        print_experiment(found)
    return 0


def find_run(store: "RunStore", text: str) -> "RunRecord":
    """Return a run, or the one that stands for an experiment: of its best setting, with the first seed.

    Raises:
        StoreError: when there is no such run, and no such experiment that has ended.
    """
    from engine.experiments.stored_experiment import read_experiment
    from engine.storage.experiments import ExperimentStore

    experiments = ExperimentStore(store)
    try:
        return store.find(text)
    except StoreError:
        try:
            record = experiments.find(text)
        except StoreError:
            record = None
        if record is None:
            raise
    best = next((s for s in read_experiment(experiments, record).summaries if s.is_best), None)
    if best is None:
        raise StoreError(N_("The experiment {experiment} has no best setting yet."), experiment=record.id)
    return store.record(read_experiment(experiments, record).trials_of(best.number)[0].run)


def print_experiment(experiment: "StoredExperiment") -> None:
    """Print what the settings came to, the best first, and what follows from it."""
    from tui.text.experiment_phrases import plan_text, setting_headings, setting_rows, verdict

    click.echo(plan_text(experiment.plan))
    rows = setting_rows(experiment)
    if rows:
        varied = len(experiment.plan.space)
        click.echo()
        print_table(
            [setting_headings(experiment.plan.space), *rows], at_right=(varied, varied + 1, varied + 3)
        )
    lines = verdict(experiment)
    if lines:
        click.echo()
    for line in lines:
        click.echo(line)


def print_table(rows: Sequence[Sequence[str]], at_right: Sequence[int]) -> None:
    """Print rows of cells, those in some of the columns at the right."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            (right if number in at_right else left)(cell, widths[number]) for number, cell in enumerate(row)
        )
        click.echo("  ".join(cells).rstrip())


@experiment.command(
    "delete",
    help=N_(
        "Delete experiments, and the runs of their trials; for a day `mlp-tui runs restore` has these back."
    ),
)
@click.argument("experiments", metavar="EXPERIMENT...", type=ExperimentName(), nargs=-1, required=True)
@option("--yes", is_flag=True, text=lambda: _("Nothing is asked anyway; for scripts that say it."))
@json_option
@language_option
def delete(experiments: Sequence[str], yes: bool, as_json: bool) -> int:
    """Delete experiments: all of those named, or none."""
    from engine.storage.experiments import ExperimentStore
    from engine.storage.model_lookup import open_store

    with open_store(home()) as runs:
        store = ExperimentStore(runs)
        found = sorted({record.id for record in map(store.find, experiments)})
        deleted = {experiment: store.delete(experiment) for experiment in found}
    if as_json:
        click.echo(json.dumps({"deleted": found}))
        return 0
    for experiment, its_runs in deleted.items():
        text = plural("{count} run", "{count} runs", len(its_runs))
        click.echo(
            _("{experiment} and its runs are deleted: {runs}.").format(experiment=experiment, runs=text)
        )
    return 0
