"""What goes wrong in a run, how its figures show it, and which one change mends it.

Each rule is a function of the run's past. Its thresholds were found on runs of MNIST and of slices of it, and
lie well between what healthy runs showed and what sick ones did; `tests/engine/analysis/test_diagnostics.py`
trains networks into each trouble and, by the proposed change, out of it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from engine.events import Diverged, EpochEnded, HyperparameterChanged, RunStarted, StoppedEarly
from engine.hyperparameters import DEFAULT_LEARNING_RATES, SPECIFICATIONS, Hyperparameters
from engine.wording import N_, Sentence

WINDOW = 8
"""The newest epochs that a rule looks at."""
LEARNED = 0.9
"""A training accuracy from which on a network is not said to learn badly."""
FULL_RATE = 0.2
"""A share of the learning rate below which the schedule, not the network, decides how fast it learns."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What is wrong (`rule` names it), what shows it, what it means, and a change that helps.

    `name` is the hyperparameter to change from `old` to `new`.
    """

    rule: str
    evidence: Sentence
    meaning: Sentence
    name: str
    old: object
    new: object

    @property
    def is_live(self) -> bool:
        """Whether a run that is active can take the change; otherwise the next one does."""
        return SPECIFICATIONS[self.name].live


@dataclass
class Past:
    """What the rules know of a run: its figures since its hyperparameters were last changed.

    best: the epoch with the lowest validation loss; worst: that with the highest training loss;
    highest_rate: the highest learning rate that this run was set to
    """

    started: RunStarted
    hyperparameters: Hyperparameters
    highest_rate: float
    epochs: list[EpochEnded] = field(default_factory=list)
    best: EpochEnded | None = None
    worst: EpochEnded | None = None

    @classmethod
    def of(cls, started: RunStarted) -> "Past":
        """Return the past of a run that begins."""
        hyperparameters = started.hyperparameters.resolved()
        return cls(started, hyperparameters, hyperparameters.learning_rate or 0.0)

    def add(self, epoch: EpochEnded) -> None:
        """Remember an epoch whose losses are numbers."""
        if epoch.train_loss is None or epoch.validation_loss is None:
            return
        self.epochs.append(epoch)
        del self.epochs[:-WINDOW]
        if self.best is None or epoch.validation_loss < _validation(self.best):
            self.best = epoch
        if self.worst is None or epoch.train_loss > _training(self.worst):
            self.worst = epoch

    def change(self, event: HyperparameterChanged) -> None:
        """Begin anew: what was seen before says nothing of what the change does."""
        self.hyperparameters = self.hyperparameters.changed(event.name, event.new)
        self.highest_rate = max(self.highest_rate, self.rate)
        self.epochs, self.best, self.worst = [], None, None

    @property
    def rate(self) -> float:
        """The learning rate that the schedule starts from."""
        return self.hyperparameters.learning_rate or self.default_rate

    @property
    def default_rate(self) -> float:
        """The usual learning rate of the optimizer."""
        return DEFAULT_LEARNING_RATES[self.hyperparameters.optimizer]

    @property
    def guessing(self) -> float:
        """The loss of a network that knows nothing: the logarithm of the number of classes."""
        return math.log(max(2, self.started.layer_sizes[-1]))

    @property
    def last(self) -> EpochEnded:
        """The newest epoch; there must be one."""
        return self.epochs[-1]

    @property
    def at_full_rate(self) -> list[EpochEnded]:
        """The epochs that the schedule let learn."""
        return [epoch for epoch in self.epochs if epoch.learning_rate >= FULL_RATE * self.rate]

    def hint(self, rule: str, evidence: Sentence, meaning: str, name: str, new: object) -> Hint | None:
        """Return a hint, unless the value is what it is to be changed to."""
        old = getattr(self.hyperparameters, name)
        return None if old == new else Hint(rule, evidence, Sentence(meaning), name, old, new)


def diverged(past: Past, event: Diverged) -> Hint | None:
    """The loss or the gradient left all bounds."""
    if past.hyperparameters.initializer == "large":
        return initial_weights_too_large(past, diverged=True)
    return past.hint(
        N_("Learning rate too high"),
        Sentence(
            N_("with learning_rate {rate:g} the {what} grew beyond all bounds in epoch {epoch}."),
            {
                "rate": past.rate,
                "what": Sentence(N_("loss") if event.cause == "loss" else N_("gradient")),
                "epoch": event.epoch,
            },
        ),
        N_("Each step overshoots the valley, and the next one, on steeper ground, even more."),
        "learning_rate",
        _gentler(past),
    )


def equal_weights(past: Past) -> Hint | None:
    """All weights began at zero: hidden units get equal gradients, or none, and stay equal."""
    hyperparameters = past.hyperparameters
    if hyperparameters.initializer != "zeros" or not hyperparameters.hidden:
        return None
    if past.last.train_accuracy >= LEARNED:
        return None
    return past.hint(
        N_("Equal initial weights"),
        Sentence(
            N_("all weights began at zero, and after epoch {epoch} the training accuracy is {accuracy:.1%}."),
            {"epoch": past.last.epoch, "accuracy": past.last.train_accuracy},
        ),
        N_("Units that begin equal get equal gradients, or none, and stay equal: chance must part them."),
        "initializer",
        _initializer(hyperparameters),
    )


def initial_weights_too_large(past: Past, *, diverged: bool = False) -> Hint | None:
    """The weights began so large that the first outputs were wild, and far from what can be mended."""
    hyperparameters = past.hyperparameters
    if hyperparameters.initializer != "large":
        return None
    if diverged:
        evidence = Sentence(N_("the weights began large, and the training loss left all bounds."))
    elif past.worst is not None and _explodes(past):
        evidence = _exploded(past, past.worst)
    else:
        return None
    return past.hint(
        N_("Initial weights too large"),
        evidence,
        N_("Layer by layer they magnify the image; the network begins sure, wrong, and hard to correct."),
        "initializer",
        _initializer(hyperparameters),
    )


def learning_rate_too_high(past: Past) -> Hint | None:
    """The loss rose far above that of guessing and did not recover, or it goes up and down."""
    if past.worst is not None and _explodes(past):
        return past.hint(
            N_("Learning rate too high"),
            _exploded(past, past.worst),
            N_("Such steps throw the weights too far to come back: lower it, and start anew."),
            "learning_rate",
            _gentler(past),
        )
    epochs = past.epochs[-7:]
    rises = [
        (before, after)
        for before, after in zip(epochs, epochs[1:], strict=False)
        if _training(after) > 1.05 * _training(before)  # healthy runs rose by 1 % at most
    ]
    if len(rises) < 2 or past.last.train_accuracy >= LEARNED:
        return None
    before, after = rises[-1]
    return past.hint(
        N_("Learning rate too high"),
        Sentence(
            N_("the training loss goes up and down, in epoch {epoch} from {before:.3g} to {after:.3g}."),
            {"epoch": after.epoch, "before": before.train_loss, "after": after.train_loss},
        ),
        N_("Steps too long leap across the valley instead of descending into it."),
        "learning_rate",
        _gentler(past),
    )


def too_much_dropout(past: Past) -> Hint | None:
    """With dropout the network hardly learns its training images; without, it would know more."""
    last, dropout = past.last, past.hyperparameters.dropout
    held_back = last.validation_accuracy > last.train_accuracy + 0.05 and last.validation_accuracy < LEARNED
    if dropout < 0.3 or not held_back or not _is_flat(past, 0.1):
        return None
    return past.hint(
        N_("Too much dropout"),
        Sentence(
            N_(
                "with dropout {dropout:g} training stays at {training:.1%}, below validation's "
                "{validation:.1%}."
            ),
            {
                "dropout": dropout,
                "training": last.train_accuracy,
                "validation": last.validation_accuracy,
            },
        ),
        N_("Dropout hinders learning by heart; this network does not even learn what it could."),
        "dropout",
        round(dropout / 4, 2),
    )


def vanishing_gradients(past: Past) -> Hint | None:
    """Hardly any gradient comes back to the first layer."""
    layers, hyperparameters = past.last.layers, past.hyperparameters
    if len(layers) < 3 or past.last.train_accuracy >= LEARNED:
        return None
    first, output = layers[0].gradient_norm, layers[-1].gradient_norm
    if not first or not output or first > 0.01 * output:  # healthy: 0.3 to 10 times the output's
        return None
    evidence = Sentence(
        N_("in epoch {epoch} the gradient is {output:.2g} at the output layer, {first:.1e} at the first."),
        {"epoch": past.last.epoch, "output": output, "first": first},
    )
    rule = N_("Vanishing gradients")
    if hyperparameters.activation == "sigmoid":
        meaning = N_("A sigmoid passes on a quarter of it at most, so the first layers hardly learn.")
        better = "relu" if hyperparameters.initializer.startswith("he") else "tanh"
        return past.hint(rule, evidence, meaning, "activation", better)
    meaning = N_("Each layer passes on less than it gets; batch norm gives each of them a scale that lasts.")
    return past.hint(rule, evidence, meaning, "batch_norm", True)


def dead_units(past: Past) -> Hint | None:
    """Half of a layer's ReLUs are zero for every image: no gradient passes them, so they stay so."""
    share, batch_size = _most_dead(past), past.hyperparameters.batch_size
    images = past.started.training_images % batch_size or batch_size
    enough = 0.5 if images >= 30 else 0.99  # of few images, 0.35 were dead in healthy runs
    if share < enough or past.last.train_accuracy >= LEARNED or past.highest_rate > past.rate:
        return None
    if past.hyperparameters.dropout >= 0.5:  # which alone may do so, and has a rule of its own
        return None
    dead = next(number for number, layer in enumerate(past.last.layers) if layer.dead_units == share)
    return past.hint(
        N_("Dead ReLUs"),
        Sentence(
            N_("{share:.0%} of hidden layer {layer} were zero for each of the last {images} images of epoch {epoch}."),
            {"share": share, "layer": dead + 1, "images": images, "epoch": past.last.epoch},
        ),
        N_("Steps too long pushed them below zero, where no gradient calls them back: start anew."),
        "learning_rate",
        _gentler(past),
    )


