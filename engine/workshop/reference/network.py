"""What is right for each step of part 1, in float64; and what comes out with the mistakes that are named.

Each function takes the inputs of a case and a set of names of mistakes (`engine.workshop.mistakes`); with
none of them it returns what is right. A mistake is a small variation of a line, so that two of them can be
made at once. A mistake that NumPy refuses for these shapes raises as it would in a person's file. `name~2` is
another way to make the mistake `name`.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Inputs = Mapping[str, Any]
Outputs = dict[str, Array]
Mistakes = frozenset[str]
Reference = Callable[[Inputs, Mistakes], Outputs]

NONE: Mistakes = frozenset()


def relu(inputs: Inputs, wrong: Mistakes = NONE) -> Outputs:
    """The larger of x and 0; its derivative is 1 where x > 0, else 0."""
    x = inputs["x"]
    output = np.maximum(x, 0.0)
    if "relu_leaky" in wrong:
        output = np.where(x > 0, x, 0.01 * x)
    if "relu_absolute" in wrong:
        output = np.abs(x)
    if "relu_minimum" in wrong:
        output = np.minimum(x, 0.0)
    if "relu_identity" in wrong:
        output = x.copy()
    if "relu_sigmoid" in wrong:
        output = 1 / (1 + np.exp(-x))
    if "relu_tanh" in wrong:
        output = np.tanh(x)
    if "relu_mask" in wrong:
        output = (x > 0).astype(float)
    if "relu_clipped" in wrong:
        output = np.clip(x, 0.0, 1.0)
    if "relu_max_axis" in wrong:
        output = np.max(x, 0)
    if "relu_scalar" in wrong:
        output = np.max(np.append(x, 0.0))
    slope = (x > 0).astype(float)
    if "derivative_is_relu" in wrong:
        slope = np.maximum(x, 0.0)
    if "derivative_turned" in wrong:
        slope = (x < 0).astype(float)
    if "derivative_one" in wrong:
        slope = np.ones_like(x)
    if "derivative_sigmoid" in wrong:
        slope = 1 / (1 + np.exp(-x)) * (1 - 1 / (1 + np.exp(-x)))
    if "derivative_masked_input" in wrong:
        slope = x * (x < 0)
    return {"relu": output, "relu_derivative": slope}


def softmax(inputs: Inputs, wrong: Mistakes = NONE) -> Outputs:
    """exp(x - max) / sum of exp(x - max), row by row."""
    x = inputs["x"]
    if "softmax_batches_only" in wrong and x.ndim == 1:
        np.sum(x, axis=1)  # as a person's file would, this raises
    row = -1
    top = np.max(x, axis=row, keepdims=True)
    if "softmax_no_maximum" in wrong:
        top = np.zeros_like(top)
    if "softmax_maximum_axis" in wrong or "softmax_axis~2" in wrong:
        top = np.max(x, axis=0, keepdims=True)
    if "softmax_whole~2" in wrong or "softmax_maximum_of_all" in wrong:
        top = np.max(x)
    powers = np.exp(x - top)
    if "softmax_minus" in wrong:
        powers = np.exp(-(x - np.min(x, axis=row, keepdims=True)))
    if "softmax_powers_of_two" in wrong:
        powers = np.exp2(x - top)
    total = np.sum(powers, axis=row, keepdims=True)
    if "softmax_axis" in wrong or "softmax_axis~2" in wrong:
        total = np.sum(powers, axis=0, keepdims=True)
    if "softmax_whole" in wrong or "softmax_whole~2" in wrong:
        total = np.sum(powers)
    if "softmax_keepdims" in wrong:
        total = np.sum(powers, axis=row)
    if "softmax_no_division" in wrong:
        total = np.ones(())
    output = powers / total
    if "softmax_no_exponential" in wrong:
        output = x / np.sum(x, axis=row, keepdims=True)
    if "softmax_sigmoid" in wrong:
        output = 1 / (1 + np.exp(-x))
    if "softmax_logarithm" in wrong:
        output = np.log(output)
    return {"softmax": output}


def _softmax(x: Array, wrong: Mistakes = NONE) -> Array:
    return softmax({"x": x}, wrong)["softmax"]


def forward(inputs: Inputs, wrong: Mistakes = NONE) -> Outputs:
    """softmax(relu(X W1 + b1) W2 + b2)."""
    X = inputs["X"]
    if "forward_standardised" in wrong:
        X = (X - X.mean()) / X.std()
    if "forward_divided" in wrong:
        X = X / 255.0
    first = X @ inputs["W1"]
    z1 = first if "forward_no_bias_1" in wrong else first + inputs["b1"]
    if "forward_minus_b1" in wrong:
        z1 = first - inputs["b1"]
    hidden = np.maximum(z1, 0)
    if "forward_mask" in wrong:
        hidden = (z1 > 0).astype(float)
    if "forward_no_relu" in wrong:
        hidden = z1
    if "forward_sigmoid" in wrong:
        hidden = 1 / (1 + np.exp(-z1))
    if "forward_tanh" in wrong:
        hidden = np.tanh(z1)
    if "forward_softmax_hidden" in wrong:
        hidden = _softmax(z1)
    if "forward_bias_after_relu" in wrong:
        hidden = np.maximum(first, 0) + inputs["b1"]
    second = hidden @ inputs["W2"]
    z2 = second if "forward_no_bias_2" in wrong else second + inputs["b2"]
    if "forward_minus_b2" in wrong:
        z2 = second - inputs["b2"]
    if "forward_relu_output" in wrong:
        z2 = np.maximum(z2, 0)
    output = _softmax(z2, frozenset(name.removeprefix("forward_") for name in wrong if "_softmax_" in name))
    if "forward_logits" in wrong:
        output = z2
    if "forward_sigmoid_output" in wrong:
        output = 1 / (1 + np.exp(-z2))
    if "forward_softmax_twice" in wrong:
        output = _softmax(output)
    return {"forward": output}


def loss(inputs: Inputs, wrong: Mistakes = NONE) -> Outputs:
    """-mean over the batch of log y_pred[i, y_true[i]], with 1e-12 where there is a zero."""
    predicted, labels = inputs["y_pred"], inputs["y_true"]
    count, classes = predicted.shape
    rows = np.arange(count)
    if "loss_one_off" in wrong:
        labels = labels - 1
    if "loss_one_off_up" in wrong:
        labels = labels + 1
    right = predicted[rows, labels]
    if "loss_every_column" in wrong or "loss_every_column~2" in wrong:
        right = predicted[:, labels]
    if "loss_first_column" in wrong:
        right = predicted[:, 0]
    if "loss_largest" in wrong:
        right = predicted.max(axis=1)
    if "loss_large_epsilon" in wrong:
        logarithms = np.log(right + 1e-2)
    elif "loss_log_of_zero" in wrong:
        logarithms = np.log(right)
    else:
        logarithms = np.log(np.maximum(right, 1e-12))
    if "loss_log2" in wrong:
        logarithms = logarithms / np.log(2)
    if "loss_log10" in wrong:
        logarithms = logarithms / np.log(10)
    if "loss_no_logarithm" in wrong:
        logarithms = right
    each = -logarithms
    if "loss_sign" in wrong:
        each = logarithms
    if "loss_binary" in wrong:
        one_hot = np.eye(classes)[labels]
        low = np.maximum(1 - predicted, 1e-12)
        each = each - np.sum((1 - one_hot) * np.log(low), axis=1)
    if "loss_squared" in wrong:
        each = np.sum((predicted - np.eye(classes)[labels]) ** 2, axis=1)
    result = np.mean(each)
    if "loss_every_column~2" in wrong:
        result = np.sum(each) / count
    if "loss_sum" in wrong:
        result = np.sum(each)
    if "loss_entries" in wrong:
        result = np.mean(each) / classes
    if "loss_twice" in wrong:
        result = np.mean(each) / count
    if "loss_half" in wrong:
        result = result / 2
    if "loss_each" in wrong:
        result = each
    if "loss_log_of_mean" in wrong:
        result = -np.log(np.mean(right))
    return {"compute_loss": np.asarray(result)}


def backward(inputs: Inputs, wrong: Mistakes = NONE) -> Outputs:
    """The mean gradients: dz2 = (p - one_hot) / batch; dW2 = a1' dz2; dz1 = dz2 W2' * relu'(z1)."""
    X, y = inputs["X"], inputs["y"]
    if "before" in inputs and "gradients_of_the_batch_before" in wrong:
        X, y = inputs["before"]["X"], inputs["before"]["y"]
    if "before" in inputs and "cache_of_the_batch_before" in wrong:
        X = inputs["before"]["X"]
    outputs = _backward(X, y, inputs, wrong)
    if "before" in inputs and "gradients_added_up" in wrong:
        first = _backward(inputs["before"]["X"], inputs["before"]["y"], inputs, wrong)
        outputs = {name: outputs[name] + first[name] for name in outputs}
    if "before" in inputs and "labels_of_the_batch_before" in wrong:
        outputs = _backward(X, inputs["before"]["y"], inputs, wrong)
    return outputs


