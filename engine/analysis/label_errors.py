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
    """How the predictions for the training or the validation images agree with their labels.

    thresholds: `(classes,)`, the mean probability of a class over the images labelled so; infinite where
    there are none. agreed: how many images are predicted as labelled; not_finite: for how many the
    network gives no numbers.
    """

    images: int
    agreed: int
    not_finite: int
    thresholds: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LabelIssues:
    """The images whose labels are in doubt, the most doubtful first, by index in the training images.

    indices: `(doubts,)`, int64; labels: their labels; predicted: the predicted classes
    label_probabilities, predicted_probabilities: the probabilities of both
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
        """Return the mean probability of the predicted class over the images with that label."""
        part = self.validation if self.is_validation[at] else self.training
        return float(part.thresholds[self.predicted[at]])


@dataclass(frozen=True, eq=False)
class _LabelledPredictions:
    """The predictions for labelled images: `(images,)` each."""

    predicted: NDArray[np.int64]
    surprise: NDArray[np.float32]
    """-log of the probability of the label: that of two images near 0 differs in this alone."""
    label_probabilities: NDArray[np.float32]
    predicted_probabilities: NDArray[np.float32]


def find_label_issues(trained: TrainedNetwork) -> Iterator[float | LabelIssues]:
    """Yield, piece by piece, the share of the images that is done, and at last the labels in doubt.

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
    parts_predicted = []
    done, images = 0, len(labels)
    for places in parts:
        pieces = []
        for start in range(0, len(places), at_once):
            pieces.append(_predict(trained, places[start : start + at_once]))
            done += len(pieces[-1].predicted)
            yield done / images
        parts_predicted.append(_concatenated(pieces))
    judged = [
        _find_issues(predictions, labels[places], trained.dataset.classes)
        for predictions, places in zip(parts_predicted, parts, strict=True)
    ]
    predictions = _concatenated(parts_predicted)
    doubtful = np.flatnonzero(np.concatenate([in_doubt for _part, in_doubt in judged]))
    doubtful = doubtful[np.argsort(-predictions.surprise[doubtful], kind="stable")]
    indices = np.concatenate(parts)[doubtful]
    yield LabelIssues(
        training=judged[1][0],
        validation=judged[0][0],
        indices=indices,
        labels=labels[indices],
        predicted=predictions.predicted[doubtful],
        label_probabilities=predictions.label_probabilities[doubtful],
        predicted_probabilities=predictions.predicted_probabilities[doubtful],
        is_validation=doubtful < len(split.validation),
    )


def _predict(trained: TrainedNetwork, places: NDArray[np.int64]) -> _LabelledPredictions:
    """Predict some of the training images."""
    learner, labels = trained.learner, trained.dataset.train_labels[places]
    logits = learner.evaluate(learner.training, places).logits
    with np.errstate(invalid="ignore", over="ignore"):
        probabilities = softmax(logits)
        logarithms = log_softmax(logits)
    predicted, rows = logits.argmax(axis=1), np.arange(len(labels))
    return _LabelledPredictions(
        predicted, -logarithms[rows, labels], probabilities[rows, labels], probabilities[rows, predicted]
    )


def _find_issues(
    predictions: _LabelledPredictions, labels: NDArray[np.int64], classes: int
) -> tuple[SplitAgreement, NDArray[np.bool_]]:
    """Return the figures of one part, and which of its images are in doubt: `(images,)`."""
    readable = np.isfinite(predictions.surprise)
    counts = np.bincount(labels[readable], minlength=classes)
    sums = np.bincount(labels[readable], predictions.label_probabilities[readable], minlength=classes)
    thresholds = np.where(counts, sums / np.maximum(counts, 1), np.inf)
    differs = readable & (predictions.predicted != labels)
    part = SplitAgreement(
        images=len(labels),
        agreed=int(np.count_nonzero(readable & ~differs)),
        not_finite=int(np.count_nonzero(~readable)),
        thresholds=thresholds,
    )
    return part, differs & (predictions.predicted_probabilities >= thresholds[predictions.predicted])


def _concatenated(parts_predicted: list[_LabelledPredictions]) -> _LabelledPredictions:
    """Concatenate several sets of predictions."""
    return _LabelledPredictions(
        *(
            np.concatenate([getattr(part, name) for part in parts_predicted])
            for name in _LabelledPredictions.__dataclass_fields__
        )
    )
