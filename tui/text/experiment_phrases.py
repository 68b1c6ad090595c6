"""What there is to say of an experiment: for `mlp-tui experiment` and for the page Experiments."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from engine.analysis.comparison import SIGNIFICANCE
from engine.experiments.fields import varied_text
from engine.experiments.space import Dimension
from engine.experiments.statistics import SettingSummary, in_order
from engine.hyperparameters import SPECIFICATIONS
from engine.specification import printable
from tui.text.language import _, plural, translate
from tui.text.phrases import evaluation_count_text
from tui.text.run_summary import when

if TYPE_CHECKING:
    from engine.experiments.plan import Plan
    from engine.experiments.stored_experiment import StoredExperiment

Row = tuple[str, ...]


def setting_text(values: Mapping[str, object]) -> str:
    """Return a setting in a line, such as "learning_rate 0.1, hidden 128,64"."""
    return "  ".join(f"{name} {value_cell(name, value)}" for name, value in values.items())


def value_cell(name: str, value: object) -> str:
    """Return a value as it is written; "none" for no hidden layer."""
    parsed = SPECIFICATIONS[name].parse(value)
    return SPECIFICATIONS[name].format(parsed) or _("none")


def ended_text(values: Mapping[str, object], mean: float) -> str:
    """Return the notification about an experiment that has ended."""
    text = _("The experiment has ended. Best: {setting}, mean validation accuracy {mean:.2%}.")
    return text.format(setting=setting_text(values), mean=mean)


def plan_text(plan: "Plan") -> str:
    """Return what is tried, in a sentence."""
    return _("{settings}, each with {seeds}: {trials} of {epochs}").format(
        settings=plural("{count} setting", "{count} settings", plan.settings),
        seeds=plural("{count} seed", "{count} seeds", plan.seeds),
        trials=plural("{count:,} trial", "{count:,} trials", plan.trials),
        epochs=plural("{count} epoch", "{count} epochs", plan.base.epochs),
    )


def setting_headings(space: Sequence[Dimension]) -> Row:
    """Return the headings of `setting_rows`."""
    names = (dimension.name for dimension in space)
    return (*names, _("mean"), _("std"), _("95 % interval"), _("seeds"), "")


def setting_rows(experiment: "StoredExperiment") -> list[Row]:
    """Return a row for each setting that something is known of, the best first; those dropped come last."""
    is_final = experiment.record.result is not None
    return [
        setting_row(summary, is_final=is_final)
        for summary in in_order(experiment.summaries)
        if summary.accuracies
    ]


def setting_row(summary: SettingSummary, *, is_final: bool) -> Row:
    """Return the cells of a setting: its values, its figures, and a remark."""
    interval = "–"
    if summary.low is not None and summary.high is not None:
        interval = f"{summary.low:.2%} – {summary.high:.2%}"
    return (
        *(value_cell(name, value) for name, value in summary.values.items()),
        "–" if summary.mean is None else f"{summary.mean:.2%}",
        "–" if summary.std is None else f"{summary.std:.2%}",
        interval,
        str(len(summary.accuracies)),
        setting_remark(summary, is_final=is_final),
    )


def setting_remark(summary: SettingSummary, *, is_final: bool, short: bool = False) -> str:
    """Return how a setting stands to the best; is_final: whether the experiment has ended."""
    if summary.dropped_after is not None:
        return plural("dropped after {count} epoch", "dropped after {count} epochs", summary.dropped_after)
    if not summary.is_finished:
        return _("under way")
    if summary.is_best:
        return _("best") if is_final else _("best so far")
    if summary.mean is None:
        return _("diverged")
    if summary.p_value is None:
        return _("one seed: cannot be told")
    if summary.p_value >= SIGNIFICANCE:
        text = _("undecided (p = {p:.2g})") if short else _("cannot be told from the best (p = {p:.2g})")
        return text.format(p=summary.p_value)
    return _("worse (p = {p:.2g})").format(p=summary.p_value)


def verdict(experiment: "StoredExperiment") -> list[str]:
    """Return what came of an experiment that has ended, and what is to be known to read it rightly."""
    summaries = experiment.summaries
    best = next((summary for summary in summaries if summary.is_best), None)
    if experiment.record.result is None:
        return []
    if best is None or best.mean is None:
        return [_("No setting got as far as a figure: all of them diverged.")]
    lines = [
        _("Best: {setting}, mean validation accuracy {mean:.2%}.").format(
            setting=setting_text(best.values), mean=best.mean
        )
    ]
    known = [accuracy for accuracy in experiment.test_accuracies if accuracy is not None]
    if known:
        text = _("Test accuracy of its networks, which alone were tested: {accuracies}.")
        lines.append(text.format(accuracies=", ".join(f"{accuracy:.2%}" for accuracy in known)))
    if experiment.test_looks is not None:
        lines.append(evaluation_count_text(experiment.test_looks))
    if experiment.plan.seeds == 1:
        lines.append(
            _("With one seed nothing can be said about luck; --seeds 5 repeats each setting five times.")
        )
    else:
        level = sum(summary.is_indistinguishable and not summary.is_best for summary in summaries)
        seeds = plural("{count} seed", "{count} seeds", experiment.plan.seeds)
        text = _(
            "Settings that cannot be told from it with {seeds}: {count} (paired t test over the seeds at "
            "5 %, corrected by Holm's method)."
        )
        lines.append(text.format(seeds=seeds, count=level))
    if len(summaries) > 1:
        text = _(
            "It is the best of {count} settings that were tried, by their validation images: its mean there "
            "is too good. The test accuracy is not."
        )
        lines.append(text.format(count=len(summaries)))
    return lines


def experiment_cells(experiment: "StoredExperiment") -> Row:
    """Return the cells of an experiment in a list."""
    record, plan = experiment.record, experiment.plan
    best = next((summary for summary in experiment.summaries if summary.is_best), None)
    done = sum(trial.is_over for trial in experiment.trials)
    return (
        record.id,
        when(record.created, "%Y-%m-%d %H:%M"),
        " ".join(map(varied_text, plan.space)),
        f"{done}/{plan.trials}",
        "–" if best is None or best.mean is None else f"{best.mean:.2%}",
        translate(record.state_name),
        printable(record.name, limit=40),
    )
