"""Traces one training step on one mini-batch (forward, loss, backward, update) on a copy of the network."""

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analysis.walkthrough.batch_stages import LayerPass, Passes, stages_of
from engine.analysis.walkthrough.stage import Score, Stage
from engine.hyperparameters import Hyperparameters
from engine.network.layers import Array
from engine.network.losses import SoftmaxCrossEntropy
from engine.network.objective import Objective
from engine.optimization.catalogue import OPTIMIZERS
from engine.optimization.optimizers import clip_gradient, gradient_norm
from engine.training.trained_network import TrainedNetwork

VALIDATION_BATCH = 1000


@dataclass(frozen=True, eq=False)
class BatchWalkthrough:
    """One training step, with all its stages and its result.

    number: which of `batches` mini-batches, from 0; indices: where its images are in the data set's file
    loss_before, loss_after: of these images, before and after the step, both as in training
    """

    trained: TrainedNetwork
    number: int
    batches: int
    indices: NDArray[np.int64]
    learning_rate: float
    loss_before: float
    loss_after: float
    validation_before: Score
    validation_after: Score
    stages: tuple[Stage, ...]


class BatchTracer:
    """Traces one training step at a time, each from the weights of the trained network.

    The order of the training images is one of its own, since the run's is not stored with the weights. Nor is
    the optimizer's state, so that each step is a first one.
    """

    def __init__(self, trained: TrainedNetwork) -> None:
        self.trained = trained
        self.hyperparameters: Hyperparameters = trained.hyperparameters.resolved()
        training = trained.learner.split.training
        self._order = np.random.default_rng(self.hyperparameters.seed).permutation(training)
        self._network = trained.clone()
        self._chances = [dropout.rng.bit_generator.state for dropout in self._network.dropouts]

    @property
    def batches(self) -> int:
        """Mini-batches in an epoch, the last and smaller one included."""
        return math.ceil(len(self._order) / self.hyperparameters.batch_size)

    def trace(self, number: int, learning_rate: float) -> Iterator[BatchWalkthrough | None]:
        """Yield None after each piece of work, and at the end the walkthrough of mini-batch `number`."""
        pieces, piece = self._trace(number, learning_rate), None
        while piece is None:
            with np.errstate(all="ignore"):  # steps that go too far are what one comes to see
                piece = next(pieces)  # never a yield in here: who asks may never come back
            yield piece

    def _trace(self, number: int, learning_rate: float) -> Iterator[BatchWalkthrough | None]:
        given, network, learner = self.hyperparameters, self._network, self.trained.learner
        self._reset()
        validation_before = yield from self._validate()

        size = given.batch_size
        indices = self._order[number * size : (number + 1) * size]
        gathered, chosen = learner.training.gather(indices, learner.distort)
        X, labels = gathered.copy(), chosen.copy()
        loss = SoftmaxCrossEntropy(learner.dataset.classes, given.label_smoothing)
        is_moved = learner.adversary.is_due(number)
        if is_moved:
            learner.adversary.perturb(X, labels, network, loss)
        network.freeze(masks=is_moved)
        logits = network.forward(X, training=True).copy()
        network.freeze(masks=True)  # the same units are off afterwards: the step alone makes a difference
        loss_before = loss.forward(logits, labels)
        dlogits = loss.backward().copy()
        network.backward(dlogits)
        layers = self._layer_passes(dlogits)
        yield None

        Objective(network, loss, given.l2).add_penalty()
        norm = gradient_norm(network.gradients)
        if given.clip_norm:
            clip_gradient(network.gradients, norm, given.clip_norm)
        gradients = [dense.dW.copy() for dense in network.dense]
        before = [dense.W.copy() for dense in network.dense]
        optimizer = OPTIMIZERS[given.optimizer](
            network.parameters,
            network.gradients,
            network.weights,
            momentum=given.momentum,
            weight_decay=given.weight_decay,
            shapes=[dense.W.shape for dense in network.dense],
        )
        optimizer.step(learning_rate)
        after = [dense.W.copy() for dense in network.dense]
        yield None

        validation_after = yield from self._validate()
        logits_after = network.forward(X, training=True).copy()
        loss_after = loss.forward(logits_after, labels)
        passes = Passes(
            hyperparameters=given,
            learning_rate=learning_rate,
            image_shape=(learner.dataset.height, learner.dataset.width),
            is_moved=is_moved,
            labels=labels,
            logits=logits,
            logits_after=logits_after,
            dlogits=dlogits,
            loss=loss_before,
            loss_after=loss_after,
            validation=(validation_before, validation_after),
            gradient_norm=norm,
            layers=layers,
            gradients=gradients,
            before=before,
            after=after,
        )
        yield BatchWalkthrough(
            trained=self.trained,
            number=number,
            batches=self.batches,
            indices=indices,
            learning_rate=learning_rate,
            loss_before=loss_before,
            loss_after=loss_after,
            validation_before=validation_before,
            validation_after=validation_after,
            stages=tuple(stages_of(passes)),
        )

    def _reset(self) -> None:
        """Go back to the trained weights, and to the same random state of dropout."""
        np.copyto(self._network.parameters, self.trained.network.parameters)
        np.copyto(self._network.statistics, self.trained.network.statistics)
        self._network.freeze()
        for dropout, chances in zip(self._network.dropouts, self._chances, strict=True):
            dropout.rng.bit_generator.state = chances

    def _validate(self) -> Generator[None, None, Score]:
        """Evaluate the network on the validation images, piece by piece."""
        learner, network = self.trained.learner, self._network
        loss = SoftmaxCrossEntropy(learner.dataset.classes, self.hyperparameters.label_smoothing)
        indices = learner.split.validation
        loss_sum, right = 0.0, 0
        for _place, X, labels in learner.training.in_order(indices, VALIDATION_BATCH):
            logits = network.forward(X)
            loss_sum += loss.forward(logits, labels) * len(labels)
            right += int(np.count_nonzero(logits.argmax(axis=1) == labels))
            yield None
        return Score(loss_sum / len(indices), right / len(indices))

    def _layer_passes(self, dlogits: Array) -> list[LayerPass]:
        """Return what came into each dense layer, forward and backward, and its gradient by the weights."""
        layers = self._network.layers
        passes: list[LayerPass] = []
        for layer, following in zip(layers, [*layers[1:], None], strict=True):
            if layer in self._network.dense:
                dense = self._network.dense[len(passes)]
                dY = dlogits if following is None else following.dX  # type: ignore[attr-defined]
                passes.append(LayerPass(dense.X.copy(), dY.copy(), dense.dW.copy()))
        return passes
