"""Each activation against its formula, and its derivative against the difference quotient."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.hyperparameters import SPECIFICATIONS
from engine.network.activations import ACTIVATIONS, Activation
from engine.network.layers import Array, Precision
from engine.specification import Choice
from tests.engine.network.numerical import PROPERTY, REACH, assert_agree, difference_quotients

FORMULAS: dict[str, Callable[[float], float]] = {
    "relu": lambda x: max(0.0, x),
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x,
    "gelu": lambda x: 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "tanh": math.tanh,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
}
KINKED = {"relu", "leaky_relu"}

every_activation = pytest.mark.parametrize("name", ACTIVATIONS)


def layer_of(name: str, batch: int, units: int, dtype: Precision = np.float64) -> Activation:
    layer = ACTIVATIONS[name](units, units, dtype)
    layer.resize(batch)
    return layer


def test_every_name_that_may_be_asked_for_is_there() -> None:
    kind = SPECIFICATIONS["activation"].kind
    assert isinstance(kind, Choice)
    assert set(ACTIVATIONS) == set(kind.names) == set(FORMULAS)


@every_activation
@PROPERTY
@given(x=st.floats(-30.0, 30.0))
def test_the_value_is_the_formulas(name: str, x: float) -> None:
    Y = layer_of(name, 1, 1).forward(np.array([[x]]), training=True)
    assert Y[0, 0] == pytest.approx(FORMULAS[name](x), rel=1e-12, abs=1e-12)


@every_activation
@PROPERTY
@given(data=st.data())
def test_the_derivative_is_the_difference_quotient(name: str, data: st.DataObject) -> None:
    # values within reach of 0 are left out for those with a kink there; the kink has its own test
    away = st.floats(1.5 * REACH, 8.0) if name in KINKED else st.floats(0.0, 8.0)
    signed = st.tuples(away, st.sampled_from([-1.0, 1.0])).map(lambda pair: pair[0] * pair[1])
    X = np.array(data.draw(st.lists(signed, min_size=6, max_size=6))).reshape(2, 3)
    R = np.random.default_rng(1).normal(size=X.shape)  # the loss is the sum of R * Y
    layer = layer_of(name, *X.shape)
    numeric = difference_quotients(lambda: float((R * layer.forward(X, training=True)).sum()), X)
    layer.forward(X, training=True)
    assert assert_agree(layer.backward(R), numeric) == X.size


@pytest.mark.parametrize(("name", "at_zero"), [("relu", 0.0), ("leaky_relu", 0.01)])
def test_at_the_kink_the_derivative_is_the_left_one(name: str, at_zero: float) -> None:
    X = np.array([[-0.0, 0.0, -1e-300, 1e-300]])
    layer = layer_of(name, *X.shape)
    layer.forward(X, training=True)
    assert layer.backward(np.ones_like(X)).tolist() == [[at_zero, at_zero, at_zero, 1.0]]


@every_activation
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extremes_give_no_warning_and_stay_finite(name: str, dtype: Precision) -> None:
    X: Array = np.array([[-1e4, -100.0, -0.0, 0.0, 100.0, 1e4]], dtype)
    layer = layer_of(name, 1, 6, dtype)
    Y = layer.forward(X, training=True).copy()
    dX = layer.backward(np.ones_like(X))
    assert Y.dtype == dX.dtype == dtype
    assert np.isfinite(Y).all()
    assert np.isfinite(dX).all()
    limit = {"tanh": 1.0, "sigmoid": 1.0}.get(name, 1e4)
    assert Y[0, -1] == pytest.approx(limit)


@every_activation
def test_the_input_is_left_as_it_is(name: str) -> None:
    X = np.linspace(-2.0, 2.0, 6).reshape(2, 3)
    before = X.copy()
    layer = layer_of(name, *X.shape)
    layer.forward(X, training=True)
    layer.backward(np.ones_like(X))
    assert np.array_equal(X, before)