def learning_rate_too_low(past: Past) -> Hint | None:
    """The steps of a whole epoch, laid end to end, hardly move the weights."""
    epochs = past.at_full_rate
    if len(epochs) < 2 or past.last.train_accuracy >= LEARNED or past.rate > 0.11 * past.default_rate:
        return None
    before, last = epochs[-2:]
    way = _way(past, last)
    pulls = max((layer.gradient_norm or 0.0 for layer in last.layers), default=0.0)
    if pulls < 0.1 or not _training(last) < _training(before):
        return None
    if way >= 0.05:  # healthy: 0.1 and more; with a hundredth of the usual rate: 0.01 and less
        return None
    return past.hint(
        N_("Learning rate too low"),
        Sentence(
            N_("a whole epoch moves no layer's weights by more than {way:.2%}; loss {before:.3f} to {after:.3f}."),
            {"way": way, "before": before.train_loss, "after": last.train_loss},
        ),
        N_("The direction is right and the steps are too short: it would take hundreds of epochs."),
        "learning_rate",
        past.default_rate if past.rate < past.default_rate / 30 else 3 * past.rate,
    )


def batch_too_large(past: Past) -> Hint | None:
    """The whole run has so few steps that it cannot get far, though each of them helps."""
    started, hyperparameters = past.started, past.hyperparameters
    steps = started.batches_per_epoch * hyperparameters.epochs
    if started.batches_per_epoch > 8 or steps >= 200 or past.last.train_accuracy >= LEARNED:
        return None
    if len(past.epochs) < 3 or _is_flat(past, 0.05):
        return None
    smaller = max(16, started.training_images * hyperparameters.epochs // 500)
    smaller = 1 << (smaller.bit_length() - 1)  # a power of two that makes 500 steps or more
    if smaller >= hyperparameters.batch_size:
        return None
    return past.hint(
        N_("Batch too large"),
        Sentence(
            N_("{batch:,} images a batch make {steps:,} steps in all; accuracy {accuracy:.1%} so far."),
            {
                "batch": hyperparameters.batch_size,
                "steps": steps,
                "accuracy": past.last.train_accuracy,
            },
        ),
        N_("The loss falls with every step, and there are too few; smaller batches make more of them."),
        "batch_size",
        smaller,
    )


def plateau(past: Past) -> Hint | None:
    """The loss has come to rest while the weights still travel far: they circle about a place to rest at."""
    last, hyperparameters = past.last, past.hyperparameters
    if last.train_accuracy >= LEARNED or hyperparameters.schedule != "constant" or not _is_flat(past, 0.05):
        return None
    if _way(past, last) < 3 or past.highest_rate > past.rate or _most_dead(past) >= 0.5:
        return None
    return past.hint(
        N_("Plateau"),
        Sentence(
            N_("the training loss rests at {loss:.3f}, though an epoch's steps are {way:.0f} times the weights."),
            {"loss": last.train_loss, "way": _way(past, last)},
        ),
        N_("They circle about a valley that shorter steps could settle in."),
        "learning_rate",
        float(f"{past.rate / 10:.0e}"),
    )


def underfitting(past: Past) -> Hint | None:
    """The network has stopped getting better at the very images that it learns from."""
    last, hyperparameters = past.last, past.hyperparameters
    if last.train_accuracy >= LEARNED or not _is_flat(past, 0.05):
        return None
    if _validation(last) > 1.2 * _training(last) or _most_dead(past) >= 0.5:
        return None
    evidence = Sentence(
        N_("training has come to rest at {training:.1%}, validation at {validation:.1%}."),
        {"training": last.train_accuracy, "validation": last.validation_accuracy},
    )
    rule = N_("Underfitting")
    if hyperparameters.l2 >= 0.01:
        meaning = N_("L2 keeps the weights too small to tell the classes apart.")
        return past.hint(rule, evidence, meaning, "l2", round(hyperparameters.l2 / 100, 6))
    meaning = N_("The network is too small to tell the classes apart, even those of its own images.")
    wider = tuple(min(16_384, max(32, 4 * size)) for size in hyperparameters.hidden) or (128,)
    return past.hint(rule, evidence, meaning, "hidden", wider)


def overfitting(past: Past) -> Hint | None:
    """Training gets better while validation gets worse."""
    best, last = past.best, past.last
    if best is None or last.epoch - best.epoch < 3 or last.train_accuracy < LEARNED:
        return None
    worse = _validation(last) > 1.05 * _validation(best)  # healthy runs: up to 1.035
    if not worse or _training(last) >= _training(best) or _training(last) > 0.5 * _validation(last):
        return None
    l2 = past.hyperparameters.l2
    return past.hint(
        N_("Overfitting"),
        Sentence(
            N_(
                "since epoch {best} validation loss went from {before:.3f} up to {after:.3f}, training's down "
                "to {training:.2g}."
            ),
            {
                "best": best.epoch,
                "before": best.validation_loss,
                "after": last.validation_loss,
                "training": last.train_loss,
            },
        ),
        N_("It learns its images by heart. L2 keeps the weights small, and what it learns general."),
        "l2",
        0.003 if l2 < 0.003 else round(3 * l2, 6),
    )


def stopped_too_soon(past: Past, event: StoppedEarly) -> Hint | None:
    """Early stopping ended a run whose validation loss was still falling."""
    if len(past.epochs) < 2 or past.best is not past.last:
        return None
    before, last = past.epochs[-2:]
    if event.monitor != "validation_accuracy" or _validation(last) > 0.99 * _validation(before):
        return None
    return past.hint(
        N_("Stopped too soon"),
        Sentence(
            N_("in its last epoch, {epoch}, the validation loss still fell, from {before:.3f} to {after:.3f}."),
            {"epoch": last.epoch, "before": before.validation_loss, "after": last.validation_loss},
        ),
        N_("Accuracy rests for a while before it goes on; more patience waits for it."),
        "patience",
        max(5, 2 * past.hyperparameters.patience),
    )


RULES: tuple[Callable[[Past], Hint | None], ...] = (
    equal_weights,
    initial_weights_too_large,
    learning_rate_too_high,
    too_much_dropout,
    vanishing_gradients,
    dead_units,
    learning_rate_too_low,
    batch_too_large,
    plateau,
    underfitting,
    overfitting,
)
"""Causes before what follows from them: of several that hold, the first is to be mended first."""


def _training(epoch: EpochEnded) -> float:
    return math.inf if epoch.train_loss is None else epoch.train_loss


def _validation(epoch: EpochEnded) -> float:
    return math.inf if epoch.validation_loss is None else epoch.validation_loss


def _explodes(past: Past) -> bool:
    """Whether an epoch cost three times as much as guessing, and the last still costs half of it."""
    assert past.worst is not None
    return _training(past.worst) > 3 * past.guessing and _training(past.last) > past.guessing / 2


def _exploded(past: Past, worst: EpochEnded) -> Sentence:
    return Sentence(
        N_("in epoch {epoch} the training loss was {loss:,.1f}; guessing costs {guessing:.2f}."),
        {"epoch": worst.epoch, "loss": worst.train_loss, "guessing": past.guessing},
    )


def _is_flat(past: Past, fall: float) -> bool:
    """Whether the training loss fell by less than this share in the last three epochs at full rate."""
    epochs = past.at_full_rate[-4:]
    return len(epochs) == 4 and _training(epochs[-1]) > (1 - fall) * _training(epochs[0])


def _way(past: Past, epoch: EpochEnded) -> float:
    """Return how far an epoch's steps, laid end to end, would move a layer, as a multiple of its weights."""
    ratios = [layer.update_ratio or 0.0 for layer in epoch.layers]
    return max(ratios, default=0.0) * past.started.batches_per_epoch


def _most_dead(past: Past) -> float:
    """Return the share of dead units in the layer that has the most."""
    return max((layer.dead_units or 0.0 for layer in past.last.layers), default=0.0)


def _gentler(past: Past) -> float:
    """Return the default learning rate, or a third of one that is near it, with one digit."""
    rate = past.rate
    return past.default_rate if rate >= 2.5 * past.default_rate else float(f"{rate / 3:.0e}")


def _initializer(hyperparameters: Hyperparameters) -> str:
    """Return the initializer that was made for an activation."""
    return "xavier_normal" if hyperparameters.activation in ("sigmoid", "tanh") else "he_normal"
