"""Each known mistake is made in a real file, and named; right files have none."""
# ruff: noqa: E501 (a table of edits)

from pathlib import Path

import numpy as np
import pytest

from engine.workshop.checks.challenges import CHALLENGE_CHECKS
from engine.workshop.checks.network import NETWORK_CHECKS, check_numerically, network
from engine.workshop.code import PersonsCode
from engine.workshop.exceptions import explain
from engine.workshop.findings import Finding, MistakeError
from engine.workshop.mistakes import challenges as challenge_mistakes
from engine.workshop.mistakes import network as mistakes
from engine.workshop.reference import network as reference
from engine.workshop.steps import BY_NAME, STEPS
from engine.workshop.texts import solution, stub

TEXTBOOKS = Path(__file__).parent / "textbooks"
RIGHT = (TEXTBOOKS / "dict_cache.txt").read_text("utf-8")
SOLVED = solution(2)
FORWARD = "        a2 = self.softmax(z2)\n"
W1 = "np.random.randn(input_size, hidden_size) * np.sqrt(2.0 / input_size)"
LOSS = "-np.log(y_pred[range(m), y_true] + 1e-8)"
DZ2 = "dz2 = (a2 - one_hot(y_true, a2.shape[1])) / m"
MASK = "* self.relu_derivative(z1)"
UPDATE = RIGHT[RIGHT.index("        self.W1 -= learning_rate") : RIGHT.index("    def predict")]
RELU = "return np.maximum(0, x)"
SLOPE = "return (x > 0).astype(float)"
SOFTMAX = "return powers / np.sum(powers, axis=-1, keepdims=True)"
PREDICT = "return np.argmax(self.forward(X, training=False), axis=1)"
ACCURACY = "return np.mean(self.predict(X) == y)"
STEP = "        grads = model.backward(y_batch)\n        model.update_params(grads, learning_rate)\n"


def finding(step: str, text: str) -> Finding | None:
    """Return what is found in a file, in one step, without its dependencies."""
    code = PersonsCode(BY_NAME[step].file, text)
    np.random.seed(0)  # noqa: NPY002
    try:
        with np.errstate(all="ignore"):
            code.check_written(BY_NAME[step])
            (NETWORK_CHECKS | CHALLENGE_CHECKS)[step](code)
    except MistakeError as told:
        return told.finding
    except Exception as error:
        return explain(error)
    return None


