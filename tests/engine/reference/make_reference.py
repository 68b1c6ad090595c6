"""Make `pytorch.npz`: what PyTorch 2.13.0 computes for the runs of `problem.py`, in float64.

    pip install torch==2.13.0 numpy
    python -m tests.engine.reference.make_reference

run from the project's folder. The suite compares the engine with the stored values, and so needs no PyTorch;
where PyTorch is there, `test_pytorch.py` calls `reference` again and holds the stored values against it.
"""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.engine.reference.problem import (
    BATCH,
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

STORED = Path(__file__).with_name("pytorch.npz")
EVALUATED = 5
"""Images whose logits are kept, in evaluation, at the end of a run."""

Values = dict[str, NDArray[np.float64]]


def reference(torch: Any) -> Values:
    """Compute everything that is stored."""
    values = activation_values(torch) | loss_values(torch) | clipping_values(torch)
    values |= cycle_values(torch)
    for case in CASES:
        values |= train(torch, case)
    return values


def activation(torch: Any, name: str, X: Any) -> Any:
    """Apply PyTorch's activation of that name."""
    functional = torch.nn.functional
    if name == "gelu":
        return functional.gelu(X, approximate="tanh")
    return getattr(functional if hasattr(functional, name) else torch, name)(X)


def activation_values(torch: Any) -> Values:
    """Compute every activation and its derivative."""
    values = {}
    for name in ("relu", "leaky_relu", "gelu", "tanh", "sigmoid"):
        X = torch.tensor(activation_inputs(), requires_grad=True)
        Y = activation(torch, name, X)
        Y.sum().backward()
        values[f"activation/{name}"] = np.stack([Y.detach().numpy(), X.grad.numpy()])
    return values


def loss_values(torch: Any) -> Values:
    """Compute the loss, and its gradient by the logits, for each label smoothing."""
    values = {}
    for smoothing in SMOOTHINGS:
        logits, labels = logits_and_labels()
        Z = torch.tensor(logits, requires_grad=True)
        loss = torch.nn.functional.cross_entropy(Z, torch.tensor(labels), label_smoothing=smoothing)
        loss.backward()
        values[f"loss/{smoothing}"] = np.array([loss.item()])
        values[f"loss/{smoothing}/gradient"] = Z.grad.numpy()
    return values


def clipping_values(torch: Any) -> Values:
    """Clip one gradient to several norms."""
    values = {}
    for limit in CLIP_LIMITS:
        parameter = torch.zeros(len(long_gradient()), dtype=torch.float64, requires_grad=True)
        parameter.grad = torch.tensor(long_gradient())
        torch.nn.utils.clip_grad_norm_([parameter], limit)
        values[f"clip/{limit}"] = parameter.grad.numpy()
    return values


def cycle_values(torch: Any) -> Values:
    """Note the learning rate and the momentum of each step of whole one-cycle schedules."""
    values = {}
    for steps in CYCLES:
        optimizer = torch.optim.SGD([torch.zeros(1, dtype=torch.float64)], lr=1.0, momentum=0.9)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1.0, steps)
        noted = []
        for step in range(steps):
            (group,) = optimizer.param_groups
            noted.append((group["lr"], group["momentum"]))
            optimizer.step()
            if step < steps - 1:
                schedule.step()
        values[f"one_cycle of {steps}"] = np.array(noted)
    return values


