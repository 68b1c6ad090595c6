"""Trains a network on one mini-batch after the other: the inner loop of the program."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from engine.data.augmentation import Augmenter, Distortion
from engine.data.batches import Batcher, Distort, Split, Standardization, stratified_split
from engine.data.dataset import Dataset
from engine.errors import CheckpointError, HyperparameterError
from engine.events import LayerStatistics, OwnNetwork, finite
from engine.hyperparameters import Hyperparameters
from engine.network.initializers import confine, receptive_fields
from engine.network.layers import Array
from engine.network.losses import SoftmaxCrossEntropy
from engine.network.mlp import MLP, weights_fingerprint
from engine.network.objective import Objective
from engine.optimization.catalogue import OPTIMIZERS
from engine.optimization.optimizers import clip_gradient, gradient_norm
from engine.sentences import N_
from engine.training.adversarial import Adversary
from engine.training.averaging import WeightAverage
from engine.training.emphasis import Emphasis
from engine.training.snapshot import ANOTHER_NETWORK, LearnerState
from engine.training.unit_activity import UnitActivity

EVALUATION_BATCH = 1000
DISTORTION = 4
"""Which part of the seed distorts images; the four before it have generators that last for the run."""
GRADIENT_LIMIT = 1e6
"""A gradient longer than this, before clipping, counts as divergence."""


class DivergenceError(ArithmeticError):
    """The loss or the gradient diverged. `cause` is that of the event, `value` the loss or the norm."""

    def __init__(self, cause: str, value: float) -> None:
        super().__init__(f"{cause} is {value}")
        self.cause = cause
        self.value = value


class AbandonedError(Exception):
    """A step or an evaluation was given up, because the run is to end: a command to stop waits."""


@dataclass(frozen=True)
class Evaluation:
    """The outputs of a network for a set of images. logits: `(images, classes)`; loss: mean, in nats."""

    logits: Array
    loss: float

    @cached_property
    def predicted(self) -> NDArray[np.int64]:
        """The class with the largest logit, the first of equals: `(images,)`."""
        predicted: NDArray[np.int64] = self.logits.argmax(axis=1)
        return predicted

    def plain_loss(self, labels: NDArray[np.int64], smoothing: float) -> float:
        """Return the mean loss against the labels as they are, without the smoothing that `loss` is with."""
        if not smoothing:
            return self.loss
        loss, total = SoftmaxCrossEntropy(self.logits.shape[1], dtype=np.float64), 0.0
        for start in range(0, len(labels), EVALUATION_BATCH):
            some = slice(start, start + EVALUATION_BATCH)
            total += loss.forward(self.logits[some], labels[some]) * len(labels[some])
        return total / len(labels)


class Learner:
    """Trains on one mini-batch after the other. Each kind of randomness has a generator of its own.

    order: the training indices in the order of this epoch; position: how many of them were learned.
    best: parameters and statistics that were remembered as the best, averaged if weights are.
    distort: the augmentation of a mini-batch's images, if any; share: of its full strength.
    loss_sum, correct: over the images of this epoch so far, each measured as it was learned.
    own_network: the network that a person wrote, if that is what learns, and `own_text` the text of its file;
    `network` has its weights as long as `has_weights` says that they are those of such a network.
    """

    own_network: OwnNetwork | None = None
    own_text = ""
    has_weights = True

    def __init__(self, hyperparameters: Hyperparameters, dataset: Dataset) -> None:
        """Draw the split and the weights.

        Raises:
            HyperparameterError: when the hyperparameters do not fit the data.
        """
        _split_rng, weights_rng, self.order_rng, self.dropout_rng = _generators(hyperparameters.seed)
        self.dataset = dataset
        self.split = split_dataset(hyperparameters, dataset)
        _check_batch_size(hyperparameters.batch_size, len(self.split.training))
        deskew = hyperparameters.deskew
        shown = dataset.upright if deskew else dataset
        self.standardization = Standardization.of(shown.train_images, self.split.training, deskew=deskew)
        self.training = Batcher(shown.train_images, shown.train_labels, self.standardization)
        self.test = Batcher(shown.test_images, shown.test_labels, self.standardization)
        self.network = MLP.of(
            hyperparameters,
            dataset.pixels,
            dataset.classes,
            rng=weights_rng,
            dropout_rng=self.dropout_rng,
        )
        if hyperparameters.receptive_field and hyperparameters.hidden:
            W, largest = self.network.dense[0].W, hyperparameters.receptive_field
            confine(W, receptive_fields(weights_rng, dataset.height, dataset.width, W.shape[1], largest))
        self.loss = SoftmaxCrossEntropy(dataset.classes, hyperparameters.label_smoothing)
        self.objective = Objective(self.network, self.loss)
        self.adversary = Adversary(hyperparameters.adversarial / self.standardization.deviation)
        self.optimizer = OPTIMIZERS[hyperparameters.optimizer](
            self.network.parameters,
            self.network.gradients,
            self.network.weights,
            shapes=[dense.W.shape for dense in self.network.dense],
        )
        self._seed = hyperparameters.seed
        distortion = Distortion.of(hyperparameters)
        self.distort: Distort | None = None
        self.share = 1.0
        if not distortion.is_none:
            self.distort = partial(self._distort, Augmenter(distortion, dataset.height, dataset.width))
        self.batch_size = hyperparameters.batch_size
        self.apply_live_changes(hyperparameters)
        decay = hyperparameters.weight_average
        self._average = WeightAverage(decay, self._weights()) if decay else None
        share = hyperparameters.emphasis
        self._emphasis = Emphasis(share, len(dataset.train_labels)) if share else None
        self.best = (self.network.parameters.copy(), self.network.statistics.copy())
        self._last: tuple[Array, Array] | None = None
        self.layer_statistics: tuple[LayerStatistics, ...] = ()
        self.begin_epoch()

    def apply_live_changes(self, hyperparameters: Hyperparameters) -> None:
        """Apply the hyperparameters that may change during a run."""
        self.network.set_dropout(hyperparameters.dropout)
        self.optimizer.momentum = hyperparameters.momentum
        self.optimizer.weight_decay = hyperparameters.weight_decay
        self.objective.l2 = hyperparameters.l2
        self.clip_norm = hyperparameters.clip_norm

    @property
    def parameter_count(self) -> int:
        """How many numbers are learned."""
        return self.network.parameters.size

    @property
    def batches(self) -> int:
        """Mini-batches in an epoch, the last and smaller one included."""
        return math.ceil(len(self.split.training) / self.batch_size)

    @property
    def batch(self) -> int:
        """Mini-batches of this epoch that were learned."""
        return math.ceil(self.position / self.batch_size)

    @property
    def epoch_is_done(self) -> bool:
        """Whether every training image was seen in this epoch."""
        return self.position >= len(self.order)

    def begin_epoch(self) -> None:
        """Put the training images in a new order."""
        if self._emphasis is not None:
            np.copyto(self._emphasis.drawn_by, self._emphasis.probabilities)
        self._draw_order()

    def _draw_order(self) -> None:
        """Draw the order of an epoch, of which nothing was learned yet."""
        self._order_rng_before = self.order_rng.bit_generator.state
        if self._emphasis is None:
            self.order = self.order_rng.permutation(self.split.training)
        else:
            self.order = self._emphasis.order(self.split.training, self.order_rng)
        self.position = 0
        self.loss_sum = 0.0
        self.correct = 0
        self.last_loss = math.nan
        self.last_gradient_norm = math.nan

    def step(self, learning_rate: float) -> None:
        """Train on the next mini-batch: gather, forward, loss, backward, update.

        Raises:
            DivergenceError: before the weights are touched.
        """
        network = self.network
        chosen = self.order[self.position : self.position + self.batch_size]
        X, labels = self.training.gather(chosen, self.distort)
        is_moved = self.adversary.is_due(self.optimizer.steps)
        if is_moved:
            self.adversary.perturb(X, labels, network, self.loss)
        network.freeze(masks=is_moved)
        logits = network.forward(X, training=True)
        loss = self.loss.forward(logits, labels)
        if not math.isfinite(loss):
            raise DivergenceError("loss", loss)
        if self._emphasis is not None:
            self._emphasis.update(chosen, self.loss.right())
        scale = self.optimizer.gradient_scale(learning_rate)
        self.objective.backward(scale)
        norm = gradient_norm(network.gradients) / scale
        if not norm <= GRADIENT_LIMIT:
            raise DivergenceError("gradient_norm", norm)
        is_last = self.position + len(labels) >= len(self.order)
        layer_norms = self._layer_norms(scale) if is_last else []
        if self.clip_norm:
            clip_gradient(network.gradients, norm, self.clip_norm)  # the ratio of lengths knows no scale

        self.loss_sum += loss * len(labels)
        self.correct += int(np.count_nonzero(logits.argmax(axis=1) == labels))
        self.last_loss, self.last_gradient_norm = loss, norm
        self.position += len(labels)
        if is_last:
            self._step_and_measure(learning_rate, scale, layer_norms)
        else:
            self.optimizer.step(learning_rate, scale)
        if self._average is not None:
            self._average.update(self.optimizer.steps)

    def _distort(self, augmenter: Augmenter, images: NDArray[np.uint8]) -> None:
        """Distort the images of a mini-batch in place; its step alone seeds the random generator."""
        generator = np.random.default_rng(
            np.random.SeedSequence(self._seed, spawn_key=(DISTORTION, self.optimizer.steps))
        )
        augmenter.distort(images, generator, images, share=self.share)

    def held_out(self, split: str) -> tuple[Batcher, NDArray[np.int64]]:
        """Return the batcher for the images of `validation` or `test`, and their indices in their file."""
        if split == "validation":
            return self.training, self.split.validation
        return self.test, np.arange(len(self.test.labels))

    def evaluate(
        self, batcher: Batcher, indices: NDArray[np.int64], activity: UnitActivity | None = None
    ) -> Evaluation:
        """Return what the network makes of these images, with dropout off and running statistics.

        activity: what takes in the answers of the hidden units
        """
        logits = np.empty((len(indices), self.dataset.classes), self.network.dtype)
        loss_sum = 0.0
        with np.errstate(over="ignore", invalid="ignore"):
            for place, X, labels in batcher.in_order(indices, EVALUATION_BATCH):
                logits[place] = self.network.forward(X)
                loss_sum += self.loss.forward(logits[place], labels) * len(labels)
                if activity is not None:
                    activity.take_in(len(labels))
        return Evaluation(logits, loss_sum / len(indices))

    @contextmanager
    def with_averaged_weights(self) -> Iterator[None]:
        """Give the network the averaged weights, if there are any, for as long as the context lasts."""
        if self._average is None or self._last is not None:  # the best ones are averages already
            yield
            return
        own = self.network.parameters.copy(), self.network.statistics.copy()
        try:
            self._set_weights(self._average.vectors)
            yield
        finally:
            self._set_weights(own)

    def keep_as_best(self) -> None:
        """Keep the current weights and statistics, or their averages, as the best."""
        shown = self._weights() if self._average is None else self._average.vectors
        for kept, now in zip(self.best, shown, strict=True):
            np.copyto(kept, now)

    def restore_best(self) -> None:
        """Load the best weights; those of the last step are kept for a snapshot."""
        parameters, statistics = self._weights()
        self._last = parameters.copy(), statistics.copy()
        self._set_weights(self.best)

    @property
    def can_evaluate(self) -> bool:
        """Whether the network can be evaluated."""
        return True

    @property
    def best_fingerprint(self) -> str:
        """Sixteen hexadecimal digits that tell the best weights from others."""
        return weights_fingerprint(*self.best)

    def use_threads(self, threads: int) -> None:
        """Share the work of a step among so many threads."""
        self.optimizer.share(threads)

    def close(self) -> None:
        """The run is over: nothing more is learned or evaluated."""

    def state(self) -> LearnerState:
        """Return the state of training; its vectors are views, to be written before the next step.

        It is the state after the last step, even when the best weights are loaded.
        """
        last = self._last or self._weights()
        vectors = dict(zip(("parameters", "statistics"), last, strict=True))
        vectors |= zip(("best.parameters", "best.statistics"), self.best, strict=True)
        if self._average is not None:
            vectors |= zip(("average.parameters", "average.statistics"), self._average.vectors, strict=True)
        if self._emphasis is not None:
            vectors["emphasis.probabilities"] = self._emphasis.probabilities
            vectors["emphasis.drawn_by"] = self._emphasis.drawn_by
        vectors |= {f"optimizer.{name}": vector for name, vector in self.optimizer.state.items()}
        return LearnerState(
            position=self.position,
            loss_sum=self.loss_sum,
            correct=self.correct,
            order_rng=self._order_rng_before,
            dropout_rng=self.dropout_rng.bit_generator.state,
            steps=self.optimizer.steps,
            vectors=vectors,
        )

    def load_state(self, state: LearnerState) -> None:
        """Load a state that was taken of a learner with the same hyperparameters and data.

        Raises:
            CheckpointError: when it does not fit this network.
        """
        ours = self.state().vectors
        if state.vectors.keys() != ours.keys() or any(
            ours[name].shape != vector.shape for name, vector in state.vectors.items()
        ):
            raise CheckpointError(ANOTHER_NETWORK)
        for name, vector in state.vectors.items():
            np.copyto(ours[name], vector)
        try:
            self.order_rng.bit_generator.state = state.order_rng
            self._draw_order()
            self.dropout_rng.bit_generator.state = state.dropout_rng
        except (ValueError, TypeError, KeyError, OverflowError, AttributeError):
            raise CheckpointError(
                N_("The checkpoint does not hold the state of a random generator.")
            ) from None
        images = len(self.order)
        if state.position > images or (state.position % self.batch_size and state.position != images):
            raise CheckpointError(N_("The checkpoint's position is in the middle of a mini-batch."))
        self.optimizer.steps = state.steps
        self.position, self.loss_sum, self.correct = state.position, state.loss_sum, state.correct

    def _weights(self) -> tuple[Array, Array]:
        return self.network.parameters, self.network.statistics

    def _set_weights(self, weights: tuple[Array, ...]) -> None:
        """Copy these weights and statistics into the network."""
        for now, wanted in zip(self._weights(), weights, strict=True):
            np.copyto(now, wanted)

    def _layer_norms(self, scale: float) -> list[float]:
        """Return the length of each dense layer's gradient by its weights."""
        return [float(np.linalg.norm(dense.dW)) / scale for dense in self.network.dense]

    def _step_and_measure(self, learning_rate: float, scale: float, layer_norms: list[float]) -> None:
        """Take the last step of an epoch and note how each layer fared in it."""
        before = [dense.W.copy() for dense in self.network.dense]
        self.optimizer.step(learning_rate, scale)
        names = [f"hidden {i + 1}" for i in range(len(before) - 1)] + ["output"]
        self.layer_statistics = tuple(
            LayerStatistics(
                name=name,
                gradient_norm=finite(gradient_norm),
                weight_norm=finite(norm := float(np.linalg.norm(dense.W))),
                update_ratio=finite(float(np.linalg.norm(dense.W - old)) / norm) if norm else None,
                dead_units=None,
            )
            for name, dense, old, gradient_norm in zip(
                names, self.network.dense, before, layer_norms, strict=True
            )
        )


def split_dataset(hyperparameters: Hyperparameters, dataset: Dataset) -> Split:
    """Return the training and validation split of a run with these hyperparameters.

    Raises:
        HyperparameterError: when either side would be empty.
    """
    split_rng = _generators(hyperparameters.seed)[0]
    return stratified_split(dataset.train_labels, hyperparameters.validation_size, split_rng)


def check_fits(hyperparameters: Hyperparameters, dataset: Dataset) -> None:
    """Check that a network can learn from these data, before it takes memory.

    Raises:
        HyperparameterError: when a side of the split would be empty, or a batch larger than its images.
    """
    _check_batch_size(hyperparameters.batch_size, len(split_dataset(hyperparameters, dataset).training))


def _generators(seed: int) -> list[np.random.Generator]:
    """Return the random generators of the split, the initial weights, the order of images, and dropout."""
    return [np.random.default_rng(part) for part in np.random.SeedSequence(seed).spawn(DISTORTION)]


def _check_batch_size(batch_size: int, images: int) -> None:
    if batch_size > images:
        raise HyperparameterError(
            N_("{name} is {given:,}; there are {images:,} training images, and a batch can hold no more."),
            name="batch_size",
            given=batch_size,
            images=images,
        )
