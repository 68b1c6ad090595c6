"""How long a run will take, from a moment of it."""

import time

import numpy as np

from engine.data.dataset import Dataset
from engine.hyperparameters import Hyperparameters
from engine.training.learner import DivergenceError
from engine.training.threads import limit_threads
from engine.training.trainer import Trainer

MEASURED = 0.25
"""Seconds of training that are enough to estimate from."""


def expected_seconds(hyperparameters: Hyperparameters, dataset: Dataset) -> float:
    """Return the seconds of training that all epochs of a run would take, as the machine is now.

    The run's first mini-batches are learned for a moment, as they would be, and forgotten.

    Raises:
        HyperparameterError: when the hyperparameters do not fit the data.
    """
    trainer = Trainer(hyperparameters, dataset)
    learner, rate = trainer.learner, trainer.next_learning_rate
    steps, started = 0, time.perf_counter()
    now = started
    with limit_threads(trainer.threads), np.errstate(over="ignore", invalid="ignore"):
        while not learner.epoch_is_done and now - started < MEASURED:
            try:
                learner.step(rate)
            except DivergenceError:
                break
            now = time.perf_counter()
            steps += 1
            if steps == 1 and not learner.epoch_is_done:  # the first step makes room for its results
                steps, started = 0, now
    return trainer.hyperparameters.epochs * learner.batches * (now - started) / max(1, steps)
