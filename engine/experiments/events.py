"""The events of an experiment, in the order in which they come; as JSON like those of a run."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.events import Event
from engine.sentences import Sentence


@dataclass(frozen=True, slots=True)
class ExperimentStarted(Event):
    """The first event. `trials` is how many there are, `done` how many of them had ended before."""

    experiment: str
    trials: int
    done: int


@dataclass(frozen=True, slots=True)
class RungEnded(Event):
    """A trial has come to the end of `epoch`, and goes on; not said on the command line.

    `share` is how much of the experiment is done, `seconds_left` an estimate of the rest, None at first.
    """

    trial: int
    epoch: int
    share: float
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class TrialEnded(Event):
    """A trial has ended by itself, or (`pruned`) was dropped by halving. `trial` counts from 1.

    `values` are those of the varied hyperparameters, `run` is the id of its stored run.
    """

    trial: int
    values: Mapping[str, object]
    seed: int
    run: str
    epochs: int
    best_validation_accuracy: float | None
    pruned: bool
    share: float
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class ExperimentFailed(Event):
    """The experiment cannot go on; `message` says why. Only the app is told so."""

    message: Sentence


@dataclass(frozen=True, slots=True)
class ExperimentLeft(Event):
    """Nothing is computed any more: the experiment has ended, failed or was interrupted. For the app."""


@dataclass(frozen=True, slots=True)
class BestSetting:
    """The setting with the highest mean of the best validation accuracy over the seeds.

    `std` is with n - 1; it and the 95 % confidence interval of the mean are None for a single seed.
    """

    values: Mapping[str, object]
    mean: float
    std: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class ExperimentEnded(Event):
    """The last event of an experiment that was not interrupted.

    `test_accuracy` has one for each seed of the winner, in the order of the seeds: the test set is evaluated
    for the winner alone. `settings` is how many were tried. The `indistinguishable` ones cannot be told from
    the winner with these seeds by `test`, which needs more than one seed.
    """

    experiment: str
    best: BestSetting | None
    test_accuracy: tuple[float | None, ...]
    test_looks: int | None
    settings: int
    indistinguishable: tuple[Mapping[str, object], ...]
    test: str | None
