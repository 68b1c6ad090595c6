"""The plan of an experiment: the settings, the seeds, how they are searched, all of it plain values."""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.errors import HyperparameterError
from engine.experiments.search import suggest
from engine.experiments.space import MAX_VALUES, Dimension, Setting
from engine.hyperparameters import Hyperparameters, specification_of
from engine.sentences import N_
from engine.storage.serialization import hyperparameters_from_mapping

SEARCHES = ("grid", "random", "tpe")
DEFAULT_TRIALS = 30
"""Settings that `random` and `tpe` try, where nothing is said."""
MAX_TRIALS = 10_000
MAX_SUGGESTIONS, MAX_DRAWS = 10, 100
"""Tries for a setting that is new: of TPE, then at random, before the next in order is taken."""


@dataclass(frozen=True)
class Plan:
    """What an experiment tries: settings of the varied hyperparameters, each with the same seeds.

    base: the hyperparameters that do not vary; its seed is the first of the seeds
    settings: how many are tried; by `grid` all there are
    ahead: how many of the settings before `tpe` knows nothing of yet when it chooses the next
    """

    base: Hyperparameters
    space: tuple[Dimension, ...]
    search: str = "grid"
    settings: int = 0
    seeds: int = 1
    halving: bool = False
    ahead: int = 0

    @classmethod
    def of(
        cls,
        base: Hyperparameters,
        space: tuple[Dimension, ...],
        *,
        search: str = "grid",
        settings: int | None = None,
        seeds: int = 1,
        halving: bool = False,
    ) -> "Plan":
        """Make a plan; without `threads` a trial has one, so that its bits do not depend on where it runs.

        Raises:
            HyperparameterError: when the plan does not make sense, or a setting is not allowed.
        """
        if base.threads is None:
            base = base.changed("threads", 1)
        names = [dimension.name for dimension in space]
        if not space:
            raise HyperparameterError(
                N_("Nothing varies; name what does, such as --{name} learning_rate=0.01,0.1."), name="vary"
            )
        if search == "grid" and settings is not None:
            raise HyperparameterError(
                N_("--{name} is for --search random and tpe; a grid tries all of its settings."),
                name="trials",
            )
        if halving and "epochs" in names:
            raise HyperparameterError(
                N_("{name} cannot vary with --halving, which compares settings after as many epochs."),
                name="epochs",
            )
        if base.seed + seeds - 1 > 2**32 - 1:
            specification_of("seed").parse(base.seed + seeds - 1)
        for dimension in space:
            if len(dimension.values) > MAX_VALUES and search == "grid":
                raise HyperparameterError(
                    N_("{name} has more than {limit:,} values; list fewer, or search at random."),
                    name=dimension.name,
                    limit=MAX_VALUES,
                )
        counts = [len(d.values) if search == "grid" else _count(d) for d in space]
        count = math.prod(counts) if search == "grid" else min(settings or DEFAULT_TRIALS, math.prod(counts))
        if count * seeds > MAX_TRIALS:
            raise HyperparameterError(
                N_("These are {count:,.0f} trials; {limit:,} are the most."),
                name="vary",
                count=count * seeds,
                limit=MAX_TRIALS,
            )
        plan = cls(base, space, search, int(count), seeds, halving)
        for setting in plan.known_settings() or plan.corners():
            plan.hyperparameters(setting, base.seed)  # each value is allowed; together they must be, too
        return plan

    def for_workers(self, workers: int) -> "Plan":
        """Return the same plan for so many workers, none of whom should be idle."""
        return replace(self, ahead=math.ceil((workers - 1) / self.seeds))

    @property
    def trials(self) -> int:
        """How many trials there are: each setting with each seed."""
        return self.settings * self.seeds

    def hyperparameters(self, setting: Setting, seed: int) -> Hyperparameters:
        """Return the hyperparameters of a trial."""
        return Hyperparameters.from_mapping({**self.base.to_mapping(), **setting, "seed": seed})

    def seed(self, number: int) -> int:
        """Return the seed of the trial with this number, from 1."""
        return self.base.seed + (number - 1) % self.seeds

    def known_settings(self) -> list[Setting]:
        """Return the settings that are known from the start: all but those of `tpe`."""
        if self.search == "grid":
            return list(self._product([dimension.values for dimension in self.space]))
        found: list[Setting] = []
        while self.search == "random" and len(found) < self.settings:
            found.append(self._drawn(found))
        return found

    def corners(self) -> list[Setting]:
        """Return settings with the first and the last value of each range: if these fit the data, all do."""
        ends = [(d.values[0], d.values[-1]) if d.is_range else d.values for d in self.space]
        return list(self._product(ends))

    def next_setting(self, tried: Sequence[Setting], scores: Sequence[float | None]) -> Setting:
        """Return the setting that `tpe` tries after those.

        scores: of the first of them, as many as may be known: all but the last `ahead`

        Raises:
            HyperparameterError: when there is no other setting.
        """
        known = list(zip(tried, scores, strict=False))
        for again in range(MAX_SUGGESTIONS):
            new = suggest(self.space, known, [self.base.seed, len(tried), again])
            if new not in tried:
                return new
        return self._drawn(tried)

    def _drawn(self, tried: Sequence[Setting]) -> Setting:
        """Return a setting at random that is none of those; the base's seed and their number decide it."""
        for again in range(MAX_DRAWS):
            generator = np.random.default_rng([self.base.seed, len(tried), again])
            new: Setting = {dimension.name: dimension.draw(generator) for dimension in self.space}
            if new not in tried:
                return new
        others = (d.all_values or d.values for d in self.space)
        for new in self._product(others):
            if new not in tried:
                return new
        raise HyperparameterError(
            N_("There are no more than {count} different settings; ask for fewer with --{name}."),
            name="trials",
            count=len(tried),
        )

    def _product(self, values: Iterable[Sequence[object]]) -> Iterator[Setting]:
        """Yield every combination of these values, one sequence for each dimension."""
        names = [dimension.name for dimension in self.space]
        return (dict(zip(names, chosen, strict=True)) for chosen in itertools.product(*values))

    def to_mapping(self) -> dict[str, object]:
        """Return the plan as plain values, for JSON."""
        return {
            "base": self.base.to_mapping(),
            "space": [
                {"name": d.name, "values": list(map(plain, d.values)), "is_range": d.is_range}
                for d in self.space
            ],
            "search": self.search,
            "settings": self.settings,
            "seeds": self.seeds,
            "halving": self.halving,
            "ahead": self.ahead,
        }

    @classmethod
    def from_mapping(cls, fields: Mapping[str, Any]) -> "Plan":
        """Return the plan from plain values; any exception means that they are of none."""
        space = tuple(
            Dimension(d["name"], tuple(parsed(d["name"], v) for v in d["values"]), bool(d["is_range"]))
            for d in fields["space"]
        )
        if fields["search"] not in SEARCHES or not space:
            raise ValueError
        settings, seeds, ahead = (int(fields[name]) for name in ("settings", "seeds", "ahead"))
        if min(settings, seeds, ahead + 1) < 1:
            raise ValueError
        base = hyperparameters_from_mapping(fields["base"])
        return cls(base, space, fields["search"], settings, seeds, bool(fields["halving"]), ahead)


def _count(dimension: Dimension) -> float:
    values = dimension.all_values
    return math.inf if values is None else len(values)


def plain(value: object) -> object:
    """Return the value of a hyperparameter as JSON knows it."""
    return list(value) if isinstance(value, tuple) else value


def parsed(name: str, value: object) -> object:
    """Return the value of a hyperparameter from JSON."""
    return specification_of(name).parse(value)


def plain_setting(setting: Setting) -> dict[str, object]:
    """Return a setting as JSON knows it."""
    return {name: plain(value) for name, value in setting.items()}


def parsed_setting(values: Mapping[str, object]) -> Setting:
    """Return a setting from JSON."""
    return {name: parsed(name, value) for name, value in values.items()}
