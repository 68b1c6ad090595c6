"""The engine against PyTorch 2.13.0: runs of 50 steps on real digits, and each formula by itself.

The stored values come from `make_reference.py`. In float64 everything agrees to a relative 1e-9
(measured: losses 1e-15 to 4e-14, parameters to 1e-11 where Adam meets the zero gradient of a bias before
batch normalisation, to 3e-13 elsewhere); in float32 the losses agree to 1e-4.
"""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.network.activations import ACTIVATIONS
from engine.network.layers import Precision
from engine.network.losses import SoftmaxCrossEntropy
from engine.network.mlp import MLP
from engine.network.objective import Objective
from engine.optimization.catalogue import OPTIMIZERS
from engine.optimization.optimizers import clip_gradient, cycled, gradient_norm
from engine.optimization.schedules import Schedule
from tests.engine.reference.make_reference import EVALUATED, STORED, Values, reference
from tests.engine.reference.problem import (
    CASES,
    CLIP_LIMITS,
    CYCLES,
    SMOOTHINGS,
    STEPS,
    TOTAL_STEPS,
    Case,
    activation_inputs,
    batches,
    digits,
    dropout_masks,
    initial_parameters,
    logits_and_labels,
    long_gradient,
    summary,
)

RUN = 1e-9
"""Relative tolerance after 50 steps: rounding grows on the way."""

FORMULA = 1e-13
"""Relative tolerance of one formula."""

CLIP_EPSILON = 1e-6
"""PyTorch adds this to the norm before it divides; ours does not, so that the limit is met exactly."""

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="module")
def stored() -> Values:
    """What PyTorch computed."""
    with np.load(STORED, allow_pickle=False) as file:
        return dict(file)


def schedule_of(case: Case) -> Schedule:
    """Return the schedule of a case."""
    return Schedule(case.schedule, TOTAL_STEPS, case.warmup_steps)


def train(case: Case, dtype: Precision) -> Values:
    """Do in the engine what `make_reference.train` does in PyTorch."""
    network = MLP(
        case.sizes,
        activation=case.activation,
        batch_norm=case.batch_norm,
        dropout=case.dropout,
        dtype=dtype,
    )
    network.parameters[:] = np.concatenate([array.ravel() for array in initial_parameters(case)])
    loss = SoftmaxCrossEntropy(10, case.label_smoothing, dtype)
    objective, schedule = Objective(network, loss, case.l2), schedule_of(case)
    optimizer = OPTIMIZERS[case.optimizer](
        network.parameters, network.gradients, network.weights, weight_decay=case.weight_decay
    )
    losses = []
    for step, ((X, labels), masks) in enumerate(zip(batches(), dropout_masks(case), strict=True)):
        if case.dropout:
            for dropout, mask in zip(network.dropouts, masks, strict=True):
                dropout.frozen = True
                dropout.resize(len(X))
                dropout.mask[:] = mask
        losses.append(loss.forward(network.forward(X.astype(dtype), training=True), labels))
        objective.backward()
        if case.clip_norm:
            norm = gradient_norm(network.gradients)
            clip_gradient(network.gradients, norm + CLIP_EPSILON, case.clip_norm)
        optimizer.swing = schedule.swing(step)
        optimizer.step(case.learning_rate * schedule.factor(step))
    values: Values = {
        "losses": np.array(losses),
        "parameters": summary(network.parameters),
        "logits": network.forward(digits(EVALUATED)[0].astype(dtype)).astype(np.float64),
    }
    if case.batch_norm:
        values["statistics"] = network.statistics.astype(np.float64)
    return values


def assert_close(ours: NDArray[np.floating], theirs: NDArray[np.float64], tolerance: float) -> None:
    """Compare in the norm, so that one element near zero does not decide."""
    assert ours.shape == theirs.shape
    assert np.linalg.norm(ours - theirs) <= tolerance * np.linalg.norm(theirs)


@every_case
def test_a_run_of_50_steps_agrees_in_float64(case: Case, stored: Values) -> None:
    values = train(case, np.float64)
    assert len(values["losses"]) == STEPS
    for key, value in values.items():
        assert_close(value, stored[f"{case.name}/{key}"], RUN)
    np.testing.assert_allclose(values["losses"], stored[f"{case.name}/losses"], rtol=RUN)


@every_case
def test_the_losses_of_a_run_agree_in_float32(case: Case, stored: Values) -> None:
    losses = train(case, np.float32)["losses"]
    np.testing.assert_allclose(losses, stored[f"{case.name}/losses"], rtol=1e-4, atol=1e-4)


@every_case
def test_schedules_agree_step_by_step(case: Case, stored: Values) -> None:
    ours = [schedule_of(case).factor(step) for step in range(STEPS)]
    np.testing.assert_allclose(ours, stored[f"{case.name}/factors"], rtol=RUN)


@pytest.mark.parametrize("steps", CYCLES)
def test_one_cycle_agrees_from_the_first_step_to_the_last(steps: int, stored: Values) -> None:
    """The learning rate, and the momentum that swings about 0.9, as OneCycleLR has both by default."""
    schedule = Schedule("one_cycle", steps)
    ours = [(schedule.factor(step), cycled(0.9, schedule.swing(step))) for step in range(steps)]
    np.testing.assert_allclose(ours, stored[f"one_cycle of {steps}"], rtol=1e-11)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_and_their_derivatives_agree(name: str, stored: Values) -> None:
    X = activation_inputs()[:, np.newaxis]
    layer = ACTIVATIONS[name](1, 1, np.float64)
    layer.resize(len(X))
    Y = layer.forward(X, training=True).copy()
    dX = layer.backward(np.ones_like(X))
    theirs = stored[f"activation/{name}"]
    # the absolute tolerance is for GELU and sigmoid far below 0, where 1 + tanh cancels
    np.testing.assert_allclose(Y[:, 0], theirs[0], rtol=FORMULA, atol=1e-14)
    np.testing.assert_allclose(dX[:, 0], theirs[1], rtol=FORMULA, atol=1e-14)


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_the_loss_and_its_gradient_agree(smoothing: float, stored: Values) -> None:
    logits, labels = logits_and_labels()
    loss = SoftmaxCrossEntropy(logits.shape[1], smoothing, np.float64)
    assert loss.forward(logits, labels) == pytest.approx(stored[f"loss/{smoothing}"][0], rel=FORMULA)
    np.testing.assert_allclose(loss.backward(), stored[f"loss/{smoothing}/gradient"], rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize("limit", CLIP_LIMITS)
def test_clipping_agrees_but_for_the_epsilon_of_pytorch(limit: float, stored: Values) -> None:
    gradient = long_gradient()
    norm = gradient_norm(gradient)
    clip_gradient(gradient, norm, limit)
    theirs = stored[f"clip/{limit}"]
    if norm > limit:
        theirs = theirs * (norm + CLIP_EPSILON) / norm
    assert_close(gradient, theirs, FORMULA)


def test_the_stored_values_are_small() -> None:
    assert STORED.stat().st_size < 200_000


@pytest.mark.filterwarnings("ignore")  # PyTorch's own are not ours to mend
def test_the_stored_values_are_what_pytorch_computes_where_it_is_there(stored: Values) -> None:
    torch = pytest.importorskip("torch", exc_type=ImportError)
    live = reference(torch)
    assert live.keys() == stored.keys()
    for key, value in live.items():
        assert_close(value, stored[key], RUN)
