"""Which settings and seeds there are, and in which order."""

import dataclasses
import json
import math
from typing import Any

import pytest

from engine.errors import HyperparameterError
from engine.experiments.plan import Plan
from engine.experiments.space import parse_space
from engine.hyperparameters import Hyperparameters


def plan(*vary: str, base: dict[str, Any] | None = None, **options: Any) -> Plan:
    return Plan.of(Hyperparameters(**(base or {})), parse_space(vary), **options)


def test_a_grid_tries_each_combination_with_each_seed() -> None:
    made = plan("learning_rate=0.1,1", "hidden=16;8,8", base={"seed": 7}, seeds=2)
    assert made.trials == 8
    assert made.known_settings() == [
        {"learning_rate": 0.1, "hidden": (16,)},
        {"learning_rate": 0.1, "hidden": (8, 8)},
        {"learning_rate": 1.0, "hidden": (16,)},
        {"learning_rate": 1.0, "hidden": (8, 8)},
    ]
    trial = made.hyperparameters(made.known_settings()[1], 8)
    assert (trial.learning_rate, trial.hidden, trial.seed, trial.threads) == (0.1, (8, 8), 8, 1)


def test_threads_that_are_given_stay() -> None:
    assert plan("dropout=0,0.5", base={"threads": 1}).base.threads == 1
    assert plan("dropout=0,0.5").base.threads == 1
    assert plan("dropout=0,0.5", base={"optimizer": "adam"}).base.learning_rate is None


def test_random_settings_differ_and_depend_on_the_seed_alone() -> None:
    made = plan("learning_rate=0.001..1", "activation=relu,tanh", search="random", settings=12)
    settings = made.known_settings()
    assert len(settings) == made.trials == 12
    assert len({json.dumps(setting) for setting in settings}) == 12
    assert made.known_settings() == settings
    other = dataclasses.replace(made, base=made.base.changed("seed", 1))
    assert other.known_settings() != settings


def test_a_search_in_a_finite_space_ends_with_it() -> None:
    made = plan("activation=relu,tanh", "patience=1..3", search="random", settings=50)
    assert made.settings == 6
    assert len({json.dumps(setting) for setting in made.known_settings()}) == 6


@pytest.mark.parametrize(
    ("vary", "options", "said"),
    [
        ((), {}, "Nothing varies"),
        (("dropout=0,0.5",), {"settings": 3}, "--trials is for --search random and tpe"),
        (("epochs=1,2",), {"halving": True}, "epochs cannot vary with --halving"),
        (("patience=1..5000",), {}, "patience has more than 1,000 values"),
        (("l2=0,1", "learning_rate=1e-300..1"), {"seeds": 10_000}, "10,000 are the most"),
        (("dropout=0,0.5",), {"base": {"seed": 2**32 - 1}, "seeds": 2}, "seed is 4294967296; allowed"),
        (
            ("learning_rate=0.1..0.1001",),
            {"search": "random"},
            "There are no more than 2 different settings; ask for fewer with --trials.",
        ),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(
    vary: tuple[str, ...], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(HyperparameterError) as raised:
        plan(*vary, **options)
    assert said in str(raised.value)


def test_a_plan_comes_back_from_plain_values() -> None:
    for made in (
        plan("learning_rate=0.01..0.1", "hidden=;16,8", seeds=3, halving=True).for_workers(4),
        plan("batch_size=16..64", search="random", settings=4, base={"optimizer": "adam", "seed": 3}),
    ):
        assert Plan.from_mapping(json.loads(json.dumps(made.to_mapping()))) == made


def test_tpe_is_a_function_of_what_it_knows() -> None:
    """Near 0.1, and with tanh, the accuracy is highest: what is suggested comes closer to it than chance."""
    made = plan("learning_rate=0.0001..10", "activation=relu,tanh", search="tpe", settings=30)
    tried: list[Any] = []
    scores: list[float | None] = []
    for number in range(30):
        new: Any = made.next_setting(tried, scores)
        assert number % 10 or new == made.next_setting(tried, scores)
        assert new not in tried
        tried.append(new)
        distance = abs(math.log10(new["learning_rate"]) + 1)
        scores.append(None if distance > 2.5 else 1 - distance / 4 + 0.1 * (new["activation"] == "tanh"))
    late = [abs(math.log10(setting["learning_rate"]) + 1) for setting in tried[15:]]
    assert sum(late) / 15 < 0.9  # at random (3² + 2²) / 2 / 5 = 1.3 decades
    assert sum(setting["activation"] == "tanh" for setting in tried[15:]) > 9
