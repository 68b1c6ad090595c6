"""What panels and widgets say to the app."""

from dataclasses import dataclass
from pathlib import Path

from textual.message import Message

from engine.analysis.coaching.run_history import Hint
from engine.data.location import Location
from engine.events import BatchEnded, DataSummary, Event
from engine.hyperparameters import Hyperparameters


@dataclass
class Happened(Message):
    """The worker sent an event. A newer `BatchEnded` replaces one that the screen has not come to."""

    event: Event

    def can_replace(self, message: Message) -> bool:
        """Whether this message may take the place of `message`, which waits in the queue."""
        return (
            isinstance(message, Happened)
            and isinstance(self.event, BatchEnded)
            and isinstance(message.event, BatchEnded)
        )


@dataclass
class HintTaken(Message):
    """Change what a hint of the coach proposes."""

    hint: Hint


@dataclass
class PredictionsWanted(Message):
    """A panel needs the predictions behind the confusion matrix of `epoch` on `split`."""

    split: str
    epoch: int


@dataclass
class ExplanationWanted(Message):
    """A panel wants to know what sets class `other` apart from an image's own."""

    split: str
    index: int
    other: int


class WeightsWanted(Message):
    """A page needs the newest weights of the run that is shown."""


@dataclass
class DataOpened(Message):
    """Other data were read, from which the next run is to learn."""

    place: Location | None
    data: DataSummary


@dataclass
class RunOpened(Message):
    """Show a stored run in all panels."""

    run: str


@dataclass
class RunOverlaid(Message):
    """Overlay the curves of a stored run on those that are shown, or remove them."""

    run: str


@dataclass
class RunResumed(Message):
    """Go on with a stored run, up to another number of epochs if one is given."""

    run: str
    epochs: int | None = None


@dataclass
class FormWanted(Message):
    """Put these hyperparameters into the form, and go there; `hidden` fields are left out of it."""

    hyperparameters: Hyperparameters
    hidden: tuple[str, ...] = ()


@dataclass
class FieldsWanted(Message):
    """Put these values into the form, by the names of its fields."""

    values: dict[str, object]


class AllFieldsWanted(Message):
    """Show every field of the form again."""


class ExperimentWanted(Message):
    """Begin the experiment that is planned, with what stands in the form."""


@dataclass
class ExperimentHappened(Message):
    """An experiment that is computed beside everything else has something to say."""

    event: Event


@dataclass
class WorkshopOpened(Message):
    """A folder of the workshop was opened: it is opened the next time, too."""

    folder: Path


@dataclass
class RunAgain(Message):
    """Start a run with these hyperparameters, of a person's own network if one is named."""

    hyperparameters: Hyperparameters
    network: str | None = None


@dataclass
class OwnNetworkWanted(Message):
    """Train a person's own network with what the form says: `FILE.py` or `FILE.py:CLASS`."""

    network: str
