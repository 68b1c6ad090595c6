"""An experiment as plain values: for JSON on the command line and in an export."""

from datetime import datetime

from engine.experiments.plan import plain_setting
from engine.experiments.space import Dimension
from engine.experiments.statistics import SettingSummary
from engine.experiments.stored_experiment import StoredExperiment
from engine.experiments.summary import ended_event
from engine.experiments.trial import Trial
from engine.hyperparameters import specification_of
from engine.specification import Sizes


def varied_text(dimension: Dimension) -> str:
    """Return a varied hyperparameter as `--vary` takes it."""
    specification = specification_of(dimension.name)
    if dimension.is_range:
        ends = dimension.values[0], dimension.values[-1]
        return f"{dimension.name}={'..'.join(map(specification.format, ends))}"
    separator = ";" if isinstance(specification.kind, Sizes) else ","
    return f"{dimension.name}={separator.join(map(specification.format, dimension.values))}"


def experiment_fields(experiment: StoredExperiment) -> dict[str, object]:
    """Return an experiment at a glance."""
    record, plan = experiment.record, experiment.plan
    event = ended_event(record.id, experiment.summaries, experiment.test_accuracies, experiment.test_looks)
    best = event.best
    return {
        "experiment": record.id,
        "name": record.name,
        "state": record.state,
        "created": datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="seconds"),
        "vary": [varied_text(dimension) for dimension in plan.space],
        "search": plan.search,
        "halving": plan.halving,
        "seeds": plan.seeds,
        "trials": plan.trials,
        "done": sum(trial.is_over for trial in experiment.trials),
        "best": None
        if best is None
        else {"values": best.values, "mean": best.mean, "std": best.std, "interval": best.interval},
        "test_accuracy": event.test_accuracy,
        "test_looks": event.test_looks,
        "test": event.test,
        "version": record.version,
        "fingerprint": record.fingerprint,
        "failure": record.failure,
    }


def experiment_details(experiment: StoredExperiment) -> dict[str, object]:
    """Return all there is to an experiment."""
    return experiment_fields(experiment) | {
        "hyperparameters": experiment.plan.base.to_mapping(),
        "settings": [setting_fields(summary) for summary in experiment.summaries],
        "trials_ended": [trial_fields(trial) for trial in experiment.trials if trial.is_over],
    }


def setting_fields(summary: SettingSummary) -> dict[str, object]:
    """Return what a setting came to."""
    return {
        "values": plain_setting(summary.values),
        "mean": summary.mean,
        "std": summary.std,
        "interval": None if summary.low is None else [summary.low, summary.high],
        "seeds": len(summary.accuracies),
        "finished": summary.is_finished,
        "dropped_after": summary.dropped_after,
        "best": summary.is_best,
        "indistinguishable": summary.is_indistinguishable,
        "p_value": summary.p_value,
    }


def trial_fields(trial: Trial) -> dict[str, object]:
    """Return what came of a trial; the fields are those of its event."""
    return {
        "trial": trial.number,
        "values": plain_setting(trial.values),
        "seed": trial.seed,
        "run": trial.run,
        "epochs": trial.epochs,
        "best_validation_accuracy": trial.accuracy(),
        "pruned": trial.state == "pruned",
    }
