"""The checks of part 1, one function a step. Each returns a remark or None, and raises `MistakeError`."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine.sentences import N_, Sentence
from engine.workshop.checks.epoch import check_epoch
from engine.workshop.checks.training import check_training
from engine.workshop.code import PersonsCode
from engine.workshop.examination import Case, Examination, copies
from engine.workshop.findings import seen, wrong
from engine.workshop.mistakes.network import (
    ACCURACY,
    BACKWARD_ANY,
    BACKWARD_HIDDEN,
    BACKWARD_OUTPUT,
    FORWARD,
    LOSS,
    NUMERICAL_GRADIENT,
    PREDICT,
    RELU,
    SOFTMAX,
    UPDATE,
)
from engine.workshop.reference import network as reference
from engine.workshop.reference.network import Array, Inputs, Mistakes, Outputs

Remark = Sentence | None
ARRAYS = ("W1", "b1", "W2", "b2")
GRADIENTS = {name: f"d{name}" for name in ARRAYS}
ONE, MANY = Sentence(N_("one image")), Sentence(N_("a batch of 6"))
SQUARE = Sentence(N_("a batch as large as the number of classes"))
FAR_APART = Sentence(N_("rows whose numbers are far apart"))
EXTREME = Sentence(N_("extreme numbers"))
EQUAL_LAYERS = Sentence(N_("as many hidden units as classes"))
TWO_BATCHES = Sentence(N_("a second batch after a first one"))


def random(seed: int) -> np.random.Generator:
    """Return random numbers that are the same in every check."""
    return np.random.default_rng(seed)


def network(seed: int, batch: int, inputs: int = 5, hidden: int = 7, outputs: int = 10) -> dict[str, Any]:
    """Return weights, images and labels; some weighted sums are negative, one is zero."""
    numbers = random(seed)
    X = numbers.normal(size=(batch, inputs))
    b1 = numbers.normal(0, 0.4, hidden)
    b1[0] = 0.0
    if batch > 1:
        X[-1] = 0.0
    return {
        "X": X,
        "y": numbers.permutation(np.arange(batch) % outputs),
        "W1": numbers.normal(0, 0.7, (inputs, hidden)),
        "b1": b1,
        "W2": numbers.normal(0, 0.3, (hidden, outputs)),
        "b2": numbers.normal(0, 0.2, outputs),
    }


def model_with(code: PersonsCode, values: Mapping[str, Array], model: Any = None) -> Any:
    """Return a person's network with these weights, written into the arrays that it has."""
    W1, W2 = values["W1"], values["W2"]
    model = code.network_class()(W1.shape[0], W1.shape[1], W2.shape[1]) if model is None else model
    for name in ARRAYS:
        getattr(model, name)[...] = values[name]
    return model


def any_instance(code: PersonsCode) -> Any:
    """Return an object of the class, made without `__init__` where that does not work yet."""
    cls = code.network_class()
    try:
        return cls(5, 7, 4)
    except Exception:
        return object.__new__(cls)


def check_parameters(code: PersonsCode) -> Remark:
    """Look at shapes, dtypes and the first random numbers."""
    cls = code.network_class()
    for inputs, hidden, outputs in ((784, 100, 10), (20, 30, 5)):
        model, other = cls(inputs, hidden, outputs), cls(inputs, hidden, outputs)
        shapes = {"W1": (inputs, hidden), "b1": (hidden,), "W2": (hidden, outputs), "b2": (outputs,)}
        for name, shape in shapes.items():
            array = getattr(model, name, None)
            if array is None:
                raise wrong(
                    N_("The network has no {name} after MLP(...): self.{name} is missing."),
                    "missing",
                    name=name,
                )
            if not isinstance(array, np.ndarray):
                kind = type(array).__name__
                raise wrong(
                    N_("self.{name} is a {kind}; a NumPy array is wanted."),
                    "wrong_type",
                    name=name,
                    kind=kind,
                )
            if array.shape != shape:
                raise _shape(name, array.shape, shape)
            if array.dtype.kind in "iub":
                raise seen("whole_numbers", name=f"self.{name}", dtype=str(array.dtype))
            if array.dtype not in (np.float64, np.float32):
                raise wrong(
                    N_("self.{name} has the dtype {dtype}; float64 or float32 is wanted."),
                    "wrong_type",
                    name=name,
                    dtype=str(array.dtype),
                )
            if not np.isfinite(array).all():
                raise wrong(N_("self.{name} has NaN or infinity in it."), "not_finite", name=name)
            if np.shares_memory(array, getattr(other, name)):
                raise seen("weights_shared", name=name)
            if not array.flags.writeable:
                raise wrong(
                    N_("self.{name} cannot be written to: make an array of its own."), "read_only", name=name
                )
        for name in ("W1", "W2"):
            check_random(f"self.{name}", getattr(model, name))
        for name in ("b1", "b2"):
            largest = float(np.max(np.abs(getattr(model, name))))
            if largest > 5:
                raise seen("biases_large", name=f"self.{name}", largest=largest)
    return None


