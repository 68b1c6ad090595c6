"""What may be asked of a run while it goes on.

A front end sends commands, and a `Trainer` answers them by events. Both are small frozen dataclasses, which
cross a process border unchanged.
"""

from dataclasses import dataclass

from engine.events import Explanation, Predictions, Weights
from engine.hyperparameters import Hyperparameters


@dataclass(frozen=True, slots=True)
class Command:
    """Something asked of a run. It takes effect between two mini-batches and is answered by an event."""


@dataclass(frozen=True, slots=True)
class Run(Command):
    """Start a run (a worker's command). Answer: `RunStarted`, or `RunFailed` with the reason."""

    hyperparameters: Hyperparameters


@dataclass(frozen=True, slots=True)
class GoOn(Command):
    """Go on with a stored run, to another number of epochs if one is given (a worker's command).

    Answer: `RunStarted`, or `RunFailed` with the reason.
    """

    run: str
    epochs: int | None = None


@dataclass(frozen=True, slots=True)
class Pause(Command):
    """Wait after this mini-batch. Answer: `Paused`."""


@dataclass(frozen=True, slots=True)
class Resume(Command):
    """Go on. Answer: `Resumed`."""


@dataclass(frozen=True, slots=True)
class Step(Command):
    """Learn one mini-batch, then wait (a run that is not paused pauses). Answer: `BatchEnded`, `Paused`."""


@dataclass(frozen=True, slots=True)
class Stop(Command):
    """End the run. Answer: `RunEnded`.

    `interrupted` says that its user did not want it to end: a signal came, or the program is left. Without
    `tested` the test set is not looked at.
    """

    interrupted: bool = False
    tested: bool = True


@dataclass(frozen=True, slots=True)
class Change(Command):
    """Give a live hyperparameter another value. Answer: `HyperparameterChanged` or `ChangeRejected`."""

    name: str
    value: object


@dataclass(frozen=True, slots=True)
class Inspect(Command):
    """Show the predictions behind the confusion matrix of `epoch` on `split` (None: the newest).

    The last few epochs are kept; for one that is not, the newest of that split are shown, or the newest of
    all. Answer: `Predictions`, if there was an evaluation at all.
    """

    epoch: int | None = None
    split: str | None = None


@dataclass(frozen=True, slots=True)
class Explain(Command):
    """Say why an image is predicted as it is: what sets class `other` apart from its own, and who is like it.

    The image is the one at `index` in the file of its split: `validation` (the training file) or `test`.
    Answer: `Explanation`, if there is such an image, and such a class besides its own.
    """

    split: str
    index: int
    other: int


@dataclass(frozen=True, slots=True)
class FetchWeights(Command):
    """Hand over a copy of the weights, to experiment on. Answer: `Weights`."""


Question = Inspect | Explain | FetchWeights
Answer = Predictions | Explanation | Weights
