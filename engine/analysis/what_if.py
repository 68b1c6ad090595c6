"""Changes the weights of a copy of a network (pruning, noise, quantisation, units off) and evaluates it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.analysis.evaluation_sample import EvaluationSample, NotFiniteError, logits_in_parts
from engine.events import finite
from engine.network.layers import Array
from engine.network.losses import softmax
from engine.network.mlp import MLP
from engine.training.trained_network import TrainedNetwork

WHOLE = 32
"""Bits of a weight as it is."""


@dataclass(frozen=True)
class Change:
    """The changes of a network, in the order in which they are made.

    pruned: the share of all weights, the smallest, that become zero (Han et al. 2015)
    noise: Gaussian, its standard deviation as a share of that of each layer's weights
    bits: weights are rounded to so many, evenly from minus to plus the largest of their layer
    off: the share of hidden units that are switched off, by chance; units: those that are, by layer and
    number, both from 0
    temperature: what the logits are divided by
    """

    pruned: float = 0.0
    noise: float = 0.0
    bits: int = WHOLE
    off: float = 0.0
    units: frozenset[tuple[int, int]] = frozenset()
    temperature: float = 1.0


@dataclass(frozen=True, eq=False)
class Outcome:
    """The evaluation of a changed network on a sample.

    loss: None where it is no number; confidence: the mean probability of the predicted class
    recalls: for each class the share of its images that are predicted correctly; NaN where it has none
    zeros: the share of weights that are zero; kilobytes: what the weights take at their number of bits
    """

    accuracy: float
    loss: float | None
    confidence: float
    recalls: Array
    zeros: float
    kilobytes: float


def apply_change(trained: TrainedNetwork, change: Change) -> MLP:
    """Return a copy of the network with the change made to its weights."""
    network = trained.clone()
    rng = np.random.default_rng(0)
    weights = network.parameters[network.weights]
    if change.pruned > 0.0:
        count = round(change.pruned * weights.size)
        weights[np.argsort(np.abs(weights), kind="stable")[:count]] = 0.0
    for dense in network.dense:
        if change.noise > 0.0:
            dense.W += (change.noise * dense.W.std() * rng.standard_normal(dense.W.shape)).astype(np.float32)
        largest = float(np.abs(dense.W).max())
        if change.bits < WHOLE and largest > 0.0:
            step = largest / (2 ** (change.bits - 1) - 1)
            np.copyto(dense.W, np.rint(dense.W / step) * step)
    for layer, following in enumerate(network.dense[1:]):  # a unit without outgoing weights is off
        count = round(change.off * following.inputs)
        following.W[rng.permutation(following.inputs)[:count]] = 0.0
        following.W[[unit for at, unit in change.units if at == layer]] = 0.0
    return network


def evaluate_change(
    trained: TrainedNetwork, sample: EvaluationSample, change: Change
) -> Iterator[Outcome | None]:
    """Evaluate a changed network on a sample: yield None while there is more to do, then the outcome.

    Raises:
        NotFiniteError: when the weights or the outputs are not finite.
    """
    if not np.isfinite(trained.network.parameters).all():
        raise NotFiniteError
    network = apply_change(trained, change)
    yield None
    parts = []
    for part in logits_in_parts(trained, sample.images, network):
        parts.append(part)
        yield None
    logits = np.concatenate(parts) / change.temperature
    if not np.isfinite(logits).all():
        raise NotFiniteError
    probabilities = softmax(logits)
    true = probabilities[np.arange(len(sample)), sample.labels]
    loss = float(-np.log(np.maximum(true, 1e-30)).mean(dtype=np.float64))
    right = logits.argmax(axis=1) == sample.labels
    counts = np.bincount(sample.labels, minlength=trained.dataset.classes)
    hits = np.bincount(sample.labels[right], minlength=trained.dataset.classes)
    weights = network.parameters[network.weights]
    with np.errstate(invalid="ignore"):
        recalls = hits / counts
    yield Outcome(
        accuracy=float(right.mean()),
        loss=finite(loss),
        confidence=float(probabilities.max(axis=1).mean()),
        recalls=recalls,
        zeros=float(np.mean(weights == 0.0)),
        kilobytes=weights.size * change.bits / 8 / 1000,
    )