def _shape(name: str, got: tuple[int, ...], shape: tuple[int, ...]) -> Exception:
    """Return what ends the check for an array of another shape."""
    values = {"name": f"self.{name}", "got": str(got), "wanted": str(shape)}
    if len(got) == 2 and got == shape[::-1]:
        return wrong(N_("{name} has the shape {got}, the transpose of {wanted}."), "transposed", **values)
    if len(shape) == 1 and got in ((1, *shape), (*shape, 1)):
        return wrong(N_("{name} has the shape {got}; a bias has one axis: {wanted}."), "bias_shape", **values)
    return wrong(N_("{name} has the shape {got}; {wanted} is wanted."), "shape", **values)


def check_random(name: str, weights: Array) -> None:
    """Look at the first weights of a layer: different, around 0, neither large nor as good as nothing."""
    inputs = weights.shape[0]
    deviation = float(np.std(weights))
    if not weights.any():
        raise seen("weights_zero", name=name)
    if deviation == 0 or np.all(weights == weights[:, :1]):
        raise seen("weights_equal", name=name)
    if weights.min() >= 0:
        raise seen("weights_positive", name=name)
    if deviation < 1e-4:
        raise seen("weights_too_small", name=name, deviation=deviation)
    if deviation * np.sqrt(inputs) > 4 and deviation > 0.3:
        raise seen("weights_not_scaled", name=name, deviation=deviation, wanted=float(np.sqrt(2 / inputs)))


def check_relu(code: PersonsCode) -> Remark:
    """Compare relu and relu_derivative; the slope at 0 may be anything from 0 to 1."""
    model = any_instance(code)
    rows = np.array([[-2.5, 0.0, 1.5], [3.0, -0.25, 0.5], [0.0, 2.0, -4.0], [-1e3, 1e3, -0.0]])
    cases = [
        Case(Sentence(N_("one row")), {"x": np.array([-3.0, -0.5, 0.0, 0.75, 2.5])}, 1),
        Case(Sentence(N_("several rows")), {"x": rows}, 4),
        Case(Sentence(N_("positive numbers")), {"x": np.array([[0.5, 2.0, 30.0]])}, 1),
    ]
    cases = [
        Case(
            case.title, case.inputs, case.batch, dict.fromkeys(("relu", "relu_derivative"), case.inputs["x"])
        )
        for case in cases
    ]

    def call(inputs: Inputs) -> dict[str, Any]:
        x = inputs["x"]
        kept = x.copy()
        output = model.relu(x)
        if not np.array_equal(x, kept):
            raise seen("input_changed", function="relu", name="x")
        return {"relu": output, "relu_derivative": at_zero(kept, model.relu_derivative(x))}

    def at_zero(x: Array, slope: Any) -> Any:
        """Replace a slope at 0 that may be what it is."""
        if isinstance(slope, np.ndarray) and slope.shape == x.shape and slope.dtype.kind in "fiub":
            allowed = (x == 0) & (slope >= 0) & (slope <= 1)
            return np.where(allowed, 0, slope) if allowed.any() else slope
        return slope

    def wanted(inputs: Inputs, mistakes: Mistakes) -> Outputs:
        outputs = reference.relu(inputs, mistakes)
        return outputs | {"relu_derivative": at_zero(inputs["x"], outputs["relu_derivative"])}

    names = {"relu": "relu(x)", "relu_derivative": "relu_derivative(x)"}
    Examination("relu", cases, call, wanted, RELU, names).run()
    return None


