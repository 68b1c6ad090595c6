"""JAX as a peer: a whole epoch compiled into one loop, in a process of its own that has so many cores.

XLA takes its threads from the cores that a process may use when it starts; the child is given just those.
"""

import multiprocessing
import os
import time
from itertools import pairwise
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from engine.data.dataset import Dataset
from engine.hyperparameters import Hyperparameters
from engine.training.learner import Learner


class Jax:
    """JAX on the CPU: `lax.scan` over the mini-batches, images gathered as bytes and standardised inside."""

    def __init__(self, hyperparameters: Hyperparameters, dataset: Dataset, threads: int) -> None:
        """Compile the epoch; only what follows is timed."""
        learner = Learner(hyperparameters.resolved(), dataset)
        training, scale = learner.split.training, learner.standardization
        images = dataset.train_images[training].reshape(len(training), -1)
        given = (images, dataset.train_labels[training], scale.mean, scale.deviation, learner.network.sizes)
        context = multiprocessing.get_context("spawn")
        self._ends, end = context.Pipe()
        self._child = context.Process(
            target=run_epochs, args=(end, hyperparameters.resolved(), given, threads), daemon=True
        )
        self._child.start()
        end.close()
        self._ends.recv()

    def epoch(self) -> float:
        """Train once over the training images; return the seconds."""
        self._ends.send(True)
        seconds = self._ends.recv()
        assert isinstance(seconds, float)
        return seconds

    def close(self) -> None:
        """End the child."""
        self._ends.close()
        self._child.join()


def run_epochs(end: Connection, hyperparameters: Hyperparameters, given: Any, threads: int) -> None:
    """Train an epoch whenever asked, and send the seconds it took."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    epoch, state, count = compiled_epoch(hyperparameters, given)
    rng = np.random.default_rng(0)
    state, _ = epoch(state, rng.permutation(count).astype(np.int32))
    end.send(True)
    while True:
        try:
            end.recv()
        except EOFError:
            return
        order = rng.permutation(count).astype(np.int32)
        started = time.perf_counter()
        state, loss = epoch(state, order)
        loss.block_until_ready()
        end.send(time.perf_counter() - started)


def compiled_epoch(hyperparameters: Hyperparameters, given: Any) -> Any:
    """Return a compiled `(state, order) -> (state, mean loss)`, its first state, and the number of images.

    SGD, or Adam with the defaults that ours has (Kingma and Ba 2015, algorithm 1).
    """
    import jax
    import jax.numpy as jnp

    images, labels, mean, deviation, sizes = given
    images, labels = jnp.asarray(images), jnp.asarray(labels)
    batch, rate = hyperparameters.batch_size, hyperparameters.learning_rate
    is_adam = hyperparameters.optimizer == "adam"
    rng = np.random.default_rng(0)
    weights = [
        (jnp.asarray(rng.normal(0, np.sqrt(2 / a), (a, b)), jnp.float32), jnp.zeros(b, jnp.float32))
        for a, b in pairwise(sizes)
    ]
    moments = [jax.tree.map(jnp.zeros_like, weights) for _ in range(2)]

    def loss_of(weights: Any, chosen: Any) -> Any:
        X = (images[chosen].astype(jnp.float32) / 255 - mean) / deviation
        for W, b in weights[:-1]:
            X = jax.nn.relu(X @ W + b)
        W, b = weights[-1]
        log_probabilities = jax.nn.log_softmax(X @ W + b)
        return -jnp.take_along_axis(log_probabilities, labels[chosen][:, None], axis=1).mean()

    def step(state: Any, chosen: Any) -> Any:
        weights, first, second, t = state
        loss, gradients = jax.value_and_grad(loss_of)(weights, chosen)
        t = t + 1
        if is_adam:
            first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
            second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
            scale = rate * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            moved = jax.tree.map(lambda m, v: scale * m / (jnp.sqrt(v) + 1e-8), first, second)
        else:
            moved = jax.tree.map(lambda g: rate * g, gradients)
        return (jax.tree.map(jnp.subtract, weights, moved), first, second, t), loss

    def epoch(state: Any, order: Any) -> Any:
        whole = len(order) // batch * batch
        state, losses = jax.lax.scan(step, state, order[:whole].reshape(-1, batch))
        total = losses.sum() * batch
        if whole < len(order):  # the last, smaller mini-batch
            state, loss = step(state, order[whole:])
            total = total + loss * (len(order) - whole)
        return state, total / len(order)

    return jax.jit(epoch, donate_argnums=0), (weights, *moments, jnp.float32(0)), len(labels)
