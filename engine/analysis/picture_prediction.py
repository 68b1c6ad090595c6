"""What a network makes of one picture: the image that it gets, its probabilities, what its units say."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data.batches import Standardization
from engine.data.preprocessing import Prepared, prepare
from engine.network.losses import softmax
from engine.network.mlp import MLP
from engine.training.trained_network import Subject


@dataclass(frozen=True, eq=False)
class Reading:
    """What was made of a picture, and what the network says to it.

    image: as the network gets it, deskewed if it learned so; probabilities: `(classes,)`; activations: of
    each hidden layer, `(units,)`
    """

    prepared: Prepared
    image: NDArray[np.uint8]
    probabilities: NDArray[np.float32]
    activations: tuple[NDArray[np.floating], ...]

    @property
    def predicted(self) -> int:
        """The class that is read."""
        return int(self.probabilities.argmax())


def read(subject: Subject, picture: NDArray[np.uint8], *, centred: bool = True) -> Reading:
    """Read a grey picture of any size, made like the images that the network learned.

    Raises:
        DataError: when nothing is drawn on it.
    """
    dataset = subject.dataset
    prepared = prepare(picture, dataset.height, dataset.width, centred=centred)
    return read_by(subject.network, subject.learner.standardization, prepared)


def read_by(network: MLP, standardization: Standardization, prepared: Prepared) -> Reading:
    """Read a picture of the network's size, standardised as the images that it learned."""
    images = standardization.prepared(prepared.image[None])
    logits = network.forward(standardization.scaled(images).astype(np.float32))
    activations = (layer.Y[0].copy() for layer in network.activations)
    return Reading(prepared, images[0], softmax(logits)[0], tuple(activations))
