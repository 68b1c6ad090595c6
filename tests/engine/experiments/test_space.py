"""What `--vary` says, and what is drawn from it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import HyperparameterError
from engine.experiments.space import parse_dimension, parse_space


@pytest.mark.parametrize(
    ("text", "name", "values"),
    [
        ("learning_rate=0.01,0.1", "learning_rate", (0.01, 0.1)),
        ("learning-rate = 0.1, 0.10", "learning_rate", (0.1,)),
        ("hidden=64;128,64;", "hidden", ((64,), (128, 64), ())),
        ("hidden=64,32", "hidden", ((64, 32),)),
        ("activation=relu,tanh", "activation", ("relu", "tanh")),
        ("batch_norm=on,off", "batch_norm", (True, False)),
        ("learning_rate=0.004..0.1", "learning_rate", (0.004, 0.005, 0.01, 0.02, 0.05, 0.1)),
        ("batch_size=20..100", "batch_size", (20, 32, 64, 100)),
        ("dropout=0..0.2", "dropout", (0.0, 0.05, 0.1, 0.15, 0.2)),
        ("patience=2..4", "patience", (2, 3, 4)),
    ],
)
def test_values_are_listed_or_the_ladder_of_a_range(text: str, name: str, values: tuple[object, ...]) -> None:
    dimension = parse_dimension(text)
    assert (dimension.name, dimension.values) == (name, values)
    assert dimension.is_range == (".." in text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("learning_rate", "What varies is given as NAME=VALUES, such as learning_rate=0.01,0.1;"),
        ("rate=1", "There is no hyperparameter “rate”"),
        ("learning_rate=0.1,x", "learning_rate is “x”; allowed: "),
        ("learning_rate=", "learning_rate is “”; allowed: "),
        ("learning_rate=1..0.1", "the first number of a range is the smaller one."),
        ("learning_rate=0.1..1,2", "a range is two numbers with .. between them"),
        ("learning_rate=0.1..", "learning_rate is “”; allowed: "),
        ("activation=relu..tanh", "activation has no range; list the values to try."),
        ("hidden=16..64", "hidden has no range; list the values to try."),
        ("seed=1,2", "--seeds 5 repeats each setting with five of them."),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(HyperparameterError) as raised:
        parse_dimension(text)
    assert said in str(raised.value)


def test_a_name_is_given_once() -> None:
    with pytest.raises(HyperparameterError, match="momentum is varied twice"):
        parse_space(["momentum=0.5", "dropout=0.1", "momentum=0.9"])


@pytest.mark.parametrize(
    ("text", "is_logarithmic"),
    [
        ("learning_rate=0.001..1", True),
        ("l2=0..0.1", False),  # no ratio leads from 0
        ("batch_size=16..256", True),
        ("dropout=0.1..0.5", False),
        ("patience=1..8", False),
        ("activation=relu,tanh", False),
    ],
)
def test_a_range_is_logarithmic_where_the_ladder_is(text: str, is_logarithmic: bool) -> None:
    assert parse_dimension(text).is_logarithmic is is_logarithmic


@given(
    st.sampled_from(["learning_rate=0.0011..0.97", "batch_size=17..300", "dropout=0.03..0.1"]),
    st.integers(0, 99),
)
def test_what_is_drawn_lies_in_the_range_and_is_easy_to_read(text: str, seed: int) -> None:
    dimension = parse_dimension(text)
    value = dimension.draw(np.random.default_rng(seed))
    low, high = dimension.ends
    assert isinstance(value, int | float)
    assert low <= value <= high
    assert value in (low, high) or float(f"{value:.3g}") == value


def test_half_of_what_is_drawn_lies_below_the_geometric_mean() -> None:
    dimension, generator = parse_dimension("learning_rate=0.0001..1"), np.random.default_rng(0)
    drawn = [dimension.draw(generator) for _ in range(400)]
    assert 150 < sum(value < 0.01 for value in drawn) < 250  # type: ignore[operator]
