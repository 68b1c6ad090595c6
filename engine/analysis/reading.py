"""What a network makes of one picture: the image that it gets, its probabilities, what its units say."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data.drawing import Prepared, prepare
from engine.network.losses import softmax
from engine.training.subject import Subject


@dataclass(frozen=True, eq=False)
class Reading:
    """probabilities: `(classes,)`; activations: of each hidden layer, `(units,)`."""

    prepared: Prepared
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
    dataset, learner = subject.dataset, subject.learner
    prepared = prepare(picture, dataset.height, dataset.width, centred=centred)
    X = learner.standardization.exactly(prepared.image[None])
    logits = subject.network.forward(X.astype(np.float32))
    activations = (layer.Y[0].copy() for layer in subject.network.activations)
    return Reading(prepared, softmax(logits)[0], tuple(activations))
