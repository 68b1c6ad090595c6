"""Each optimizer: a step by hand, PyTorch's formulas written out, blocks, clipping, and two valleys.

Against PyTorch itself: `tests/engine/reference/test_pytorch.py`.
"""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.hyperparameters import SPECIFICATIONS
from engine.optimization import optimizers
from engine.optimization.catalogue import OPTIMIZERS
from engine.optimization.optimizers import Optimizer, clip_gradient, gradient_norm
from engine.optimization.schedules import Schedule
from engine.specification import Choice

FloatArray = NDArray[np.float64]

every_optimizer = pytest.mark.parametrize("name", OPTIMIZERS)


def test_every_name_that_may_be_asked_for_is_there() -> None:
    kind = SPECIFICATIONS["optimizer"].kind
    assert isinstance(kind, Choice)
    assert set(OPTIMIZERS) == set(kind.names) == set(FORMULAS)


# --- by hand


@pytest.mark.parametrize(
    ("name", "after_one", "after_two"),
    [
        # one parameter at 1, gradient 2 and then 1, learning rate 0.1, momentum 0.9, decay of 0.5
        # 1 - 0.1*2 = 0.8; 0.8 - 0.1*1 = 0.7
        ("sgd", 0.8, 0.7),
        # v = 2, 1 - 0.2; v = 1.8 + 1 = 2.8, 0.8 - 0.28
        ("momentum", 0.8, 0.52),
        # v = 2, 1 - 0.1*(2 + 1.8) = 0.62; v = 2.8, 0.62 - 0.1*(1 + 2.52) = 0.268
        ("nesterov", 0.62, 0.268),
        # s = 0.01*4 = 0.04, g/√s = 2/0.2 = 10, 1 - 0.1*10 = 0;
        # s = 0.99*0.04 + 0.01 = 0.0496, 1/√0.0496 = 4.490132, 0 - 0.4490132
        ("rmsprop", 0.0, -0.44901325),
        # m̂ = 2, √v̂ = 2: 1 - 0.1; m = 0.9*0.2 + 0.1 = 0.28, m̂ = 0.28/(1 - 0.81) = 1.4736842,
        # v = 0.999*0.004 + 0.001 = 0.004996, v̂ = v/(1 - 0.998001) = 2.4992496, √v̂ = 1.5809015;
        # 0.9 - 0.1*1.4736842/1.5809015 = 0.9 - 0.0932180
        ("adam", 0.9, 0.8067820),
        # first 1*(1 - 0.1*0.5) = 0.95, then the step of Adam: 0.85; 0.85*0.95 - 0.0932180 = 0.7142820
        ("adamw", 0.85, 0.7142820),
        ("muon", 0.85, 0.7142820),  # no matrix between hidden layers: AdamW's steps
    ],
)
def test_two_steps_by_hand(name: str, after_one: float, after_two: float) -> None:
    p, g = np.array([1.0]), np.array([2.0])
    optimizer = OPTIMIZERS[name](p, g, slice(0, 1), momentum=0.9, weight_decay=0.5)
    optimizer.step(0.1)
    assert p[0] == pytest.approx(after_one, abs=1e-7)  # ε = 1e-8 was left out above
    g[:] = 1.0
    optimizer.step(0.1)
    assert p[0] == pytest.approx(after_two, abs=1e-7)
    assert optimizer.steps == 2


@every_optimizer
@pytest.mark.parametrize("rate", [1e-9, 0.003, 0.7, 1e9])
def test_a_gradient_scaled_beforehand_gives_the_same_step(name: str, rate: float) -> None:
    rng = np.random.default_rng(2)
    p, gradients = rng.normal(size=50), rng.normal(size=(3, 50))
    steps = []
    for scaled in (False, True):
        parameters, g = p.copy(), np.empty(50)
        optimizer = OPTIMIZERS[name](parameters, g, slice(0, 30), weight_decay=0.1)
        scale = optimizer.gradient_scale(rate) if scaled else 1.0
        assert 0.0 < scale < 1e7
        for gradient in gradients:
            g[:] = gradient * scale
            optimizer.step(rate, scale)
        steps.append(parameters)
    np.testing.assert_allclose(steps[1], steps[0], rtol=1e-14)


