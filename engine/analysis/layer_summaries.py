"""Summarises each layer: histograms of weights, gradients and activations, norms, and its health."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analysis.evaluation_sample import EvaluationSample, NotFiniteError, standardized
from engine.network.activations import ReLU, Sigmoid, Tanh
from engine.network.layers import Array, Dense
from engine.network.mlp import MLP
from engine.sentences import N_, Sentence
from engine.training.trained_network import TrainedNetwork

BINS = 41
IMAGES = 1_000
"""Validation images that pass through, and training images that the gradient is of."""
DEAD, SATURATED, VANISHING, MOVED = 0.5, 0.85, 0.01, 0.001
"""Limits of a healthy layer: dead units, saturated outputs, relative gradient norm, relative change."""


@dataclass(frozen=True, eq=False)
class Histogram:
    """How many values lie in each of `BINS` bins of equal width. edges: `(BINS + 1,)`; counts: `(BINS,)`."""

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, values: Array, limits: tuple[float, float] | None = None) -> "Histogram":
        """Count values, which must be finite, between `limits`, or from the smallest to the largest."""
        low, high = limits or (float(values.min()), float(values.max()))
        counts, edges = np.histogram(values, BINS, (low, high if high > low else low + 1.0))
        return cls(edges, counts)

    def points(self) -> tuple[tuple[float, float], ...]:
        """Return the middle of each bin, and its count."""
        middles = (self.edges[:-1] + self.edges[1:]) / 2
        return tuple(zip(middles.tolist(), self.counts.tolist(), strict=True))


@dataclass(frozen=True, eq=False)
class LayerSummary:
    """The summary of a dense layer and its activation.

    weights, initial: of the weights now and before the first step, in the same bins; gradients: of the loss
    by them; sums, outputs: of hidden layers, the weighted sums and what the activation makes of them
    moved: how far the weights went, as a share of their first length; None where that was zero
    dead: the share of ReLUs that are zero for every image; saturated: of outputs at a flat end
    """

    name: str
    inputs: int
    units: int
    parameters: int
    weights: Histogram
    initial: Histogram | None
    gradients: Histogram
    sums: Histogram | None
    outputs: Histogram | None
    weight_norm: float
    gradient_norm: float
    moved: float | None
    dead: float | None
    saturated: float | None
    is_healthy: bool
    verdict: Sentence


def layer_summaries(trained: TrainedNetwork) -> tuple[LayerSummary, ...]:
    """Summarise every layer, with dropout off and the running statistics of batch normalisation.

    Raises:
        NotFiniteError: when weights, gradients or outputs are not finite.
    """
    network = trained.network
    with np.errstate(over="ignore", invalid="ignore"):
        _backpropagate(trained)
    gradients = [dense.dW.copy() for dense in network.dense]
    held_out = EvaluationSample.of(trained, "validation", IMAGES)
    with np.errstate(over="ignore", invalid="ignore"):
        logits = network.forward(standardized(trained, held_out.images))
    if not all(np.isfinite(values).all() for values in (network.parameters, logits, *gradients)):
        raise NotFiniteError
    first = None
    if trained.initial is not None:
        first = trained.clone()
        first.parameters[:] = trained.initial
    norms = [float(np.linalg.norm(gradient)) for gradient in gradients]
    return tuple(
        _summary(
            number, network, None if first is None else first.dense[number].W, gradient, norms, len(held_out)
        )
        for number, gradient in enumerate(gradients)
    )


def _backpropagate(trained: TrainedNetwork) -> None:
    """Fill the gradients for the first training images."""
    learner = trained.learner
    X, labels = learner.training.gather(learner.split.training[:IMAGES])
    learner.loss.forward(trained.network.forward(X), labels)
    trained.network.backward(learner.loss.backward())


def _summary(
    number: int, network: MLP, initial: Array | None, gradient: Array, norms: list[float], images: int
) -> LayerSummary:
    dense = network.dense[number]
    is_output = number == len(network.dense) - 1
    activation = None if is_output else network.activations[number]
    both = [dense.W] if initial is None else [dense.W, initial]
    limits = min(float(W.min()) for W in both), max(float(W.max()) for W in both)
    length = 0.0 if initial is None else float(np.linalg.norm(initial))
    moved = float(np.linalg.norm(dense.W - initial)) / length if initial is not None and length else None
    dead = float(np.mean(~activation.Y.any(axis=0))) if isinstance(activation, ReLU) else None
    saturated = activation.saturated if isinstance(activation, Sigmoid | Tanh) else None
    trouble = _problem(dense, norms, number, moved, dead, saturated, images)
    return LayerSummary(
        name="output" if is_output else f"hidden {number + 1}",
        inputs=dense.inputs,
        units=dense.outputs,
        parameters=dense.W.size + dense.b.size,
        weights=Histogram.of(dense.W, limits),
        initial=None if initial is None else Histogram.of(initial, limits),
        gradients=Histogram.of(gradient),
        sums=None if activation is None else Histogram.of(dense.Y),
        outputs=None if activation is None else Histogram.of(activation.Y),
        weight_norm=float(np.linalg.norm(dense.W)),
        gradient_norm=norms[number],
        moved=moved,
        dead=dead,
        saturated=saturated,
        is_healthy=trouble is None,
        verdict=trouble or Sentence(N_("Healthy: gradients arrive, and its units differ from each other.")),
    )


def _problem(
    dense: Dense,
    norms: list[float],
    number: int,
    moved: float | None,
    dead: float | None,
    saturated: float | None,
    images: int,
) -> Sentence | None:
    """Return the worst problem of a layer; None where there is none."""
    if dense.outputs > 1 and bool((dense.W[:, :1] == dense.W).all()):
        return Sentence(N_("Its units are all alike: they began equal, and equal gradients keep them so."))
    if dead is not None and dead >= DEAD:
        text = N_("{share:.0%} of its units are dead: zero for all of {images:,} images.")
        return Sentence(text, {"share": dead, "images": images})
    if saturated is not None and saturated >= SATURATED:
        text = N_("{share:.0%} of its outputs are saturated: hardly any gradient passes there.")
        return Sentence(text, {"share": saturated})
    if norms[number] < VANISHING * norms[-1]:
        text = N_("Gradients vanish: norm {here:.1e} here, {output:.1e} at the output layer.")
        return Sentence(text, {"here": norms[number], "output": norms[-1]})
    if norms[-1] and norms[number] > norms[-1] / VANISHING:
        text = N_("Gradients explode: norm {here:.1e} here, {output:.1e} at the output layer.")
        return Sentence(text, {"here": norms[number], "output": norms[-1]})
    if moved is not None and moved < MOVED:
        return Sentence(
            N_("Its weights have hardly changed: by {share:.3%} of their initial norm."), {"share": moved}
        )
    return None