MADE = [
    ("parameters", "weights_zero", W1, "np.zeros((input_size, hidden_size))"),
    ("parameters", "weights_equal", W1, "np.full((input_size, hidden_size), 0.01)"),
    ("parameters", "weights_positive", W1, "np.random.rand(input_size, hidden_size) * 0.1"),
    ("parameters", "weights_not_scaled", W1, "np.random.randn(input_size, hidden_size)"),
    ("parameters", "weights_too_small", W1, "np.random.randn(input_size, hidden_size) * 1e-6"),
    ("parameters", "transposed", W1, "np.random.randn(hidden_size, input_size) * 0.05"),
    ("parameters", "bias_shape", "np.zeros(hidden_size)", "np.zeros((1, hidden_size))"),
    ("parameters", "whole_numbers", "np.zeros(hidden_size)", "np.zeros(hidden_size, dtype=int)"),
    ("parameters", "biases_large", "np.zeros(hidden_size)", "np.arange(hidden_size) * 1.0"),
    ("parameters", "missing", "self.b2 = ", "b2 = "),
    ("parameters", "wrong_type", "self.b1 = np.zeros(hidden_size)", "self.b1 = [0.0] * hidden_size"),
    ("parameters", "wrong_type", "np.zeros(hidden_size)", "np.zeros(hidden_size, np.float16)"),
    ("parameters", "not_finite", "np.zeros(hidden_size)", "np.full(hidden_size, np.nan)"),
    ("parameters", "read_only", "np.zeros(hidden_size)", "np.broadcast_to(np.float64(0), (hidden_size,))"),
    ("parameters", "shape", "np.zeros(hidden_size)", "np.zeros(hidden_size + 1)"),
    ("relu", "wrong_type", SLOPE, "return 1.0, x"),
    ("forward", "factors_swapped", "z1 = np.dot(X, self.W1)", "z1 = self.W1.dot(X)"),
    ("forward", "not_written", FORWARD, "        raise NotImplementedError('softmax')\n"),
    ("forward", "exception", "        z1 = ", '        X = self.cache["no"]\n        z1 = '),
    ("backward_output", "returns_nothing", "        return grads\n", ""),
    ("backward_output", "wrong_type", "        return grads\n", "        return list(grads.values())\n"),
    ("backward_output", "missing", 'grads["b2"] = ', "b2 = "),
    ("backward_hidden", "not_written", 'grads["W1"] = ', "W1 = "),
    (
        "parameters",
        "weights_shared",
        "self.b1 = np.zeros(hidden_size)",
        "self.b1 = MLP.__dict__.get(str(hidden_size))\n        if self.b1 is None:\n            self.b1 = np.zeros(hidden_size)\n            setattr(MLP, str(hidden_size), self.b1)",
    ),
    ("relu", "relu_identity", RELU, "return x * 1.0"),
    ("relu", "relu_leaky", RELU, "return np.where(x > 0, x, 0.01 * x)"),
    ("relu", "relu_absolute", RELU, "return np.abs(x)"),
    ("relu", "relu_minimum", RELU, "return np.minimum(0, x)"),
    ("relu", "relu_sigmoid", RELU, "return 1 / (1 + np.exp(-x))"),
    ("relu", "relu_mask", RELU, "return (x > 0) * 1.0"),
    ("relu", "relu_clipped", RELU, "return np.clip(x, 0, 1)"),
    ("relu", "relu_scalar", RELU, "return max(0, x.max())"),
    ("relu", "shares_memory", RELU, "return x if x.min() > 0 else np.maximum(0, x)"),
    (
        "forward",
        "kept_from_before",
        "        return a2\n",
        "        self.kept = getattr(self, 'kept', {})\n        return self.kept.setdefault(X.shape, a2)\n",
    ),
    (
        "forward",
        "result_changed_later",
        "        return a2\n",
        "        self.buffer = getattr(self, 'buffer', np.zeros((20, a2.shape[1])))\n        self.buffer[: len(X)] = a2\n        return self.buffer[: len(X)]\n",
    ),
    (
        "epoch",
        "epoch_wrong_steps",
        "update_params(grads, learning_rate)",
        "update_params(grads, learning_rate / (1 + start))",
    ),
    ("train", "did_not_learn", "learning_rate * grads", "0 * grads"),
    ("train", "learned_slowly", "learning_rate * grads", "0.01 * learning_rate * grads"),
    ("train", "diverged", "learning_rate * grads", "1e200 * grads"),
    ("relu", "relu_tanh", RELU, "return np.tanh(x)"),
    ("forward", "forward_minus_b1", "self.W1) + self.b1", "self.W1) - self.b1"),
    ("forward", "forward_minus_b2", "self.W2) + self.b2", "self.W2) - self.b2"),
    ("forward", "forward_mask", "a1 = self.relu(z1)", "a1 = self.relu_derivative(z1)"),
    ("forward", "wrong_type", "        return a2\n", "        return a1, a2\n"),
    ("backward_output", "one_hot_added", DZ2, DZ2.replace("a2 - ", "a2 + ")),
    ("numerical_gradient", "difference_whole_rows", "index = it.multi_index", "index = it.multi_index[0]"),
    ("numerical_gradient", "whole_numbers", "np.zeros_like(x)", "np.zeros_like(x, dtype=int)"),
    (
        "epoch",
        "epoch_loss_after",
        "        losses.append(model.compute_loss(y_pred, y_batch))\n" + STEP,
        STEP + "        losses.append(model.compute_loss(model.forward(X_batch), y_batch))\n",
    ),
    ("epoch", "updated_twice", STEP, STEP + "        model.update_params(grads, learning_rate)\n"),
    ("update", "update_uphill", "self.W2 -= ", "self.W2 += "),
    ("update", "times_constant", "learning_rate * grads", "0.5 * learning_rate * grads"),
    ("update", "update_rate", "learning_rate * grads", "0.1 * grads"),
    ("relu", "relu_max_axis", RELU, "return np.max(x, 0)"),
    ("relu", "max_for_maximum", RELU, "return np.max(0, x)"),
    ("relu", "truth_of_an_array", RELU, "return x if x > 0 else 0"),
    ("relu", "truth_of_an_array", RELU, "return max(0, x)"),
    ("relu", "returns_nothing", RELU, "np.maximum(0, x)"),
    ("relu", "input_changed", RELU, "x[x < 0] = 0\n        return x"),
    ("relu", "derivative_is_relu", SLOPE, "return np.maximum(0, x)"),
    ("relu", "derivative_turned", SLOPE, "return (x < 0).astype(float)"),
    ("relu", "derivative_one", SLOPE, "return np.ones_like(x)"),
    ("relu", "derivative_sigmoid", SLOPE, "s = 1 / (1 + np.exp(-x))\n        return s * (1 - s)"),
    ("relu", "derivative_masked_input", SLOPE, "return x * (x < 0)"),
    ("softmax", "softmax_axis", SOFTMAX, "return powers / np.sum(powers, axis=0, keepdims=True)"),
    ("softmax", "softmax_whole", SOFTMAX, "return powers / np.sum(powers)"),
    ("softmax", "softmax_no_maximum", "shifted = x - np.max(x, axis=-1, keepdims=True)", "shifted = x"),
    ("softmax", "softmax_maximum_axis", "np.max(x, axis=-1, keepdims=True)", "np.max(x, axis=0)"),
    ("softmax", "softmax_maximum_of_all", "np.max(x, axis=-1, keepdims=True)", "np.max(x)"),
    ("softmax", "softmax_keepdims", SOFTMAX, "return powers / np.sum(powers, axis=-1)"),
    ("softmax", "softmax_batches_only", SOFTMAX, "return powers / np.sum(powers, axis=1, keepdims=True)"),
    ("softmax", "softmax_no_division", SOFTMAX, "return powers / np.max(powers, axis=-1, keepdims=True)"),
    ("softmax", "softmax_no_division", SOFTMAX, "return powers"),
    ("softmax", "softmax_no_exponential", SOFTMAX, "return x / np.sum(x, axis=-1, keepdims=True)"),
    ("softmax", "softmax_powers_of_two", "np.exp(shifted)", "2**shifted"),
    ("softmax", "softmax_sigmoid", SOFTMAX, "return 1 / (1 + np.exp(-x))"),
    (
        "softmax",
        "softmax_logarithm",
        SOFTMAX,
        "return np.log(powers / np.sum(powers, axis=-1, keepdims=True))",
    ),
    (
        "softmax",
        "softmax_minus",
        "shifted = x - np.max(x, axis=-1, keepdims=True)",
        "shifted = -(x - np.min(x, axis=-1, keepdims=True))",
    ),
    ("forward", "forward_no_relu", "a1 = self.relu(z1)", "a1 = z1"),
    ("forward", "forward_no_bias_1", "self.W1) + self.b1", "self.W1)"),
    ("forward", "forward_no_bias_2", "self.W2) + self.b2", "self.W2)"),
    (
        "forward",
        "forward_bias_after_relu",
        "z1 = np.dot(X, self.W1) + self.b1\n        a1 = self.relu(z1)",
        "z1 = np.dot(X, self.W1)\n        a1 = self.relu(z1) + self.b1",
    ),
    ("forward", "forward_relu_output", FORWARD, "        a2 = self.softmax(self.relu(z2))\n"),
    ("forward", "forward_sigmoid", "a1 = self.relu(z1)", "a1 = 1 / (1 + np.exp(-z1))"),
    ("forward", "forward_tanh", "a1 = self.relu(z1)", "a1 = np.tanh(z1)"),
    ("forward", "forward_softmax_hidden", "a1 = self.relu(z1)", "a1 = self.softmax(z1)"),
    ("forward", "forward_logits", FORWARD, "        a2 = z2\n"),
    ("forward", "forward_sigmoid_output", FORWARD, "        a2 = 1 / (1 + np.exp(-z2))\n"),
    ("forward", "forward_softmax_twice", FORWARD, "        a2 = self.softmax(self.softmax(z2))\n"),
    ("forward", "forward_softmax_axis", FORWARD, "        a2 = np.exp(z2) / np.exp(z2).sum(axis=0)\n"),
    ("forward", "forward_softmax_whole", FORWARD, "        a2 = np.exp(z2) / np.exp(z2).sum()\n"),
    ("forward", "forward_standardised", "z1 = np.dot(X,", "z1 = np.dot((X - X.mean()) / X.std(),"),
    ("forward", "forward_divided", "z1 = np.dot(X,", "z1 = np.dot(X / 255.0,"),
    (
        "forward",
        "input_changed",
        "z1 = np.dot(X,",
        "X -= X.mean(axis=0)\n        X += 1\n        z1 = np.dot(X,",
    ),
    ("forward", "star_for_matrix_product", "z1 = np.dot(X, self.W1)", "z1 = X * self.W1"),
    ("forward", "factors_swapped", "z1 = np.dot(X, self.W1)", "z1 = np.dot(self.W1, X)"),
    ("forward", "transpose_missing", "z2 = np.dot(a1, self.W2)", "z2 = a1.T @ self.W2"),
    ("loss", "loss_sum", "np.sum(log_probabilities) / m", "np.sum(log_probabilities)"),
    ("loss", "loss_entries", "np.sum(log_probabilities) / m", "np.sum(log_probabilities) / y_pred.size"),
    (
        "loss",
        "loss_entries",
        f"log_probabilities = {LOSS}\n        return np.sum(log_probabilities) / m",
        "return np.mean(-one_hot(y_true, y_pred.shape[1]) * np.log(y_pred + 1e-9))",
    ),
    ("loss", "loss_twice", "np.sum(log_probabilities) / m", "np.mean(log_probabilities) / m"),
    ("loss", "loss_sign", LOSS, LOSS[1:]),
    ("loss", "loss_log_of_zero", " + 1e-8", ""),
    ("loss", "loss_large_epsilon", "1e-8", "1e-2"),
    ("loss", "loss_log2", "np.log(", "np.log2("),
    ("loss", "loss_log10", "np.log(", "np.log10("),
    ("loss", "loss_no_logarithm", LOSS, "-y_pred[range(m), y_true]"),
    (
        "loss",
        "loss_squared",
        "np.sum(log_probabilities) / m",
        "np.sum((y_pred - one_hot(y_true, y_pred.shape[1])) ** 2) / m",
    ),
    (
        "loss",
        "loss_binary",
        "np.sum(log_probabilities) / m",
        "-np.sum(one_hot(y_true, y_pred.shape[1]) * np.log(y_pred + 1e-9) + (1 - one_hot(y_true, y_pred.shape[1])) * np.log(1 - y_pred + 1e-9)) / m",
    ),
    ("loss", "loss_half", "np.sum(log_probabilities) / m", "np.sum(log_probabilities) / (2 * m)"),
    ("loss", "loss_each", "np.sum(log_probabilities) / m", "log_probabilities"),
    (
        "loss",
        "loss_log_of_mean",
        "np.sum(log_probabilities) / m",
        "-np.log(np.mean(y_pred[range(m), y_true]) + 1e-9)",
    ),
    ("loss", "loss_every_column", "[range(m), y_true]", "[:, y_true]"),
    ("loss", "loss_first_column", "[range(m), y_true]", "[:, 0]"),
    ("loss", "loss_largest", "y_pred[range(m), y_true]", "y_pred.max(axis=1)"),
    ("loss", "loss_one_off", "[range(m), y_true]", "[range(m), y_true - 1]"),
    ("loss", "loss_one_off_up", "[range(m), y_true]", "[range(m), y_true + 1]"),
    (
        "backward_output",
        "gradients_of_the_batch_before",
        '        grads["b1"] = np.sum(dz1, axis=0)\n        return grads',
        '        grads["b1"] = np.sum(dz1, axis=0)\n        self.old, grads = grads, getattr(self, "old", grads)\n        return grads',
    ),
    (
        "backward_output",
        "labels_of_the_batch_before",
        "        m = X.shape[0]\n",
        '        m = X.shape[0]\n        self.y, y_true = y_true, getattr(self, "y", y_true)\n',
    ),
    (
        "backward_output",
        "gradients_added_up",
        '        grads["b1"] = np.sum(dz1, axis=0)\n',
        '        grads["b1"] = np.sum(dz1, axis=0)\n        self.g = grads = {k: grads[k] + getattr(self, "g", {}).get(k, 0) for k in grads}\n',
    ),
    ("backward_output", "not_averaged", DZ2, DZ2.replace(" / m", "")),
    ("backward_output", "averaged_twice", DZ2, DZ2.replace(" / m", " / m / m")),
    ("backward_output", "difference_turned", DZ2, "dz2 = (one_hot(y_true, a2.shape[1]) - a2) / m"),
    ("backward_output", "one_hot_forgotten", DZ2, "dz2 = a2 / m"),
    (
        "backward_output",
        "one_hot_every_row",
        DZ2,
        "dz2 = a2.copy()\n        dz2[:, y_true] -= 1\n        dz2 = dz2 / m",
    ),
    ("backward_output", "labels_subtracted", DZ2, "dz2 = (a2 - y_true.reshape(-1, 1)) / m"),
    ("backward_output", "labels_one_off", DZ2, DZ2.replace("y_true", "y_true - 1")),
    ("backward_output", "labels_one_off_up", DZ2, DZ2.replace("y_true", "y_true + 1")),
    ("backward_output", "difference_times_2", DZ2, DZ2.replace("dz2 = ", "dz2 = 2 * ")),
    ("backward_output", "softmax_derivative_twice", DZ2, DZ2 + " * a2 * (1 - a2)"),
    ("backward_output", "gradient_of_predictions", DZ2, "dz2 = -one_hot(y_true, a2.shape[1]) / a2 / m"),
    ("backward_output", "dz2_relu", DZ2, DZ2 + ' * (self.cache["z2"] > 0)'),
    ("backward_output", "mean_over_entries", DZ2, DZ2.replace("/ m", "/ a2.size")),
    ("backward_output", "W2_from_z1", "np.dot(a1.T, dz2)", "np.dot(z1.T, dz2)"),
    ("backward_output", "W2_from_input", "np.dot(a1.T, dz2)", "np.dot(X.T, dz2)"),
    ("backward_output", "W2_transposed", "np.dot(a1.T, dz2)", "np.dot(dz2.T, a1)"),
    ("backward_output", "W2_not_averaged", "np.dot(a1.T, dz2)", "np.dot(a1.T, dz2) * m"),
    ("backward_output", "W2_averaged_twice", "np.dot(a1.T, dz2)", "np.dot(a1.T, dz2) / m"),
    ("backward_output", "b2_not_averaged", "np.sum(dz2, axis=0)", "np.sum(dz2, axis=0) * m"),
    ("backward_output", "b2_averaged_twice", "np.sum(dz2, axis=0)", "np.mean(dz2, axis=0)"),
    ("backward_output", "b2_along_units", "np.sum(dz2, axis=0)", "np.sum(dz2, axis=1)"),
    ("backward_output", "b2_whole", "np.sum(dz2, axis=0)", "np.sum(dz2)"),
    ("backward_output", "b2_not_summed", "np.sum(dz2, axis=0)", "dz2"),
    ("backward_output", "b2_first_row", "np.sum(dz2, axis=0)", "dz2[0]"),
    ("backward_output", "b2_as_row", "np.sum(dz2, axis=0)", "np.sum(dz2, axis=0, keepdims=True)"),
    ("backward_output", "star_for_matrix_product", "np.dot(a1.T, dz2)", "a1.T * dz2"),
    ("backward_output", "transpose_missing", "np.dot(a1.T, dz2)", "np.dot(a1, dz2)"),
    ("backward_hidden", "mask_forgotten", MASK, ""),
    ("backward_hidden", "mask_of_gradient", MASK, "* (np.dot(dz2, self.W2.T) > 0)"),
    ("backward_hidden", "mask_of_output", MASK, '* self.relu_derivative(self.cache["z2"])'),
    ("backward_hidden", "mask_of_output", MASK, "* self.relu_derivative(a2)"),
    ("backward_hidden", "mask_of_output", MASK, "* self.relu_derivative(dz2)"),
    (
        "backward_hidden",
        "input_of_the_batch_before",
        '        grads["W1"]',
        '        X = self.X = getattr(self, "X", X)\n        grads["W1"]',
    ),
    (
        "backward_output",
        "cache_of_the_batch_before",
        "        X, z1, a1, a2 = (self.cache[",
        "        self.kept = getattr(self, 'kept', self.cache)\n        X, z1, a1, a2 = (self.kept[",
    ),
    ("backward_output", "labels_subtracted", DZ2, "dz2 = (a2 - y_true) / m"),
    (
        "backward_output",
        "weights_changed",
        "        dz1 =",
        '        self.W2 = self.W2 - 0.1 * grads["W2"]\n        dz1 =',
    ),
    (
        "backward_output",
        "wrong_keys",
        "        return grads",
        "        return {'d' + name: grads[name] for name in grads}",
    ),
    ("backward_hidden", "mask_of_input", MASK, "* self.relu_derivative(X)"),
    ("backward_hidden", "mask_turned", MASK, "* (z1 < 0)"),
    ("backward_hidden", "mask_is_relu", MASK, "* self.relu(z1)"),
    ("backward_hidden", "mask_replaces", "np.dot(dz2, self.W2.T) " + MASK, "self.relu_derivative(z1)"),
    ("backward_hidden", "hidden_sigmoid", MASK, "* a1 * (1 - a1)"),
    ("backward_hidden", "hidden_tanh", MASK, "* (1 - a1**2)"),
    ("backward_hidden", "hidden_averaged_twice", MASK, MASK + " / m"),
    ("backward_hidden", "hidden_not_averaged", MASK, MASK + " * m"),
    ("backward_hidden", "W1_averaged_twice", "np.dot(X.T, dz1)", "np.dot(X.T, dz1) / m"),
    ("backward_hidden", "W1_not_averaged", "np.dot(X.T, dz1)", "np.dot(X.T, dz1) * m"),
    ("backward_hidden", "W1_transposed", "np.dot(X.T, dz1)", "np.dot(dz1.T, X)"),
    ("backward_hidden", "W1_from_hidden", "np.dot(X.T, dz1)", "np.dot(a1.T, dz1)"),
    ("backward_hidden", "b1_averaged_twice", "np.sum(dz1, axis=0)", "np.mean(dz1, axis=0)"),
    ("backward_hidden", "b1_not_averaged", "np.sum(dz1, axis=0)", "np.sum(dz1, axis=0) * m"),
    ("backward_hidden", "b1_along_units", "np.sum(dz1, axis=0)", "np.sum(dz1, axis=1)"),
    ("backward_hidden", "b1_whole", "np.sum(dz1, axis=0)", "np.sum(dz1)"),
    ("backward_hidden", "b1_not_summed", "np.sum(dz1, axis=0)", "dz1"),
    ("backward_hidden", "b1_first_row", "np.sum(dz1, axis=0)", "dz1[0]"),
    ("backward_hidden", "b1_as_row", "np.sum(dz1, axis=0)", "np.sum(dz1, axis=0, keepdims=True)"),
    ("backward_hidden", "b1_without_mask", "np.sum(dz1, axis=0)", "np.sum(np.dot(dz2, self.W2.T), axis=0)"),
    ("backward_hidden", "W2_not_transposed", "np.dot(dz2, self.W2.T)", "np.dot(dz2, self.W2)"),
    (
        "backward_hidden",
        "W2_updated_first",
        "np.dot(dz2, self.W2.T)",
        'np.dot(dz2, (self.W2 - grads["W2"]).T)',
    ),
    ("backward_hidden", "W2_left_out", "np.dot(dz2, self.W2.T)", "np.sum(dz2, axis=1, keepdims=True)"),
    ("update", "update_uphill", UPDATE, UPDATE.replace("-=", "+=")),
    ("update", "update_nothing", UPDATE, "        W1 = self.W1 - learning_rate * grads['W1']\n\n"),
    ("update", "update_no_rate", UPDATE, UPDATE.replace("learning_rate *", "")),
    (
        "update",
        "update_rate_alone",
        UPDATE,
        UPDATE.replace("learning_rate * grads", "learning_rate + 0 * grads"),
    ),
    ("update", "update_divided", UPDATE, UPDATE.replace("learning_rate * ", "1 / learning_rate * ")),
    ("update", "update_twice", UPDATE, UPDATE + UPDATE),
    (
        "update",
        "update_sign",
        UPDATE,
        UPDATE.replace("grads[", "np.sign(grads)[").replace(
            "np.sign(grads)", "{k: np.sign(grads[k]) for k in grads}"
        ),
    ),
    (
        "update",
        "update_no_biases",
        UPDATE,
        "".join(line + "\n" for line in UPDATE.splitlines() if "b" not in line.split("-=")[0]),
    ),
    (
        "update",
        "update_no_weights",
        UPDATE,
        "".join(line + "\n" for line in UPDATE.splitlines() if "W" not in line),
    ),
    (
        "update",
        "update_no_first",
        UPDATE,
        "".join(line + "\n" for line in UPDATE.splitlines() if "1" not in line),
    ),
    (
        "update",
        "update_no_second",
        UPDATE,
        "".join(line + "\n" for line in UPDATE.splitlines() if "2" not in line),
    ),
    ("update", "update_replaced", UPDATE, UPDATE.replace("-= ", "= -")),
    ("update", "update_scaled", UPDATE, UPDATE.replace("-= ", "*= 1 - ")),
    (
        "update",
        "gradients_changed",
        UPDATE,
        "        for name in grads:\n            grads[name] -= learning_rate * getattr(self, name)\n\n",
    ),
    (
        "numerical_gradient",
        "difference_one_sided",
        "x[index] = kept - h\n        low = f(x)\n        grad[index] = (high - low) / (2 * h)\n        x[index] = kept",
        "x[index] = kept\n        grad[index] = (high - f(x)) / h",
    ),
    (
        "numerical_gradient",
        "difference_from_below",
        "x[index] = kept + h\n        high = f(x)\n        x[index] = kept - h\n        low = f(x)\n        grad[index] = (high - low) / (2 * h)",
        "high = f(x)\n        x[index] = kept - h\n        grad[index] = (high - f(x)) / h",
    ),
    ("numerical_gradient", "difference_unmoved", "x[index] = kept - h", "x[index] = kept + h"),
    ("numerical_gradient", "difference_divided_by_h", "/ (2 * h)", "/ h"),
    ("numerical_gradient", "difference_precedence", "/ (2 * h)", "/ 2 * h"),
    ("numerical_gradient", "difference_not_divided", " / (2 * h)", ""),
    ("numerical_gradient", "difference_sign", "(high - low)", "(low - high)"),
    (
        "numerical_gradient",
        "difference_h_ignored",
        "    grad = np.zeros_like(x)\n",
        "    grad = np.zeros_like(x)\n    h = 1e-5\n",
    ),
    (
        "numerical_gradient",
        "difference_all_at_once",
        "x[index] = kept + h\n        high = f(x)\n        x[index] = kept - h\n        low = f(x)",
        "high = f(x + h)\n        low = f(x - h)",
    ),
    ("numerical_gradient", "difference_not_restored", "        x[index] = kept\n", ""),
    ("numerical_gradient", "difference_flat", "    return grad\n", "    return grad.flatten()\n"),
    ("numerical_gradient", "difference_not_restored_up", "x[index] = kept\n", "x[index] = kept + h\n"),
    ("epoch", "not_shuffled", "np.random.permutation(X.shape[0])", "np.arange(X.shape[0])"),
    ("epoch", "shuffled_apart", "y[order]", "y[np.random.permutation(len(y))]"),
    ("epoch", "shuffled_apart", "y[order]", "y"),
    ("epoch", "input_changed", "    order = np.random", "    np.random.shuffle(X)\n    order = np.random"),
    ("epoch", "labels_not_batched", "grads = model.backward(y_batch)", "grads = model.backward(y_shuffled)"),
    ("epoch", "never_updated", "        model.update_params(grads, learning_rate)\n", ""),
    ("epoch", "never_updated", STEP, ""),
    (
        "epoch",
        "updated_once",
        "        model.update_params(grads, learning_rate)\n",
        "    model.update_params(grads, learning_rate)\n",
    ),
    ("epoch", "whole_set", "model.forward(X_batch)", "model.forward(X_shuffled)"),
    ("epoch", "first_batch_only", STEP, STEP + "        return np.mean(losses)\n"),
    ("epoch", "images_missing", "range(0, X.shape[0], batch_size)", "range(0, X.shape[0] // 2, batch_size)"),
    (
        "epoch",
        "images_twice",
        "X_batch = X_shuffled[start : start + batch_size]\n        y_batch = y_shuffled[start : start + batch_size]",
        "X_batch = X_shuffled[:batch_size]\n        y_batch = y_shuffled[:batch_size]",
    ),
    (
        "epoch",
        "backward_first",
        "        y_pred = model.forward(X_batch)\n        losses",
        "        grads = model.backward(y_batch)\n        y_pred = model.forward(X_batch)\n        losses",
    ),
    ("epoch", "epoch_rate_ignored", "update_params(grads, learning_rate)", "update_params(grads, 0.01)"),
    (
        "epoch",
        "stale_gradients",
        STEP,
        "        old, grads = locals().get('grads'), model.backward(y_batch)\n        model.update_params(old or {k: 0 * grads[k] for k in grads}, learning_rate)\n",
    ),
    ("epoch", "epoch_loss_sum", "np.mean(losses)", "np.sum(losses)"),
    ("epoch", "epoch_loss_last", "np.mean(losses)", "losses[-1]"),
    ("epoch", "epoch_loss_first", "np.mean(losses)", "losses[0]"),
    ("epoch", "epoch_loss_divided", "np.mean(losses)", "sum(losses) / len(X)"),
    ("epoch", "epoch_loss_missing", "    return np.mean(losses)", "    print(np.mean(losses))"),
    ("epoch", "epoch_loss_wrong", "np.mean(losses)", "min(losses) * 0.77"),
    ("accuracy", "predict_axis", PREDICT, PREDICT.replace("axis=1", "axis=0")),
    ("accuracy", "predict_whole", PREDICT, PREDICT.replace(", axis=1", "")),
    ("accuracy", "predict_smallest", PREDICT, PREDICT.replace("argmax", "argmin")),
    ("accuracy", "predict_one_off", PREDICT, PREDICT + " + 1"),
    ("accuracy", "predict_probability", PREDICT, PREDICT.replace("argmax", "max")),
    ("accuracy", "predict_probabilities", PREDICT, "return self.forward(X)"),
    ("accuracy", "predict_rounded", PREDICT, "return np.round(self.forward(X))"),
    ("accuracy", "predict_column", PREDICT, PREDICT + ".reshape(-1, 1)"),
    ("accuracy", "accuracy_per_cent", ACCURACY, ACCURACY + " * 100"),
    ("accuracy", "accuracy_count", ACCURACY, ACCURACY.replace("mean", "sum")),
    ("accuracy", "accuracy_errors", ACCURACY, ACCURACY.replace("==", "!=")),
    ("accuracy", "accuracy_each", ACCURACY, "return self.predict(X) == y"),
    ("accuracy", "accuracy_all", ACCURACY, ACCURACY.replace("mean", "all")),
    ("accuracy", "accuracy_of_confidence", ACCURACY, "return np.mean(self.forward(X)[range(len(y)), y])"),
]
MADE_IN_CHALLENGES = [
    ("momentum", "returns_nothing", "    return w, v\n", ""),
    ("momentum", "wrong_type", "return w, v", "return w"),
    ("momentum", "wrong_type", "return w, v", "return w, v, v"),
    ("l2", "wrong_type", "return loss + strength / 2 * penalty, grads", "return loss, penalty"),
    ("dropout", "shape", "return x * mask, mask", "return x * mask, mask.ravel()"),
    ("dropout", "dropout_rate_wrong", "rng.random(x.shape) >= rate", "rng.random(x.shape) >= 0"),
    ("xavier", "returns_nothing", "return rng.uniform", "rng.uniform"),
    ("xavier", "shape", "(inputs, outputs))", "(outputs, inputs))"),
    ("deep", "wrong_type", "self.biases = [", "self.biases = sum, ["),
    ("deep", "shape", "np.zeros(columns) for", "np.zeros(columns + 1) for"),
    ("deep", "wrong_type", "return dW, db", "return dW[0], db"),
    ("momentum", "momentum_sign", "beta * v + g", "beta * v - g"),
    ("momentum", "momentum_uphill", "w - learning_rate * v", "w + learning_rate * v"),
    (
        "momentum",
        "momentum_old_velocity",
        "    v = beta * v + g\n    w = w - learning_rate * v\n",
        "    w = w - learning_rate * v\n    v = beta * v + g\n",
    ),
    ("momentum", "momentum_averaged", "beta * v + g", "beta * v + (1 - beta) * g"),
    (
        "momentum",
        "momentum_rate_inside",
        "    v = beta * v + g\n    w = w - learning_rate * v\n",
        "    v = beta * v + learning_rate * g\n    w = w - v\n",
    ),
    ("momentum", "momentum_none", "v = beta * v + g", "v = g.copy()"),
    ("momentum", "momentum_swapped", "beta * v + g", "v + beta * g"),
    ("momentum", "momentum_nesterov", "w - learning_rate * v", "w - learning_rate * (g + beta * v)"),
    ("momentum", "input_changed", "v = beta * v + g", "v *= beta\n    v += g"),
    (
        "rmsprop",
        "rmsprop_not_squared",
        "(1 - beta) * g**2\n    w = w - learning_rate * g / (np.sqrt(s)",
        "(1 - beta) * g\n    w = w - learning_rate * g / (np.sqrt(s)",
    ),
    ("rmsprop", "rmsprop_summed", "s = beta * s + (1 - beta) * g**2", "s = s + g**2"),
    ("rmsprop", "rmsprop_swapped", "s = beta * s + (1 - beta) * g**2", "s = (1 - beta) * s + beta * g**2"),
    (
        "rmsprop",
        "rmsprop_old_average",
        "    s = beta * s + (1 - beta) * g**2\n    w = w - learning_rate * g / (np.sqrt(s) + eps)\n",
        "    w = w - learning_rate * g / (np.sqrt(s) + eps)\n    s = beta * s + (1 - beta) * g**2\n",
    ),
    ("rmsprop", "rmsprop_epsilon_inside", "(np.sqrt(s) + eps)", "np.sqrt(s + eps)"),
    ("rmsprop", "rmsprop_no_root", "(np.sqrt(s) + eps)", "(s + eps)"),
    ("rmsprop", "rmsprop_no_epsilon", "(np.sqrt(s) + eps)", "np.sqrt(s)"),
    ("rmsprop", "rmsprop_uphill", "w - learning_rate * g /", "w + learning_rate * g /"),
    (
        "adam",
        "adam_no_correction",
        "    m_hat = m / (1 - beta1**t)\n    v_hat = v / (1 - beta2**t)\n",
        "    m_hat, v_hat = m, v\n",
    ),
    ("adam", "adam_no_correction_of_m", "m_hat = m / (1 - beta1**t)", "m_hat = m"),
    ("adam", "adam_no_correction_of_v", "v_hat = v / (1 - beta2**t)", "v_hat = v"),
    (
        "adam",
        "adam_correction_without_t",
        "    m_hat = m / (1 - beta1**t)\n    v_hat = v / (1 - beta2**t)\n",
        "    m_hat = m / (1 - beta1)\n    v_hat = v / (1 - beta2)\n",
    ),
    ("adam", "adam_t_from_0", "    m_hat = m", "    t = t - 1\n    m_hat = m"),
    ("adam", "adam_t_one_more", "    m_hat = m", "    t += 1\n    m_hat = m"),
    ("adam", "adam_epsilon_inside", "(np.sqrt(v_hat) + eps)", "np.sqrt(v_hat + eps)"),
    ("adam", "adam_no_root", "(np.sqrt(v_hat) + eps)", "(v_hat + eps)"),
    ("adam", "adam_no_epsilon", "(np.sqrt(v_hat) + eps)", "np.sqrt(v_hat)"),
    ("adam", "adam_not_squared", "(1 - beta2) * g**2", "(1 - beta2) * g"),
    ("adam", "adam_betas_swapped", "    m = beta1 * m", "    beta1, beta2 = beta2, beta1\n    m = beta1 * m"),
    ("adam", "adam_corrected_kept", "return w, m, v", "return w, m_hat, v_hat"),
    ("adam", "adam_uphill", "w - learning_rate * m_hat", "w + learning_rate * m_hat"),
    ("l2", "l2_biases", '("W1", "W2")', '("W1", "b1", "W2", "b2")'),
    (
        "l2",
        "l2_biases_gradient",
        "    return loss + strength",
        '    for name in ("b1", "b2"):\n        grads[name] = grads[name] + strength * parameters[name]\n    return loss + strength',
    ),
    ("l2", "l2_first_only", '("W1", "W2")', '("W1",)'),
    ("l2", "l2_loss_left_out", "loss + strength / 2 * penalty", "loss"),
    ("l2", "l2_gradient_left_out", "grads[name] + strength * parameters[name]", "grads[name]"),
    ("l2", "l2_gradient_twice", "+ strength * parameters[name]", "+ 2 * strength * parameters[name]"),
    ("l2", "l2_no_half", "strength / 2 *", "strength *"),
    (
        "l2",
        "l2_no_half+l2_absolute",
        "strength / 2 * penalty",
        "strength * sum(np.abs(parameters[n]).sum() for n in ('W1', 'W2'))",
    ),
    ("l2", "l2_root", "np.sum(parameters[name] ** 2)", "np.linalg.norm(parameters[name])"),
    ("l2", "l2_sign", "grads[name] + strength", "grads[name] - strength"),
    ("l2", "input_changed", "grads = dict(grads)", "pass"),
    ("dropout", "dropout_not_scaled", "/ (1 - rate)", "* 1.0"),
    ("dropout", "dropout_scaled_by_rate", "/ (1 - rate)", "/ rate"),
    ("dropout", "dropout_in_prediction", "if not training", "if False"),
    (
        "dropout",
        "dropout_scaled_in_prediction",
        "return x, np.ones_like(x)",
        "return x * (1 - rate), np.ones_like(x)",
    ),
    ("dropout", "dropout_rate_turned", "(rng.random(x.shape) >= rate)", "(rng.random(x.shape) < rate)"),
    ("dropout", "dropout_rate_wrong", "(rng.random(x.shape) >= rate)", "(rng.random(x.shape) >= 0.5)"),
    (
        "dropout",
        "dropout_whole_rows",
        "rng.random(x.shape)",
        "rng.permutation(np.linspace(0, 0.999, len(x)))[:, None] + 0 * x",
    ),
    ("dropout", "dropout_mask_wrong", "return x * mask, mask", "return x * mask, mask > 0"),
    ("dropout", "dropout_same_mask", "rng.random(x.shape)", "np.random.default_rng(1).random(x.shape)"),
    ("dropout", "input_changed", "return x * mask, mask", "x *= mask\n    return x, mask"),
    ("he", "variance_for_deviation", "np.sqrt(2 / inputs)", "2 / inputs"),
    ("he", "variance_wrong", "np.sqrt(2 / inputs)", "0.5"),
    ("he", "fan_out", "np.sqrt(2 / inputs)", "np.sqrt(2 / outputs)"),
    ("he", "xavier_for_he", "np.sqrt(2 / inputs)", "np.sqrt(2 / (inputs + outputs))"),
    ("he", "factor_one", "np.sqrt(2 / inputs)", "np.sqrt(1 / inputs)"),
    (
        "he",
        "weights_positive",
        "rng.normal(0, np.sqrt(2 / inputs), (inputs, outputs))",
        "rng.random((inputs, outputs)) * 0.1",
    ),
    ("xavier", "fan_in", "np.sqrt(6 / (inputs + outputs))", "np.sqrt(6 / inputs)"),
    ("xavier", "variance_wrong", "np.sqrt(6 / (inputs + outputs))", "1 / np.sqrt(inputs)"),
    ("batch_norm", "batch_norm_mean_constant", "dx_hat - dx_hat.mean(axis=0) - x_hat", "dx_hat - x_hat"),
    ("batch_norm", "batch_norm_variance_constant", " - x_hat * (dx_hat * x_hat).mean(axis=0)", ""),
    (
        "batch_norm",
        "batch_norm_statistics_constant",
        "(dx_hat - dx_hat.mean(axis=0) - x_hat * (dx_hat * x_hat).mean(axis=0))",
        "dx_hat",
    ),
    (
        "batch_norm",
        "batch_norm_running_in_training",
        "    deviation = np.sqrt(variance + eps)\n",
        "    if training:\n        mean, variance = (running_mean - (1 - momentum) * mean) / momentum, (running_var - (1 - momentum) * variance) / momentum\n    deviation = np.sqrt(variance + eps)\n",
    ),
    (
        "batch_norm",
        "batch_norm_batch_in_prediction",
        "mean, variance = running_mean, running_var",
        "mean, variance = x.mean(axis=0), x.var(axis=0)",
    ),
    (
        "batch_norm",
        "batch_norm_updates_in_prediction",
        "        mean, variance = running_mean, running_var\n",
        "        mean, variance = running_mean, running_var\n        running_mean = momentum * running_mean + (1 - momentum) * x.mean(axis=0)\n        running_var = momentum * running_var + (1 - momentum) * x.var(axis=0)\n",
    ),
    (
        "batch_norm",
        "batch_norm_running_not_updated",
        "        running_mean = momentum * running_mean + (1 - momentum) * mean\n        running_var = momentum * running_var + (1 - momentum) * variance\n",
        "",
    ),
    (
        "batch_norm",
        "batch_norm_momentum_turned",
        "        running_mean = momentum * running_mean + (1 - momentum) * mean\n        running_var = momentum * running_var + (1 - momentum) * variance\n",
        "        running_mean = (1 - momentum) * running_mean + momentum * mean\n        running_var = (1 - momentum) * running_var + momentum * variance\n",
    ),
    (
        "batch_norm",
        "batch_norm_whole",
        "mean, variance = x.mean(axis=0), x.var(axis=0)",
        "mean, variance = x.mean(), x.var()",
    ),
    ("batch_norm", "batch_norm_unbiased", "x.var(axis=0)", "x.var(axis=0, ddof=1)"),
    ("batch_norm", "batch_norm_epsilon_outside", "np.sqrt(variance + eps)", "np.sqrt(variance) + eps"),
    ("batch_norm", "batch_norm_no_root", "np.sqrt(variance + eps)", "variance + eps"),
    ("batch_norm", "batch_norm_no_gamma", "return gamma * x_hat + beta", "return x_hat + beta"),
    ("batch_norm", "batch_norm_no_beta", "gamma * x_hat + beta", "gamma * x_hat"),
    ("batch_norm", "batch_norm_backward_no_gamma", "dx_hat = dout * gamma", "dx_hat = dout"),
    (
        "batch_norm",
        "batch_norm_gradients_averaged",
        "    dx_hat = dout * gamma",
        "    dgamma, dbeta = dgamma / len(dout), dbeta / len(dout)\n    dx_hat = dout * gamma",
    ),
    ("batch_norm", "batch_norm_gamma_without_x_hat", "(dout * x_hat).sum(axis=0)\n", "dout.sum(axis=0)\n"),
    (
        "batch_norm",
        "batch_norm_along_units",
        "mean, variance = x.mean(axis=0), x.var(axis=0)",
        "mean, variance = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)",
    ),
    ("cosine", "cosine_never_ends", "    step = min(step, steps)\n", ""),
    ("cosine", "cosine_restarts", "step = min(step, steps)", "step = step % steps"),
    ("cosine", "cosine_turned", "(1 + np.cos", "(1 - np.cos"),
    ("cosine", "cosine_degrees", "np.pi", "180"),
    ("cosine", "cosine_whole", "np.pi", "2 * np.pi"),
    ("cosine", "cosine_no_half", "(learning_rate - minimum) / 2", "(learning_rate - minimum)"),
    (
        "cosine",
        "cosine_quarter",
        "/ 2 * (1 + np.cos(np.pi * step / steps))",
        "* np.cos(np.pi / 2 * step / steps)",
    ),
    ("cosine", "cosine_linear", "/ 2 * (1 + np.cos(np.pi * step / steps))", "* (1 - step / steps)"),
    ("cosine", "cosine_minimum_ignored", "minimum + (learning_rate - minimum)", "learning_rate"),
    ("cosine", "cosine_minimum_added", "(learning_rate - minimum)", "learning_rate"),
    ("early_stopping", "stopping_one_late", "waited >= patience", "waited > patience"),
    ("early_stopping", "stopping_one_early", "waited >= patience", "waited >= patience - 1 and waited"),
    ("early_stopping", "stopping_before", "loss < losses[best]", "loss < losses[epoch - 1]"),
    ("early_stopping", "stopping_never_resets", "best, waited = epoch, 0", "best = epoch"),
    (
        "early_stopping",
        "stopping_last_is_best",
        "    return len(losses), best + 1",
        "    return len(losses), len(losses)",
    ),
    ("early_stopping", "stopping_maximises", "loss < losses[best]", "loss > losses[best]"),
    ("early_stopping", "stopping_equal_is_better", "loss < losses[best]", "loss <= losses[best]"),
    (
        "early_stopping",
        "stopping_never",
        "    return len(losses), best + 1",
        "    return len(losses), int(np.argmin(losses)) + 1",
    ),
    ("early_stopping", "stopping_swapped", "return epoch + 1, best + 1", "return best + 1, epoch + 1"),
    ("early_stopping", "stopping_best_from_0", ", best + 1", ", best"),
    (
        "early_stopping",
        "stopping_from_0",
        "    best, waited = 0, 0\n",
        "    best, waited = 0, 0\n    return tuple(n - 1 for n in _stopping(losses, patience))\n\n\ndef _stopping(losses, patience):\n    best, waited = 0, 0\n",
    ),
    ("deep", "deep_mask_forgotten", " * (self.sums[k - 1] > 0)", ""),
    ("deep", "deep_mask_of_gradient", "* (self.sums[k - 1] > 0)", "* ((dz @ self.weights[k].T) > 0)"),
    (
        "deep",
        "deep_mask_last_only",
        "* (self.sums[k - 1] > 0)",
        "* ((self.sums[k - 1] > 0) | (k < len(self.weights) - 1))",
    ),
    ("deep", "deep_not_averaged", "        dz /= len(y_true)\n", ""),
    (
        "deep",
        "deep_averaged_in_each_layer",
        "* (self.sums[k - 1] > 0)",
        "* (self.sums[k - 1] > 0) / len(y_true)",
    ),
    (
        "deep",
        "deep_relu_output",
        "        powers = np.exp(z",
        "        z = np.maximum(z, 0)\n        powers = np.exp(z",
    ),
    ("deep", "deep_no_relu", "np.maximum(z, 0)", "z"),
    ("deep", "deep_no_bias", "@ W + b", "@ W"),
    ("deep", "weights_not_scaled", " * np.sqrt(2 / rows)", ""),
]