# --- PyTorch's formulas, written out plainly

Formula = Callable[[FloatArray, list[FloatArray], float, slice, float], FloatArray]


def sgd(p: FloatArray, gradients: list[FloatArray], rate: float, weights: slice, decay: float) -> FloatArray:
    for g in gradients:
        p = p - rate * g
    return p


def momentum(p: FloatArray, gradients: list[FloatArray], rate: float, w: slice, decay: float) -> FloatArray:
    buffer = np.zeros_like(p)
    for g in gradients:
        buffer = 0.9 * buffer + g
        p = p - rate * buffer
    return p


def nesterov(p: FloatArray, gradients: list[FloatArray], rate: float, w: slice, decay: float) -> FloatArray:
    buffer = np.zeros_like(p)
    for g in gradients:
        buffer = 0.9 * buffer + g
        p = p - rate * (g + 0.9 * buffer)
    return p


def rmsprop(p: FloatArray, gradients: list[FloatArray], rate: float, w: slice, decay: float) -> FloatArray:
    s = np.zeros_like(p)
    for g in gradients:
        s = 0.99 * s + 0.01 * g**2
        p = p - rate * g / (np.sqrt(s) + 1e-8)
    return p


def adamw(p: FloatArray, gradients: list[FloatArray], rate: float, w: slice, decay: float) -> FloatArray:
    m, v = np.zeros_like(p), np.zeros_like(p)
    shrinking = np.zeros_like(p)
    shrinking[w] = decay
    for t, g in enumerate(gradients, 1):
        p = p * (1 - rate * shrinking)
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        p = p - rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return p


def adam(p: FloatArray, gradients: list[FloatArray], rate: float, w: slice, decay: float) -> FloatArray:
    return adamw(p, gradients, rate, w, 0.0)


FORMULAS: dict[str, Formula] = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": adamw,
    "muon": adamw,  # where there is no matrix between hidden layers
}


@every_optimizer
@pytest.mark.parametrize("steps", [1, 10])
@pytest.mark.parametrize("rate", [1e-4, 1.0], ids=["low", "high"])
@pytest.mark.parametrize("decay", [0.0, 0.3], ids=["plain", "decay"])
def test_the_steps_are_the_formulas(name: str, steps: int, rate: float, decay: float) -> None:
    rng = np.random.default_rng(1)
    start = rng.normal(size=40)
    # gradients of very different sizes, some of them zero, one as small as ε
    scales = 10.0 ** rng.integers(-8, 5, 40) * (rng.random(40) > 0.1)
    gradients = [scales * rng.normal(size=40) for _ in range(steps)]
    p, g, weights = start.copy(), np.empty(40), slice(0, 25)
    optimizer = OPTIMIZERS[name](p, g, weights, weight_decay=decay)
    for gradient in gradients:
        g[:] = gradient
        optimizer.step(rate)  # which uses the gradient up
    expected = FORMULAS[name](start, gradients, rate, weights, decay)
    np.testing.assert_allclose(p, expected, rtol=1e-12, atol=1e-13)
    assert not np.array_equal(p, start)
    if name not in ("adamw", "muon"):  # the others know no decay
        plain = FORMULAS[name](start, gradients, rate, weights, 0.0)
        np.testing.assert_allclose(p, plain, rtol=1e-12, atol=1e-13)


@every_optimizer
def test_float32_is_float64_rounded(name: str) -> None:
    rng = np.random.default_rng(2)
    start, gradients = rng.normal(size=50), [rng.normal(size=50) for _ in range(10)]
    p, g = start.astype(np.float32), np.empty(50, np.float32)
    optimizer = OPTIMIZERS[name](p, g, slice(0, 50), weight_decay=0.1)
    for gradient in gradients:
        g[:] = gradient
        optimizer.step(0.01)
    assert p.dtype == np.float32
    assert {state.dtype for state in optimizer.state.values()} <= {np.dtype(np.float32)}
    np.testing.assert_allclose(p, FORMULAS[name](start, gradients, 0.01, slice(0, 50), 0.1), atol=1e-5)


