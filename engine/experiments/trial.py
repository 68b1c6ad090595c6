"""A trial: one setting with one seed, and how far its run has come."""

from dataclasses import dataclass, field

from engine.experiments.space import Setting
from engine.hyperparameters import Hyperparameters


@dataclass
class Trial:
    """A trial under way. number: from 1; setting: which of the settings, from 0.

    accuracies: after each epoch, the validation accuracy of the best epoch so far (None before there is one)
    curve: the validation accuracy of each epoch
    epochs: how many of them it can go on from; state: `waiting`, `running`, `ended` or `pruned`
    seconds: that its epochs took, without validation; losses: how often its worker died with it
    is_announced: false for one that was killed after its run had ended, before that could be said
    """

    number: int
    setting: int
    seed: int
    values: Setting
    hyperparameters: Hyperparameters
    run: str
    accuracies: list[float | None] = field(default_factory=list)
    curve: list[float] = field(default_factory=list)
    epochs: int = 0
    state: str = "waiting"
    seconds: float = 0.0
    losses: int = 0
    is_announced: bool = True

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be computed of it."""
        return self.state in ("ended", "pruned")

    def has_come_to(self, epochs: int) -> bool:
        """Return whether so many epochs are done, or it has ended before."""
        return self.is_over or self.epochs >= epochs

    def accuracy(self, epochs: int | None = None) -> float | None:
        """Return the best validation accuracy in so many epochs, or in all."""
        known = self.accuracies if epochs is None else self.accuracies[:epochs]
        return known[-1] if known else None
