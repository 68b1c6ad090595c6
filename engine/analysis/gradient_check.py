"""Gradient checking: backpropagation against difference quotients.

Each parameter is moved a little up and down; the change of the loss over the distance must be what
backpropagation says (Goodfellow, Bengio and Courville 2016, section 11.5). In float64, since the difference
of two nearly equal losses leaves few digits of a float32.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data.batches import Standardization
from engine.data.dataset import Dataset
from engine.hyperparameters import Hyperparameters
from engine.network.activations import LeakyReLU, ReLU
from engine.network.layers import BatchNorm, Dense, Layer
from engine.network.losses import SoftmaxCrossEntropy
from engine.network.mlp import MLP

DISTANCE = 1e-5
"""How far a parameter is moved. The error of the quotient, of order distance², and the rounding of the
loss, of order 1e-16 / distance, are then both near 1e-10."""

ROUNDING = 4 * float(np.finfo(np.float64).eps)
"""How far a loss may be off by rounding alone, as a share of it."""

AT_ONCE = 5
"""Parameters that are compared in one piece: about 0.3 s with two hidden layers of 2,048 units."""

TOLERANCE = 1e-7
BATCH_NORM_TOLERANCE = 1e-6
"""Batch normalisation divides by the batch's spread, which bends the loss more sharply."""


