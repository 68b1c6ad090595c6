"""The multilayer perceptron: layers over one flat parameter vector."""

import hashlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.aligned_arrays import aligned_zeros
from engine.hyperparameters import Hyperparameters
from engine.network.activations import ACTIVATIONS, Activation
from engine.network.initializers import INITIALIZERS
from engine.network.layers import Array, BatchNorm, Dense, Dropout, Layer, Precision


def parameter_count(sizes: Sequence[int], *, batch_norm: bool) -> int:
    """Return how many parameters a network of these sizes has, without building it."""
    dense = sum((inputs + 1) * outputs for inputs, outputs in pairwise(sizes))
    return dense + (2 * sum(sizes[1:-1]) if batch_norm else 0)


def weights_fingerprint(parameters: Array, statistics: Array) -> str:
    """Return sixteen hexadecimal digits that change with any number that a network has learned."""
    digest = hashlib.blake2b(np.ascontiguousarray(parameters).data, digest_size=8)
    digest.update(np.ascontiguousarray(statistics).data)
    return digest.hexdigest()


class MLP:
    """Dense layers, each hidden one followed by batch normalisation (if asked for), activation and dropout.

    parameters, gradients: `(count,)`; every weight matrix first, layer by layer, then every bias and
    batch-norm scale and shift. `weights` is the slice of the weight matrices. The layers' arrays are views,
    so an optimizer step is a few operations on a vector, whatever the depth.
    statistics: `(2 * normalised units,)`, the running means and variances of batch normalisation.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        activation: str = "relu",
        initializer: str = "he_normal",
        batch_norm: bool = False,
        dropout: float = 0.0,
        batch_size: int = 1,
        dtype: Precision = np.float32,
        rng: np.random.Generator | None = None,
        dropout_rng: np.random.Generator | None = None,
    ) -> None:
        """Build the network for `sizes`, from pixels to classes, such as (784, 128, 10).

        batch_size: images in a full mini-batch, of which batch normalisation gives a smaller one its share

        `rng` draws the weights, in float64 and then rounded, so that both dtypes start alike;
        `dropout_rng` draws the masks. Left out, they are seeded with 0.
        """
        self.sizes = tuple(sizes)
        self.dtype = dtype
        self.dense: list[Dense] = []
        self.layers: list[Layer] = []
        self.activations: list[Activation] = []
        self.norms: list[BatchNorm] = []
        self.dropouts: list[Dropout] = []
        dropout_rng = dropout_rng or np.random.default_rng(0)
        for inputs, outputs in pairwise(sizes[:-1]):
            self._add_dense(inputs, outputs)
            if batch_norm:
                self.norms.append(BatchNorm(outputs, outputs, dtype))
                self.norms[-1].full_batch = batch_size
                self.layers.append(self.norms[-1])
            self.activations.append(ACTIVATIONS[activation](outputs, outputs, dtype))
            self.dropouts.append(Dropout(outputs, dtype, dropout, dropout_rng))
            self.layers += [self.activations[-1], self.dropouts[-1]]
        self._add_dense(*sizes[-2:])
        self._lay_out()
        rng = rng or np.random.default_rng(0)
        for dense in self.dense:
            dense.W[:] = INITIALIZERS[initializer](rng, dense.inputs, dense.outputs)
        self._batch = 0

    @classmethod
    def of(
        cls,
        hyperparameters: Hyperparameters,
        inputs: int,
        classes: int,
        *,
        dtype: Precision = np.float32,
        rng: np.random.Generator | None = None,
        dropout_rng: np.random.Generator | None = None,
    ) -> "MLP":
        """Build the network that hyperparameters describe, for `inputs` pixels and so many classes."""
        return cls(
            (inputs, *hyperparameters.hidden, classes),
            activation=hyperparameters.activation,
            initializer=hyperparameters.initializer,
            batch_norm=hyperparameters.batch_norm,
            dropout=hyperparameters.dropout,
            batch_size=hyperparameters.batch_size,
            dtype=dtype,
            rng=rng,
            dropout_rng=dropout_rng,
        )

    def forward(self, X: Array, *, training: bool = False) -> Array:
        """Return the logits `(batch, classes)` for images `(batch, pixels)`, in the network's dtype."""
        if len(X) != self._batch:
            self._resize(len(X))
        for layer in self.layers:
            X = layer.forward(X, training=training)
        return X

    def backward(self, dlogits: Array) -> None:
        """Fill `gradients` for the last forward pass, from the loss's gradient by the logits."""
        self._backward_to_first(dlogits)

    def input_gradient(self, dlogits: Array, *, alone: bool = False) -> Array:
        """Return the gradient by the images `(batch, pixels)`; fills `gradients` on the way.

        alone: whether nothing else is needed, which takes half the time; `gradients` are then undefined
        """
        if alone:
            for layer in reversed(self.layers):
                dlogits = layer.input_gradient(dlogits)
            return dlogits
        first = self.dense[0]
        return np.matmul(self._backward_to_first(dlogits), first.W.T, out=first.dX)

    def set_dropout(self, rate: float) -> None:
        """Change the share of units that training drops."""
        for dropout in self.dropouts:
            dropout.rate = rate

    def freeze(self, *, masks: bool = False, statistics: bool = False) -> None:
        """Say what forward passes in training leave as it is: dropout's masks, or running figures."""
        for dropout in self.dropouts:
            dropout.frozen = masks
        for norm in self.norms:
            norm.remembers = not statistics

    def _backward_to_first(self, dY: Array) -> Array:
        """Go back through all layers, without the `dX` of the first. Returns the `dY` of the first."""
        for layer in reversed(self.layers[1:]):
            dY = layer.backward(dY)
        self.dense[0].parameter_gradients(dY)
        return dY

    def _add_dense(self, inputs: int, outputs: int) -> None:
        self.dense.append(Dense(inputs, outputs, self.dtype))
        self.layers.append(self.dense[-1])

    def _lay_out(self) -> None:
        """Make the flat vectors and hand each layer its views."""
        weights = sum(dense.inputs * dense.outputs for dense in self.dense)
        rest = sum(dense.outputs for dense in self.dense) + 2 * sum(n.outputs for n in self.norms)
        self.weights = slice(0, weights)
        self.parameters = aligned_zeros((weights + rest,), self.dtype)
        self.gradients = aligned_zeros(self.parameters.shape, self.dtype)
        self.statistics = np.zeros(2 * sum(norm.outputs for norm in self.norms), self.dtype)

        parameters, gradients = _ViewSlicer(self.parameters), _ViewSlicer(self.gradients)
        for dense in self.dense:
            dense.W = parameters.cut(dense.inputs, dense.outputs)
            dense.dW = gradients.cut(dense.inputs, dense.outputs)
        for dense in self.dense:
            dense.b, dense.db = parameters.cut(dense.outputs), gradients.cut(dense.outputs)
        statistics = _ViewSlicer(self.statistics)
        for norm in self.norms:
            norm.gamma, norm.dgamma = parameters.cut(norm.outputs), gradients.cut(norm.outputs)
            norm.beta, norm.dbeta = parameters.cut(norm.outputs), gradients.cut(norm.outputs)
            norm.running_mean = statistics.cut(norm.outputs)
            norm.running_variance = statistics.cut(norm.outputs)
            norm.gamma[:] = 1.0
            norm.running_variance[:] = 1.0

    def _resize(self, batch: int) -> None:
        """Make every layer's buffers `batch` rows high."""
        for layer in self.layers:
            layer.resize(batch)
        self._batch = batch


class _ViewSlicer:
    """Cuts consecutive views off a flat vector."""

    def __init__(self, vector: NDArray[np.floating]) -> None:
        self.vector = vector
        self.position = 0

    def cut(self, *shape: int) -> Array:
        """Return the next view of `shape`."""
        start, self.position = self.position, self.position + int(np.prod(shape))
        return self.vector[start : self.position].reshape(shape)
