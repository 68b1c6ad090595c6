"""Gradient checking: backpropagation against difference quotients.

Each parameter is moved a little up and down; the change of the loss over the distance must be what
backpropagation says (Goodfellow, Bengio and Courville 2016, section 11.5). In float64, since the difference
of two nearly equal losses leaves few digits of a float32.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from engine.data.batches import Standardization
from engine.data.dataset import Dataset
from engine.hyperparameters import Hyperparameters
from engine.network.activations import LeakyReLU, ReLU
from engine.network.layers import BatchNorm, Dense, Layer
from engine.network.losses import SoftmaxCrossEntropy
from engine.network.mlp import MLP
from engine.network.objective import Objective

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


SCALE = 0.5
"""What the gradient is multiplied by on its way, as training may have it: a mistake there would show."""


@dataclass(frozen=True)
class ArrayCheck:
    """How well backpropagation and the difference quotient agree in one array of a layer.

    array: `W`, `b`, `gamma` or `beta`
    relative_error: the norm of the difference of both gradients over the sum of their norms
    checked: how many parameters were compared, of `parameters`
    kinks: how many more were left out, because moving them switches a ReLU on or off, so that the loss has
    no derivative in between
    rounding: the relative error that the rounding of the loss alone can cause; above the tolerance, the
    gradients are too small to tell
    """

    layer: str
    array: str
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


@dataclass(frozen=True)
class LayerCheck:
    """The arrays of one layer, and what their checks come to."""

    layer: str
    arrays: tuple[ArrayCheck, ...]

    @property
    def parameters(self) -> int:
        """How many the layer has."""
        return sum(array.parameters for array in self.arrays)

    @property
    def checked(self) -> int:
        """How many were compared."""
        return sum(array.checked for array in self.arrays)

    @property
    def kinks(self) -> int:
        """How many were left out."""
        return sum(array.kinks for array in self.arrays)

    @property
    def worst(self) -> ArrayCheck:
        """The array with the largest error, of those that differ; else of those that can tell, if any can.

        A bias before batch normalisation, say, has a gradient of zero: its relative error tells nothing.
        """

        def key(check: ArrayCheck) -> tuple[bool, bool, float]:
            error = math.inf if math.isnan(check.relative_error) else check.relative_error
            return not check.passed, check.is_conclusive, error

        return max(self.arrays, key=key)

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against backpropagation in any of the arrays."""
        return all(array.passed for array in self.arrays)


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
        self.objective = Objective(
            self.network,
            SoftmaxCrossEntropy(classes, hyperparameters.label_smoothing, np.float64),
            hyperparameters.l2,
        )
        self._images = images
        self.labels = labels
        self.tolerance = BATCH_NORM_TOLERANCE if hyperparameters.batch_norm else TOLERANCE
        self.loss()  # draws the dropout masks, which must stay the same from here on
        self.network.freeze(masks=True)

    @classmethod
    def on_data(cls, hyperparameters: Hyperparameters, dataset: Dataset, images: int = 32) -> "GradientCheck":
        """Check on the first training images of a data set, standardised as in training."""
        pixels = dataset.train_images[:images]
        X = Standardization.of(pixels, np.arange(len(pixels))).exactly(pixels)
        return cls(hyperparameters, X, dataset.train_labels[:images], dataset.classes)

    def loss(self) -> float:
        """Return the loss of the mini-batch with the parameters of this moment, penalty included."""
        logits = self.network.forward(self._images, training=True)
        return self.objective.loss.forward(logits, self.labels) + self.objective.penalty()

    def backpropagate(self) -> NDArray[np.float64]:
        """Return backpropagation's gradient by all parameters: `(count,)`."""
        self.loss()
        self.objective.backward(SCALE)
        return self.network.gradients.astype(np.float64) / SCALE

    def layers(self, samples: int = 100) -> Iterator[LayerCheck]:
        """Compare `samples` parameters of each array of each layer (all, if it has no more)."""
        checks = (check for _layer, _array, check in self.parts(samples) if check is not None)
        for layer, arrays in groupby(checks, key=attrgetter("layer")):
            yield LayerCheck(layer, tuple(arrays))

    def parts(self, samples: int = 60) -> Iterator[tuple[str, str, ArrayCheck | None]]:
        """Compare weights and biases apart: yield layer, array (`W`, `b`, `gamma`, `beta`), and the result.

        Of 100,480 numbers of a layer 128 may be biases: drawn from all of them, most checks would see none.
        Which ones are compared the seed decides. The result is None while there are more to compare, every
        few parameters: others may have their turn.
        """
        loss, gradients = self.loss(), self.backpropagate()
        for name, layer, arrays in self._arrays():
            for array in arrays:
                for step in self._compared(name, layer, array, samples, loss, gradients):
                    yield name, array, step

    def _compared(
        self,
        name: str,
        layer: Layer,
        array: str,
        samples: int,
        loss: float,
        gradients: NDArray[np.float64],
    ) -> Iterator[ArrayCheck | None]:
        """Compare some parameters; yield None every `AT_ONCE` of them, and at last the result."""
        chosen = places = self._find(layer, array)
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
        yield ArrayCheck(
            layer=name,
            array=array,
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

    def _find(self, layer: Layer, name: str) -> NDArray[np.int64]:
        """Return where an array of a layer stands in the flat vector that it is a view of."""
        base, array = self.network.parameters, getattr(layer, name)
        start = (array.ctypes.data - base.ctypes.data) // base.itemsize
        return np.arange(start, start + array.size)