@dataclass(frozen=True)
class LayerCheck:
    """How well backpropagation and the difference quotient agree in one layer.

    relative_error: the norm of the difference of both gradients over the sum of their norms
    checked: how many parameters were compared, of `parameters`
    kinks: how many more were left out, because moving them switches a ReLU on or off, so that the loss has
    no derivative in between
    rounding: the relative error that the rounding of the loss alone can cause; above the tolerance, the
    gradients are too small to tell
    """

    layer: str
    parameters: int
    checked: int
    kinks: int
    relative_error: float
    tolerance: float
    rounding: float

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against backpropagation: the error is within the tolerance or rounding."""
        return self.relative_error < max(self.tolerance, self.rounding)

    @property
    def is_conclusive(self) -> bool:
        """Whether the comparison could have failed: something was compared, and was not lost in rounding."""
        return self.checked > 0 and not self.rounding > self.tolerance


class GradientCheck:
    """Checks one network on one mini-batch, layer by layer; nothing of it touches a run.

    images: `(batch, pixels)`, float64; labels: `(batch,)`
    """

    def __init__(
        self,
        hyperparameters: Hyperparameters,
        images: NDArray[np.float64],
        labels: NDArray[np.int64],
        classes: int,
    ) -> None:
        weights_rng, dropout_rng, self._sample_rng = (
            np.random.default_rng(seed) for seed in np.random.SeedSequence(hyperparameters.seed).spawn(3)
        )
        self.network = MLP.of(
            hyperparameters,
            images.shape[1],
            classes,
            dtype=np.float64,
            rng=weights_rng,
            dropout_rng=dropout_rng,
        )
        self.output_loss = SoftmaxCrossEntropy(classes, hyperparameters.label_smoothing, np.float64)
        self.l2 = hyperparameters.l2
        self._images = images
        self.labels = labels
        self.tolerance = BATCH_NORM_TOLERANCE if hyperparameters.batch_norm else TOLERANCE
        self.loss()  # draws the dropout masks, which must stay the same from here on
        for dropout in self.network.dropouts:
            dropout.frozen = True

    @classmethod
    def on_data(cls, hyperparameters: Hyperparameters, dataset: Dataset, images: int = 32) -> "GradientCheck":
        """Check on the first training images of a data set, standardised as in training."""
        pixels = dataset.train_images[:images]
        X = Standardization.of(pixels, np.arange(len(pixels))).exactly(pixels)
        return cls(hyperparameters, X, dataset.train_labels[:images], dataset.classes)

    def loss(self) -> float:
        """Return the loss of the mini-batch with the parameters of this moment, penalty included."""
        data_loss = self.output_loss.forward(self.network.forward(self._images, training=True), self.labels)
        weights = self.network.parameters[self.network.weights]
        return data_loss + 0.5 * self.l2 * float(weights @ weights)

    def backpropagate(self) -> NDArray[np.float64]:
        """Return backpropagation's gradient by all parameters: `(count,)`."""
        self.loss()
        self.network.backward(self.output_loss.backward())
        gradients = self.network.gradients.astype(np.float64)
        gradients[self.network.weights] += self.l2 * self.network.parameters[self.network.weights]
        return gradients

    def layers(self, samples: int = 100) -> Iterator[LayerCheck]:
        """Compare `samples` parameters of each layer (all, if it has no more), drawn by the seed."""
        loss, gradients = self.loss(), self.backpropagate()
        for name, places in self._places():
            yield from (step for step in self._compared(name, places, samples, loss, gradients) if step)

    def parts(self, samples: int = 60) -> Iterator[tuple[str, str, LayerCheck | None]]:
        """Compare weights and biases apart: yield layer, array (`W`, `b`, `gamma`, `beta`), and the result.

        The result is None while there are more to compare, every few parameters: others may have their turn.
        """
        loss, gradients = self.loss(), self.backpropagate()
        for name, layer, arrays in self._arrays():
            for array in arrays:
                places = self._find(layer, array)
                for step in self._compared(name, places, samples, loss, gradients):
                    yield name, array, step

    def _compared(
        self, name: str, places: NDArray[np.int64], samples: int, loss: float, gradients: NDArray[np.float64]
    ) -> Iterator[LayerCheck | None]:
        """Compare some parameters; yield None every `AT_ONCE` of them, and at last the result."""
        chosen = places
        if len(places) > samples:
            chosen = self._sample_rng.choice(places, samples, replace=False)
        found = []
        for number, place in enumerate(chosen, 1):
            found.append(self._quotient(place))
            if number % AT_ONCE == 0:
                yield None
        smooth = np.array([quotient is not None for quotient in found])
        analytic = gradients[chosen][smooth]
        numeric = np.array([quotient for quotient in found if quotient is not None])
        norms = float(np.linalg.norm(analytic) + np.linalg.norm(numeric))
        difference = float(np.linalg.norm(analytic - numeric))
        rounding = ROUNDING * abs(loss) / DISTANCE * math.sqrt(len(numeric))
        yield LayerCheck(
            layer=name,
            parameters=len(places),
            checked=int(smooth.sum()),
            kinks=int((~smooth).sum()),
            relative_error=difference / norms if norms else 0.0,
            tolerance=self.tolerance,
            rounding=rounding / norms if norms else 0.0,
        )

    def _quotient(self, place: int) -> float | None:
        """Return the difference quotient by one parameter, None where a kink lies in between."""
        parameters = self.network.parameters
        value = parameters[place]
        parameters[place] = value + DISTANCE
        above, switches_above = self.loss(), self._switches()
        parameters[place] = value - DISTANCE
        below, switches_below = self.loss(), self._switches()
        parameters[place] = value
        if not np.array_equal(switches_above, switches_below):
            return None
        return (above - below) / (2 * DISTANCE)

    def _switches(self) -> NDArray[np.bool_]:
        """Return which units with a kink are on, over all layers and images."""
        on = [layer.Y > 0.0 for layer in self.network.layers if isinstance(layer, ReLU | LeakyReLU)]
        return np.concatenate([part.ravel() for part in on]) if on else np.zeros(0, np.bool_)

    def _places(self) -> Iterator[tuple[str, NDArray[np.int64]]]:
        """Yield each layer with parameters: its name and where they stand in the flat vector."""
        for name, layer, arrays in self._arrays():
            yield name, self._find(layer, *arrays)

    def _arrays(self) -> Iterator[tuple[str, Layer, tuple[str, ...]]]:
        """Yield each layer with parameters: its name, itself, and what its arrays are called."""
        dense = norm = 0
        for layer in self.network.layers:
            if isinstance(layer, Dense):
                dense += 1
                is_output = dense == len(self.network.dense)
                yield "output" if is_output else f"hidden {dense}", layer, ("W", "b")
            elif isinstance(layer, BatchNorm):
                norm += 1
                yield f"batch norm {norm}", layer, ("gamma", "beta")

    def _find(self, layer: Layer, *names: str) -> NDArray[np.int64]:
        """Return where a layer's arrays stand in the flat vector that they are views of."""
        base = self.network.parameters
        starts = [(getattr(layer, name).ctypes.data - base.ctypes.data) // base.itemsize for name in names]
        return np.concatenate(
            [np.arange(start, start + getattr(layer, n).size) for start, n in zip(starts, names, strict=True)]
        )
