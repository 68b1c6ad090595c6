"""What is known of a run: events go in, what the panels show comes out. No Textual in it.

The same folding serves a live run and, later, a stored one that is replayed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from engine.analysis.coaching.coach import Coach
from engine.events import (
    BatchEnded,
    ChangeRejected,
    CheckpointSaved,
    ConfusionMatrix,
    DataFailed,
    DataLoaded,
    DataSummary,
    Diverged,
    DurationEstimated,
    EpochEnded,
    EpochFigures,
    Event,
    Explanation,
    HyperparameterChanged,
    NumericsChanged,
    Paused,
    Predictions,
    Printed,
    Resumed,
    RunEnded,
    RunFailed,
    RunStarted,
    SourceRead,
    StoppedEarly,
    StorageFailed,
    WatchedRunBegan,
    Weights,
)
from engine.hyperparameters import Hyperparameters
from engine.sentences import N_, Sentence
from engine.specification import printable

if TYPE_CHECKING:
    from engine.storage.run_record import RunRecord
    from tui.session.overlays import Overlay


class Phase(Enum):
    """Where a run stands, as far as keys and panels are concerned."""

    LOADING = "loading"
    NO_DATA = "no data"
    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"
    FAILED = "failed"

    @property
    def active(self) -> bool:
        """Whether a run is under way, so that another cannot start."""
        return self in (Phase.RUNNING, Phase.PAUSED)


@dataclass(frozen=True)
class StoredRun:
    """The stored run that is shown; `missing` says why its images are not to be had."""

    record: "RunRecord"
    missing: Sentence | None = None


@dataclass
class RunState:
    """Everything the panels draw. Events change it, through `fold`.

    `starting` says that a run was asked for and has not answered yet.

    `batches` holds batches of the whole run, evenly thinned, so that there are never too many to draw. So
    does `epochs` in a long run, but for the newest, which alone have matrices; `matrix` finds the others.
    `thinned` counts how often epochs were taken out.
    `best` is the epoch whose weights are kept; `would_have_stopped` the first at which patience was at its
    end while early stopping was off. `changes` are the live changes that took effect, `notable_events` the
    events worth a line of text, in order. `coach` knows what is wrong in the run. `stored` is the run that is
    shown, if it came out of the store; `watched` how its source stands, if another program trains it;
    `weights` are its newest that were fetched, `weights_asked` the moment for which they were last asked for;
    `estimate` is how long a run of what stands in the form would take;
    `overlays` are the stored runs whose curves lie over it.
    """

    phase: Phase = Phase.LOADING
    starting: bool = False
    data: DataSummary | None = None
    failure: Sentence | None = None
    started: RunStarted | None = None
    hyperparameters: Hyperparameters | None = None
    batch: BatchEnded | None = None
    batches: list[BatchEnded] = field(default_factory=list)
    epochs: list[EpochFigures] = field(default_factory=list)
    thinned: int = 0
    best: EpochFigures | None = None
    would_have_stopped: EpochFigures | None = None
    changes: list[HyperparameterChanged] = field(default_factory=list)
    notable_events: list[Event] = field(default_factory=list)
    diverged: Diverged | None = None
    ended: RunEnded | None = None
    predictions: Predictions | None = None
    explanation: Explanation | None = None
    weights: Weights | None = None
    weights_asked: "Moment | None" = None
    estimate: DurationEstimated | None = None
    coach: Coach = field(default_factory=Coach)
    not_kept: Sentence | None = None
    look_up: Callable[[str, int], EpochEnded | None] | None = None
    stored: StoredRun | None = None
    watched: SourceRead | None = None
    overlays: "tuple[Overlay, ...]" = ()
    _batches_heard: int = 0
    _batches_between: int = 1

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes of the run that is shown, else of the data that wait for one."""
        data = self.started.data if self.started is not None else self.data
        return data.class_names if data is not None else ()

    def fold(self, event: Event) -> None:
        """Take in one event."""
        match event:
            case DataLoaded(data):
                self.data = data
                if self.watched is None and (self.stored is None or self.phase is Phase.LOADING):
                    self.phase = Phase.READY
            case DataFailed(message):
                self.failure, self.phase, self.starting = message, Phase.NO_DATA, False
            case RunStarted():
                self._begin(event)
            case BatchEnded():
                self.batch = event
                self._trace(event)
            case EpochFigures():
                self._conclude(event)
            case WatchedRunBegan():
                self._begin_watched()
            case SourceRead():
                self.watched = event
                if event.is_over and self.phase.active:
                    self.phase = Phase.ENDED
                elif self.phase in (Phase.LOADING, Phase.READY):
                    self.phase = Phase.RUNNING
            case HyperparameterChanged(name=name, new=new):
                self.changes.append(event)
                if self.hyperparameters is not None:
                    self.hyperparameters = self.hyperparameters.changed(name, new)
            case Paused():
                self.phase = Phase.PAUSED
            case Resumed():
                self.phase = Phase.RUNNING
            case StorageFailed(message):
                self.not_kept = message
            case Diverged():
                self.diverged = event
            case RunEnded():
                self.ended, self.phase = event, Phase.ENDED
            case RunFailed(message) if self.phase is not Phase.NO_DATA:
                self.failure, self.phase, self.starting = message, Phase.FAILED, False
            case DurationEstimated():
                self.estimate = event
            case Predictions():
                self.predictions = event
            case Explanation():
                self.explanation = event
            case Weights() if self.started is not None and event.run == self.started.run:
                self.weights = event
        self.coach.process(event)
        if isinstance(event, _WORTH_A_LINE):
            self._note(event)

    def expect_run(self) -> None:
        """Take note that a run was asked for; `RunStarted` or `RunFailed` is the answer."""
        self.starting = True

    @property
    def why_no_images(self) -> Sentence | None:
        """Why what the network made of single images is not to be had, None where it is."""
        if self.watched is None or self.stored is not None:
            return None
        return Sentence(
            N_(
                "{name} tells the figures of a run that another program trains, nothing of its weights or "
                "of single images."
            ),
            {"name": self.watched.name},
        )

    @property
    def why_no_weights(self) -> Sentence | None:
        """Why the weights of the run that is shown are not to be had, None where they are."""
        if self.why_no_images is not None:
            return self.why_no_images
        if self.stored is not None and self.stored.missing is not None:
            return self.stored.missing
        network = self.started.network if self.started is not None else None
        return network.why_not if network is not None and network.differs else None

    @property
    def moment(self) -> "Moment | None":
        """The moment whose weights are the newest to be had, None before the first run."""
        if self.started is None:
            return None
        return self.started.run, self.epochs_done, self.phase is Phase.ENDED

    def request_weights(self) -> bool:
        """Return whether there are newer weights than were last asked for, and note that they are now."""
        is_due = self.moment is not None and self.weights_asked != self.moment
        self.weights_asked = self.moment
        return is_due

    @property
    def active(self) -> bool:
        """Whether a run of ours is under way or about to be, so that another cannot start."""
        return self.starting or (self.phase.active and self.watched is None)

    def _begin(self, event: RunStarted) -> None:
        """Forget the run before: a new one has started. One that goes on keeps its past."""
        fresh = RunState(
            phase=Phase.RUNNING,
            data=event.data,
            started=event,
            hyperparameters=event.hyperparameters,
            look_up=self.look_up,
            overlays=self.overlays,
            watched=self.watched,
        )
        if self.started is not None and self.started.run == event.run:
            past = [epoch for epoch in self.epochs if epoch.epoch <= event.epochs_before]
            fresh.epochs, fresh.thinned = past, self.thinned + 1
            fresh.best = next((epoch for epoch in reversed(past) if epoch.is_best), None)
            fresh.changes, fresh.notable_events = self.changes, self.notable_events
            fresh.batches = [batch for batch in self.batches if batch.epoch <= event.epochs_before]
        vars(self).update(vars(fresh))

    def _begin_watched(self) -> None:
        """Forget the run before: its source begins another, and tells little of it."""
        fresh = RunState(phase=Phase.RUNNING, data=self.data, overlays=self.overlays, watched=self.watched)
        vars(self).update(vars(fresh))

    def show_stored(self, record: "RunRecord", damaged_rows: int = 0) -> None:
        """Be the state of a stored run, whose events were taken in; however it ended, it is over."""
        from engine.storage.run_record import damaged_rows_sentence

        if damaged_rows:
            self._note(RunFailed(damaged_rows_sentence(damaged_rows)))
        self.stored, self.phase = StoredRun(record), Phase.ENDED
        if record.failure is not None:
            self._note(RunFailed(Sentence("{failure}", {"failure": printable(record.failure, 200)})))

    def await_data(self) -> None:
        """Forget the run that is shown: other data are being read, and the next run learns from them."""
        vars(self).update(vars(RunState(look_up=self.look_up, overlays=self.overlays)))

    def replace_with(self, other: "RunState") -> None:
        """Show what `other` knows; the data stay those of the next run, and overlays lie where they did."""
        other.data, other.overlays, other.look_up = self.data, self.overlays, self.look_up
        vars(self).update(vars(other))

    def _trace(self, event: BatchEnded) -> None:
        """Keep every so many of the batches: half as many of them whenever there are too many."""
        if self._batches_heard % self._batches_between == 0:
            self.batches.append(event)
        self._batches_heard += 1
        if len(self.batches) > _MOST_TRACED:
            del self.batches[1::2]
            self._batches_between *= 2

    def _conclude(self, event: EpochFigures) -> None:
        """Keep an epoch, and what it decides; one that is told once more takes the place of what it was."""
        if self.epochs and self.epochs[-1].epoch == event.epoch:
            self.epochs[-1] = event
        else:
            self.epochs.append(event)
        self._thin()
        if event.is_best:
            self.best = event
        status = event.early_stopping
        if status is None:
            return
        out_of_patience = status.epochs_without_improvement >= status.patience
        if out_of_patience and not status.enabled and self.would_have_stopped is None:
            self.would_have_stopped = event

    def _thin(self) -> None:
        """Let a run of any length take no more memory than one of some thousand epochs."""
        if len(self.epochs) > WHOLE_EPOCHS:
            old = self.epochs[-WHOLE_EPOCHS - 1]
            if old.validation_confusion_matrix is not None:
                self.epochs[-WHOLE_EPOCHS - 1] = replace(old, validation_confusion_matrix=None, layers=())
        if len(self.epochs) > MOST_EPOCHS:
            del self.epochs[1:-WHOLE_EPOCHS:2]
            self.thinned += 1

    def matrix(self, epoch: int) -> ConfusionMatrix | None:
        """Return the validation matrix of an epoch, looked up if it is not at hand; None if it is nowhere."""
        for known in reversed(self.epochs):
            if known.epoch == epoch and known.validation_confusion_matrix is not None:
                return known.validation_confusion_matrix
        if self.look_up is None or self.started is None:
            return None
        found = self.look_up(self.started.run, epoch)
        return found.validation_confusion_matrix if found else None

    @property
    def epochs_done(self) -> int:
        """How many epochs have ended."""
        return self.epochs[-1].epoch if self.epochs else 0

    def _note(self, event: Event) -> None:
        """Keep a happening; one that only repeats the last (a pause after each single step) replaces it."""
        if self.notable_events and isinstance(event, _ONLY_THE_NEWEST):
            last = self.notable_events[-1]
            if type(last) is type(event):
                self.notable_events.pop()
        self.notable_events.append(event)

    @property
    def confusion(self) -> tuple[ConfusionMatrix, str, int] | None:
        """The newest matrix, its split (`validation` in a run, `test` after it), and its epoch."""
        if self.ended and self.ended.confusion_matrix and self.ended.best_epoch:
            return self.ended.confusion_matrix, "test", self.ended.best_epoch
        matrix = self.epochs[-1].validation_confusion_matrix if self.epochs else None
        return (matrix, "validation", self.epochs_done) if matrix else None

    @property
    def batches_done(self) -> int:
        """Mini-batches learned so far, in the whole run."""
        return max(self.batch.step if self.batch else 0, (self.epochs[-1].step or 0) if self.epochs else 0)

    @property
    def batches_in_all(self) -> int:
        """Mini-batches that the run has if it goes on to its last epoch."""
        if self.started is None or self.hyperparameters is None:
            return 0
        return self.started.batches_per_epoch * self.hyperparameters.epochs

    @property
    def share_of_run(self) -> float:
        """How much of the run is done, from 0 to 1."""
        return min(1.0, self.batches_done / max(1, self.batches_in_all))

    @property
    def share_of_epoch(self) -> float:
        """How much of the epoch under way is done, from 0 to 1."""
        return self.batch.batch / max(1, self.batch.batches) if self.batch else 0.0

    @property
    def samples_per_second(self) -> float | None:
        """The newest speed of training; that of the epoch before while a new one is too young to tell."""
        batch, done = self.batch, self.epochs[-1] if self.epochs else None
        if done is None:
            return batch.samples_per_second if batch else None
        if batch and batch.epoch > done.epoch and batch.seconds >= _ENOUGH_TO_ESTIMATE:
            return batch.samples_per_second
        return done.samples_per_second

    @property
    def seconds_left(self) -> float | None:
        """Training time to the last epoch, at the newest speed; pauses do not enter into it.

        None until there is enough training to estimate it from.
        """
        speed = self.samples_per_second
        if not self.phase.active or not speed or self.started is None:
            return None
        if not self.epochs and self.batch and self.batch.seconds < _ENOUGH_TO_ESTIMATE:
            return None
        batches = self.batches_in_all - self.batches_done
        return batches / self.started.batches_per_epoch * self.started.training_images / speed


Moment = tuple[str, int, bool]
"""A run, how many of its epochs have ended, and whether it is over."""

MOST_EPOCHS, WHOLE_EPOCHS = 4_000, 200

_WORTH_A_LINE = (
    RunStarted,
    HyperparameterChanged,
    ChangeRejected,
    Paused,
    Resumed,
    CheckpointSaved,
    StoppedEarly,
    Diverged,
    RunEnded,
    RunFailed,
    StorageFailed,
    NumericsChanged,
    Printed,
)

_ONLY_THE_NEWEST = (Paused, CheckpointSaved, Printed)

_MOST_TRACED = 1_000

_ENOUGH_TO_ESTIMATE = 0.3
"""Seconds of training in an epoch before its speed is one to go by."""