def check_softmax(code: PersonsCode) -> Remark:
    """Compare the softmax of one row, of several, and of numbers whose powers overflow."""
    model = any_instance(code)
    numbers = random(3)
    extreme = np.array(
        [[1000.0, 999.5, 0.0, -1000.0], [998.0, 1000.0, 1000.0, 997.0], [3.0, 1000.0, 999.0, 2.0]]
    )
    cases = [
        Case(Sentence(N_("one row")), {"x": numbers.normal(0, 1.5, 4)}, 1),
        Case(Sentence(N_("a batch of one")), {"x": numbers.normal(0, 1.5, (1, 4))}, 1),
        Case(MANY, {"x": numbers.normal(0, 1.5, (6, 4))}, 6),
        Case(SQUARE, {"x": numbers.normal(0, 1.5, (4, 4))}, 4),
        Case(EXTREME, {"x": extreme}, 3),
        Case(Sentence(N_("numbers around -1000")), {"x": numbers.normal(-1000, 1, (3, 4))}, 3),
        Case(FAR_APART, {"x": np.add(numbers.normal(0, 1.5, (3, 4)), [[900.0], [0.0], [-900.0]])}, 3),
    ]
    names = {"softmax": "softmax(x)"}
    Examination(
        "softmax",
        cases,
        lambda inputs: {"softmax": model.softmax(inputs["x"])},
        reference.softmax,
        SOFTMAX,
        names,
    ).run()
    return None


def _forward_cases() -> list[Case]:
    large = network(14, 6)
    large["W2"] = large["W2"] * 80
    return [
        Case(MANY, network(11, 6), 6),
        Case(ONE, network(12, 1), 1),
        Case(SQUARE, network(13, 10), 10),
        Case(EXTREME, large, 6),
        Case(EQUAL_LAYERS, network(15, 6, hidden=10), 6),
    ]


def check_forward(code: PersonsCode) -> Remark:
    """Compare the probabilities."""
    models: dict[tuple[int, ...], Any] = {}

    def call(inputs: Inputs) -> dict[str, Any]:
        sizes = (*inputs["W1"].shape, inputs["W2"].shape[1])
        models[sizes] = model_with(code, inputs, models.get(sizes))
        return {"forward": models[sizes].forward(inputs["X"])}

    Examination(
        "forward", _forward_cases(), call, reference.forward, FORWARD, {"forward": "forward(X)"}
    ).run()
    return None


def check_loss(code: PersonsCode) -> Remark:
    """Compare the mean cross-entropy; of a probability of 0 only that the loss stays finite."""
    model = any_instance(code)

    def inputs(seed: int, batch: int, labels: list[int]) -> dict[str, Any]:
        powers = np.exp(random(seed).normal(0, 0.6, (batch, 10)))
        return {"y_pred": powers / powers.sum(axis=1, keepdims=True), "y_true": np.array(labels)}

    zero = inputs(24, 3, [1, 0, 2])
    zero["y_pred"][0] = np.eye(10)[0]
    cases = [
        Case(Sentence(N_("a batch of 5")), inputs(21, 5, [1, 2, 0, 1, 2]), 5),
        Case(ONE, inputs(22, 1, [2]), 1),
        Case(SQUARE, inputs(23, 10, [9, 0, 1, 3, 9, 4, 7, 2, 5, 3]), 10),
        Case(Sentence(N_("a probability of 0")), zero, 3),
    ]

    def finite(inputs: Inputs, value: object) -> object:
        """Replace a loss with a probability of 0 by whether it is finite."""
        if inputs["y_pred"].min() > 0 or not isinstance(value, float | np.number | np.ndarray):
            return value
        return np.isfinite(value).astype(float)

    def call(inputs: Inputs) -> dict[str, Any]:
        return {"compute_loss": finite(inputs, model.compute_loss(inputs["y_pred"], inputs["y_true"]))}

    def wanted(inputs: Inputs, mistakes: Mistakes) -> Outputs:
        return {"compute_loss": np.asarray(finite(inputs, reference.loss(inputs, mistakes)["compute_loss"]))}

    def tolerance(_name: str, inputs: Inputs) -> float:
        smallest = float(np.min(inputs["y_pred"]))
        return 2e-6 / smallest if smallest > 0 else 0.0

    names = {"compute_loss": "compute_loss(y_pred, y_true)"}
    Examination("compute_loss", cases, call, wanted, LOSS, names, tolerance).run()
    return None


def gradients(code: PersonsCode, inputs: Inputs) -> dict[str, Any]:
    """Return what a person's backward returns after their forward, of the last batch."""
    model = model_with(code, inputs)
    if "before" in inputs:
        model.forward(inputs["before"]["X"])
        model.backward(inputs["before"]["y"])
    model.forward(inputs["X"])
    found = model.backward(inputs["y"])
    for name in ARRAYS:
        if not np.allclose(getattr(model, name), inputs[name], rtol=1e-5, atol=1e-7):
            raise seen("weights_changed", name=name)
    if not isinstance(found, dict):
        if found is None:
            raise wrong(
                N_("backward returns nothing; a dict with W1, b1, W2 and b2 is wanted."), "returns_nothing"
            )
        kind = type(found).__name__
        raise wrong(
            N_("backward returns a {kind}; a dict with W1, b1, W2 and b2 is wanted."), "wrong_type", kind=kind
        )
    return found


