"""A textbook's network that keeps what backward needs in a dict, with functions for small parts."""

import numpy as np


def one_hot(labels, classes):
    encoded = np.zeros((labels.size, classes))
    encoded[np.arange(labels.size), labels] = 1
    return encoded


class MLP:
    """Keeps a cache as Andrew Ng's course does."""

    def __init__(self, input_size, hidden_size, output_size, seed=1):
        np.random.seed(seed)
        self.sizes = (input_size, hidden_size, output_size)
        self.W1 = np.random.randn(input_size, hidden_size) * np.sqrt(2.0 / input_size)
        self.b1 = np.zeros(hidden_size)
        self.W2 = np.random.randn(hidden_size, output_size) * np.sqrt(2.0 / hidden_size)
        self.b2 = np.zeros(output_size)
        self.cache = {}

    def relu(self, x):
        return np.maximum(0, x)

    def relu_derivative(self, x):
        return (x > 0).astype(float)

    def softmax(self, x):
        shifted = x - np.max(x, axis=-1, keepdims=True)
        powers = np.exp(shifted)
        return powers / np.sum(powers, axis=-1, keepdims=True)

    def forward(self, X, training=True):
        z1 = np.dot(X, self.W1) + self.b1
        a1 = self.relu(z1)
        z2 = np.dot(a1, self.W2) + self.b2
        a2 = self.softmax(z2)
        if training:
            self.cache = {"X": X, "z1": z1, "a1": a1, "z2": z2, "a2": a2}
        return a2

    def compute_loss(self, y_pred, y_true):
        m = y_true.shape[0]
        log_probabilities = -np.log(y_pred[range(m), y_true] + 1e-8)
        return np.sum(log_probabilities) / m

    def backward(self, y_true):
        X, z1, a1, a2 = (self.cache[name] for name in ("X", "z1", "a1", "a2"))
        m = X.shape[0]
        dz2 = (a2 - one_hot(y_true, a2.shape[1])) / m
        grads = {}
        grads["W2"] = np.dot(a1.T, dz2)
        grads["b2"] = np.sum(dz2, axis=0)
        dz1 = np.dot(dz2, self.W2.T) * self.relu_derivative(z1)
        grads["W1"] = np.dot(X.T, dz1)
        grads["b1"] = np.sum(dz1, axis=0)
        return grads

    def update_params(self, grads, learning_rate):
        self.W1 -= learning_rate * grads["W1"]
        self.b1 -= learning_rate * grads["b1"]
        self.W2 -= learning_rate * grads["W2"]
        self.b2 -= learning_rate * grads["b2"]

    def predict(self, X):
        return np.argmax(self.forward(X, training=False), axis=1)

    def accuracy(self, X, y):
        return np.mean(self.predict(X) == y)


def numerical_gradient(f, x, h=1e-5):
    grad = np.zeros_like(x)
    it = np.nditer(x, flags=["multi_index"], op_flags=["readwrite"])
    while not it.finished:
        index = it.multi_index
        kept = x[index]
        x[index] = kept + h
        high = f(x)
        x[index] = kept - h
        low = f(x)
        grad[index] = (high - low) / (2 * h)
        x[index] = kept
        it.iternext()
    return grad


def train_epoch(model, X, y, batch_size, learning_rate):
    order = np.random.permutation(X.shape[0])
    X_shuffled, y_shuffled = X[order], y[order]
    losses = []
    for start in range(0, X.shape[0], batch_size):
        X_batch = X_shuffled[start : start + batch_size]
        y_batch = y_shuffled[start : start + batch_size]
        y_pred = model.forward(X_batch)
        losses.append(model.compute_loss(y_pred, y_batch))
        grads = model.backward(y_batch)
        model.update_params(grads, learning_rate)
    return np.mean(losses)


if __name__ == "__main__":
    from sklearn.datasets import fetch_openml

    images, labels = fetch_openml("mnist_784", return_X_y=True)
    network = MLP(784, 128, 10)
    print(train_epoch(network, images / 255.0, labels.astype(int), 64, 0.1))