@pytest.mark.parametrize(("step", "name", "old", "new"), [*MADE, *MADE_IN_CHALLENGES])
def test_a_mistake_is_named(step: str, name: str, old: str, new: str) -> None:
    text = RIGHT if BY_NAME[step].part == 1 else SOLVED
    if name in ("stopping_swapped", "stopping_last_is_best"):
        both = {"stopping_swapped": ("return best + 1, epoch + 1", "return best + 1, len(losses)")}
        text = text.replace("return epoch + 1, best + 1", both.get(name, ("return epoch + 1, epoch + 1",))[0])
        text = text.replace(
            "return len(losses), best + 1", both.get(name, ("", "return len(losses), len(losses)"))[1]
        )
    elif name == "stopping_never":
        text = text.replace("        if waited >= patience:\n            return epoch + 1, best + 1\n", "")
    elif step == "l2" and "l2_absolute" in name:
        text = text.replace(
            "+ strength * parameters[name]", "+ strength * np.sign(parameters[name])"
        ).replace(old, new)
    else:
        assert old in text
        text = text.replace(old, new)
    found = finding(step, text)
    assert found is not None
    assert found.diagnosis == name, found
    known = mistakes.BY_STEP | challenge_mistakes.CHALLENGES
    assert found.message.template
    if name in known.get(step, {}) and old != "self.W2 -= ":
        assert str(found.message) == known[step][name]