def _backward_cases() -> list[Case]:
    two = network(31, 6)
    first = network(36, 6)
    two["before"] = {"X": first["X"], "y": first["y"] % 9}
    cases = [
        Case(MANY, network(32, 6), 6),
        Case(ONE, network(33, 1), 1),
        Case(SQUARE, network(34, 10), 10),
        Case(EQUAL_LAYERS, network(35, 6, hidden=10), 6),
        Case(Sentence(N_("as many inputs as hidden units")), network(37, 6, inputs=7), 6),
        Case(TWO_BATCHES, two, 6),
    ]
    for case in cases:  # labels that leave the last class out in all but one case, so that y + 1 is a column
        if case.title is not SQUARE:
            case.inputs["y"][:] %= 9
    return cases


def _check_backward(code: PersonsCode, own: tuple[str, ...], mistakes: Mapping[str, str]) -> Remark:
    def call(inputs: Inputs) -> dict[str, Any]:
        found = gradients(code, inputs)
        for name in own:
            if name not in found:
                keys = ", ".join(map(str, found)) or "{}"
                if f"d{name}" in found:
                    raise seen("wrong_keys", keys=keys)
                raise wrong(
                    N_("The dict that backward returns has no “{name}” yet; it has: {keys}."),
                    "not_written" if own[0] not in found else "missing",
                    name=name,
                    keys=keys,
                )
        return {name: found[name] for name in own}

    def wanted(inputs: Inputs, made: Mistakes) -> Outputs:
        outputs = reference.backward(inputs, made)
        return {name: outputs[name] for name in own}

    cases = _backward_cases()
    Examination("backward", cases, call, wanted, mistakes, GRADIENTS).run()
    check_numerically(code, cases[0].inputs, own)
    return None


def check_backward_output(code: PersonsCode) -> Remark:
    """Compare dW2 and db2."""
    remark = _check_backward(code, ("W2", "b2"), BACKWARD_ANY | BACKWARD_OUTPUT | BACKWARD_HIDDEN)
    inputs = copies(network(38, 6))
    model = model_with(code, inputs)
    predicted = model.forward(inputs["X"])
    before = np.array(predicted, copy=True)
    model.backward(inputs["y"])
    if not np.array_equal(predicted, before):
        return Sentence(
            N_("backward changes the probabilities that forward returned; take the loss before it, or copy.")
        )
    return remark


def check_backward_hidden(code: PersonsCode) -> Remark:
    """Compare dW1 and db1."""
    return _check_backward(code, ("W1", "b1"), BACKWARD_HIDDEN)


def check_numerically(code: PersonsCode, inputs: Inputs, own: tuple[str, ...]) -> None:
    """Compare some gradients with difference quotients of the person's own forward."""
    found = gradients(code, copies(inputs))
    numbers, h = random(39), 1e-2
    kink = (
        np.abs(inputs["X"] @ inputs["W1"] + inputs["b1"]).min(axis=0) > 5 * h
    )  # units that stay on their side
    for name in own:
        for at in list(np.ndindex(inputs[name].shape)):
            if numbers.random() > 0.25 or (name.endswith("1") and not kink[at[-1]]):
                continue
            losses = []
            for step in (h, -h):
                moved = copies(inputs)
                moved[name][at] += step
                predicted = np.asarray(model_with(code, moved).forward(moved["X"]), dtype=float)
                losses.append(
                    float(reference.loss({"y_pred": predicted, "y_true": inputs["y"]})["compute_loss"])
                )
            wanted, got = (losses[0] - losses[1]) / (2 * h), float(found[name][at])
            if abs(got - wanted) > 1e-3 + 1e-2 * abs(wanted):
                raise seen(
                    "numerical_difference", name=GRADIENTS[name], at=str(list(at)), got=got, wanted=wanted
                )


