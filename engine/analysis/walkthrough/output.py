"""The stages from logits to loss: softmax, with a temperature, and cross-entropy."""

from collections.abc import Callable, Iterator

import numpy as np

from engine.analysis.walkthrough.stage import BACKWARD, FORWARD, LOSS, Calculation, Places, Stage, Term
from engine.network.layers import Array
from engine.network.losses import log_softmax, softmax
from engine.sentences import N_, Sentence

SOFTMAX = Sentence(N_("Softmax"))
NOT_ONE = N_("The loss and its gradients stay those of temperature 1, as in training.")
OUTPUT_LOSS = Sentence(N_("Loss"))


def softmax_stages(logits: Array, temperature: float) -> Iterator[Stage]:
    """Yield the steps of `losses.softmax`, for logits of one image `(classes,)`."""
    rows = logits[None, :]
    top = rows.max(axis=1, keepdims=True)
    shifted: Array = rows - top
    scaled: Array = shifted / temperature
    exp: Array = np.exp(scaled)
    total: Array = exp.sum(axis=1, keepdims=True)
    shares: Array = exp / total

    remark = None if temperature == 1.0 else Sentence(NOT_ONE)

    def less_the_largest(label: int) -> Calculation:
        numbers = {"z": float(logits[label]), "largest": float(top[0, 0])}
        return Calculation(float(shifted[0, label]), "{z} − {largest}", numbers)

    def divided_by_temperature(label: int) -> Calculation:
        numbers = {"s": float(shifted[0, label]), "T": temperature}
        return Calculation(float(scaled[0, label]), "{s} / {T}", numbers)

    def exponential(label: int) -> Calculation:
        return Calculation(float(exp[0, label]), "exp({s})", {"s": float(scaled[0, label])})

    def summed(_only: int) -> Calculation:
        return _sum_of(exp[0], float(total[0, 0]))

    def share(label: int) -> Calculation:
        numbers = {"e": float(exp[0, label]), "sum": float(total[0, 0])}
        return Calculation(float(shares[0, label]), "{e} / {sum}", numbers)

    def stage(
        title: str, text: str, formula: str, code: str, values: Array, work: Callable[[int], Calculation]
    ) -> Stage:
        return Stage(
            FORWARD, SOFTMAX, title, text, formula, code, values, Places.CLASSES, work, remark=remark
        )

    yield stage(
        N_("Minus the largest"),
        N_("The largest becomes 0, so that exp cannot overflow; the probabilities stay the same."),
        "s = z − max z",
        "logits - logits.max(axis=1, keepdims=True)",
        shifted[0],
        less_the_largest,
    )
    yield stage(
        N_("By temperature"),
        N_("Above 1 probabilities move together, below 1 apart. Training has temperature 1."),
        "t = s / T",
        "(logits - logits.max(axis=1, keepdims=True)) / temperature",
        scaled[0],
        divided_by_temperature,
    )
    yield stage(
        N_("Exponential"),
        N_("Positive numbers now, in the ratio of the probabilities."),
        "e = exp(t)",
        "np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)",
        exp[0],
        exponential,
    )
    yield Stage(
        FORWARD,
        SOFTMAX,
        N_("Sum"),
        N_("The sum of these numbers."),
        "S = Σ e",
        "exp.sum(axis=1, keepdims=True)",
        total[0],
        Places.ONE,
        summed,
    )
    yield stage(
        N_("Probabilities"),
        N_("Each class's share of that sum; together they are 1."),
        "p = e / S",
        "exp /= exp.sum(axis=1, keepdims=True)",
        shares[0],
        share,
    )


def targets(label: int, classes: int, smoothing: float) -> Array:
    """Return what the probabilities should be: `(classes,)`, float32, as the loss has it."""
    wanted = np.full(classes, smoothing / classes, np.float32)
    wanted[label] += 1.0 - smoothing
    return wanted


def loss_stages(logits: Array, label: int, smoothing: float, loss: float, dlogits: Array) -> Iterator[Stage]:
    """Yield the loss and its gradient by the logits; both are always of temperature 1, as in training.

    logits, dlogits: `(classes,)`; loss: that of the engine
    """
    wanted = targets(label, len(logits), smoothing)
    p, log_p = softmax(logits[None, :])[0], log_softmax(logits[None, :])[0]
    parts: Array = -wanted * log_p

    def work(at: int) -> Calculation:
        numbers = {"target": float(wanted[at]), "p": float(p[at])}
        return Calculation(float(parts[at]), "−{target} · log({p})", numbers)

    def error(at: int) -> Calculation:
        numbers = {"p": float(p[at]), "target": float(wanted[at])}
        return Calculation(float(dlogits[at]), "{p} − {target}", numbers)

    yield Stage(
        LOSS,
        OUTPUT_LOSS,
        N_("Cross-entropy"),
        N_("How far the true class is from certain, in nats: each class's part of the loss."),
        "L = −Σ t · log p" if smoothing else "L = −log p[true]",
        "wanted = float(np.add.reduce(shifted.ravel().take(self._right)))\n"
        "return (float(np.add.reduce(np.log(self._sum))) - wanted) / self._batch",
        parts,
        Places.CLASSES,
        work,
        remark=Sentence(
            N_("The loss is {loss:.5g}; the targets t are {true:.4g} for class {label}, else {other:.4g}."),
            {"loss": loss, "true": float(wanted[label]), "other": smoothing / len(logits), "label": label},
        )
        if smoothing
        else Sentence(
            N_("The loss is {loss:.5g}; the true class is {label}."), {"loss": loss, "label": label}
        ),
    )
    yield Stage(
        BACKWARD,
        OUTPUT_LOSS,
        "dlogits",
        N_("Predicted probability minus target: where it is positive, the logit should decrease."),
        "∂L/∂z = p − t",
        "np.divide(gradient, self._sum, out=gradient)\n"
        + ("gradient -= each * self.smoothing / self.classes\n" if smoothing else "")
        + "gradient.ravel()[self._right] -= each * (1.0 - self.smoothing)",
        dlogits,
        Places.CLASSES,
        error,
    )


def _sum_of(parts: Array, result: float) -> Calculation:
    """Return a plain sum, its largest parts first."""
    order = np.argsort(-parts, kind="stable")
    terms = tuple(Term(int(at), float(parts[at]), None, float(parts[at])) for at in order)
    return Calculation(result, terms=terms, over=Places.CLASSES)
