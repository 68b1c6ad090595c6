"""The check of `train_epoch`: which images are learned, with which steps, and what is returned."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from engine.sentences import N_, Sentence
from engine.workshop.code import PersonsCode
from engine.workshop.findings import seen, wrong
from engine.workshop.reference import network as reference
from engine.workshop.reference.network import Array

IMAGES, BATCH_SIZE, RATE = 23, 5, 0.1
ARRAYS = ("W1", "b1", "W2", "b2")
Weights = dict[str, Array]


@dataclass(frozen=True)
class LearnedBatch:
    """What a call of backward was for: the batch of the last forward, its labels, the weights."""

    images: Array
    labels: Array
    predicted: Array
    weights: Weights

    @property
    def loss(self) -> float:
        """The mean cross-entropy of the batch."""
        inputs = {"y_pred": np.asarray(self.predicted, dtype=float), "y_true": self.labels}
        return float(reference.loss(inputs)["compute_loss"])

    def gradients(self) -> Weights:
        """The gradients of the batch, by the reference."""
        return reference.backward({**self.weights, "X": self.images, "y": self.labels})


def weights_of(model: Any) -> Weights:
    """Return a copy of a network's weights in float64."""
    return {name: np.array(getattr(model, name), dtype=float) for name in ARRAYS}


def recording(cls: type[Any], batches: list[LearnedBatch]) -> type[Any]:
    """Return a person's class that notes down each batch that it learns."""
    last: list[tuple[Array, Array, Weights]] = []

    class Recording(cls):  # type: ignore[misc]
        def forward(self, X: Array, *arguments: Any, **options: Any) -> Any:
            predicted = super().forward(X, *arguments, **options)
            last[:] = [(np.array(X, dtype=float), np.array(predicted, dtype=float), weights_of(self))]
            return predicted

        def backward(self, y_true: Array, *arguments: Any, **options: Any) -> Any:
            if not last:
                raise seen("backward_first")
            images, predicted, weights = last[0]
            labels = np.array(y_true)
            if len(images) > BATCH_SIZE:
                raise seen("whole_set", images=len(images), batch_size=BATCH_SIZE)
            if labels.shape != (len(images),):
                raise seen("labels_not_batched", labels=labels.size, images=len(images))
            batches.append(LearnedBatch(images, labels.astype(int), predicted, weights))
            return super().backward(y_true, *arguments, **options)

    Recording.__name__ = cls.__name__
    return Recording


def check_epoch(code: PersonsCode) -> Sentence | None:
    """Let a person's network learn for one epoch, and look at every batch."""
    numbers = np.random.default_rng(71)
    X = numbers.normal(0, 1, (IMAGES, 6))
    X[:, 0] = np.arange(IMAGES) / 8
    y = numbers.integers(0, 10, IMAGES)
    batches: list[LearnedBatch] = []
    model = recording(code.network_class(), batches)(6, 8, 10)
    for name, scale in (("W1", 0.5), ("b1", 0.1), ("W2", 0.25), ("b2", 0.1)):
        array = getattr(model, name)
        array[...] = numbers.normal(0, scale, array.shape)
    first = weights_of(model)
    given_X, given_y = X.copy(), y.copy()
    returned = code.function("train_epoch")(model, given_X, given_y, BATCH_SIZE, RATE)
    for name, given, kept in (("X", given_X, X), ("y", given_y, y)):
        if not np.array_equal(given, kept):
            raise seen("input_changed", function="train_epoch", name=name)
    if not batches:
        raise wrong(N_("train_epoch never calls model.backward."), "never_updated")
    last = weights_of(model)
    remark = _check_batches(batches, X, y)
    _check_steps(batches, first, last)
    _check_returned(returned, batches, last, X, y)
    return remark


