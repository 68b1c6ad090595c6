"""A copy of a trained network with its data, to analyse and experiment on."""

from dataclasses import dataclass

import numpy as np

from engine.data.dataset import Dataset
from engine.errors import CheckpointError
from engine.events import Weights
from engine.hyperparameters import Hyperparameters
from engine.network.layers import Array, Precision
from engine.network.mlp import MLP
from engine.sentences import N_
from engine.training.learner import Learner
from engine.training.snapshot import ANOTHER_NETWORK


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A network as it was at one moment of its run, and the data that it learned from.

    It is at the end of `epoch`, or in its middle after `batch` mini-batches. `learner` has the network, the
    split and the images, standardised as in training; what alters weights takes a `clone`.

    initial: `(count,)`, the parameters before the first step, as `network.parameters`; None where they
    are not known
    """

    run: str
    epoch: int
    batch: int | None
    hyperparameters: Hyperparameters
    learner: Learner
    initial: Array | None

    @classmethod
    def of(cls, weights: Weights, dataset: Dataset, fingerprint: str | None = None) -> "TrainedNetwork":
        """Build the network from its weights and the data that it was trained on.

        fingerprint: of these data, where it is known

        Raises:
            CheckpointError: when the data are others, or the weights are of another network than their
                hyperparameters describe.
        """
        if fingerprint is not None and dataset.fingerprint != fingerprint:
            raise CheckpointError(
                N_("{name} is not the data set that the run was trained on."),
                name=dataset.name,
            )
        learner = Learner(weights.hyperparameters, dataset)
        network = learner.network
        initial = None if weights.is_own else network.parameters.copy()
        for ours, theirs in (
            (network.parameters, weights.parameters),
            (network.statistics, weights.statistics),
        ):
            if ours.shape != theirs.shape:
                raise CheckpointError(ANOTHER_NETWORK)
            np.copyto(ours, theirs)
        return cls(weights.run, weights.epoch, weights.batch, weights.hyperparameters, learner, initial)

    @property
    def network(self) -> MLP:
        """The network; not to be changed."""
        return self.learner.network

    @property
    def dataset(self) -> Dataset:
        """The data that it learned from."""
        return self.learner.dataset

    def clone(self, dtype: Precision = np.float32) -> MLP:
        """Return a copy of the network, for experiments that change it."""
        network = MLP.of(self.hyperparameters, self.dataset.pixels, self.dataset.classes, dtype=dtype)
        network.parameters[:] = self.network.parameters
        network.statistics[:] = self.network.statistics
        return network
