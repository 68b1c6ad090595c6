"""The checks of part 2, one function a step. Each returns a remark or None, and raises `MistakeError`."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from engine.sentences import N_, Sentence
from engine.workshop.checks.network import ARRAYS, ONE, check_random, network, random
from engine.workshop.code import PersonsCode
from engine.workshop.examination import Case, Examination
from engine.workshop.findings import Finding, MistakeError, wrong
from engine.workshop.findings import seen as seen_in_network
from engine.workshop.mistakes.challenges import (
    ADAM,
    BATCH_NORM,
    COSINE,
    DEEP,
    EARLY_STOPPING,
    L2,
    MOMENTUM,
    RMSPROP,
    SEEN,
)
from engine.workshop.reference import challenges as challenge_reference
from engine.workshop.reference.network import Inputs, Reference

Remark = Sentence | None
FIRST, LATER = Sentence(N_("a first step")), Sentence(N_("a later step"))
SMALL = Sentence(N_("gradients as small as eps"))


def _seen(name: str, /, **values: object) -> MistakeError:
    return MistakeError(Finding(Sentence(SEEN[name], values), name))


def parts(function: str, value: object, names: Sequence[str]) -> dict[str, Any]:
    """Return the values that a function returned together, by name.

    Raises:
        MistakeError: when it returned something else.
    """
    wanted = ", ".join(names)
    if value is None:
        raise wrong(
            N_("{function} returns nothing; ({wanted}) is wanted."),
            "returns_nothing",
            function=function,
            wanted=wanted,
        )
    if not isinstance(value, tuple | list) or len(value) != len(names):
        kind = (
            f"{type(value).__name__} of {len(value)}"
            if isinstance(value, tuple | list)
            else type(value).__name__
        )
        raise wrong(
            N_("{function} returns a {kind}; ({wanted}) is wanted."),
            "wrong_type",
            function=function,
            kind=kind,
            wanted=wanted,
        )
    return dict(zip(names, value, strict=True))


def _optimizer(
    code: PersonsCode,
    name: str,
    state: Sequence[str],
    reference: Reference,
    mistakes: Mapping[str, str],
    settings: Sequence[Mapping[str, Any]],
) -> Remark:
    """Examine one step of an optimizer: the first, a later one, and with the smallest gradients."""
    function = code.function(name)
    cases = []
    for seed, (title, more) in enumerate(zip((FIRST, LATER, SMALL), settings, strict=True)):
        numbers = random(100 + seed)
        small = 1e-3 if title is SMALL else 1.0
        inputs: dict[str, Any] = {"w": numbers.normal(size=(3, 4)), "g": numbers.normal(size=(3, 4)) * small}
        for one in state:
            start = np.zeros((3, 4)) if title is FIRST else numbers.normal(size=(3, 4)) * small
            inputs[one] = start**2 if one in ("s",) or (one == "v" and "m" in state) else start
        cases.append(Case(title, inputs | dict(more)))

    def call(inputs: Inputs) -> dict[str, Any]:
        given = dict(inputs)
        arrays = [given.pop(one) for one in ("w", "g", *state)]
        if "t" in given:
            arrays.append(given.pop("t"))
        return parts(name, function(*arrays, **given), ("w", *state))

    Examination(name, cases, call, reference, mistakes).run()
    return None


def check_momentum(code: PersonsCode) -> Remark:
    """Compare weights and velocity."""
    settings = [{"learning_rate": rate, "beta": beta} for rate, beta in ((0.1, 0.9), (0.3, 0.8), (0.2, 0.5))]
    return _optimizer(code, "momentum", ("v",), challenge_reference.momentum, MOMENTUM, settings)


def check_rmsprop(code: PersonsCode) -> Remark:
    """Compare weights and the running average, with an eps that shows where it stands."""
    settings = [
        {"learning_rate": rate, "beta": beta, "eps": eps}
        for rate, beta, eps in ((0.1, 0.9, 0.02), (0.3, 0.8, 0.05), (0.2, 0.6, 1e-3))
    ]
    return _optimizer(code, "rmsprop", ("s",), challenge_reference.rmsprop, RMSPROP, settings)


def check_adam(code: PersonsCode) -> Remark:
    """Compare weights and both averages, with an eps that shows where it stands."""
    settings = [
        {"t": t, "learning_rate": rate, "beta1": beta1, "beta2": beta2, "eps": eps}
        for t, rate, beta1, beta2, eps in (
            (1, 0.1, 0.9, 0.99, 0.02),
            (7, 0.3, 0.8, 0.95, 0.05),
            (3, 0.2, 0.7, 0.9, 1e-3),
        )
    ]
    return _optimizer(code, "adam", ("m", "v"), challenge_reference.adam, ADAM, settings)


def check_l2(code: PersonsCode) -> Remark:
    """Compare loss and gradients."""
    function = code.function("l2")

    def inputs(seed: int, strength: float) -> dict[str, Any]:
        parameters, grads = network(seed, 6), network(seed + 1, 6)
        return {
            "loss": 0.7,
            "grads": {name: grads[name] for name in ARRAYS},
            "parameters": {name: parameters[name] for name in ARRAYS},
            "strength": strength,
        }

    def call(inputs: Inputs) -> dict[str, Any]:
        found = parts(
            "l2",
            function(inputs["loss"], inputs["grads"], inputs["parameters"], inputs["strength"]),
            ("loss", "grads"),
        )
        grads = found["grads"]
        if not isinstance(grads, dict) or not set(ARRAYS) <= set(grads):
            raise wrong(N_("grads is no dict with W1, b1, W2 and b2."), "wrong_type")
        return {"loss": found["loss"]} | {name: np.array(grads[name]) for name in ARRAYS}

    cases = [
        Case(Sentence(N_("strength 0.3")), inputs(111, 0.3)),
        Case(Sentence(N_("strength 0.05")), inputs(113, 0.05)),
    ]
    names = {name: f"d{name}" for name in ARRAYS}
    Examination("l2", cases, call, challenge_reference.l2, L2, names).run()
    return None


def check_dropout(code: PersonsCode) -> Remark:
    """Look at which entries are dropped, how the others are scaled, and that prediction has none of it."""
    function = code.function("dropout")
    numbers = random(121)
    x = numbers.normal(0, 1, (60, 50)) + np.where(numbers.random((60, 50)) < 0.5, 2, -2)
    rng = random(122)
    masks = []
    for rate in (0.2, 0.7):
        given = x.copy()
        found = parts("dropout", function(given, rate, True, rng), ("output", "mask"))
        if not np.array_equal(given, x):
            raise seen_in_network("input_changed", function="dropout", name="x")
        output, mask = np.asarray(found["output"]), np.asarray(found["mask"])
        for name, array in (("output", output), ("mask", mask)):
            if array.shape != x.shape:
                raise wrong(
                    N_("{name} has the shape {got}; {wanted} is wanted."),
                    "shape",
                    name=name,
                    got=str(array.shape),
                    wanted=str(x.shape),
                )
        dropped = output == 0
        share = float(dropped.mean())
        scale = output[~dropped] / x[~dropped]
        if not dropped.any():
            raise _seen("dropout_rate_wrong", share=share, rate=rate)
        if abs(share - rate) > 0.06:
            if dropped.all() or abs(share - (1 - rate)) > 0.06:
                raise _seen("dropout_rate_wrong", share=share, rate=rate)
            raise _seen("dropout_rate_turned", share=share, rate=rate)
        if np.allclose(scale, 1, rtol=1e-4):
            raise _seen("dropout_not_scaled")
        if not np.allclose(scale, 1 / (1 - rate), rtol=1e-4):
            if np.allclose(scale, 1 / rate, rtol=1e-4):
                raise _seen("dropout_scaled_by_rate")
            raise wrong(
                N_("The kept entries are multiplied by {got:.4g}; {wanted:.4g} is wanted."),
                None,
                got=float(np.mean(scale)),
                wanted=1 / (1 - rate),
            )
        if not np.allclose(x * mask, output, rtol=1e-4):
            raise _seen("dropout_mask_wrong")
        if (dropped == dropped[:1]).all() or (dropped == dropped[:, :1]).all():
            raise _seen("dropout_whole_rows")
        masks.append(
            np.asarray(parts("dropout", function(x.copy(), 0.5, True, rng), ("output", "mask"))["mask"]) > 0
        )
    if np.array_equal(masks[0], masks[1]):
        raise _seen("dropout_same_mask")
    found = parts("dropout", function(x.copy(), 0.3, False, rng), ("output", "mask"))
    output = np.asarray(found["output"])
    if output.shape == x.shape and np.allclose(output, 0.7 * x, rtol=1e-4):
        raise _seen("dropout_scaled_in_prediction")
    if output.shape != x.shape or not np.allclose(output, x, rtol=1e-4):
        raise _seen("dropout_in_prediction")
    return None


def _initializer(code: PersonsCode, name: str) -> Remark:
    function = code.function(name)
    for inputs, outputs in ((200, 600), (500, 100)):
        weights = function(inputs, outputs, random(131))
        if weights is None:
            raise wrong(N_("{name} is None: a return is missing."), "returns_nothing", name=name)
        weights = np.asarray(weights)
        if weights.shape != (inputs, outputs):
            raise wrong(
                N_("{name} has the shape {got}; {wanted} is wanted."),
                "shape",
                name=name,
                got=str(weights.shape),
                wanted=str((inputs, outputs)),
            )
        variance = 2 / (inputs + outputs) if name == "xavier" else 2 / inputs
        deviation = float(np.std(weights))
        values = {"name": name, "deviation": deviation, "wanted": float(np.sqrt(variance))}

        def alike(other: float, deviation: float = deviation) -> bool:
            return bool(abs(deviation / np.sqrt(other) - 1) < 0.05)

        if deviation == 0 or weights.min() >= 0:
            check_random(name, weights)
        if abs(float(weights.mean())) > 0.2 * deviation:
            raise wrong(
                N_("{name}: the mean is {mean:.2g}; 0 is wanted."),
                "mean_not_zero",
                name=name,
                mean=float(weights.mean()),
            )
        if alike(variance):
            continue
        for other, diagnosis in (
            (variance**2, "variance_for_deviation"),
            (2 / outputs, "fan_out" if name == "he" else None),
            (2 / inputs, "fan_in" if name == "xavier" else None),
            (2 / (inputs + outputs), "xavier_for_he" if name == "he" else None),
            (1 / inputs, "factor_one" if name == "he" else None),
        ):
            if diagnosis is not None and alike(other):
                raise _seen(diagnosis, **values)
        raise _seen("variance_wrong", **values)
    return None


def check_xavier(code: PersonsCode) -> Remark:
    """Look at mean and variance, for few and for many outputs."""
    return _initializer(code, "xavier")


def check_he(code: PersonsCode) -> Remark:
    """Look at mean and variance, for few and for many outputs."""
    return _initializer(code, "he")


def check_batch_norm(code: PersonsCode) -> Remark:
    """Compare output, running statistics and gradients; the running variance may divide by batch - 1."""
    forward, backward = code.function("batch_norm"), code.function("batch_norm_backward")

    def inputs(seed: int, batch: int, training: bool, eps: float) -> dict[str, Any]:
        numbers = random(seed)
        values: dict[str, Any] = {
            "x": numbers.normal(1, 2, (batch, 4)),
            "dout": numbers.normal(size=(batch, 4)),
        }
        for name in ("gamma", "beta", "running_mean"):
            values[name] = numbers.normal(0.5, 1, 4)
        return values | {
            "running_var": numbers.random(4) + 0.5,
            "training": training,
            "momentum": 0.8,
            "eps": eps,
        }

    def call(inputs: Inputs) -> dict[str, Any]:
        arguments = [
            inputs[name] for name in ("x", "gamma", "beta", "running_mean", "running_var", "training")
        ]
        found = parts(
            "batch_norm",
            forward(*arguments, momentum=inputs["momentum"], eps=inputs["eps"]),
            ("output", "running_mean", "running_var", "cache"),
        )
        cache = found.pop("cache")
        if inputs["training"]:
            x = inputs["x"]
            variance = x.var(axis=0, ddof=1)
            unbiased = inputs["momentum"] * inputs["running_var"] + (1 - inputs["momentum"]) * variance
            if np.shape(found["running_var"]) == unbiased.shape and np.allclose(
                found["running_var"], unbiased, rtol=1e-5
            ):
                found["running_var"] = inputs["momentum"] * inputs["running_var"] + (
                    1 - inputs["momentum"]
                ) * x.var(axis=0)
            found |= parts("batch_norm_backward", backward(inputs["dout"], cache), ("dx", "dgamma", "dbeta"))
        else:
            found = {name: np.array(value) for name, value in found.items() if value is not None}
        return found

    cases = [
        Case(Sentence(N_("a training batch of 6")), inputs(141, 6, True, 1e-5), 6),
        Case(Sentence(N_("a training batch of 4, and a large eps")), inputs(142, 4, True, 0.5), 4),
        Case(Sentence(N_("prediction")), inputs(143, 6, False, 1e-3), 6),
    ]
    Examination("batch_norm", cases, call, challenge_reference.batch_norm, BATCH_NORM).run()
    return None


def check_cosine(code: PersonsCode) -> Remark:
    """Compare learning rates at the beginning, between, at the end and after it."""
    function = code.function("cosine")
    cases = [
        Case(
            Sentence(N_("step {step} of {steps}"), {"step": step, "steps": steps}),
            {"step": step, "steps": steps, "learning_rate": 0.4, "minimum": minimum},
        )
        for step, steps, minimum in (
            (0, 10, 0.0),
            (3, 10, 0.1),
            (5, 10, 0.0),
            (10, 10, 0.1),
            (13, 10, 0.1),
            (35, 10, 0.0),
        )
    ]

    def call(inputs: Inputs) -> dict[str, Any]:
        return {
            "cosine": function(inputs["step"], inputs["steps"], inputs["learning_rate"], inputs["minimum"])
        }

    names = {"cosine": "cosine"}
    Examination(
        "cosine", cases, call, challenge_reference.cosine, COSINE, names, lambda name, inputs: 1e-9
    ).run()
    return None


def check_early_stopping(code: PersonsCode) -> Remark:
    """Compare when training stops, and which epoch is the best."""
    function = code.function("early_stopping")
    courses = (
        ([0.9, 0.7, 0.8, 0.75, 0.6, 0.65, 0.64, 0.66, 0.5], 3),
        ([0.9, 0.8, 0.7, 0.6], 2),
        ([0.5, 0.6, 0.55, 0.52, 0.51, 0.4], 4),
        ([0.8, 0.8, 0.8, 0.7], 2),
        ([0.9, 0.5, 0.7, 0.4, 0.6, 0.3, 0.35, 0.2], 2),
        ([0.6, 0.7], 1),
        ([0.5, 0.6, 0.7, 0.8, 0.9, 1.0], 2),
    )
    cases = [
        Case(
            Sentence(
                N_("the losses {losses} and patience {patience}"),
                {"losses": ", ".join(map(str, losses)), "patience": patience},
            ),
            {"losses": losses, "patience": patience},
        )
        for losses, patience in courses
    ]

    def call(inputs: Inputs) -> dict[str, Any]:
        return parts("early_stopping", function(inputs["losses"], inputs["patience"]), ("epochs", "best"))

    Examination("early_stopping", cases, call, challenge_reference.early_stopping, EARLY_STOPPING).run()
    return None


def check_deep(code: PersonsCode) -> Remark:
    """Compare probabilities and gradients of networks with none, one and three hidden layers."""
    cls: type[Any] = code.function("DeepMLP")  # type: ignore[assignment]

    def inputs(seed: int, batch: int, sizes: Sequence[int]) -> dict[str, Any]:
        numbers = random(seed)
        pairs = list(pairwise(sizes))
        return {
            "X": numbers.normal(size=(batch, sizes[0])),
            "y": numbers.integers(0, sizes[-1], batch),
            "weights": [numbers.normal(0, 0.7, pair) for pair in pairs],
            "biases": [numbers.normal(0, 0.4, pair[1]) for pair in pairs],
        }

    def call(inputs: Inputs) -> dict[str, Any]:
        sizes = [inputs["X"].shape[1], *(len(b) for b in inputs["biases"])]
        model = cls(sizes)
        for name in ("weights", "biases"):
            arrays = getattr(model, name, None)
            if not isinstance(arrays, list | tuple) or len(arrays) != len(inputs[name]):
                raise wrong(
                    N_("self.{name} is no list of {count} arrays."),
                    "wrong_type",
                    name=name,
                    count=len(inputs[name]),
                )
            for at, (array, value) in enumerate(zip(arrays, inputs[name], strict=True)):
                if np.shape(array) != value.shape:
                    raise wrong(
                        N_("{name} has the shape {got}; {wanted} is wanted."),
                        "shape",
                        name=f"self.{name}[{at}]",
                        got=str(np.shape(array)),
                        wanted=str(value.shape),
                    )
                array[...] = value
        outputs = {"forward": model.forward(inputs["X"])}
        dW, db = parts("backward", model.backward(inputs["y"]), ("dW", "db")).values()
        for name, arrays in (("dW", dW), ("db", db)):
            if not isinstance(arrays, list | tuple) or len(arrays) != len(sizes) - 1:
                raise wrong(
                    N_("{name} is no list of {count} arrays."), "wrong_type", name=name, count=len(sizes) - 1
                )
            outputs |= {f"{name}{at}": array for at, array in enumerate(arrays)}
        return outputs

    cases = [
        Case(Sentence(N_("three hidden layers")), inputs(151, 6, [5, 7, 6, 4, 3]), 6),
        Case(Sentence(N_("one hidden layer")), inputs(152, 5, [4, 6, 3]), 5),
        Case(ONE, inputs(153, 1, [4, 6, 5, 3]), 1),
    ]
    Examination("DeepMLP", cases, call, challenge_reference.deep, DEEP, {"forward": "forward(X)"}).run()
    for at, weights in enumerate(cls([60, 40, 30, 10]).weights):
        check_random(f"self.weights[{at}]", weights)
    return None


CHALLENGE_CHECKS: dict[str, Callable[[PersonsCode], Remark]] = {
    "momentum": check_momentum,
    "rmsprop": check_rmsprop,
    "adam": check_adam,
    "l2": check_l2,
    "dropout": check_dropout,
    "xavier": check_xavier,
    "he": check_he,
    "batch_norm": check_batch_norm,
    "cosine": check_cosine,
    "early_stopping": check_early_stopping,
    "deep": check_deep,
}
"""The check of each step of part 2."""
