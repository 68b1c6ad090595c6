"""The history of a run that the coach's rules look at, and the hint that a rule returns."""

import math
from dataclasses import dataclass, field

from engine.events import EpochEnded, HyperparameterChanged, RunStarted
from engine.hyperparameters import DEFAULT_LEARNING_RATES, OWN_NETWORK, SPECIFICATIONS, Hyperparameters
from engine.sentences import Sentence

WINDOW = 8
"""The newest epochs that a rule looks at."""
LEARNED = 0.9
"""The training accuracy from which a network counts as trained well."""
FULL_RATE = 0.2
"""The share of the learning rate below which the schedule alone makes training slow."""


@dataclass(frozen=True, slots=True)
class Hint:
    """A problem (`rule` names it), the evidence, its meaning, and a change that helps.

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
class RunHistory:
    """What the rules know about a run: its epochs since its hyperparameters were last changed.

    best: the epoch with the lowest validation loss; worst: that with the highest training loss;
    full_rate_epochs: the newest whose learning rate the schedule had not reduced much
    highest_learning_rate: of this run so far
    """

    started: RunStarted
    hyperparameters: Hyperparameters
    highest_learning_rate: float
    epochs: list[EpochEnded] = field(default_factory=list)
    full_rate_epochs: list[EpochEnded] = field(default_factory=list)
    best: EpochEnded | None = None
    worst: EpochEnded | None = None

    def takes(self, hint: Hint) -> bool:
        """Whether the network can take what a hint proposes: a person's own has few hyperparameters."""
        return self.started.network is None or hint.name in OWN_NETWORK

    @classmethod
    def of(cls, started: RunStarted) -> "RunHistory":
        """Return the history of a run that starts."""
        hyperparameters = started.hyperparameters.resolved()
        return cls(started, hyperparameters, hyperparameters.learning_rate or 0.0)

    def add(self, epoch: EpochEnded) -> None:
        """Add an epoch, if its losses are finite."""
        if epoch.train_loss is None or epoch.validation_loss is None:
            return
        if self.epochs and epoch.epoch != self.epochs[-1].epoch + 1:  # of a long run, only some were read
            self.epochs, self.full_rate_epochs = [], []
        self.epochs.append(epoch)
        del self.epochs[:-WINDOW]
        if epoch.learning_rate >= FULL_RATE * self.rate:
            self.full_rate_epochs.append(epoch)
            del self.full_rate_epochs[:-WINDOW]
        if self.best is None or epoch.validation_loss < validation_loss(self.best):
            self.best = epoch
        if self.worst is None or epoch.train_loss > training_loss(self.worst):
            self.worst = epoch

    def change(self, event: HyperparameterChanged) -> None:
        """Start again: earlier epochs say nothing about the effect of the change."""
        self.hyperparameters = self.hyperparameters.changed(event.name, event.new)
        self.highest_learning_rate = max(self.highest_learning_rate, self.rate)
        self.epochs, self.full_rate_epochs, self.best, self.worst = [], [], None, None

    @property
    def rate(self) -> float:
        """The learning rate that the schedule starts from."""
        return self.hyperparameters.learning_rate or self.default_learning_rate

    @property
    def default_learning_rate(self) -> float:
        """The usual learning rate of the optimizer."""
        return DEFAULT_LEARNING_RATES[self.hyperparameters.optimizer]

    @property
    def guessing_loss(self) -> float:
        """The loss of a network that has learned nothing: the logarithm of the number of classes."""
        return math.log(max(2, self.started.layer_sizes[-1]))

    @property
    def last(self) -> EpochEnded:
        """The newest epoch; there must be one."""
        return self.epochs[-1]

    def hint(self, rule: str, evidence: Sentence, meaning: str, name: str, new: object) -> Hint | None:
        """Return a hint, unless the value is what it is to be changed to."""
        old = getattr(self.hyperparameters, name)
        return None if old == new else Hint(rule, evidence, Sentence(meaning), name, old, new)

    @property
    def lower_learning_rate(self) -> float:
        """The default learning rate, or a third of one that is near it, with one digit."""
        if self.rate >= 2.5 * self.default_learning_rate:
            return self.default_learning_rate
        return float(f"{self.rate / 3:.0e}")

    @property
    def max_dead_units(self) -> float:
        """The share of dead units in the layer that has the most."""
        return max((layer.dead_units or 0.0 for layer in self.last.layers), default=0.0)

    def is_flat(self, fall: float) -> bool:
        """Whether the training loss fell by less than this share in the last three epochs at full rate."""
        epochs = self.full_rate_epochs[-4:]
        return len(epochs) == 4 and training_loss(epochs[-1]) > (1 - fall) * training_loss(epochs[0])

    def relative_distance(self, epoch: EpochEnded) -> float:
        """Return the sum of an epoch's steps over the norm of the weights: the largest of the layers."""
        ratios = [layer.update_ratio or 0.0 for layer in epoch.layers]
        return max(ratios, default=0.0) * self.started.batches_per_epoch


def training_loss(epoch: EpochEnded) -> float:
    """Return the training loss as a number; infinity where it is none."""
    return math.inf if epoch.train_loss is None else epoch.train_loss


def validation_loss(epoch: EpochEnded) -> float:
    """Return the validation loss as a number; infinity where it is none."""
    return math.inf if epoch.validation_loss is None else epoch.validation_loss
