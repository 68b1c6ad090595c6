"""The contract of the hyperparameters: names, defaults, ranges, what may change during a run, and errors."""

import dataclasses
import json
import pickle
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import EngineError, HyperparameterError
from engine.hyperparameters import (
    DEFAULT_LEARNING_RATES,
    GROUPS,
    SPECIFICATIONS,
    Hyperparameters,
    available_cores,
    specification_of,
)
from engine.specification import Choice, Flag, Integer, Real, Sizes, ValueType

TINY = 5e-324
"""The smallest number above zero."""

ALMOST_1 = 1.0 - 2.0**-53
"""The largest number below one."""


@dataclass(frozen=True)
class Contract:
    """One row of the design's table: its bounds as the values at them, and just past them."""

    default: object
    allowed: tuple[object, ...]
    refused: tuple[object, ...]
    live: bool = False


ACTIVATIONS = ("relu", "leaky_relu", "gelu", "tanh", "sigmoid")
INITIALIZERS = (
    "he_normal",
    "he_uniform",
    "xavier_normal",
    "xavier_uniform",
    "lecun_normal",
    "zeros",
    "large",
)
OPTIMIZERS = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "muon")
SCHEDULES = ("constant", "step", "exponential", "cosine", "one_cycle")
MONITORS = ("validation_accuracy", "validation_loss")


def not_negative(default: float, *, live: bool = False) -> Contract:
    return Contract(default, (0, 0.0, TINY, 1e300), (-TINY, -1), live)


def below_1(default: float, *, live: bool = False) -> Contract:
    return Contract(default, (0, 0.0, TINY, ALMOST_1), (-TINY, 1, 1.0, 1.5), live)


def up_to(high: float, default: float = 0.0, low: float = 0.0) -> Contract:
    return Contract(default, (low, high), (low - 0.1, -TINY, high + 0.1, 1e300))


def flag(default: bool, *, live: bool = False) -> Contract:
    return Contract(default, (True, False), (0, 1, 2, 1.0), live)


CONTRACT = {
    "hidden": Contract(
        (128,),
        ((), (1,), (16_384,), (1,) * 20),
        ((0,), (16_385,), (1,) * 21, (-1,), (64, 0), (1.5,), (True,), 0),
    ),
    "activation": Contract("relu", ACTIVATIONS, ("elu", "", 0)),
    "initializer": Contract("he_normal", INITIALIZERS, ("he", "", 0)),
    "receptive_field": up_to(1000.0),
    "batch_norm": flag(False),
    "dropout": below_1(0.0, live=True),
    "l2": not_negative(0.0, live=True),
    "label_smoothing": below_1(0.0),
    "weight_average": below_1(0.0),
    "emphasis": up_to(1.0),
    "adversarial": up_to(1000.0),
    "rotation": up_to(180.0),
    "scaling": below_1(0.0),
    "shear": up_to(2.0),
    "shift": up_to(100.0),
    "elastic": up_to(100.0),
    "elastic_sigma": up_to(100.0, default=5.0, low=0.5),
    "noise": below_1(0.0),
    "distortion_fade": up_to(1.0),
    "optimizer": Contract("sgd", OPTIMIZERS, ("Adam W", "lion", 0)),
    "learning_rate": Contract(None, (TINY, 1, 1e300), (0, 0.0, -TINY), live=True),
    "momentum": below_1(0.9, live=True),
    "weight_decay": not_negative(0.01, live=True),
    "clip_norm": not_negative(0.0, live=True),
    "schedule": Contract("cosine", SCHEDULES, ("linear", "", 0)),
    "warmup_epochs": not_negative(0.0),
    "epochs": Contract(10, (1, 100_000), (0, 100_001, -1, 1.5), live=True),
    "batch_size": Contract(64, (1, 10**9), (0, -1, 64.5)),
    "early_stopping": flag(True, live=True),
    "monitor": Contract("validation_accuracy", MONITORS, ("test_accuracy", "")),
    "patience": Contract(5, (1, 10**9), (0, -1, 2.5), live=True),
    "min_delta": not_negative(0.001, live=True),
    "deskew": flag(False),
    "validation_size": Contract(0.1, (TINY, ALMOST_1), (0, 0.0, 1, 1.0, -0.1)),
    "seed": Contract(0, (0, 2**32 - 1), (-1, 2**32, 0.5)),
    "threads": Contract(None, (1, available_cores()), (0, available_cores() + 1), live=True),
}

