"""Muon: against its author's formula, the singular values of a step, and where it is AdamW."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.optimization.muon import RMS, Muon
from engine.optimization.optimizers import AdamW

FloatArray = NDArray[np.float64]
SHAPES = ((7, 6), (6, 9), (9, 4), (4, 3))
WEIGHTS = slice(0, sum(rows * columns for rows, columns in SHAPES))
HIDDEN = slice(42, 42 + 54 + 36)
COUNT = WEIGHTS.stop + 11


def newton_schulz(G: FloatArray) -> FloatArray:
    """Jordan's `zeropower_via_newtonschulz5`, in float64."""
    a, b, c = 3.4445, -4.7750, 2.0315
    X = G / (np.linalg.norm(G) + 1e-7)
    if G.shape[0] > G.shape[1]:
        X = X.T
    for _ in range(5):
        A = X @ X.T
        B = b * A + c * A @ A
        X = a * X + B @ X
    return X.T if G.shape[0] > G.shape[1] else X


def muon(W: FloatArray, gradients: list[FloatArray], rate: float, mu: float, decay: float) -> FloatArray:
    M = np.zeros_like(W)
    for g in gradients:
        M = mu * M + (1 - mu) * g  # as he has it: `momentum.lerp_(g, 1 - mu)`
        update = newton_schulz((1 - mu) * g + mu * M)
        W = W * (1 - rate * decay) - rate * 0.2 * max(W.shape) ** 0.5 * update
    return W


@pytest.mark.parametrize("decay", [0.0, 0.5])
@pytest.mark.parametrize("mu", [0.0, 0.9])
def test_matrices_between_hidden_layers_take_its_steps_and_the_rest_takes_adamws(
    mu: float, decay: float
) -> None:
    rng = np.random.default_rng(0)
    start, gradients = rng.normal(size=COUNT), [rng.normal(size=COUNT) for _ in range(4)]
    p, g, q, h = start.copy(), np.empty(COUNT), start.copy(), np.empty(COUNT)
    optimizer = Muon(p, g, WEIGHTS, momentum=mu, weight_decay=decay, shapes=SHAPES)
    plain = AdamW(q, h, WEIGHTS, weight_decay=decay)
    for gradient in gradients:
        g[:] = h[:] = gradient
        optimizer.step(0.01)
        plain.step(0.01)
    at = HIDDEN.start
    for rows, columns in SHAPES[1:-1]:
        place = slice(at, at := at + rows * columns)
        parts = [gradient[place].reshape(rows, columns) for gradient in gradients]
        expected = muon(start[place].reshape(rows, columns), parts, 0.01, mu, decay)
        np.testing.assert_allclose(p[place].reshape(rows, columns), expected, rtol=1e-5, atol=1e-8)
    for place in (slice(0, HIDDEN.start), slice(HIDDEN.stop, COUNT)):
        np.testing.assert_array_equal(p[place], q[place])


@pytest.mark.parametrize("shape", [(64, 64), (64, 160), (160, 64)], ids=str)
def test_a_step_has_nearly_equal_singular_values_and_the_length_of_adamws(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    size = shape[0] * shape[1]
    shapes = (1, shape[0]), shape, (shape[1], 1)
    count = sum(rows * columns for rows, columns in shapes)
    p, g = np.zeros(count, np.float32), rng.normal(size=count).astype(np.float32)
    g[shape[0] : shape[0] + size].reshape(shape)[:, : shape[1] // 2] *= 5  # strong in some directions
    Muon(p, g, slice(0, count), shapes=shapes).step(1.0)
    step = p[shape[0] : shape[0] + size].reshape(shape)
    assert np.sqrt(np.mean(step**2)) == pytest.approx(RMS, rel=0.2)
    values = np.linalg.svd(step / (RMS * np.sqrt(max(shape))), compute_uv=False)
    assert 0.6 < np.quantile(values, 0.1) < values.max() < 1.25  # five iterations lift all but the tiniest


def test_a_matrix_without_a_gradient_stays() -> None:
    p, g = np.ones(COUNT), np.zeros(COUNT)
    Muon(p, g, WEIGHTS, shapes=SHAPES).step(0.1)
    assert p.tolist() == [1.0] * COUNT


@pytest.mark.parametrize("shapes", [(), SHAPES[:1], SHAPES[:2]], ids=len)
def test_without_a_matrix_between_hidden_layers_it_is_adamw(shapes: tuple[tuple[int, int], ...]) -> None:
    rng = np.random.default_rng(0)
    start, gradient = rng.normal(size=COUNT), rng.normal(size=COUNT)
    ends: list[NDArray[np.floating]] = []
    for kind in (Muon, AdamW):
        p, g = start.copy(), gradient.copy()
        kind(p, g, WEIGHTS, weight_decay=0.1, shapes=shapes).step(0.1)
        ends.append(p)
    np.testing.assert_array_equal(ends[0], ends[1])


def test_threads_change_no_bit() -> None:
    rng = np.random.default_rng(0)
    shapes = (300, 600), (600, 500), (500, 10)
    count = sum(rows * columns for rows, columns in shapes)
    start, gradient = (rng.normal(size=count).astype(np.float32) for _ in range(2))
    ends: list[NDArray[np.floating]] = []
    for threads in (1, 2):
        p, g = start.copy(), gradient.copy()
        optimizer = Muon(p, g, slice(0, count), shapes=shapes)
        optimizer.share(threads)
        optimizer.step(0.1)
        ends.append(p)
    np.testing.assert_array_equal(ends[0], ends[1])