def _backward(X: Array, y: Array, inputs: Inputs, wrong: Mistakes) -> Outputs:
    W2 = inputs["W2"]
    count, classes = len(X), W2.shape[1]
    z1 = X @ inputs["W1"] + inputs["b1"]
    a1 = np.maximum(z1, 0)
    z2 = a1 @ W2 + inputs["b2"]
    p = _softmax(z2)
    labels = y
    if "labels_one_off" in wrong:
        labels = y - 1
    if "labels_one_off_up" in wrong:
        labels = y + 1
    one_hot = np.eye(classes)[labels]
    if "one_hot_every_row" in wrong:
        one_hot = np.zeros_like(p)
        one_hot[:, labels] = 1.0
    dz2 = p - one_hot
    if "difference_turned" in wrong:
        dz2 = one_hot - p
    if "one_hot_added" in wrong:
        dz2 = p + one_hot
    if "one_hot_forgotten" in wrong:
        dz2 = p.copy()
    if "labels_subtracted" in wrong:
        dz2 = p - labels.reshape(-1, 1)
    if "labels_subtracted~2" in wrong:
        dz2 = p - labels
    if "difference_times_2" in wrong:
        dz2 = 2 * dz2
    if "softmax_derivative_twice" in wrong:
        dz2 = dz2 * p * (1 - p)
    if "dz2_relu" in wrong:
        dz2 = dz2 * (z2 > 0)
    if "gradient_of_predictions" in wrong:
        dz2 = -one_hot / p
    if "mean_over_entries" in wrong:
        dz2 = dz2 / classes
    output = dz2 if "not_averaged" in wrong else dz2 / count
    if "averaged_twice" in wrong:
        output = output / count
    hidden = output
    dW2 = (z1 if "W2_from_z1" in wrong else a1).T @ output
    if "W2_not_averaged" in wrong:
        dW2 = dW2 * count
    if "W2_averaged_twice" in wrong:
        dW2 = dW2 / count
    if "W2_transposed" in wrong:
        dW2 = dW2.T
    if "W2_from_input" in wrong:
        dW2 = X.T @ output
    db2 = _bias(output, "b2", wrong, count)
    weights = W2
    if "W2_not_transposed" in wrong:
        da1 = hidden @ weights
    elif "W2_updated_first" in wrong:
        da1 = hidden @ (weights - dW2).T
    else:
        da1 = hidden @ weights.T
    if "W2_left_out" in wrong:
        da1 = np.repeat(hidden.sum(axis=1, keepdims=True), W2.shape[0], axis=1)
    dz1 = da1 * (z1 > 0)
    if "mask_forgotten" in wrong:
        dz1 = da1
    if "mask_of_gradient" in wrong:
        dz1 = da1 * (da1 > 0)
    if "mask_of_output" in wrong:
        dz1 = da1 * (z2 > 0)
    if "mask_of_output~2" in wrong:
        dz1 = da1 * (p > 0)
    if "mask_of_output~3" in wrong:
        dz1 = da1 * (dz2 > 0)
    if "mask_turned" in wrong:
        dz1 = da1 * (z1 < 0)
    if "mask_is_relu" in wrong:
        dz1 = da1 * a1
    if "mask_of_input" in wrong:
        dz1 = da1 * (X > 0)
    if "mask_replaces" in wrong:
        dz1 = (z1 > 0).astype(float)
    if "hidden_sigmoid" in wrong:
        dz1 = da1 * a1 * (1 - a1)
    if "hidden_tanh" in wrong:
        dz1 = da1 * (1 - a1**2)
    if "hidden_averaged_twice" in wrong:
        dz1 = dz1 / count
    if "hidden_not_averaged" in wrong:
        dz1 = dz1 * count
    dW1 = (
        inputs["before"]["X"] if "input_of_the_batch_before" in wrong and "before" in inputs else X
    ).T @ dz1
    if "W1_averaged_twice" in wrong:
        dW1 = dW1 / count
    if "W1_not_averaged" in wrong:
        dW1 = dW1 * count
    if "W1_transposed" in wrong:
        dW1 = dW1.T
    if "W1_from_hidden" in wrong:
        dW1 = a1.T @ dz1
    db1 = _bias(da1 if "b1_without_mask" in wrong else dz1, "b1", wrong, count)
    return {"W2": dW2, "b2": db2, "W1": dW1, "b1": db1}


