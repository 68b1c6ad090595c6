"""Sums up the trials of an experiment, setting by setting."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from engine.experiments.events import BestSetting, ExperimentEnded
from engine.experiments.plan import plain_setting
from engine.experiments.statistics import (
    SettingSummary,
    best_of,
    corrected_p_values,
    deviation_of,
    interval_of,
    mean_of,
)
from engine.experiments.trial import Trial

PAIRED_T_TEST = "paired_t_holm"
"""The test in JSON: the paired t test over the seeds, corrected by Holm's method (1979)."""


def summarize(trials: Sequence[Trial]) -> list[SettingSummary]:
    """Return what each setting came to, in the order of the settings."""
    summaries = [
        _summary(setting, list(some)) for setting, some in groupby(trials, key=lambda trial: trial.setting)
    ]
    best = best_of(summaries)
    if best is None:
        return summaries
    others = [summary for summary in summaries if summary.is_finished and summary is not best]
    p_values = corrected_p_values(best, others)
    return [
        replace(summary, is_best=summary is best, p_value=p_values.get(summary.number))
        for summary in summaries
    ]


def _summary(setting: int, trials: list[Trial]) -> SettingSummary:
    """Return what the trials of a setting came to that are over."""
    accuracies = {trial.seed: trial.accuracy() for trial in trials if trial.is_over}
    values = list(accuracies.values())
    pruned = [trial.epochs for trial in trials if trial.state == "pruned"]
    interval = interval_of(values)
    return SettingSummary(
        number=setting,
        values=trials[0].values,
        accuracies=accuracies,
        is_finished=all(trial.state == "ended" for trial in trials),
        dropped_after=max(pruned, default=None),
        mean=mean_of(values),
        std=deviation_of(values),
        low=interval[0] if interval else None,
        high=interval[1] if interval else None,
    )


def ended_event(
    experiment: str,
    summaries: Sequence[SettingSummary],
    test_accuracies: Sequence[float | None],
    test_looks: int | None,
) -> ExperimentEnded:
    """Return the last event of an experiment."""
    best = next((summary for summary in summaries if summary.is_best), None)
    shown = None
    if best is not None and best.mean is not None:
        interval = (best.low, best.high) if best.low is not None and best.high is not None else None
        shown = BestSetting(plain_setting(best.values), best.mean, best.std, interval)
    seeds = len(best.accuracies) if best is not None else 0
    return ExperimentEnded(
        experiment=experiment,
        best=shown,
        test_accuracy=tuple(test_accuracies),
        test_looks=test_looks,
        settings=len(summaries),
        indistinguishable=tuple(
            plain_setting(summary.values)
            for summary in summaries
            if summary.is_indistinguishable and not summary.is_best
        ),
        test=PAIRED_T_TEST if seeds > 1 else None,
    )