def _check_batches(batches: Sequence[LearnedBatch], X: Array, y: Array) -> Sentence | None:
    """Look at which images came in which order, and with which labels."""
    order: list[int] = []
    for batch in batches:
        numbers = np.rint(batch.images[:, 0] * 8).astype(int)
        if (
            (numbers < 0).any()
            or (numbers >= IMAGES).any()
            or not np.allclose(batch.images, X[np.clip(numbers, 0, IMAGES - 1)], atol=1e-5)
        ):
            raise wrong(
                N_("The images that are learned are not rows of X: they are changed on the way."),
                "images_changed",
            )
        if not np.array_equal(batch.labels, y[numbers]):
            raise seen("shuffled_apart")
        order.extend(int(number) for number in numbers)
    if len(batches) == 1:
        raise seen("first_batch_only")
    if len(set(order)) < len(order):
        raise seen("images_twice")
    whole = IMAGES - IMAGES % BATCH_SIZE
    if len(order) < IMAGES and not (len(order) == whole and len(batches) == whole // BATCH_SIZE):
        raise seen("images_missing", count=len(order), images=IMAGES)
    if order == sorted(order):
        raise seen("not_shuffled")
    if len(order) == whole:
        return Sentence(
            N_(
                "The last, smaller batch is left out: {count} of {images} images are not learned in an epoch."
            ),
            {"count": IMAGES - whole, "images": IMAGES},
        )
    return None


def _moved(before: Weights, after: Weights) -> Array:
    return np.concatenate([(after[name] - before[name]).ravel() for name in ARRAYS])


def _check_steps(batches: Sequence[LearnedBatch], first: Weights, last: Weights) -> None:
    """Look at how the weights moved after each batch."""
    weights = [batch.weights for batch in batches] + [last]
    moved = [_moved(before, after) for before, after in pairwise(weights)]
    wanted = [
        -RATE * np.concatenate([batch.gradients()[name].ravel() for name in ARRAYS]) for batch in batches
    ]

    def alike(got: Array, right: Array) -> bool:
        return bool(np.allclose(got, right, rtol=2e-3, atol=2e-3 * float(np.abs(right).max())))

    if all(alike(got, right) for got, right in zip(moved, wanted, strict=True)):
        return
    if not any(step.any() for step in moved):
        raise seen("never_updated")
    if not any(step.any() for step in moved[:-1]):
        raise seen("updated_once")
    if all(alike(got, right) for got, right in zip(moved[1:], wanted[:-1], strict=True)):
        raise seen("stale_gradients")
    factors = [float(got @ right / (right @ right)) for got, right in zip(moved, wanted, strict=True)]
    if np.allclose(factors, factors[0], rtol=1e-2) and all(
        alike(got, factors[0] * right) for got, right in zip(moved, wanted, strict=True)
    ):
        if np.isclose(factors[0], 2, rtol=1e-2):
            raise seen("updated_twice")
        raise seen("epoch_rate_ignored", factor=factors[0])
    raise seen("epoch_wrong_steps")


def _predicted(weights: Weights, X: Array) -> Array:
    return reference.forward({**weights, "X": X})["forward"]


def _check_returned(
    returned: object, batches: Sequence[LearnedBatch], last: Weights, X: Array, y: Array
) -> None:
    """Look at the loss that is returned: the mean over the batches, or over the images."""
    if not isinstance(returned, float | int | np.number | np.ndarray) or np.ndim(returned):
        kind = "None" if returned is None else type(returned).__name__
        raise seen("epoch_loss_missing", got=kind)
    got = float(returned)
    losses = np.array([batch.loss for batch in batches])
    sizes = np.array([len(batch.labels) for batch in batches])
    weights = [*(batch.weights for batch in batches[1:]), last]
    after = [
        replace(batch, predicted=_predicted(own, batch.images)).loss
        for batch, own in zip(batches, weights, strict=True)
    ]
    afterwards = reference.loss({"y_pred": _predicted(last, X), "y_true": y})

    def alike(right: float) -> bool:
        return bool(np.isclose(got, right, rtol=5e-4))

    mean = float(losses.mean())
    if alike(mean) or alike(float(losses @ sizes / sizes.sum())) or alike(float(afterwards["compute_loss"])):
        return
    for right, name in (
        (losses.sum(), "epoch_loss_sum"),
        (losses @ sizes, "epoch_loss_sum"),
        (np.mean(after), "epoch_loss_after"),
        (losses[-1], "epoch_loss_last"),
        (losses[0], "epoch_loss_first"),
        (losses.sum() / sizes.sum(), "epoch_loss_divided"),
    ):
        if alike(float(right)):
            raise seen(name)
    raise seen("epoch_loss_wrong", got=got, wanted=mean)