def test_weight_decay_touches_weights_alone() -> None:
    p, g = np.ones(6), np.zeros(6)
    optimizer = OPTIMIZERS["adamw"](p, g, slice(1, 4), weight_decay=0.5)
    optimizer.step(0.1)
    assert p.tolist() == [1.0, 0.95, 0.95, 0.95, 1.0, 1.0]


@every_optimizer
def test_nothing_moves_without_a_gradient(name: str) -> None:
    p, g = np.ones(4), np.zeros(4)
    OPTIMIZERS[name](p, g).step(0.1)
    assert p.tolist() == [1.0] * 4


def test_momentum_and_weight_decay_may_change_between_two_steps() -> None:
    p, g = np.array([1.0]), np.array([2.0])
    rolling = OPTIMIZERS["momentum"](p, g, momentum=0.9)
    rolling.step(0.1)  # v = 2, p = 0.8
    rolling.momentum = 0.5
    g[:] = 2.0
    rolling.step(0.1)  # v = 3, p = 0.5
    assert p[0] == pytest.approx(0.5)
    p, g = np.array([1.0]), np.array([0.0])
    decaying = OPTIMIZERS["adamw"](p, g, slice(0, 1), weight_decay=0.0)
    decaying.step(0.1)
    assert p[0] == 1.0
    decaying.weight_decay = 2.0
    decaying.step(0.1)
    assert p[0] == pytest.approx(0.8)


def test_what_each_remembers() -> None:
    p = np.zeros(3)
    states = {name: set(kind(p, p).state) for name, kind in OPTIMIZERS.items()}
    assert states["sgd"] == set()
    assert states["momentum"] == states["nesterov"] == {"velocity"}
    assert states["rmsprop"] == {"squares"}
    assert states["adam"] == states["adamw"] == states["muon"] == {"moments", "squares"}


@every_optimizer
def test_a_step_from_restored_state_is_the_same_step(name: str) -> None:
    # what a resumed run relies on: parameters, `state` and `steps` are all there is
    rng = np.random.default_rng(3)
    p, g = rng.normal(size=9), np.empty(9)
    first = OPTIMIZERS[name](p, g, slice(0, 5), weight_decay=0.1)
    for _ in range(3):
        g[:] = rng.normal(size=9)
        first.step(0.1)
    g[:] = rng.normal(size=9)
    q, h = p.copy(), g.copy()
    second = OPTIMIZERS[name](q, h, slice(0, 5), weight_decay=0.1)
    second.steps = first.steps
    for key, vector in first.state.items():
        second.state[key][:] = vector
    first.step(0.1)
    second.step(0.1)
    assert np.array_equal(p, q)


# --- blocks


