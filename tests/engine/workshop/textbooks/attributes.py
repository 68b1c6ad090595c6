"""A textbook's network that keeps everything in attributes, prints as it goes, and leaves the last batch out."""

import numpy

EPSILON = 1e-6
generator = numpy.random.default_rng(42)
print("my network is loaded")


class MLP(object):
    """One hidden layer. Xavier's weights, small random biases."""

    verbose = True

    def __init__(self, input_size, hidden_size, output_size):
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.output_size = output_size
        limit = numpy.sqrt(6.0 / (input_size + hidden_size))
        self.W1 = generator.uniform(-limit, limit, size=(input_size, hidden_size))
        limit = numpy.sqrt(6.0 / (hidden_size + output_size))
        self.W2 = generator.uniform(-limit, limit, size=(hidden_size, output_size))
        self.b1 = generator.normal(0, 0.01, size=hidden_size)
        self.b2 = generator.normal(0, 0.01, size=output_size)
        self.loss_history = []

    @staticmethod
    def relu(x):
        return x * (x > 0)

    @staticmethod
    def relu_derivative(x):
        d = numpy.ones_like(x)
        d[x < 0] = 0
        return d

    def softmax(self, x):
        if x.ndim == 1:
            e = numpy.exp(x - x.max())
            return e / e.sum()
        rows = []
        for row in x:
            rows.append(self.softmax(row))
        return numpy.array(rows)

    def forward(self, X):
        self.X = X
        self.z1 = X @ self.W1 + self.b1
        self.a1 = self.relu(self.z1)
        self.z2 = self.a1 @ self.W2 + self.b2
        self.y = self.softmax(self.z2)
        return self.y

    def compute_loss(self, y_pred, y_true):
        total = 0.0
        for i in range(len(y_true)):
            total += -numpy.log(y_pred[i][y_true[i]] + EPSILON)
        return total / len(y_true)

    def backward(self, y_true):
        batch = len(y_true)
        self.delta2 = self.y.copy()
        self.delta2[numpy.arange(batch), y_true] -= 1
        self.dW2 = self.a1.T.dot(self.delta2) / batch
        self.db2 = self.delta2.mean(axis=0)
        self.delta1 = self.delta2.dot(self.W2.T)
        self.delta1[self.z1 <= 0] = 0
        self.dW1 = self.X.T.dot(self.delta1) / batch
        self.db1 = self.delta1.mean(axis=0)
        return {"W1": self.dW1, "b1": self.db1, "W2": self.dW2, "b2": self.db2}

    def update_params(self, grads, learning_rate):
        for name in grads:
            new = getattr(self, name) - learning_rate * grads[name]
            setattr(self, name, new)

    def predict(self, X):
        return self.forward(X).argmax(1)

    def accuracy(self, X, y):
        right = 0
        for predicted, label in zip(self.predict(X), y):
            if predicted == label:
                right += 1
        return right / len(y)

    def __repr__(self):
        return f"MLP({self.input_size}, {self.hidden_size}, {self.output_size})"


def numerical_gradient(f, x, h=1e-5):
    gradient = numpy.empty(x.shape)
    for index in numpy.ndindex(*x.shape):
        up = x.copy()
        down = x.copy()
        up[index] += h
        down[index] -= h
        gradient[index] = (f(up) - f(down)) / (2.0 * h)
    return gradient


def train_epoch(model, X, y, batch_size, learning_rate):
    n = len(X)
    indices = list(range(n))
    numpy.random.shuffle(indices)
    batches = n // batch_size
    loss = 0.0
    for k in range(batches):
        chosen = indices[k * batch_size : (k + 1) * batch_size]
        predicted = model.forward(X[chosen])
        loss += model.compute_loss(predicted, y[chosen])
        model.update_params(model.backward(y[chosen]), learning_rate)
        if model.verbose and k % 100 == 0:
            print("batch", k, "loss", loss / (k + 1))
    model.loss_history.append(loss / batches)
    return loss / batches