NUMBERS = [name for name, row in SPECIFICATIONS.items() if isinstance(row.kind, Integer | Real)]

every_name = pytest.mark.parametrize("name", SPECIFICATIONS)


# --- the table


def test_the_names_are_those_of_the_table() -> None:
    assert set(SPECIFICATIONS) == set(CONTRACT)
    assert {field.name for field in dataclasses.fields(Hyperparameters)} == set(CONTRACT)


@pytest.mark.parametrize("name", CONTRACT)
def test_the_default(name: str) -> None:
    assert SPECIFICATIONS[name].default == CONTRACT[name].default
    assert getattr(Hyperparameters(), name) == CONTRACT[name].default
    assert type(getattr(Hyperparameters(), name)) is type(CONTRACT[name].default)


@pytest.mark.parametrize("name", CONTRACT)
def test_what_may_change_during_a_run(name: str) -> None:
    assert SPECIFICATIONS[name].live == CONTRACT[name].live


def pairs(kind: str) -> list[tuple[str, object]]:
    return [(name, value) for name, row in CONTRACT.items() for value in getattr(row, kind)]


@pytest.mark.parametrize(("name", "value"), pairs("allowed"))
def test_values_at_the_bounds_are_allowed(name: str, value: Any) -> None:
    assert getattr(Hyperparameters(**{name: value}), name) == value
    assert getattr(Hyperparameters().changed(name, value), name) == value


@pytest.mark.parametrize(("name", "value"), pairs("refused"))
def test_values_just_past_the_bounds_are_refused(name: str, value: Any) -> None:
    attempts: tuple[Callable[[], object], ...] = (
        lambda: Hyperparameters(**{name: value}),
        lambda: Hyperparameters().changed(name, value),
        lambda: Hyperparameters.from_mapping({name: value}),
        lambda: SPECIFICATIONS[name].parse(value),
    )
    for attempt in attempts:
        with pytest.raises(HyperparameterError) as caught:
            attempt()
        assert caught.value.name == name
        sentence = str(caught.value)
        assert sentence.startswith(f"{name} is ")
        assert str(SPECIFICATIONS[name].kind.allowed()) in sentence


def test_choices_are_those_of_the_table_and_no_others() -> None:
    for name, row in SPECIFICATIONS.items():
        if isinstance(row.kind, Choice):
            assert row.kind.names == CONTRACT[name].allowed


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), "nan", "inf", "-inf", "1e999"])
def test_what_is_not_a_finite_number_is_refused(name: str, value: Any) -> None:
    with pytest.raises(HyperparameterError) as caught:
        Hyperparameters(**{name: value})
    assert caught.value.name == name


@every_name
@pytest.mark.parametrize("value", [{"a": 1}, frozenset(), b"1", "one", "1;2", 1j, [None]], ids=repr)
def test_what_is_no_value_at_all_is_refused(name: str, value: object) -> None:
    with pytest.raises(HyperparameterError):
        specification_of(name).parse(value)


@every_name
def test_none_stands_for_a_rule_where_there_is_one(name: str) -> None:
    if name in ("learning_rate", "threads"):
        assert SPECIFICATIONS[name].parse(None) is None
    else:
        with pytest.raises(HyperparameterError):
            SPECIFICATIONS[name].parse(None)