def train(torch: Any, case: Case) -> Values:
    """Train for `STEPS` steps."""
    functional = torch.nn.functional
    tensors = [torch.tensor(array, requires_grad=True) for array in initial_parameters(case)]
    depth = len(case.sizes) - 1
    W, b, norms = tensors[:depth], tensors[depth : 2 * depth], tensors[2 * depth :]
    means = [torch.zeros(units, dtype=torch.float64) for units in case.hidden]
    variances = [torch.ones(units, dtype=torch.float64) for units in case.hidden]
    optimizer = make_optimizer(torch, case, W, [*b, *norms])
    schedule = make_schedule(torch, case, optimizer)

    def forward(images: NDArray[np.float64], masks: list[NDArray[np.float64]] | None) -> Any:
        X = torch.tensor(images)
        for layer in range(depth - 1):
            X = X @ W[layer] + b[layer]
            if case.batch_norm:
                scale, shift = norms[2 * layer : 2 * layer + 2]
                running = means[layer], variances[layer]
                X = functional.batch_norm(X, *running, scale, shift, training=masks is not None)
            X = activation(torch, case.activation, X)
            if case.dropout and masks is not None:
                X = X * torch.tensor(masks[layer])
        return X @ W[-1] + b[-1]

    losses, rates = [], []
    for (X, labels), masks in zip(batches(), dropout_masks(case), strict=True):
        optimizer.zero_grad()
        loss = functional.cross_entropy(
            forward(X, masks), torch.tensor(labels), label_smoothing=case.label_smoothing
        )
        loss.backward()
        if case.clip_norm:
            torch.nn.utils.clip_grad_norm_(tensors, case.clip_norm)
        rates.append(optimizer.param_groups[0]["lr"] / case.learning_rate)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())

    parameters = np.concatenate([tensor.detach().numpy().ravel() for tensor in tensors])
    statistics = [array.numpy() for pair in zip(means, variances, strict=True) for array in pair]
    values = {
        "losses": np.array(losses),
        "factors": np.array(rates),
        "parameters": summary(parameters),
        "logits": forward(digits(EVALUATED)[0], None).detach().numpy(),
    }
    if case.batch_norm:
        values["statistics"] = np.concatenate(statistics)
    return {f"{case.name}/{key}": value for key, value in values.items()}


def make_optimizer(torch: Any, case: Case, weights: list[Any], others: list[Any]) -> Any:
    """Make PyTorch's optimizer; L2 and weight decay are for the weights alone."""
    kinds = {
        "sgd": (torch.optim.SGD, {}),
        "momentum": (torch.optim.SGD, {"momentum": 0.9}),
        "nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
        "rmsprop": (torch.optim.RMSprop, {}),
        "adam": (torch.optim.Adam, {}),
        "adamw": (torch.optim.AdamW, {}),
    }
    kind, options = kinds[case.optimizer]
    decay = case.weight_decay if case.optimizer == "adamw" else case.l2
    groups = [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    return kind(groups, lr=case.learning_rate, **options)


def make_schedule(torch: Any, case: Case, optimizer: Any) -> Any:
    """Make PyTorch's schedule over `TOTAL_STEPS` steps."""
    schedules = torch.optim.lr_scheduler
    if case.schedule == "constant":
        return schedules.ConstantLR(optimizer, factor=1.0)
    if case.schedule == "step":
        return schedules.StepLR(optimizer, TOTAL_STEPS // 3, gamma=0.1)
    if case.schedule == "exponential":
        return schedules.ExponentialLR(optimizer, 0.01 ** (1 / TOTAL_STEPS))
    if case.schedule == "one_cycle":
        # PyTorch's SGD without momentum would be given some
        has_momentum = case.optimizer != "sgd"
        return schedules.OneCycleLR(optimizer, case.learning_rate, TOTAL_STEPS, cycle_momentum=has_momentum)
    if not case.warmup_steps:
        return schedules.CosineAnnealingLR(optimizer, TOTAL_STEPS)
    warm = case.warmup_steps
    rise = schedules.LinearLR(optimizer, start_factor=1 / warm, total_iters=warm - 1)
    fall = schedules.CosineAnnealingLR(optimizer, TOTAL_STEPS - warm)
    return schedules.SequentialLR(optimizer, [rise, fall], milestones=[warm])


def main() -> None:
    """Write the file."""
    torch = importlib.import_module("torch")
    values = reference(torch)
    np.savez_compressed(STORED, **values)  # type: ignore[arg-type]
    print(
        f"PyTorch {torch.__version__}: {len(CASES)} runs of {STEPS} steps with {BATCH} digits each, "
        f"{STORED.stat().st_size:,} bytes in {STORED.name}"
    )


if __name__ == "__main__":
    main()
