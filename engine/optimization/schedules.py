"""Learning rate schedules.

A schedule is a curve: from the progress of the run, 0 at its start and 1 at its end, to the factor that the
learning rate is multiplied by. `Schedule` puts a curve on a run's steps, after a warm-up.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace


def constant(progress: float) -> float:
    """Always 1."""
    return 1.0


def step(progress: float) -> float:
    """Divided by ten after each third of the run."""
    return 0.1 ** min(int(progress * 3 + 1e-9), 2)


def exponential(progress: float) -> float:
    """Falls by the same share with each step, to a hundredth: 0.01 ^ progress."""
    return 0.01**progress  # type: ignore[no-any-return]


def cosine(progress: float) -> float:
    """Half a wave from 1 to 0; Loshchilov and Hutter 2017, eq. 5, without restarts."""
    return 0.5 * (1.0 + math.cos(math.pi * progress))


def one_cycle(progress: float) -> float:
    """Rise from 1/25 to 1 over the first 30 %, fall to 1/250,000, both along half a wave.

    Smith and Topin 2018, with the shape and defaults of PyTorch's OneCycleLR.
    """
    start, peak_at, end = 1 / 25, 0.3, 1 / 250_000
    if progress < peak_at:
        return 1.0 + (start - 1.0) * cosine(progress / peak_at)
    return end + (1.0 - end) * cosine((progress - peak_at) / (1.0 - peak_at))


CURVES: dict[str, Callable[[float], float]] = {
    "constant": constant,
    "step": step,
    "exponential": exponential,
    "cosine": cosine,
    "one_cycle": one_cycle,
}


@dataclass(frozen=True)
class Schedule:
    """A curve put on the steps of a run: a pure function of the step.

    warmup_steps: the factor first rises evenly over so many steps, to 1 at the last of them; then the curve
    begins.
    total_steps: where the curve ends.
    origin: a step and the progress reached there, from which the rest of the curve is stretched evenly
    to `total_steps`; it moves when the number of epochs is changed during a run.
    """

    curve: str
    total_steps: int
    warmup_steps: int = 0
    origin: tuple[int, float] | None = None

    def factor(self, step: int) -> float:
        """Return what the learning rate of `step` (the first is 0) is multiplied by."""
        if step < self.warmup_steps:
            return (step + 1) / self.warmup_steps
        return CURVES[self.curve](self.progress(step))

    def progress(self, step: int) -> float:
        """Return how far along its curve the schedule is at `step`, from 0 to 1."""
        start, reached = self.origin or (self.warmup_steps, 0.0)
        if step <= start:
            return reached
        if step >= self.total_steps:
            return 1.0
        return reached + (1.0 - reached) * (step - start) / (self.total_steps - start)

    def fade_factor(self, step: int, fade: float) -> float:
        """Return the factor that falls evenly from 1 to 0 over the last share `fade` of a run."""
        return min((1.0 - self.progress(step)) / fade, 1.0) if fade else 1.0

    def stretched(self, step: int, total_steps: int) -> "Schedule":
        """Return the schedule that goes on from `step` as it stands there, and ends at `total_steps`."""
        start = max(step, self.warmup_steps)
        return replace(self, total_steps=total_steps, origin=(start, self.progress(start)))
