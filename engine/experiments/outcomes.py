"""The outcome of an experiment over each varied hyperparameter: what its charts are drawn from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.experiments.space import Dimension, is_logarithmic
from engine.experiments.statistics import mean_of
from engine.experiments.trial import Trial
from engine.hyperparameters import specification_of


@dataclass(frozen=True)
class Outcome:
    """What the trials with one value of a hyperparameter came to, over all other values and seeds.

    place: the value, or which of the listed values it is, from 0, where values are not numbers
    accuracies: the best validation accuracies of those that were not dropped
    """

    text: str
    place: float
    accuracies: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean accuracy."""
        mean = mean_of(self.accuracies)
        assert mean is not None  # there is an outcome only where there is an accuracy
        return mean


@dataclass(frozen=True)
class Outcomes:
    """The outcomes over one hyperparameter, by their places; is_numeric: the places are the values."""

    name: str
    is_numeric: bool
    is_logarithmic: bool
    outcomes: tuple[Outcome, ...]


def outcomes_over(dimension: Dimension, trials: Iterable[Trial]) -> Outcomes:
    """Return what came of each value of a hyperparameter; trials that were dropped are left out."""
    specification = specification_of(dimension.name)
    is_numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in dimension.values)
    found: dict[object, list[float]] = {}
    for trial in trials:
        accuracy = trial.accuracy()
        if trial.state == "ended" and accuracy is not None:
            found.setdefault(trial.values[dimension.name], []).append(accuracy)
    values: Sequence[object] = sorted(found, key=_number) if is_numeric else dimension.values
    outcomes = tuple(
        Outcome(
            text=specification.format(value) or "none",
            place=_number(value) if is_numeric else float(place),
            accuracies=tuple(found[value]),
        )
        for place, value in enumerate(values)
        if value in found
    )
    is_log = is_numeric and is_logarithmic(dimension.name) and all(o.place > 0 for o in outcomes)
    return Outcomes(dimension.name, is_numeric, is_log, outcomes)


def _number(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)
