"""A stored experiment as it is looked at: its plan, its trials, and what they came to."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from engine.data.dataset import Dataset
from engine.data.location import Location
from engine.errors import StoreError
from engine.experiments.halving import Rung, rungs
from engine.experiments.keeping import read_trial
from engine.experiments.plan import Plan, parsed_setting
from engine.experiments.space import Setting
from engine.experiments.statistics import SettingSummary
from engine.experiments.summary import summarize
from engine.experiments.trial import Trial
from engine.sentences import N_
from engine.storage.experiments import ExperimentRecord, ExperimentStore
from engine.training.learner import check_fits


@dataclass(frozen=True)
class StoredExperiment:
    """An experiment and all of its trials, those that have not begun included.

    settings: as far as they are known; `tpe` chooses each when those before are done
    """

    record: ExperimentRecord
    plan: Plan
    settings: list[Setting]
    trials: list[Trial]

    @property
    def ladder(self) -> tuple[Rung, ...]:
        """The rungs of halving; one without."""
        return rungs(self.plan.base.epochs, self.plan.settings, halving=self.plan.halving)

    @property
    def summaries(self) -> list[SettingSummary]:
        """What the settings came to, in their order."""
        return summarize(self.trials)

    @property
    def test_accuracies(self) -> list[float | None]:
        """The test accuracy of the winner, one for each seed; none before the end."""
        return list(self.record.result["test_accuracy"]) if self.record.result else []

    @property
    def test_looks(self) -> int | None:
        """For how many networks the test set had been evaluated at the end."""
        return self.record.result["test_looks"] if self.record.result else None

    def trials_of(self, setting: int) -> list[Trial]:
        """Return the trials of a setting, one for each seed."""
        return self.trials[setting * self.plan.seeds : (setting + 1) * self.plan.seeds]

    def add_setting(self, setting: Setting) -> None:
        """Add a setting and its trials."""
        number = len(self.settings)
        self.settings.append(setting)
        for at in range(self.plan.seeds):
            seed = self.plan.base.seed + at
            trial = number * self.plan.seeds + at + 1
            hyperparameters = self.plan.hyperparameters(setting, seed)
            run = f"{self.record.id}-{trial}"
            self.trials.append(Trial(trial, number, seed, setting, hyperparameters, run))


def read_experiment(store: ExperimentStore, record: ExperimentRecord) -> StoredExperiment:
    """Return an experiment with its trials, as far as they have come.

    Raises:
        StoreError: when its plan is damaged.
    """
    try:
        plan = Plan.from_mapping(record.plan)
    except Exception:  # a field that is missing, or of a kind that only a forger would write
        raise StoreError(
            N_("The record of experiment {experiment} in {path} is damaged."),
            experiment=record.id,
            path=store.runs.database.path,
        ) from None
    experiment = StoredExperiment(record, plan, [], [])
    for setting in plan.known_settings():
        experiment.add_setting(setting)
    stored = {trial.number: trial for trial in store.trials(record.id)}
    if plan.search == "tpe":
        for trial in stored.values():
            if trial.setting == len(experiment.settings):
                experiment.add_setting(parsed_setting(trial.chosen))
    for one in experiment.trials:
        if one.number in stored:
            read_trial(store.runs, one, stored[one.number])
    return experiment


def new_experiment(
    store: ExperimentStore, plan: Plan, dataset: Dataset, *, name: str = "", data: Location | None = None
) -> str:
    """Store an experiment that is to be computed, and return its id.

    data: where its data set is; None: in the program itself

    Raises:
        HyperparameterError: when a setting does not fit the data.
        StoreError: when it cannot be stored.
    """
    checked = set()
    for setting in plan.known_settings() or plan.corners():
        hyperparameters = plan.hyperparameters(setting, plan.base.seed)
        if (key := (hyperparameters.batch_size, hyperparameters.validation_size)) not in checked:
            checked.add(key)
            check_fits(hyperparameters, dataset)
    experiment = f"{datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    store.begin(experiment, name=name, plan=plan.to_mapping(), fingerprint=dataset.fingerprint, data=data)
    return experiment