FILES = {
    1: ["dict_cache", "attributes", "single_precision", "jacobian", "solution"],
    2: ["solution", "other_challenges"],
}


@pytest.mark.parametrize(
    ("step", "file"),
    [(step.name, file) for step in STEPS if step.name != "train" for file in FILES[step.part]],
)
def test_none_is_found_in_a_right_file(step: str, file: str) -> None:
    text = (
        solution(BY_NAME[step].part) if file == "solution" else (TEXTBOOKS / f"{file}.txt").read_text("utf-8")
    )
    assert finding(step, text) is None


@pytest.mark.parametrize("part", [1, 2])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_passes_where_nothing_is_written(part: int, language: str) -> None:
    for body in (
        "pass",
        "...",
        "raise NotImplementedError",
        "raise NotImplementedError('later')",
        "return None",
    ):
        text = (
            stub(part, language)
            .replace("        pass\n", f"        {body}\n")
            .replace("    pass\n", f"    {body}\n")
        )
        for step in STEPS:
            if step.part == part and step.functions:
                found = finding(step.name, text)
                assert found is not None
                assert found.diagnosis == "not_written"


def test_two_mistakes_at_once_are_told_apart() -> None:
    text = RIGHT.replace("np.sum(dz1, axis=0)", "np.mean(dz1, axis=0)").replace(MASK, "")
    found = finding("backward_hidden", text)
    assert found is not None
    assert set((found.diagnosis or "").split("+")) == {"mask_forgotten", "b1_averaged_twice"}
    assert "Two things at once." in str(found.message)


