"""The stages of one training step on a mini-batch, from the images to the new weights."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analysis.walkthrough.optimizer_steps import first_step
from engine.analysis.walkthrough.output import targets
from engine.analysis.walkthrough.stage import (
    BACKWARD,
    FORWARD,
    LOSS,
    UPDATE,
    Calculation,
    Places,
    Score,
    Stage,
    layer_name,
    sum_of_products,
)
from engine.hyperparameters import Hyperparameters
from engine.network.layers import Array
from engine.network.losses import log_softmax, softmax
from engine.sentences import N_, Sentence

BATCH = Sentence(N_("Mini-batch"))
LOSS_GROUP = Sentence(N_("Loss"))
ALL_LAYERS = Sentence(N_("All layers"))
AFTERWARDS = Sentence(N_("Afterwards"))

BEFORE, AFTER = N_("before"), N_("after")


@dataclass(frozen=True, eq=False)
class LayerPass:
    """What came into a dense layer: X `(batch, inputs)` forward, dY `(batch, units)` backward; and its dW."""

    X: Array
    dY: Array
    dW: Array


@dataclass(frozen=True, eq=False)
class Passes:
    """All values that one step has computed.

    logits, logits_after, dlogits: `(batch, classes)`; the lists have an entry for each dense layer
    gradients: by the weights, with L2 and clipping; before, after: the weights
    loss, loss_after: of these images; validation: of others, before and after
    gradient_norm: of all parameters, with L2, before clipping
    is_moved: whether the images were moved against the network
    """

    hyperparameters: Hyperparameters
    learning_rate: float
    image_shape: tuple[int, int]
    is_moved: bool
    labels: NDArray[np.int64]
    logits: Array
    logits_after: Array
    dlogits: Array
    loss: float
    loss_after: float
    validation: tuple[Score, Score]
    gradient_norm: float
    layers: Sequence[LayerPass]
    gradients: Sequence[Array]
    before: Sequence[Array]
    after: Sequence[Array]


def stages_of(passes: Passes) -> Iterator[Stage]:
    """Yield the stages in the order in which training comes to them."""
    yield from _forward(passes)
    yield from _loss(passes)
    for number in reversed(range(len(passes.layers))):
        yield _gradient(passes, number)
    yield _gradient_norms(passes)
    for number in range(len(passes.layers)):
        yield _step(passes, number)
    yield _step_norms(passes)
    yield _afterwards(passes)


def _forward(passes: Passes) -> Iterator[Stage]:
    logits, labels = passes.logits, passes.labels
    counts = np.bincount(labels, minlength=logits.shape[1]).astype(np.float32)
    p = softmax(logits)

    def logit(image: int, label: int) -> Calculation:
        return Calculation(float(logits[image, label]), beside={N_("probability"): float(p[image, label])})

    yield Stage(
        FORWARD,
        BATCH,
        N_("Images by class"),
        N_("Some training images, one in each row of a matrix X. How many are there of each class?"),
        f"X: {len(labels)} × {passes.layers[0].X.shape[1]}",
        "chosen = self.order[self.position : self.position + self.batch_size]\n"
        "X, labels = self.training.gather(chosen, self.distort)"
        + ("\nself.adversary.perturb(X, labels, network, self.loss)" if passes.is_moved else ""),
        counts,
        Places.CLASSES,
        lambda label: Calculation(float(counts[label])),
        remark=Sentence(
            N_("They are in an order of their own here: the run's order is not stored with the weights.")
        ),
    )
    yield Stage(
        FORWARD,
        BATCH,
        N_("Logits"),
        N_("All images go through the network at once: a row of logits for each."),
        "Z = f(X)",
        "logits = network.forward(X, training=True)",
        logits,
        Places.IMAGES_AND_CLASSES,
        logit,
    )


def _loss(passes: Passes) -> Iterator[Stage]:
    smoothing, dlogits = passes.hyperparameters.label_smoothing, passes.dlogits
    wanted = _targets(passes)
    p = softmax(passes.logits)
    losses = _losses(passes.logits, wanted)

    def by_logit(image: int, label: int) -> Calculation:
        numbers = {
            "p": float(p[image, label]),
            "target": float(wanted[image, label]),
            "images": float(len(p)),
        }
        return Calculation(float(dlogits[image, label]), "({p} − {target}) / {images}", numbers)

    def of_image(image: int) -> Calculation:
        label = int(passes.labels[image])
        if smoothing:
            return sum_of_products(
                -wanted[image], log_softmax(passes.logits)[image], float(losses[image]), Places.CLASSES
            )
        return Calculation(float(losses[image]), "−log({p})", {"p": float(p[image, label])})

    yield Stage(
        LOSS,
        LOSS_GROUP,
        N_("Each image's loss"),
        N_("How far each image is from being predicted with certainty, in nats."),
        "Lₙ = −Σ t · log p,   L = Σ Lₙ / N" if smoothing else "Lₙ = −log p[true],   L = Σ Lₙ / N",
        "loss = self.loss.forward(logits, labels)",
        losses,
        Places.IMAGES,
        of_image,
        remark=Sentence(N_("Their mean, the loss of the mini-batch, is {loss:.5g}."), {"loss": passes.loss}),
    )
    yield Stage(
        BACKWARD,
        LOSS_GROUP,
        "dlogits",
        N_("Predicted probability minus target, divided by the number of images, since the loss is a mean."),
        "∂L/∂Z = (p − t) / N",
        "gradient.ravel()[self._right] -= each * (1.0 - self.smoothing)",
        dlogits,
        Places.IMAGES_AND_CLASSES,
        by_logit,
    )


def _gradient(passes: Passes, number: int) -> Stage:
    layer = passes.layers[number]

    def work(source: int, unit: int) -> Calculation:
        return sum_of_products(
            layer.X[:, source], layer.dY[:, unit], float(layer.dW[source, unit]), Places.IMAGES
        )

    return Stage(
        BACKWARD,
        layer_name(number, len(passes.layers)),
        "dW",
        N_("How the loss changes with each weight: the sum over the images of input times gradient."),
        "∂L/∂W = Xᵀ · ∂L/∂Z",
        "np.dot(self.X.T, dY, out=self.dW)",
        layer.dW,
        Places.WEIGHTS,
        work,
        passes.image_shape if number == 0 else None,
    )


def _gradient_norms(passes: Passes) -> Stage:
    norms = np.array([np.linalg.norm(gradient) for gradient in passes.gradients])
    given, norm = passes.hyperparameters, passes.gradient_norm
    if given.clip_norm and norm > given.clip_norm:
        remark = Sentence(
            N_(
                "The norm of the whole gradient is {norm:.4g}, more than {limit:g}: it is scaled down to "
                "that."
            ),
            {"norm": norm, "limit": given.clip_norm},
        )
    elif given.l2:
        remark = Sentence(
            N_("The norm of the whole gradient, with {l2:g} times each weight added for L2, is {norm:.4g}."),
            {"norm": norm, "l2": given.l2},
        )
    else:
        remark = Sentence(
            N_("The norm of the whole gradient, biases included, is {norm:.4g}."), {"norm": norm}
        )
    return Stage(
        BACKWARD,
        ALL_LAYERS,
        N_("Gradient norm"),
        N_("The norm of the gradient of each layer's weights."),
        "‖∂L/∂W‖ = √(Σ (∂L/∂w)²)",
        "norm = gradient_norm(network.gradients) / scale",
        norms,
        Places.LAYERS,
        lambda layer: Calculation(float(norms[layer])),
        remark=remark,
    )


def _step(passes: Passes, number: int) -> Stage:
    gradient, before, after = passes.gradients[number], passes.before[number], passes.after[number]
    is_between = 0 < number < len(passes.layers) - 1
    paper = first_step(passes.hyperparameters, passes.learning_rate, before.shape if is_between else None)
    change: Array = after - before
    remembers = passes.hyperparameters.optimizer != "sgd"

    def work(source: int, unit: int) -> Calculation:
        w, g = float(before[source, unit]), float(gradient[source, unit])
        beside = {BEFORE: w, AFTER: float(after[source, unit])}
        by = float(change[source, unit])
        return Calculation(by, paper.with_numbers, paper.numbers_of(w, g, by), beside=beside)

    return Stage(
        UPDATE,
        layer_name(number, len(passes.layers)),
        N_("Change of weights"),
        N_("Each weight moves a little against its gradient; the learning rate η says how far."),
        paper.formula,
        paper.code,
        change,
        Places.WEIGHTS,
        work,
        passes.image_shape if number == 0 else None,
        remark=Sentence(
            N_("The state of {optimizer} is not stored with the weights: this is its first step."),
            {"optimizer": passes.hyperparameters.optimizer},
        )
        if remembers
        else None,
    )


def _step_norms(passes: Passes) -> Stage:
    pairs = list(zip(passes.before, passes.after, strict=True))
    lengths = np.array([np.linalg.norm(after - before) for before, after in pairs])
    weights = [float(np.linalg.norm(before)) for before, _after in pairs]

    def work(layer: int) -> Calculation:
        length, weight = float(lengths[layer]), weights[layer]
        share = {N_("share of them"): length / weight} if weight else {}
        return Calculation(length, beside={N_("norm of the weights"): weight, **share})

    return Stage(
        UPDATE,
        ALL_LAYERS,
        N_("Update norm"),
        N_("The norm of each layer's change; about a thousandth of the norm of its weights is common."),
        "‖ΔW‖",
        "self.optimizer.step(learning_rate, scale)",
        lengths,
        Places.LAYERS,
        work,
    )


def _afterwards(passes: Passes) -> Stage:
    wanted = _targets(passes)
    before, after = _losses(passes.logits, wanted), _losses(passes.logits_after, wanted)
    change: Array = after - before

    def work(image: int) -> Calculation:
        numbers = {"after": float(after[image]), "before": float(before[image])}
        return Calculation(float(change[image]), "{after} − {before}", numbers)

    drops, (then, now) = passes.hyperparameters.dropout > 0, passes.validation
    remark = (
        N_(
            "Mean loss {before:.4g}, then {after:.4g}; of the validation images {then:.4g}, then "
            "{now:.4g}; accuracy {right_then:.2%}, then {right_now:.2%}. Dropout switches the same units "
            "off both times."
        )
        if drops
        else N_(
            "Mean loss {before:.4g}, then {after:.4g}; of the validation images {then:.4g}, then {now:.4g}; "
            "accuracy {right_then:.2%}, then {right_now:.2%}."
        )
    )
    return Stage(
        UPDATE,
        AFTERWARDS,
        N_("Change of the loss"),
        N_("The same images once more, with the new weights: how each one's loss has changed."),
        "ΔLₙ = Lₙ(W + ΔW) − Lₙ(W)",
        "logits = network.forward(X, training=True)",
        change,
        Places.IMAGES,
        work,
        remark=Sentence(
            remark,
            {
                "before": passes.loss,
                "after": passes.loss_after,
                "then": then.loss,
                "now": now.loss,
                "right_then": then.accuracy,
                "right_now": now.accuracy,
            },
        ),
    )


def _targets(passes: Passes) -> Array:
    """Return what the probabilities should be: `(batch, classes)`."""
    classes, smoothing = passes.logits.shape[1], passes.hyperparameters.label_smoothing
    return np.stack([targets(int(label), classes, smoothing) for label in passes.labels])


def _losses(logits: Array, wanted: Array) -> Array:
    """Return the loss of each image: `(batch,)`."""
    losses: Array = -np.sum(wanted * log_softmax(logits), axis=1)
    return losses
