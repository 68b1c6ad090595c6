"""Learning rate schedules.

A schedule is a curve: from the progress of the run, 0 at its start and 1 at its end, to the factor that the
learning rate is multiplied by. `Schedule` puts a curve on a run's steps, after a warm-up.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

PEAK = 0.3
"""The progress at which one-cycle is highest."""


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

    Smith and Topin 2018, with the shape and defaults of PyTorch's OneCycleLR; on the steps of a run without a
    warm-up it is equal to that at each of them. Momentum goes the other way (`Schedule.swing`).
    """
    start, end = 1 / 25, 1 / 250_000
    if progress < PEAK:
        return 1.0 + (start - 1.0) * cosine(progress / PEAK)
    return end + (1.0 - end) * cosine((progress - PEAK) / (1.0 - PEAK))


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
        """Return how far along its curve the schedule is at `step`, from 0 to 1.

        A curve ends after the last step, but for one-cycle: as in PyTorch it ends at the last step, and its
        peak is one step before 30 % of them.
        """
        start: float
        start, reached = self.origin or (self.warmup_steps, 0.0)
        end = self.total_steps
        if self.curve == "one_cycle":
            end -= 1
            if self.origin is None:
                peak = start + PEAK * (self.total_steps - start) - 1
                if step <= peak:
                    return PEAK * max(step - start, 0) / (peak - start)
                start, reached = peak, PEAK
        if step <= start:
            return reached
        if step >= end:
            return 1.0
        return reached + (1.0 - reached) * (step - start) / (end - start)

    def swing(self, step: int) -> float:
        """Return where momentum swings to at `step`: 1 is up, -1 down, and 0, but for one-cycle, nowhere.

        Down while the learning rate rises, and up while it falls, along the same waves.
        """
        if self.curve != "one_cycle":
            return 0.0
        progress = 0.0 if step < self.warmup_steps else self.progress(step)
        if progress < PEAK:
            return 2.0 * cosine(progress / PEAK) - 1.0
        return 1.0 - 2.0 * cosine((progress - PEAK) / (1.0 - PEAK))

    def fade_factor(self, step: int, fade: float) -> float:
        """Return what is left of what falls evenly from 1 to 0 over the last share `fade` of a run.

        The share is of all steps that the run has by now, those of the warm-up included.
        """
        return min(max(1.0 - step / self.total_steps, 0.0) / fade, 1.0) if fade else 1.0

    def stretched(self, step: int, total_steps: int) -> "Schedule":
        """Return the schedule that goes on from `step` as it stands there, and ends at `total_steps`."""
        start = max(step, self.warmup_steps)
        return replace(self, total_steps=total_steps, origin=(start, self.progress(start)))
