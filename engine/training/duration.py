"""How long a run will take, from a moment of it."""

import time
from dataclasses import replace

import numpy as np

from engine.data.dataset import Dataset
from engine.hyperparameters import Hyperparameters
from engine.training.learner import DivergenceError
from engine.training.threads import limit_threads
from engine.training.trainer import Trainer

MEASURED = 0.25
"""Seconds of training that are enough to estimate from."""
BATCHES, IMAGES = 10, 4_000
"""Mini-batches, and images, that are looked at: setting all of them upright alone would take seconds."""


def expected_seconds(hyperparameters: Hyperparameters, dataset: Dataset) -> float:
    """Return the seconds of training that all epochs of a run would take, as the machine is now.

    A few of its mini-batches are learned for a moment, as they would be, and forgotten.

    Raises:
        HyperparameterError: when the hyperparameters do not fit the data.
    """
    images = len(dataset.train_labels)
    every = max(1, images // max(IMAGES, BATCHES * hyperparameters.batch_size))
    few = replace(
        dataset, train_images=dataset.train_images[::every], train_labels=dataset.train_labels[::every]
    )
    trainer = Trainer(hyperparameters, few)
    learner, rate = trainer.learner, trainer.next_learning_rate
    steps, started = -1, 0.0  # the first step makes room for its results, and does not count
    now = until = time.perf_counter() + MEASURED
    with limit_threads(trainer.threads), np.errstate(over="ignore", invalid="ignore"):
        while steps < 1 or now < until:
            try:
                learner.step(rate)
            except DivergenceError:
                break
            now = time.perf_counter()
            steps += 1
            if steps == 0:
                started = now
            if learner.epoch_is_done:
                learner.begin_epoch()
    if steps < 1:
        return 0.0
    training = len(learner.split.training) * images / len(few.train_labels)
    batches = hyperparameters.epochs * training / hyperparameters.batch_size
    return batches * (now - started) / steps
