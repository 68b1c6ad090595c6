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
    """A prepared picture and its prediction.

    image: as the network gets it, deskewed if it learned so; probabilities: `(classes,)`; activations: of
    each hidden layer, `(units,)`
    """

    prepared: PreparedImage
    image: NDArray[np.uint8]
    probabilities: NDArray[np.float32]
    activations: tuple[NDArray[np.floating], ...]

    @property
    def predicted(self) -> int:
        """The predicted class."""
        return int(self.probabilities.argmax())


def predict_picture(
    trained: TrainedNetwork, picture: NDArray[np.uint8], *, centred: bool = True
) -> PicturePrediction:
    """Predict a grey picture of any size, after preparing it like the images that the network learned.

    Raises:
        DataError: when nothing is drawn on it.
    """
    dataset = trained.dataset
    prepared = prepare(picture, dataset.height, dataset.width, centred=centred)
    return predict_prepared(trained.network, trained.learner.standardization, prepared)


def predict_prepared(
    network: MLP, standardization: Standardization, prepared: PreparedImage
) -> PicturePrediction:
    """Predict a prepared picture, standardised like the images that the network learned."""
    images = standardization.prepared(prepared.image[None])
    logits = network.forward(standardization.scaled(images).astype(np.float32))
    activations = (layer.Y[0].copy() for layer in network.activations)
    return PicturePrediction(prepared, images[0], softmax(logits)[0], tuple(activations))
