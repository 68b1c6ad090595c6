"""Predicts a picture from outside the data set: the prepared image, probabilities and activations."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data.batches import Standardization
from engine.data.preprocessing import PreparedImage, prepare
from engine.network.losses import softmax
from engine.network.mlp import MLP
from engine.training.trained_network import TrainedNetwork


@dataclass(frozen=True, eq=False)
class PicturePrediction:
    """What was made of a picture, and what the network says to it.

    image: as the network gets it, deskewed if it learned so; probabilities: `(classes,)`; activations: of
    each hidden layer, `(units,)`
    """

    prepared: PreparedImage
    image: NDArray[np.uint8]
    probabilities: NDArray[np.float32]
    activations: tuple[NDArray[np.floating], ...]

    @property
    def predicted(self) -> int:
        """The class that is read."""
        return int(self.probabilities.argmax())


def predict_picture(
    trained: TrainedNetwork, picture: NDArray[np.uint8], *, centred: bool = True
) -> PicturePrediction:
    """Read a grey picture of any size, made like the images that the network learned.

    Raises:
        DataError: when nothing is drawn on it.
    """
    dataset = trained.dataset
    prepared = prepare(picture, dataset.height, dataset.width, centred=centred)
    return predict_prepared(trained.network, trained.learner.standardization, prepared)


def predict_prepared(
    network: MLP, standardization: Standardization, prepared: PreparedImage
) -> PicturePrediction:
    """Read a picture of the network's size, standardised as the images that it learned."""
    images = standardization.prepared(prepared.image[None])
    logits = network.forward(standardization.scaled(images).astype(np.float32))
    activations = (layer.Y[0].copy() for layer in network.activations)
    return PicturePrediction(prepared, images[0], softmax(logits)[0], tuple(activations))
