"""Early stopping: which epoch is best, and when the run has waited long enough for a better one."""

from dataclasses import dataclass

from engine.events import EarlyStoppingStatus
from engine.hyperparameters import Hyperparameters


@dataclass
class EarlyStopping:
    """Monitors one validation figure from epoch to epoch (Prechelt 1998).

    Two questions are kept apart. *Which weights to keep?* Those of the epoch with the best value; the first
    of equals. *When to stop?* When `patience` epochs in a row have not passed the reference value by
    `min_delta`; an epoch that does becomes the reference. Many small improvements therefore count as soon
    as they add up to `min_delta`.
    """

    monitor: str
    patience: int
    min_delta: float
    enabled: bool = True
    best_epoch: int | None = None
    best_value: float | None = None
    reference: float | None = None
    epochs_without_improvement: int = 0

    @classmethod
    def of(cls, hyperparameters: Hyperparameters) -> "EarlyStopping":
        """Make one as the hyperparameters say."""
        return cls(
            hyperparameters.monitor,
            hyperparameters.patience,
            hyperparameters.min_delta,
            hyperparameters.early_stopping,
        )

    @property
    def _sign(self) -> float:
        """1 where more is better, -1 where less is."""
        return 1.0 if self.monitor == "validation_accuracy" else -1.0

    def observe(self, epoch: int, value: float | None) -> bool:
        """Record the monitored value of an epoch, None if it is not finite; return whether it is the best.

        A value that does not exist is no improvement.
        """
        is_best = value is not None and (
            self.best_value is None or self._sign * (value - self.best_value) > 0.0
        )
        if is_best:
            self.best_epoch, self.best_value = epoch, value
        target = self.target
        if value is not None and (target is None or self._sign * (value - target) > 0.0):
            self.reference, self.epochs_without_improvement = value, 0
        else:
            self.epochs_without_improvement += 1
        return is_best

    @property
    def target(self) -> float | None:
        """The value that an epoch must exceed for the count to start again."""
        return None if self.reference is None else self.reference + self._sign * self.min_delta

    @property
    def wants_to_stop(self) -> bool:
        """Whether patience has run out, whether or not early stopping is enabled."""
        return self.epochs_without_improvement >= self.patience

    def status(self) -> EarlyStoppingStatus:
        """Return the state for an event."""
        return EarlyStoppingStatus(
            enabled=self.enabled,
            monitor=self.monitor,
            best_epoch=self.best_epoch,
            best_value=self.best_value,
            target=self.target,
            epochs_without_improvement=self.epochs_without_improvement,
            patience=self.patience,
        )
