"""The step `train`: a person's network learns real digits, a few thousand of them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from engine.sentences import N_, Sentence
from engine.workshop.code import PersonsCode
from engine.workshop.findings import seen, wrong
from engine.workshop.reference.network import Array

TRAINING_IMAGES, VALIDATION_IMAGES = 6000, 1000
HIDDEN, EPOCHS, BATCH_SIZE, RATE = 32, 4, 32, 0.1
WANTED, NOTHING = 0.80, 0.30
"""Accuracies: what is enough, and what is no learning. Right networks have some 0.90."""


@dataclass(frozen=True)
class EpochFigures:
    """What an epoch of a person's network gave. `validation_loss` is None where it is not finite."""

    epoch: int
    train_loss: float
    validation_loss: float | None
    validation_accuracy: float


@cache
def digits() -> tuple[Array, Array, Array, Array]:
    """Return training images and labels, and others for validation (none of the test set), from 0 to 1."""
    from engine.data.dataset import load_dataset

    data = load_dataset()
    count = TRAINING_IMAGES + VALIDATION_IMAGES
    images = data.train_images[:count].reshape(count, -1) / 255.0
    labels = data.train_labels[:count]
    return (
        images[:TRAINING_IMAGES],
        labels[:TRAINING_IMAGES],
        images[TRAINING_IMAGES:],
        labels[TRAINING_IMAGES:],
    )


def train(
    code: PersonsCode,
    model: Any,
    X: Array,
    y: Array,
    held: Array,
    labels: Array,
    *,
    epochs: int,
    batch_size: int,
    learning_rate: float,
) -> Iterator[EpochFigures]:
    """Let a person's `train_epoch` run, and yield the figures of each epoch on images that were held back."""
    for epoch in range(1, epochs + 1):
        loss = float(code.function("train_epoch")(model, X, y, batch_size, learning_rate))
        predicted = np.asarray(model.forward(held), dtype=float)
        with np.errstate(all="ignore"):
            held_loss = -float(np.mean(np.log(np.maximum(predicted[np.arange(len(labels)), labels], 1e-12))))
        accuracy = float(model.accuracy(held, labels))
        yield EpochFigures(epoch, loss, held_loss if math.isfinite(held_loss) else None, accuracy)


def check_training(code: PersonsCode) -> Sentence | None:
    """Train, and look at whether it learns."""
    X, y, held, labels = digits()
    model = code.network_class()(X.shape[1], HIDDEN, 10)
    figures = None
    for figures in train(
        code,
        model,
        X.copy(),
        y.copy(),
        held.copy(),
        labels.copy(),
        epochs=EPOCHS,
        batch_size=BATCH_SIZE,
        learning_rate=RATE,
    ):
        if not math.isfinite(figures.train_loss):
            raise seen("diverged", epoch=figures.epoch)
    assert figures is not None
    accuracy = figures.validation_accuracy
    if not 0 <= accuracy <= 1:
        raise wrong(
            N_("accuracy(X, y) is {got:.4g}; a fraction from 0 to 1 is wanted."),
            "accuracy_per_cent",
            got=accuracy,
        )
    values = {"epochs": EPOCHS, "accuracy": accuracy, "wanted": WANTED}
    if accuracy < NOTHING:
        raise seen("did_not_learn", **values)
    if accuracy < WANTED:
        raise seen("learned_slowly", **values)
    return Sentence(
        N_("{accuracy:.1%} of {count} digits that it had not seen are right."),
        {"accuracy": accuracy, "count": len(labels)},
    )