def check_update(code: PersonsCode) -> Remark:
    """Compare the weights after a step."""

    def inputs(seed: int, rate: float) -> dict[str, Any]:
        values = network(seed, 6)
        gradients = {name: value for name, value in network(seed + 1, 6).items() if name in ARRAYS}
        gradients["b1"][0] = 0.5
        return {name: values[name] for name in ARRAYS} | {"grads": gradients, "learning_rate": rate}

    def call(inputs: Inputs) -> dict[str, Any]:
        model = model_with(code, inputs)
        before = copies(inputs["grads"])
        model.update_params(inputs["grads"], inputs["learning_rate"])
        after = {name: np.array(getattr(model, name), copy=True) for name in ARRAYS}
        changed = [name for name in ARRAYS if not np.array_equal(before[name], inputs["grads"][name])]
        if changed and all(np.allclose(after[name], inputs[name], rtol=1e-6) for name in changed):
            raise seen("gradients_changed", name=f'grads["{changed[0]}"]')
        return after

    cases = [
        Case(Sentence(N_("learning rate 0.37")), inputs(41, 0.37)),
        Case(Sentence(N_("learning rate 0.05")), inputs(43, 0.05)),
    ]
    names = {name: f"self.{name}" for name in ARRAYS}
    Examination(
        "update_params",
        cases,
        call,
        reference.update,
        UPDATE,
        names,
        before=lambda name, inputs: inputs.get(name),
    ).run()
    return None


def check_numerical_gradient(code: PersonsCode) -> Remark:
    """Compare difference quotients, with an h so large that a one-sided one shows."""
    function: Callable[..., Any] = code.function("numerical_gradient")

    def f(x: Array) -> float:
        x = np.asarray(x, dtype=float)
        return float(
            np.sum(x**3) + 0.5 * np.sum(x) ** 2 + np.sum(np.sin(x * (1 + np.arange(x.size).reshape(x.shape))))
        )

    def call(inputs: Inputs) -> dict[str, Any]:
        x = inputs["x"]
        before = x.copy()
        given = () if inputs["h"] == 1e-5 else (inputs["h"],)
        found = function(inputs["f"], x, *given)
        if np.allclose(x, before, rtol=0, atol=1e-12):
            x[...] = before  # put back, but for the last bit
        return {"numerical_gradient": found}

    numbers = random(51)
    cases = [
        Case(Sentence(N_("h = 0.01")), {"f": f, "x": numbers.normal(size=5), "h": 1e-2}),
        Case(Sentence(N_("an array of shape (3, 4)")), {"f": f, "x": numbers.normal(size=(3, 4)), "h": 2e-2}),
        Case(Sentence(N_("the default h")), {"f": f, "x": numbers.normal(size=4), "h": 1e-5}),
    ]
    names = {"numerical_gradient": "numerical_gradient(f, x)"}
    Examination(
        "numerical_gradient",
        cases,
        call,
        reference.numerical_gradient,
        NUMERICAL_GRADIENT,
        names,
        put_back=frozenset({"x"}),
    ).run()
    return None


def check_accuracy(code: PersonsCode) -> Remark:
    """Compare predictions and the share of them that is right."""
    cases = []
    for title, seed, batch in ((MANY, 61, 6), (ONE, 62, 1), (SQUARE, 63, 10)):
        inputs = network(seed, batch)
        right = np.argmax(reference.forward(inputs)["forward"], axis=1)
        inputs["y"] = np.where(np.arange(batch) < 0.6 * batch, right, (right + 1) % 10)
        cases.append(Case(title, inputs, batch))

    def predict(inputs: Inputs) -> dict[str, Any]:
        return {"predict": model_with(code, inputs).predict(inputs["X"])}

    def accuracy(inputs: Inputs) -> dict[str, Any]:
        return {"accuracy": model_with(code, inputs).accuracy(inputs["X"], inputs["y"])}

    names = {"predict": "predict(X)", "accuracy": "accuracy(X, y)"}
    whole = frozenset({"predict"})
    Examination("predict", cases, predict, reference.predict, PREDICT, names, whole=whole).run()
    Examination("accuracy", cases, accuracy, reference.accuracy, ACCURACY, names).run()
    return None


NETWORK_CHECKS: dict[str, Callable[[PersonsCode], Remark]] = {
    "parameters": check_parameters,
    "relu": check_relu,
    "softmax": check_softmax,
    "forward": check_forward,
    "loss": check_loss,
    "backward_output": check_backward_output,
    "backward_hidden": check_backward_hidden,
    "update": check_update,
    "numerical_gradient": check_numerical_gradient,
    "epoch": check_epoch,
    "accuracy": check_accuracy,
    "train": check_training,
}
"""The check of each step of part 1."""