@every_name
def test_each_is_explained(name: str) -> None:
    row = SPECIFICATIONS[name]
    assert row.name == name
    assert row.group in GROUPS
    assert row.help.endswith(".")
    assert "\n" not in row.help
    assert len(row.explanation) > len(row.help)
    assert str(row.kind.allowed())
    assert set(row.optimizers) <= set(OPTIMIZERS)


def test_which_optimizers_use_which() -> None:
    used = {name: row.optimizers for name, row in SPECIFICATIONS.items() if row.optimizers}
    assert used == {"momentum": ("momentum", "nesterov", "muon"), "weight_decay": ("adamw", "muon")}


# --- learning rates by optimizer


@pytest.mark.parametrize(
    ("optimizer", "rate"),
    [
        ("sgd", 0.1),
        ("momentum", 0.05),
        ("nesterov", 0.05),
        ("rmsprop", 0.001),
        ("adam", 0.001),
        ("adamw", 0.001),
        ("muon", 0.002),
    ],
)
def test_the_learning_rate_follows_from_the_optimizer_unless_given(optimizer: str, rate: float) -> None:
    assert DEFAULT_LEARNING_RATES[optimizer] == rate
    chosen = Hyperparameters(optimizer=optimizer)
    assert chosen.learning_rate is None
    assert chosen.resolved() == dataclasses.replace(chosen, learning_rate=rate)
    assert Hyperparameters(optimizer=optimizer, learning_rate=0.25).resolved().learning_rate == 0.25


# --- text, TOML and plain data


def values_of(kind: ValueType) -> st.SearchStrategy[object]:
    """Draw values that a kind allows."""
    if isinstance(kind, Choice):
        return st.sampled_from(kind.names)
    if isinstance(kind, Flag):
        return st.booleans()
    if isinstance(kind, Integer):
        return st.integers(kind.low, kind.high)
    if isinstance(kind, Sizes):
        return st.lists(st.integers(kind.low, kind.high), max_size=kind.limit).map(tuple)
    assert isinstance(kind, Real)
    return st.floats(
        kind.low,
        kind.high if kind.below is None else kind.below,
        exclude_min=kind.open_low,
        exclude_max=kind.below is not None,
        allow_infinity=False,
    ).map(lambda value: value + 0.0)


FEW = settings(deadline=None, max_examples=40)
"""Each example draws a value of every hyperparameter."""


@st.composite
def hyperparameters(draw: st.DrawFn) -> Hyperparameters:
    given = {}
    for name, row in SPECIFICATIONS.items():
        values = values_of(row.kind)
        given[name] = draw(values if row.default is not None else st.one_of(st.none(), values))
    return Hyperparameters(**given)  # type: ignore[arg-type]


@FEW
@given(chosen=hyperparameters())
def test_text_reads_back_as_the_same_value(chosen: Hyperparameters) -> None:
    for name, row in SPECIFICATIONS.items():
        value = getattr(chosen, name)
        if value is None:
            assert row.format(None) == ""
            continue
        read = row.parse(row.format(value))
        assert read == value
        assert type(read) is type(value)
        assert row.parse(f"  {row.format(value)} ") == value


@FEW
@given(chosen=hyperparameters())
def test_toml_json_and_pickle_read_back_as_the_same_values(chosen: Hyperparameters) -> None:
    plain = chosen.to_mapping()
    assert Hyperparameters.from_mapping(plain) == chosen
    assert Hyperparameters.from_mapping(json.loads(json.dumps(plain, allow_nan=False))) == chosen
    toml = "\n".join(f"{name} = {json.dumps(value)}" for name, value in plain.items())
    assert Hyperparameters.from_mapping(tomllib.loads(toml)) == chosen
    assert pickle.loads(pickle.dumps(chosen)) == chosen
    assert hash(pickle.loads(pickle.dumps(chosen))) == hash(chosen)


