"""Suggests the next setting from those that were tried: TPE, through Optuna."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.errors import EngineError
from engine.experiments.space import Dimension, Setting
from engine.hyperparameters import specification_of
from engine.sentences import N_
from engine.specification import Integer


def check_optuna() -> None:
    """Check that Optuna is there.

    Raises:
        EngineError: when it is not.
    """
    try:
        import optuna  # noqa: F401
    except ImportError:
        raise EngineError(
            N_("--search tpe needs Optuna, which is not installed: pip install 'mlp-tui[search]'.")
        ) from None


def suggest(
    space: Sequence[Dimension], known: Sequence[tuple[Setting, float | None]], entropy: Sequence[int]
) -> Setting:
    """Return the setting that a tree-structured Parzen estimator (Bergstra et al. 2011) tries next.

    A function of what is known and of `entropy` alone: a search that is resumed goes on as it would have.

    known: settings and their scores, the higher the better; None counts as the lowest
    """
    check_optuna()
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    distributions: dict[str, Any] = {dimension.name: _distribution(dimension) for dimension in space}
    seed = int(np.random.SeedSequence(list(entropy)).generate_state(1)[0])
    sampler = optuna.samplers.TPESampler(seed=seed)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for setting, score in known:
        values = {dimension.name: _given(dimension, setting[dimension.name]) for dimension in space}
        study.add_trial(
            optuna.trial.create_trial(params=values, distributions=distributions, value=score or 0.0)
        )
    asked = study.ask(distributions)
    return {dimension.name: _taken(dimension, asked.params[dimension.name]) for dimension in space}


def _distribution(dimension: Dimension) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not dimension.is_range:
        return CategoricalDistribution([_given(dimension, value) for value in dimension.values])
    low, high = dimension.ends
    log = dimension.is_logarithmic
    if isinstance(specification_of(dimension.name).kind, Integer):
        return IntDistribution(int(low), int(high), log=log)
    return FloatDistribution(low, high, log=log)


def _given(dimension: Dimension, value: object) -> object:
    """Return a value as Optuna takes it: a number of a range, or the text of a listed value."""
    return value if dimension.is_range else specification_of(dimension.name).format(value)


def _taken(dimension: Dimension, value: Any) -> object:
    return dimension.rounded(value) if dimension.is_range else specification_of(dimension.name).parse(value)
