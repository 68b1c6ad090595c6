"""The range test: which learning rate to begin with, found in a second on a network of its own.

The learning rate rises from mini-batch to mini-batch, each time by the same factor, and the loss is watched:
it stays where it is while steps are too short, falls, and shoots up when they are too long (Smith 2017,
section 3.3). The network is drawn anew from the seed; no run is touched.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from engine.data.dataset import Dataset
from engine.hyperparameters import DEFAULT_LEARNING_RATES, Hyperparameters
from engine.training.learner import DivergenceError, Learner
from engine.training.threads import default_threads, limit_threads

STEPS = 200
"""Mini-batches from the lowest rate to the highest."""
LOWEST, HIGHEST = 1e-3, 1e2
"""The range, as multiples of what the optimizer begins with if nobody says otherwise."""
SMOOTHING = 0.9
"""How much of the smoothed loss is that of the mini-batches before."""
TOO_FAR = 3.0
"""The test ends where the smoothed loss is so many times the lowest: beyond it there is nothing to learn."""
WORTH_MENTIONING = 0.9
"""The loss has fallen if its lowest smoothed value is below this share of its first."""
SHARE = 0.5
"""What is suggested, as a share of the rate at which the smoothed loss was lowest.

Measured with ten networks on MNIST (SGD, momentum, RMSprop, Adam; 16 to 512 images a batch; deep, wide,
sigmoid, tanh with batch normalisation), two epochs each: half of it ended with 92.9 to 97.2 % of the
validation images, a quarter with 91.3 to 97.4 %, an eighth with 89.2 to 97.4 %; half was the best of the
three for eight of the ten, and within 0.4 points of the best for the others. The rate of steepest descent,
which Smith's readers often take, wandered by a factor of a hundred from seed to seed.
"""


@dataclass(frozen=True)
class Point:
    """One mini-batch of the test. loss: its own, in nats; smoothed: a moving average, undone of its start."""

    learning_rate: float
    loss: float
    smoothed: float


class LearningRateFinder:
    """Iterate over it, once, to run the test; `suggestion` says what came of it so far."""

    def __init__(self, hyperparameters: Hyperparameters, dataset: Dataset, *, steps: int = STEPS) -> None:
        """Draw a network as the hyperparameters describe it; their learning rate plays no part.

        Raises:
            HyperparameterError: when they do not fit the data.
        """
        self.hyperparameters = hyperparameters.resolved()
        self.points: list[Point] = []
        middle = DEFAULT_LEARNING_RATES[hyperparameters.optimizer]
        self._rates = np.geomspace(LOWEST * middle, HIGHEST * middle, steps).tolist()
        self.first_rate, self.last_rate = self._rates[0], self._rates[-1]
        self._learner = Learner(self.hyperparameters, dataset)

    def __iter__(self) -> Iterator[Point]:
        """Yield a point for each mini-batch, until the rates are through or the loss has shot up."""
        learner, average, lowest = self._learner, 0.0, math.inf
        threads = self.hyperparameters.threads or default_threads(
            learner.network.sizes, self.hyperparameters.batch_size, 1
        )
        with limit_threads(threads), np.errstate(over="ignore", invalid="ignore"):
            for number, rate in enumerate(self._rates, 1):
                if learner.epoch_is_done:
                    learner.begin_epoch()
                try:
                    learner.step(rate)
                except DivergenceError:
                    return
                average = SMOOTHING * average + (1.0 - SMOOTHING) * learner.last_loss
                point = Point(rate, learner.last_loss, average / (1.0 - SMOOTHING**number))
                self.points.append(point)
                yield point
                lowest = min(lowest, point.smoothed)
                if point.smoothed > TOO_FAR * lowest:
                    return

    def in_groups(self, size: int) -> Iterator[list[Point]]:
        """Run the test, and yield so many points at a time."""
        points = iter(self)
        while group := list(islice(points, size)):
            yield group

    @property
    def lowest(self) -> Point | None:
        """The mini-batch with the lowest smoothed loss; None where the loss never fell worth mentioning."""
        if len(self.points) < 3:
            return None
        lowest = min(self.points, key=lambda point: point.smoothed)
        return lowest if lowest.smoothed < WORTH_MENTIONING * self.points[0].smoothed else None

    @property
    def suggestion(self) -> float | None:
        """The rate to begin with, to one digit; None where the loss never fell."""
        return float(f"{SHARE * self.lowest.learning_rate:.0e}") if self.lowest is not None else None