def test_plain_data_leaves_out_what_a_rule_decides() -> None:
    plain = Hyperparameters().to_mapping()
    assert set(CONTRACT) - set(plain) == {"learning_rate", "threads"}
    assert plain["hidden"] == [128]


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("hidden", "256, 128,64", (256, 128, 64)),
        ("hidden", "", ()),
        ("hidden", [32, 16.0], (32, 16)),
        ("hidden", 64, (64,)),
        ("activation", "Leaky-ReLU", "leaky_relu"),
        ("schedule", " one-cycle ", "one_cycle"),
        ("batch_norm", "ON", True),
        ("early_stopping", "no", False),
        ("epochs", " 5 ", 5),
        ("epochs", 5.0, 5),  # as TOML and JSON may write it
        ("learning_rate", "1e-3", 0.001),
        ("dropout", -0.0, 0.0),
    ],
)
def test_other_ways_to_write_a_value(name: str, given: object, value: object) -> None:
    read = SPECIFICATIONS[name].parse(given)
    assert read == value
    assert type(read) is type(value)
    assert str(read) == str(value)  # no -0.0


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("hidden", "128,"),
        ("hidden", "128,,64"),
        ("hidden", "128 64"),
        ("hidden", "12.5"),
        ("batch_norm", "maybe"),
        ("epochs", "5.0"),
        ("epochs", True),
        ("dropout", True),
        ("dropout", "10%"),
        ("seed", ""),
        ("seed", 10**30),
        ("l2", 10**400),
        ("activation", ["relu"]),
    ],
)
def test_ways_not_to_write_a_value(name: str, given: object) -> None:
    with pytest.raises(HyperparameterError):
        SPECIFICATIONS[name].parse(given)


# --- changing, and errors


def test_a_change_makes_a_copy() -> None:
    first = Hyperparameters()
    second = first.changed("dropout", "0.5")
    assert (first.dropout, second.dropout) == (0.0, 0.5)
    assert dataclasses.replace(second, dropout=0.0) == first
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.dropout = 0.5  # type: ignore[misc]


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: Hyperparameters.from_mapping({"epochs": 3, "lerning_rate": 0.1}),
        lambda: Hyperparameters().changed("lerning_rate", 0.1),
        lambda: specification_of("lerning_rate"),
    ],
)
def test_an_unknown_name_is_refused_and_the_known_ones_are_told(attempt: Callable[[], object]) -> None:
    with pytest.raises(HyperparameterError) as caught:
        attempt()
    assert "lerning_rate" in str(caught.value)
    for name in CONTRACT:
        assert name in str(caught.value)


def test_an_error_is_one_sentence() -> None:
    with pytest.raises(HyperparameterError) as caught:
        Hyperparameters(learning_rate=-1.0)
    assert str(caught.value) == "learning_rate is -1.0; allowed: a finite number, above 0."
    with pytest.raises(HyperparameterError) as caught:
        Hyperparameters.from_mapping({"hidden": "0"})
    assert str(caught.value) == (
        "hidden is “0”; allowed: at most 20 whole numbers from 1 to 16,384, separated by commas."
    )


def test_what_was_given_is_shown_short_and_printable() -> None:
    with pytest.raises(HyperparameterError) as caught:
        Hyperparameters.from_mapping({"activation": "\x1b[31m\n" + "x" * 1000})
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


@every_name
def test_errors_survive_pickling(name: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        SPECIFICATIONS[name].parse("?!")
    back = pickle.loads(pickle.dumps(caught.value))
    assert type(back) is HyperparameterError
    assert isinstance(back, EngineError)
    assert (back.name, str(back)) == (name, str(caught.value))
    assert back.sentence == caught.value.sentence


@pytest.mark.parametrize("name", [name for name in NUMBERS if isinstance(SPECIFICATIONS[name].kind, Real)])
def test_what_makes_training_images_harder(name: str) -> None:
    harder = {"rotation", "scaling", "shear", "shift", "elastic", "noise", "adversarial", "emphasis"}
    assert Hyperparameters(**{name: 0.5}).are_images_harder == (name in harder)  # type: ignore[arg-type]
