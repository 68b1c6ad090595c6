"""The commands that can be sent to a run while it is under way.

A front end sends commands; a `Trainer` answers each with an event. Both are small frozen dataclasses, so that
they can be sent to another process unchanged.
"""

from dataclasses import dataclass

from engine.events import Explanation, Predictions, Weights
from engine.hyperparameters import Hyperparameters


@dataclass(frozen=True, slots=True)
class Command:
    """The base of all commands: each takes effect between two mini-batches, and an event answers it."""


@dataclass(frozen=True, slots=True)
class StartRun(Command):
    """Start a new run (for the worker). Answer: `RunStarted`, or `RunFailed` with the reason.

    network: a person's own, as `FILE.py` or `FILE.py:CLASS`; None for the engine's
    """

    hyperparameters: Hyperparameters
    network: str | None = None


@dataclass(frozen=True, slots=True)
class ResumeStoredRun(Command):
    """Continue a stored run, with another number of epochs if one is given (for the worker).

    Answer: `RunStarted`, or `RunFailed` with the reason.
    """

    run: str
    epochs: int | None = None


@dataclass(frozen=True, slots=True)
class EstimateDuration(Command):
    """Estimate how long such a run would take (for the worker, while no run is under way).

    Answer: `DurationEstimated`, unless another command waits or such a run cannot be.
    """

    hyperparameters: Hyperparameters


@dataclass(frozen=True, slots=True)
class Pause(Command):
    """Pause after this mini-batch. Answer: `Paused`."""


@dataclass(frozen=True, slots=True)
class Resume(Command):
    """Continue a paused run. Answer: `Resumed`."""


@dataclass(frozen=True, slots=True)
class Step(Command):
    """Train on one mini-batch, then pause. Answer: `BatchEnded`, `Paused`."""


@dataclass(frozen=True, slots=True)
class Stop(Command):
    """End the run. Answer: `RunEnded`.

    interrupted: whether the run ends against its user's will, by a signal or because the program quits
    tested: whether the test set is evaluated
    """

    interrupted: bool = False
    tested: bool = True


@dataclass(frozen=True, slots=True)
class ChangeHyperparameter(Command):
    """Give a live hyperparameter another value. Answer: `HyperparameterChanged` or `ChangeRejected`."""

    name: str
    value: object


@dataclass(frozen=True, slots=True)
class FetchPredictions(Command):
    """Return the predictions behind the confusion matrix of `epoch` on `split` (None: the newest).

    The last few epochs are kept; for an older one, the newest of that split are returned, or else the newest
    of all. Answer: `Predictions`, if anything was evaluated yet.
    """

    epoch: int | None = None
    split: str | None = None


@dataclass(frozen=True, slots=True)
class ExplainPrediction(Command):
    """Explain a prediction: which pixels favour class `other` over the true class, and the nearest images.

    The image is the one at `index` in the file of its split: `validation` (the training file) or `test`.
    Answer: `Explanation`, if there is such an image and `other` is a class besides its own.
    """

    split: str
    index: int
    other: int


@dataclass(frozen=True, slots=True)
class FetchWeights(Command):
    """Return a copy of the weights, for experiments. Answer: `Weights`."""


Query = FetchPredictions | ExplainPrediction | FetchWeights
QueryResult = Predictions | Explanation | Weights
