"""Early stopping: which epoch is best, and when the run has waited long enough for a better one."""

import functools
import math
from dataclasses import dataclass
from fractions import Fraction

from engine.events import EarlyStoppingStatus
from engine.hyperparameters import Hyperparameters


@functools.cache
def _most_images_within(min_delta: float, images: int) -> int:
    """Return how many of the images are a share of no more than `min_delta`, as it is written in decimals."""
    return math.floor(Fraction(repr(min_delta)) * images)


@dataclass
class EarlyStopping:
    """Monitors one validation figure from epoch to epoch (Prechelt 1998).

    Two questions are kept apart. *Which weights to keep?* Those of the epoch with the best value; the first
    of equals. *When to stop?* When `patience` epochs in a row have not passed the reference value by
    `min_delta`; an epoch that does becomes the reference. Many small improvements therefore count as soon
    as they add up to `min_delta`.

    Accuracies are compared as counts of the `images` that they are of: 0.9005 is 0.0005 more than 0.9 and not
    a rounding more or less. Where `min_delta` is lowered during a run, the best epoch counts at once if it
    passed the reference by so much.
    """

    monitor: str
    patience: int
    min_delta: float
    enabled: bool = True
    images: int | None = None
    best_epoch: int | None = None
    best_value: float | None = None
    reference: float | None = None
    epochs_without_improvement: int = 0

    @classmethod
    def of(cls, hyperparameters: Hyperparameters, images: int) -> "EarlyStopping":
        """Make one as the hyperparameters say, for figures of so many validation images."""
        return cls(
            hyperparameters.monitor,
            hyperparameters.patience,
            hyperparameters.min_delta,
            hyperparameters.early_stopping,
            images,
        )

    @property
    def _sign(self) -> float:
        """1 where more is better, -1 where less is."""
        return 1.0 if self.monitor == "validation_accuracy" else -1.0

    def observe(self, epoch: int, value: float | None) -> bool:
        """Record the monitored value of an epoch, None if it is not finite; return whether it is the best.

        A value that does not exist is no improvement.
        """
        if self.best_epoch is not None and self._passes(
            self.best_value, self.target
        ):  # `min_delta` was lowered
            waited = min(self.epochs_without_improvement, epoch - 1 - self.best_epoch)
            self.reference, self.epochs_without_improvement = self.best_value, waited
        is_best = self._passes(value, self.best_value)
        if is_best:
            self.best_epoch, self.best_value = epoch, value
        if self._passes(value, self.target):
            self.reference, self.epochs_without_improvement = value, 0
        else:
            self.epochs_without_improvement += 1
        return is_best

    def _passes(self, value: float | None, mark: float | None) -> bool:
        """Return whether a value is better than another; any is better than none."""
        return value is not None and (mark is None or self._sign * (value - mark) > 0.0)

    @property
    def target(self) -> float | None:
        """The value to be passed for the count to start again."""
        if self.reference is None:
            return None
        if self.images is None or self.monitor != "validation_accuracy":
            return self.reference + self._sign * self.min_delta
        gain = _most_images_within(self.min_delta, self.images)
        return (round(self.reference * self.images) + gain) / self.images

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
