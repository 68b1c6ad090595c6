"""Traces one image forward and backward through a network, and keeps all the numbers on the way."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analysis.walkthrough.backward import backward_stages
from engine.analysis.walkthrough.forward import forward_stages
from engine.analysis.walkthrough.output import loss_stages, softmax_stages
from engine.analysis.walkthrough.stage import FORWARD, Calculation, Places, Stage
from engine.data.batches import Standardization
from engine.network.layers import Array
from engine.network.losses import SoftmaxCrossEntropy, softmax
from engine.sentences import N_, Sentence
from engine.training.trained_network import TrainedNetwork

IMAGE = Sentence(N_("Image"))
PREDICTION_BATCH = 500
"""Images that are predicted at once, in the search for a misclassified one."""


@dataclass(frozen=True, eq=False)
class ImageWalkthrough:
    """The stages of one image, and its prediction.

    split: `test` or `validation`; at: which of its `images` images; index: its place in the data set's file
    """

    trained: TrainedNetwork
    split: str
    at: int
    images: int
    index: int
    label: int
    logits: Array
    loss: float
    before: tuple[Stage, ...]
    after: tuple[Stage, ...]

    @property
    def predicted(self) -> int:
        """The class that the image is predicted as."""
        return int(self.logits.argmax())

    @property
    def probability(self) -> float:
        """The confidence of the prediction, at temperature 1."""
        return float(softmax(self.logits[None, :])[0, self.predicted])

    def stages(self, temperature: float = 1.0) -> tuple[Stage, ...]:
        """Return all stages in order: forward to the loss, and backward to the image."""
        with np.errstate(all="ignore"):
            return *self.before, *softmax_stages(self.logits, temperature), *self.after


class ImageTracer:
    """Traces images through a copy of a trained network."""

    def __init__(self, trained: TrainedNetwork) -> None:
        self.trained = trained
        self._network = trained.clone()
        self._smoothing = trained.hyperparameters.label_smoothing
        self._loss = SoftmaxCrossEntropy(trained.dataset.classes, self._smoothing)

    def indices(self, split: str) -> NDArray[np.int64]:
        """Return where the images of a split, `test` or `validation`, are in the data set's file."""
        return self.trained.learner.held_out(split)[1]

    def trace(self, split: str, at: int) -> ImageWalkthrough:
        """Trace image number `at` of a split forward and backward."""
        network, dataset = self._network, self.trained.dataset
        batcher, indices = self.trained.learner.held_out(split)
        chosen = indices[at : at + 1]
        buffer, labels = batcher.gather(chosen)
        X, label = buffer.copy(), int(labels[0])
        shape = dataset.height, dataset.width
        with np.errstate(all="ignore"):  # the weights of a run that diverged are worth a look too
            network.forward(X)
            slopes = [layer.backward(np.ones_like(layer.Y))[0].copy() for layer in network.activations]
            logits = network.forward(X).copy()  # again, since going back may use up what backward needs
            loss = self._loss.forward(logits, labels)
            forward = tuple(forward_stages(network, shape))
            dlogits = self._loss.backward()
            network.input_gradient(dlogits)
            dlogits = dlogits[0].copy()
            after = (
                *loss_stages(logits[0], label, self._smoothing, loss, dlogits),
                *backward_stages(network, dlogits, slopes, shape),
            )
        return ImageWalkthrough(
            trained=self.trained,
            split=split,
            at=at,
            images=len(indices),
            index=int(chosen[0]),
            label=label,
            logits=logits[0],
            loss=loss,
            before=(*_image(batcher.images[chosen[0]], X[0], self.trained.learner.standardization), *forward),
            after=after,
        )

    def next_misclassified(self, split: str, after: int) -> Iterator[int | None]:
        """Yield which image after number `after` is misclassified; None while there is more to predict first.

        After the last image comes the first; nothing more is yielded when every image is predicted correctly.
        """
        batcher, indices = self.trained.learner.held_out(split)
        order = np.roll(np.arange(len(indices)), -(after + 1))
        for start in range(0, len(order), PREDICTION_BATCH):
            some = order[start : start + PREDICTION_BATCH]
            X, labels = batcher.gather(indices[some])
            with np.errstate(all="ignore"):
                wrong = some[self._network.forward(X).argmax(axis=1) != labels]
            if len(wrong):
                yield int(wrong[0])
                return
            yield None


def _image(image: NDArray[np.uint8], x: Array, scale: Standardization) -> Iterator[Stage]:
    """Yield the image in ink, upright if the run deskews, and as the network gets it."""
    standardised = x.reshape(image.shape)

    def pixel(row: int, column: int) -> Calculation:
        return Calculation(float(image[row, column]))

    def standardising(row: int, column: int) -> Calculation:
        numbers = {
            "pixel": float(image[row, column]),
            "mean": scale.mean,
            "deviation": scale.deviation,
        }
        return Calculation(
            float(standardised[row, column]), "({pixel} / 255 − {mean}) / {deviation}", numbers
        )

    yield Stage(
        FORWARD,
        IMAGE,
        N_("Pixels"),
        N_("The picture as bytes: 0 is background, 255 is full ink."),
        "0 ≤ pixel ≤ 255",
        'self._rows.take(indices, axis=0, out=pixels, mode="clip")',
        image,
        Places.PIXELS,
        pixel,
        ink=True,
    )
    yield Stage(
        FORWARD,
        IMAGE,
        N_("Standardised"),
        N_("Minus the mean of all training pixels, divided by their standard deviation."),
        "x = (pixel / 255 − mean) / deviation",
        "X *= self._scale\nX -= self._shift",
        standardised,
        Places.PIXELS,
        standardising,
    )
