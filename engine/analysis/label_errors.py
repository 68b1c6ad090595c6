"""Finds training images that are probably mislabelled: confidently predicted as another class."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.network.losses import log_softmax, softmax
from engine.training.learner import EVALUATION_BATCH
from engine.training.trained_network import TrainedNetwork

MULTIPLICATIONS_AT_ONCE = 2**30
"""About 0.1 s of them."""


@dataclass(frozen=True, eq=False)
class SplitAgreement:
    """What the network makes of the training or of the validation images.

    thresholds: `(classes,)`, the mean probability of a class over the images labelled so; infinite where
    there are none. agreed: how many images are read as they are labelled; unreadable: for how many the
    network gives no numbers.
    """

    images: int
    agreed: int
    not_finite: int
    thresholds: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LabelIssues:
    """The images in doubt, the most doubtful first: one entry each, by place in the training images.

    indices: `(doubts,)`, int64; labels: what they are labelled; read: what the network takes them for
    label_probabilities, read_probabilities: what it gives to either
    is_validation: whether the network has not learned from the image
    """

    training: SplitAgreement
    validation: SplitAgreement
    indices: NDArray[np.int64]
    labels: NDArray[np.int64]
    predicted: NDArray[np.int64]
    label_probabilities: NDArray[np.float32]
    predicted_probabilities: NDArray[np.float32]
    is_validation: NDArray[np.bool_]

    def threshold(self, at: int) -> float:
        """Return how sure the network is on average of the class that it takes this image for."""
        part = self.validation if self.is_validation[at] else self.training
        return float(part.thresholds[self.predicted[at]])


@dataclass(frozen=True, eq=False)
class _Reading:
    """What the network makes of images with labels: `(images,)` each."""

    predicted: NDArray[np.int64]
    surprise: NDArray[np.float32]
    """-log of the probability of the label: that of two images near 0 differs in this alone."""
    label_probabilities: NDArray[np.float32]
    predicted_probabilities: NDArray[np.float32]


def find_label_issues(trained: TrainedNetwork) -> Iterator[float | LabelIssues]:
    """Yield, piece by piece, which share of the images was read, and at last which labels are in doubt.

    Confident learning (Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating Uncertainty in
    Dataset Labels", section 3): an image is in doubt if it lies off the diagonal of the confident joint,
    that is, if another class is its likeliest and gets at least the mean probability that this class has
    over all images labelled so. The order is that of self-confidence, the probability of the label.

    The paper asks for probabilities out of sample. Those of validation images are; training images have been
    learned with the labels they have, wrong ones too, so that fewer of them come to be in doubt. Thresholds
    are of either part alone.
    """
    split, labels = trained.learner.split, trained.dataset.train_labels
    parts = split.validation, split.training  # the fair ones first: they decide among equals
    at_once = MULTIPLICATIONS_AT_ONCE // len(trained.network.parameters)
    at_once = max(1, min(EVALUATION_BATCH, at_once))
    readings = []
    done, images = 0, len(labels)
    for places in parts:
        pieces = []
        for start in range(0, len(places), at_once):
            pieces.append(_predict(trained, places[start : start + at_once]))
            done += len(pieces[-1].predicted)
            yield done / images
        readings.append(_joined(pieces))
    judged = [
        _judged(reading, labels[places], trained.dataset.classes)
        for reading, places in zip(readings, parts, strict=True)
    ]
    reading = _joined(readings)
    doubtful = np.flatnonzero(np.concatenate([in_doubt for _part, in_doubt in judged]))
    doubtful = doubtful[np.argsort(-reading.surprise[doubtful], kind="stable")]
    indices = np.concatenate(parts)[doubtful]
    yield LabelIssues(
        training=judged[1][0],
        validation=judged[0][0],
        indices=indices,
        labels=labels[indices],
        predicted=reading.predicted[doubtful],
        label_probabilities=reading.label_probabilities[doubtful],
        predicted_probabilities=reading.predicted_probabilities[doubtful],
        is_validation=doubtful < len(split.validation),
    )


def _predict(trained: TrainedNetwork, places: NDArray[np.int64]) -> _Reading:
    """Read some of the training images."""
    learner, labels = trained.learner, trained.dataset.train_labels[places]
    logits = learner.evaluate(learner.training, places).logits
    with np.errstate(invalid="ignore", over="ignore"):
        probabilities = softmax(logits)
        logarithms = log_softmax(logits)
    predicted, rows = logits.argmax(axis=1), np.arange(len(labels))
    return _Reading(
        predicted, -logarithms[rows, labels], probabilities[rows, labels], probabilities[rows, predicted]
    )


def _judged(
    reading: _Reading, labels: NDArray[np.int64], classes: int
) -> tuple[SplitAgreement, NDArray[np.bool_]]:
    """Return the figures of one part, and which of its images are in doubt: `(images,)`."""
    readable = np.isfinite(reading.surprise)
    counts = np.bincount(labels[readable], minlength=classes)
    sums = np.bincount(labels[readable], reading.label_probabilities[readable], minlength=classes)
    thresholds = np.where(counts, sums / np.maximum(counts, 1), np.inf)
    differs = readable & (reading.predicted != labels)
    part = SplitAgreement(
        images=len(labels),
        agreed=int(np.count_nonzero(readable & ~differs)),
        not_finite=int(np.count_nonzero(~readable)),
        thresholds=thresholds,
    )
    return part, differs & (reading.predicted_probabilities >= thresholds[reading.predicted])


def _joined(readings: list[_Reading]) -> _Reading:
    """Return several readings as one."""
    return _Reading(
        *(
            np.concatenate([getattr(reading, name) for reading in readings])
            for name in _Reading.__dataclass_fields__
        )
    )