@pytest.mark.parametrize(
    ("step", "old", "new", "says"),
    [
        (
            "backward_output",
            "np.dot(a1.T, dz2)",
            "-3.5 * np.dot(a1.T, dz2)",
            "Every number of dW2 is -3.5 times",
        ),
        ("forward", FORWARD, "        a2 = self.softmax(z2).T\n", "the transpose of"),
        ("forward", FORWARD, "        a2 = self.softmax(z2) + 0.25\n", "differs by the same amount, 0.25"),
        (
            "relu",
            RELU,
            "return np.where(x >= 0, x, np.exp(x) - 1)",
            "only where the weighted sum is negative",
        ),
        ("update", '        self.b1 -= learning_rate * grads["b1"]\n', "", "self.b1 did not change at all"),
        (
            "forward",
            FORWARD,
            "        a2 = self.softmax(z2)[:, ::-1]\n",
            "the right numbers in the wrong places",
        ),
        (
            "forward",
            FORWARD,
            "        a2 = self.softmax(z2 / len(X))\n",
            "right for one row and wrong for several",
        ),
        (
            "softmax",
            SOFTMAX,
            "return list(powers / np.sum(powers, axis=-1, keepdims=True)) and 'p'",
            "is a str",
        ),
        ("loss", "np.sum(log_probabilities) / m", "np.nan", "NaN or infinity"),
        ("softmax", SOFTMAX, "return [[1.0], [1.0, 2.0]]", "a list whose rows differ in length"),
        ("relu", RELU, "raise type('Mute', (Exception,), {'__str__': lambda self: 1 / 0})", "raises Mute"),
        ("forward", FORWARD, "        a2 = self.nothing.here(z2)\n", "no attribute 'nothing'"),
    ],
)
def test_what_is_not_known_is_described(step: str, old: str, new: str, says: str) -> None:
    assert old in RIGHT
    found = finding(step, RIGHT.replace(old, new))
    assert found is not None
    assert says in str(found.message)


