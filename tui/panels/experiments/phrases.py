"""What the page Experiments says besides what the command line says, too."""

from collections.abc import Sequence

from textual.content import Content

from engine.experiments.halving import rungs
from engine.experiments.plan import Plan
from engine.experiments.space import Setting
from engine.experiments.statistics import in_order
from engine.experiments.stored_experiment import StoredExperiment
from engine.hyperparameters import SPECIFICATIONS, available_cores
from engine.specification import Integer, Real, Sizes, printable
from tui.session.experiments import Draft, Experiments
from tui.text.experiment_phrases import plan_text, setting_remark, value_cell
from tui.text.language import _, plural, translate
from tui.text.phrases import duration
from tui.widgets.chart_series import other_symbol
from tui.widgets.option_line import Option

Row = tuple[int, tuple[str, ...]]
"""The number of a setting or a trial, and its cells."""


def nothing_planned() -> str:
    """Return what to do while there is neither a plan nor an experiment."""
    return _(
        "Which settings are really better? v on a field of the form (f2) varies it; here you see what will "
        "be tried and how long that takes, and g begins."
    )


def question(name: str) -> str:
    """Return what is asked about the values of a hyperparameter."""
    kind = SPECIFICATIONS[name].kind
    if isinstance(kind, Sizes):
        text = _("{name}: which? 64;128,64 are two. Empty: it does not vary")
    elif isinstance(kind, Integer | Real):
        text = _("{name}: which values? 1,2,5 or a range 1..5. Empty: it does not vary")
    else:
        text = _("{name}: which values? Empty: it does not vary")
    return text.format(name=name)


def plan_lines(draft: Draft, plan: Plan, seconds_an_epoch: float | None) -> list[str]:
    """Return what will be tried, and how long it takes."""
    lines = [*(f"{name}={values}" for name, values in draft.varied.items()), "", plan_text(plan)]
    if plan.halving:
        lines.append(_("After a quarter and a half of the epochs only the better half goes on."))
    lines.append(time_text(plan, seconds_an_epoch))
    return lines


def time_text(plan: Plan, seconds_an_epoch: float | None) -> str:
    """Return how long an experiment takes at the rate of the last run."""
    if seconds_an_epoch is None:
        return _("How long it takes is known after the first trial.")
    ladder, before, epochs = rungs(plan.base.epochs, plan.settings, halving=plan.halving), 0, 0
    for rung in ladder:
        epochs += rung.settings * plan.seeds * (rung.epochs - before)
        before = rung.epochs
    seconds = epochs * seconds_an_epoch / min(available_cores(), plan.trials)
    cores = plural("{count} core", "{count} cores", available_cores())
    text = _("About {time} on {cores}, at the rate of the last run; early stopping makes it shorter.")
    return text.format(time=duration(seconds), cores=cores)


def heading(experiment: StoredExperiment, experiments: Experiments, place: int, count: int) -> Content:
    """Return which experiment it is, and how far it is."""
    record, plan = experiment.record, experiment.plan
    done = sum(trial.is_over for trial in experiment.trials)
    parts = [plural("{count:,} trial", "{count:,} trials", plan.trials)]
    if experiments.running == record.id:
        parts = [_("{done} of {trials} trials").format(done=done, trials=plan.trials)]
        parts.append(f"{experiments.share:.0%}")
        if experiments.seconds_left is not None:
            parts.append(_("{time} left").format(time=duration(experiments.seconds_left)))
    elif experiments.wanted == record.id and experiments.is_held:
        parts.append(_("waits for the end of the run"))
    else:
        parts.append(translate(record.state_name))
        if done < plan.trials:
            parts.append(_("{done} of {trials} trials").format(done=done, trials=plan.trials))
    if count > 1:
        parts.append(f"{place + 1}/{count}")
    name = printable(record.name, 24) if record.name else record.id
    return Content.assemble((name, "bold"), "  " + " · ".join(parts))