def _bias(dz: Array, name: str, wrong: Mistakes, count: int) -> Array:
    """Return the gradient of a bias: the sum over the batch."""
    if f"{name}_along_units" in wrong:
        return np.asarray(np.sum(dz, axis=1))
    if f"{name}_whole" in wrong:
        return np.asarray(np.sum(dz))
    if f"{name}_not_summed" in wrong:
        return dz
    if f"{name}_first_row" in wrong:
        return np.asarray(dz[0])
    total: Array = np.sum(dz, axis=0, keepdims=f"{name}_as_row" in wrong)
    if f"{name}_not_averaged" in wrong:
        total = total * count
    if f"{name}_averaged_twice" in wrong:
        total = total / count
    return total


def update(inputs: Inputs, wrong: Mistakes = NONE) -> Outputs:
    """W - learning_rate * gradient, for each of the four; the gradients stay as they are."""
    rate = inputs["learning_rate"]
    changed = {}
    for name in ("W1", "b1", "W2", "b2"):
        value, gradient = inputs[name], inputs["grads"][name]
        step = rate * gradient
        if "update_no_rate" in wrong:
            step = gradient
        if "update_rate_alone" in wrong:
            step = np.full_like(value, rate)
        if "update_sign" in wrong:
            step = rate * np.sign(gradient)
        if "update_divided" in wrong:
            step = gradient / rate
        if "update_twice" in wrong:
            step = 2 * step
        skipped = (
            "update_nothing" in wrong
            or ("update_no_biases" in wrong and name.startswith("b"))
            or ("update_no_weights" in wrong and name.startswith("W"))
            or ("update_no_first" in wrong and name.endswith("1"))
            or ("update_no_second" in wrong and name.endswith("2"))
        )
        new = value if skipped else value + step if "update_uphill" in wrong else value - step
        if "update_replaced" in wrong:
            new = -step
        if "update_scaled" in wrong:
            new = value * (1 - step)
        changed[name] = new
    return changed