def test_the_gradients_of_the_reference_are_the_numerical_ones() -> None:
    inputs, h = network(1, 6), 1e-6
    inputs["b1"][0] = 0.3  # no weighted sum is exactly at the bend of the ReLU
    gradients = reference.backward(inputs)
    for name, gradient in gradients.items():
        for at in np.ndindex(gradient.shape):
            losses = []
            for step in (h, -h):
                moved = inputs | {name: inputs[name].copy()}
                moved[name][at] += step
                predicted = reference.forward(moved)["forward"]
                losses.append(
                    float(reference.loss({"y_pred": predicted, "y_true": inputs["y"]})["compute_loss"])
                )
            assert gradient[at] == pytest.approx((losses[0] - losses[1]) / (2 * h), abs=1e-7)


def test_gradients_are_held_against_the_numerical_ones_too() -> None:
    code = PersonsCode("my_mlp.py", RIGHT)
    check_numerically(code, network(5, 6), ("W1", "b1", "W2", "b2"))
    wrong = PersonsCode("my_mlp.py", RIGHT.replace("np.dot(a1.T, dz2)", "np.dot(a1.T, dz2) * 1.5"))
    with pytest.raises(MistakeError, match="dW2 differs from the numerical one"):
        check_numerically(wrong, network(5, 6), ("W2",))


def test_every_known_mistake_is_made_here() -> None:
    """A new sentence wants a new line in the tables above."""
    made = {part for _step, name, _old, _new in [*MADE, *MADE_IN_CHALLENGES] for part in name.split("+")}
    known = {
        name.partition("~")[0]
        for table in (*mistakes.BY_STEP.values(), *challenge_mistakes.CHALLENGES.values())
        for name in table
    }
    assert known <= made, known - made