def options(
    experiments: Experiments, shown: StoredExperiment | None, *, is_plan: bool, curves: bool, trials: bool
) -> list[Option]:
    """Return what can be done, each with its key."""
    draft = experiments.draft
    if is_plan:
        seeds = plural("{count} seed", "{count} seeds", draft.seeds)
        return [
            Option("g", _("go"), _("Begin the experiment")),
            Option("v", _("vary"), _("Change what varies; an empty line takes it out")),
            Option("e", seeds, _("With how many seeds each setting is repeated")),
            Option("h", _("halving"), _("Only the better half of the settings goes on"), draft.halving),
            Option("d", _("drop the plan"), _("Forget what was to vary")),
        ]
    if shown is None:
        return []
    is_running = experiments.running == shown.record.id
    found = []
    if is_running or any(not trial.is_over for trial in shown.trials):
        found.append(
            Option("r", _("stop") if is_running else _("go on"), _("Stop it, or go on; what is done is kept"))
        )
    found += [
        Option("u", _("use"), _("Put this setting into the form")),
        Option("c", _("curves"), _("Curves over the epochs, or the outcome over values"), curves),
        Option("m", _("mark"), _("Draw this setting among the curves, or not"))
        if curves
        else Option("p", _("next axis"), _("The outcome over the next hyperparameter")),
        Option("t", _("trials"), _("List every trial, or the settings"), trials),
        Option("o", _("overlay"), _("Its curves on the charts of Train")),
        Option("x", _("export"), _("Export this experiment to a file")),
    ]
    if is_running or experiments.wanted == shown.record.id:
        found.append(
            Option(
                "k", _("share cores"), _("Go on beside a run, or wait for its end"), experiments.shares_cores
            )
        )
    return [*found, Option("d", _("delete"), _("Delete this experiment and its runs"))]


def settings_table(experiment: StoredExperiment, marked: Sequence[int]) -> tuple[tuple[str, ...], list[Row]]:
    """Return headings and rows of the settings, the best first; marked: those among the curves."""
    names = [dimension.name for dimension in experiment.plan.space]
    headings = (*names, _("mean"), _("std"), _("seeds"), "")
    rows, is_final = [], experiment.record.result is not None
    for summary in in_order(experiment.summaries):
        begun = any(trial.state != "waiting" for trial in experiment.trials_of(summary.number))
        remark = setting_remark(summary, is_final=is_final, short=True) if begun else _("waits")
        sign = other_symbol(marked.index(summary.number)) + " " if summary.number in marked else ""
        cells = (
            *(value_cell(name, value) for name, value in summary.values.items()),
            "–" if summary.mean is None else f"{summary.mean:.2%}",
            "–" if summary.std is None else f"{100 * summary.std:.2f}",
            f"{len(summary.accuracies)}/{experiment.plan.seeds}",
            sign + remark,
        )
        rows.append((summary.number, cells))
    return headings, rows


def trials_table(experiment: StoredExperiment) -> tuple[tuple[str, ...], list[Row]]:
    """Return headings and rows of the trials, in their order."""
    names = [dimension.name for dimension in experiment.plan.space]
    headings = ("#", *names, _("seed"), _("validation"), _("epochs"), "")
    rows = []
    for trial in experiment.trials:
        accuracy = trial.accuracy()
        state = {
            "waiting": _("waits"),
            "running": _("under way"),
            "ended": "",
            "pruned": plural("dropped after {count} epoch", "dropped after {count} epochs", trial.epochs),
        }[trial.state]
        cells = (
            str(trial.number),
            *(value_cell(name, value) for name, value in trial.values.items()),
            str(trial.seed),
            "–" if accuracy is None else f"{accuracy:.2%}",
            f"{trial.epochs}/{trial.hyperparameters.epochs}",
            state,
        )
        rows.append((trial.number, cells))
    return headings, rows


def setting_label(values: Setting) -> str:
    """Return the values of a setting as a curve is named."""
    return " ".join(value_cell(name, value) for name, value in values.items())