def numerical_gradient(inputs: Inputs, wrong: Mistakes = NONE) -> Outputs:
    """(f(x + h) - f(x - h)) / (2 h), one entry of x after the other."""
    f, h = inputs["f"], inputs["h"]
    x = inputs["x"].copy()
    if "difference_h_ignored" in wrong:
        h = 1e-5
    result = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        kept = x[at]
        view = "difference_whole_rows~2" in wrong  # x[0] is kept, which is no copy of the row
        place: Any = at[0] if view or "difference_whole_rows" in wrong else at
        place = ... if "difference_all_at_once" in wrong else place
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        high, low = f(up), f(down)
        width = 2 * h
        if view and x.ndim > 1:
            low = f(x)
        if "difference_one_sided" in wrong:
            low, width = f(x), h
        if "difference_from_below" in wrong:
            high, width = f(x), h
        if "difference_unmoved" in wrong:
            high = low
        if "difference_divided_by_h" in wrong:
            width = h
        if "difference_precedence" in wrong:
            width = 2 / h
        if "difference_not_divided" in wrong:
            width = 1.0
        result[at] = (high - low) / width
        if "difference_sign" in wrong:
            result[at] = -result[at]
        if "difference_not_restored" in wrong:
            x[at] = kept - h
        if "difference_not_restored_up" in wrong:
            x[at] = kept + h
    if "difference_flat" in wrong:
        result = result.reshape(-1)
    return {"numerical_gradient": result}


def predict(inputs: Inputs, wrong: Mistakes = NONE) -> Outputs:
    """The column of the largest probability."""
    p = forward(inputs)["forward"]
    predicted: Array = np.argmax(p, axis=1)
    if "predict_axis" in wrong:
        predicted = np.argmax(p, axis=0)
    if "predict_whole" in wrong:
        predicted = np.asarray(np.argmax(p))
    if "predict_smallest" in wrong:
        predicted = np.argmin(p, axis=1)
    if "predict_one_off" in wrong:
        predicted = predicted + 1
    if "predict_probability" in wrong:
        predicted = np.max(p, axis=1)
    if "predict_probabilities" in wrong:
        predicted = p
    if "predict_rounded" in wrong:
        predicted = np.round(p)
    if "predict_column" in wrong:
        predicted = predicted.reshape(-1, 1)
    return {"predict": predicted}


def accuracy(inputs: Inputs, wrong: Mistakes = NONE) -> Outputs:
    """The share that is right, from 0 to 1."""
    y, predicted = inputs["y"], predict(inputs)["predict"]
    same = predicted == y
    share = np.mean(same)
    if "accuracy_count" in wrong:
        share = np.sum(same)
    if "accuracy_per_cent" in wrong:
        share = 100 * np.mean(same)
    if "accuracy_errors" in wrong:
        share = 1 - np.mean(same)
    if "accuracy_each" in wrong:
        share = same
    if "accuracy_all" in wrong:
        share = np.asarray(float(np.all(same)))
    if "accuracy_of_confidence" in wrong:
        share = np.mean(forward(inputs)["forward"][np.arange(len(y)), y])
    return {"accuracy": np.asarray(share, dtype=float)}