def run_of(name: str, size: int, threads: int = 1) -> FloatArray:
    rng = np.random.default_rng(4)
    p, g = rng.normal(size=size), np.empty(size)
    optimizer = OPTIMIZERS[name](p, g, slice(0, size // 2), weight_decay=0.1)
    optimizer.share(threads)
    for _ in range(3):
        g[:] = rng.normal(size=size)
        optimizer.step(0.01)
    return p


@every_optimizer
@pytest.mark.parametrize("size", [1, 63, 64, 65, 128, 200])
def test_blocks_change_nothing(name: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run_of(name, size)
    monkeypatch.setattr(optimizers, "BLOCK", 64)
    assert np.array_equal(run_of(name, size), whole)


@every_optimizer
@pytest.mark.parametrize("threads", [2, 3, 9])
def test_threads_change_nothing(name: str, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimizers, "BLOCK", 64)
    assert np.array_equal(run_of(name, 5 * 64 + 3, threads), run_of(name, 5 * 64 + 3))


def test_threads_ignore_overflow_where_their_caller_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimizers, "BLOCK", 2)
    p, g = np.full(6, 1e300), np.full(6, -1e300)
    sgd = OPTIMIZERS["sgd"](p, g)
    sgd.share(3)
    with np.errstate(over="ignore"):
        sgd.step(1e200)
    assert np.isinf(p).all()
    g[:] = -1e300
    with pytest.raises(FloatingPointError), np.errstate(over="raise"):
        sgd.step(1e200)


@every_optimizer
def test_a_vector_longer_than_a_block(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    size = 2 * optimizers.BLOCK + 5
    in_blocks = run_of(name, size)
    monkeypatch.setattr(optimizers, "BLOCK", size)
    assert np.array_equal(in_blocks, run_of(name, size))


# --- clipping


@settings(deadline=None)
@given(
    g=st.lists(st.integers(-1000, 1000), min_size=1, max_size=9).map(lambda whole: np.array(whole) / 7.0),
    limit=st.floats(1e-3, 1e3),
)
def test_clipping_keeps_the_direction_and_bounds_the_length(g: FloatArray, limit: float) -> None:
    before = g.copy()
    norm = gradient_norm(g)
    assert norm == pytest.approx(math.sqrt(math.fsum(x * x for x in g.tolist())), rel=1e-12)
    clip_gradient(g, norm, limit)
    if norm <= limit:
        assert np.array_equal(g, before)
    else:
        assert gradient_norm(g) == pytest.approx(limit)
        np.testing.assert_allclose(g * norm, before * limit, rtol=1e-12)


def test_clipping_by_hand() -> None:
    g = np.array([3.0, -4.0])
    assert gradient_norm(g) == 5.0
    clip_gradient(g, 5.0, 5.0)
    assert g.tolist() == [3.0, -4.0]
    clip_gradient(g, 5.0, 1.0)
    np.testing.assert_allclose(g, [0.6, -0.8])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_the_norm_of_a_broken_gradient_is_not_finite(dtype: type[np.floating], bad: float) -> None:
    assert not math.isfinite(gradient_norm(np.array([1.0, bad, 2.0], dtype)))


def test_the_norm_of_a_gradient_too_long_for_its_dtype_is_infinite() -> None:
    with np.errstate(over="ignore"):  # as the trainer does, which looks for divergence by name
        assert gradient_norm(np.full(1000, 1e30, np.float32)) == math.inf


# --- valleys


def parabola(x: FloatArray) -> FloatArray:
    """Return the gradient of (x₀² + 10 x₁²) / 2, lowest at (0, 0)."""
    return np.array([x[0], 10.0 * x[1]])


def rosenbrock(x: FloatArray) -> FloatArray:
    """Return the gradient of (1 - x₀)² + 100 (x₁ - x₀²)², lowest at (1, 1); Rosenbrock 1960."""
    slope = 200.0 * (x[1] - x[0] ** 2)
    return np.array([-2.0 * (1.0 - x[0]) - 2.0 * x[0] * slope, slope])


def descend(
    name: str, gradient: Callable[[FloatArray], FloatArray], start: list[float], rate: float, steps: int
) -> FloatArray:
    """Go down along a cosine, so that those whose steps do not shrink come to rest."""
    x, g = np.array(start), np.empty(2)
    optimizer: Optimizer = OPTIMIZERS[name](x, g)
    schedule = Schedule("cosine", steps)
    for step in range(steps):
        g[:] = gradient(x)
        optimizer.step(rate * schedule.factor(step))
    return x


@pytest.mark.parametrize(
    ("name", "rate"),
    [("sgd", 0.1), ("momentum", 0.02), ("nesterov", 0.02), ("rmsprop", 0.05), ("adam", 0.2), ("adamw", 0.2)],
)
def test_each_converges_on_a_parabola(name: str, rate: float) -> None:
    assert np.abs(descend(name, parabola, [3.0, -2.0], rate, 500)).max() < 1e-5


@pytest.mark.parametrize(
    ("name", "rate", "steps"),
    [
        ("sgd", 0.002, 30_000),
        ("momentum", 0.001, 10_000),
        ("nesterov", 0.001, 10_000),
        ("rmsprop", 0.005, 10_000),
        ("adam", 0.1, 5_000),
        ("adamw", 0.1, 5_000),
    ],
)
def test_each_converges_in_rosenbrocks_valley(name: str, rate: float, steps: int) -> None:
    np.testing.assert_allclose(descend(name, rosenbrock, [-1.2, 1.0], rate, steps), [1.0, 1.0], atol=1e-4)
