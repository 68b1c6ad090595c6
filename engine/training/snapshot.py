"""The state of a run between two mini-batches: everything that decides how it continues."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.dataset import Dataset
from engine.errors import CheckpointError
from engine.hyperparameters import Hyperparameters
from engine.network.mlp import parameter_count
from engine.optimization.schedules import Schedule
from engine.sentences import N_
from engine.training.early_stopping import EarlyStopping
from engine.training.numerics import NUMERICS

ANOTHER_NETWORK = N_(
    "The weights in the checkpoint do not fit the network that its hyperparameters describe."
)

State = Mapping[str, Any]
"""The state of a random bit generator, as NumPy gives it: names, whole numbers, and dicts of them."""


@dataclass(frozen=True)
class BestEpoch:
    """The epoch whose weights are kept, and how it did on the validation images."""

    epoch: int
    validation_accuracy: float
    validation_loss: float | None


@dataclass(frozen=True, eq=False)
class LearnerState:
    """The state of a learner in the middle of training.

    position: training images of this epoch that were learned; loss_sum, correct: over these
    order_rng: as it was before it drew this epoch's order; dropout_rng: as it is
    steps: that the optimizer took
    vectors: `parameters` and `statistics`, `best.parameters` and `best.statistics`, and the optimizer's
    vectors, such as `optimizer.moments`; flat, in the network's dtype
    """

    position: int
    loss_sum: float
    correct: int
    order_rng: State
    dropout_rng: State
    steps: int
    vectors: Mapping[str, NDArray[np.floating]]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A run between two mini-batches. From here on the same data give the same bits.

    numerics: how the version that took it computes: see `engine.training.numerics`

    hyperparameters: as they are now, live changes included
    epoch: under way, or done if every training image was learned; from 1
    step: mini-batches of the whole run; seconds: of training, of the run and of the epoch
    ended: the reason why the run ended there, None if it did not
    """

    run: str
    name: str
    hyperparameters: Hyperparameters
    data_fingerprint: str
    epoch: int
    step: int
    seconds: float
    epoch_seconds: float
    schedule: Schedule
    early_stopping: EarlyStopping
    best: BestEpoch | None
    ended: str | None
    learner: LearnerState
    numerics: int = NUMERICS

    def check_fits(self, dataset: Dataset) -> None:
        """Check that the run can be resumed with these data, before a network takes memory.

        Raises:
            CheckpointError: when the data are others, or the vectors of another network.
        """
        ours, theirs = dataset.fingerprint, self.data_fingerprint
        if ours != theirs:
            raise CheckpointError(
                N_(
                    "The run was trained on a data set with the fingerprint {theirs}; this one has "
                    "{ours}. Name its data set with --data."
                ),
                ours=ours,
                theirs=theirs,
            )
        sizes = dataset.pixels, *self.hyperparameters.hidden, dataset.classes
        wanted = parameter_count(sizes, batch_norm=self.hyperparameters.batch_norm)
        parameters = (vector for name, vector in self.learner.vectors.items() if name.endswith("parameters"))
        if any(vector.size != wanted for vector in parameters):
            raise CheckpointError(ANOTHER_NETWORK)
