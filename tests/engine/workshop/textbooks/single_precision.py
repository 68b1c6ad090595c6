"""A textbook's network in float32, with one-hot labels inside and layers as objects."""

from dataclasses import dataclass

import numpy as np

dtype = np.float32


@dataclass
class Linear:
    """A dense layer that knows its own gradients."""

    W: np.ndarray
    b: np.ndarray

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T


class MLP:
    """The weights live in the layers; W1, b1, W2, b2 are views of them."""

    def __init__(self, input_size, hidden_size, output_size, scale=0.01):
        rng = np.random.default_rng()
        W1 = (scale * rng.standard_normal((input_size, hidden_size))).astype(dtype)
        W2 = (scale * rng.standard_normal((hidden_size, output_size))).astype(dtype)
        self.first = Linear(W1, np.zeros(hidden_size, dtype))
        self.second = Linear(W2, np.zeros(output_size, dtype))

    @property
    def W1(self):
        return self.first.W

    @property
    def b1(self):
        return self.first.b

    @property
    def W2(self):
        return self.second.W

    @property
    def b2(self):
        return self.second.b

    def relu(self, x):
        x = np.asarray(x, dtype)
        return np.where(x > 0, x, dtype(0))

    def relu_derivative(self, x):
        return np.where(np.asarray(x) > 0, dtype(1), dtype(0))

    def softmax(self, x):
        x = np.asarray(x, dtype)
        x = x - np.max(x, axis=-1)[..., None]
        return np.exp(x) / np.exp(x).sum(axis=-1)[..., None]

    def forward(self, X):
        X = X.astype(dtype)
        self.hidden_sum = self.first.forward(X)
        hidden = self.relu(self.hidden_sum)
        self.output = self.softmax(self.second.forward(hidden))
        return self.output

    def compute_loss(self, y_pred, y_true):
        t = self._one_hot(y_true, y_pred.shape[1])
        y = np.clip(y_pred, 1e-7, 1 - 1e-7)
        return -np.sum(t * np.log(y)) / y_pred.shape[0]

    def _one_hot(self, labels, classes):
        return np.eye(classes, dtype=dtype)[labels]

    def backward(self, y_true):
        t = self._one_hot(y_true, self.output.shape[1])
        dout = (self.output - t) / dtype(len(t))
        dout = self.second.backward(dout)
        dout = dout * self.relu_derivative(self.hidden_sum)
        self.first.backward(dout)
        return {
            "W1": self.first.dW,
            "b1": self.first.db,
            "W2": self.second.dW,
            "b2": self.second.db,
        }

    def update_params(self, grads, learning_rate):
        for layer, number in ((self.first, "1"), (self.second, "2")):
            layer.W = layer.W - dtype(learning_rate) * grads["W" + number].astype(dtype)
            layer.b = layer.b - dtype(learning_rate) * grads["b" + number].astype(dtype)

    def predict(self, X):
        return np.argmax(self.forward(X), axis=-1).astype(np.int32)

    def accuracy(self, X, y):
        return float((self.predict(X) == y).sum() / y.shape[0])


def numerical_gradient(f, x, h=1e-5):
    flat = x.reshape(-1)
    result = np.zeros(flat.size)
    for i in range(flat.size):
        flat[i] += h
        above = f(x)
        flat[i] -= 2 * h
        below = f(x)
        flat[i] += h
        result[i] = (above - below) / (2 * h)
    return result.reshape(x.shape)


def train_epoch(model, X, y, batch_size, learning_rate):
    rng = np.random.default_rng(7)
    total, seen = 0.0, 0
    for chosen in np.array_split(rng.permutation(len(X)), -(-len(X) // batch_size)):
        probabilities = model.forward(X[chosen])
        total += model.compute_loss(probabilities, y[chosen]) * len(chosen)
        seen += len(chosen)
        model.update_params(model.backward(y[chosen]), learning_rate)
    return total / seen
