"""The charts of the Train tab, made from what is known of a run."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from engine.analysis.thinning import Point
from engine.events import BatchEnded, EpochFigures, Position
from tui.session.run_state import RunState
from tui.text.glyphs import glyph
from tui.text.language import _
from tui.text.phrases import sentence, value_text
from tui.widgets.chart_series import Curve, Drawing, Mark, MarkKind, other_symbol, smoothed

if TYPE_CHECKING:
    from tui.session.overlays import Overlay

FEW_EPOCHS = 3
"""Up to here the batches of the first epoch are drawn too, so that the charts have something to show."""


class Batches(Enum):
    """Whether the loss of each mini-batch is drawn, and how."""

    HIDDEN = "hidden"
    SHOWN = "shown"
    SMOOTHED = "smoothed"

    @property
    def next(self) -> "Batches":
        """The one that a key goes on to."""
        every = list(Batches)
        return every[(every.index(self) + 1) % len(every)]


@dataclass(frozen=True)
class Figure:
    """A figure that is measured in training and in validation, and where the events keep it."""

    training: Callable[[EpochFigures], float | None]
    validation: Callable[[EpochFigures], float | None]
    so_far: Callable[[BatchEnded], float | None]
    overlaid: "Callable[[Overlay], tuple[Point, ...]]"


LOSS = Figure(
    lambda epoch: epoch.train_loss,
    lambda epoch: epoch.validation_loss,
    lambda batch: batch.train_loss,
    lambda overlay: overlay.losses,
)
ACCURACY = Figure(
    lambda epoch: epoch.train_accuracy,
    lambda epoch: epoch.validation_accuracy,
    lambda batch: batch.train_accuracy,
    lambda overlay: overlay.accuracies,
)


class Series:
    """The points of a figure over the epochs, added to as they end: a long run is not gone through anew."""

    def __init__(self, figure: Callable[[EpochFigures], float | None]) -> None:
        self._figure = figure
        self._run: object = None
        self._seen = 0
        self._newest: EpochFigures | None = None
        self._points: list[Point] = []

    def points(self, state: RunState) -> tuple[Point, ...]:
        """Return a point for each epoch that has the figure."""
        is_as_it_was = 0 < self._seen <= len(state.epochs) and state.epochs[self._seen - 1] is self._newest
        if self._run != (id(state.started), state.thinned) or not is_as_it_was:
            self._run, self._seen, self._points = (id(state.started), state.thinned), 0, []
        for epoch in state.epochs[self._seen :]:
            value = self._figure(epoch)
            if value is not None:
                self._points.append((epoch.epoch, value))
        self._seen = len(state.epochs)
        self._newest = state.epochs[-1] if state.epochs else None
        return tuple(self._points)


class FigureChart:
    """The chart of a figure: training against validation."""

    def __init__(self, figure: Figure) -> None:
        self._figure = figure
        self._training = Series(figure.training)
        self._validation = Series(figure.validation)

    def drawing(self, state: RunState, batches: Batches = Batches.HIDDEN) -> Drawing:
        """Return the chart as far as the run has come; `batches` are those of the loss."""
        training = (*self._first_epoch(state), *self._training.points(state))
        best_value = self._figure.validation(state.best) if state.best else None
        return Drawing(
            curves=(
                *_loss_of_batches(state, batches),
                Curve(_training(state), training, glyph("○", "o"), "training"),
                Curve(_("validation"), self._validation.points(state), glyph("●", "x"), "validation"),
                *self._overlaid(state),
            ),
            last_epoch=last_epoch(state),
            best=(state.best.epoch, best_value) if state.best and best_value is not None else None,
            marks=marks(state),
        )

    def _overlaid(self, state: RunState) -> Iterator[Curve]:
        """Yield the validation curves of the stored runs that lie over this one."""
        for overlay in state.overlays:
            symbol, style = other_symbol(overlay.number), f"other-{overlay.number}"
            yield Curve(overlay.label, self._figure.overlaid(overlay), symbol, style, under=True)

    def _first_epoch(self, state: RunState) -> tuple[Point, ...]:
        """Return the first epoch's figure so far after each of its batches, while there are few epochs."""
        if state.epochs_done >= FEW_EPOCHS:
            return ()
        first = (batch for batch in _batches(state) if batch.epoch == 1 and batch.batch < batch.batches)
        values = ((_place(state, batch), self._figure.so_far(batch)) for batch in first)
        return tuple((x, value) for x, value in values if value is not None)


def _training(state: RunState) -> str:
    """Return what the training curve is called: whether it is a running one, another program does not say."""
    return _("training (running)") if state.watched is None or state.started is not None else _("training")


class RateChart:
    """The chart of the learning rate, which may change with every step; an epoch's is its last step's."""

    def __init__(self) -> None:
        self._epochs = Series(lambda epoch: epoch.learning_rate)

    def drawing(self, state: RunState) -> Drawing:
        """Return the chart as far as the run has come."""
        points = [(_place(state, batch), batch.learning_rate) for batch in _batches(state)]
        # both are in order, and sorting two such lists is no more than merging them
        merged = dict(sorted([*points, *self._epochs.points(state)]))
        curve = Curve(
            _("of the last step"), tuple(merged.items()), glyph("◇", "o"), "training", by_batch=True
        )
        return Drawing((curve,), last_epoch(state), marks=marks(state))


def _loss_of_batches(state: RunState, batches: Batches) -> tuple[Curve, ...]:
    """Return the curve of the loss of single mini-batches, if it is to be seen."""
    if batches is Batches.HIDDEN:
        return ()
    values = ((_place(state, batch), batch.loss) for batch in _batches(state))
    points = tuple((x, value) for x, value in values if value is not None)
    if batches is Batches.SHOWN:
        return (Curve(_("batches"), points, glyph("·", "."), "batches", by_batch=True, dots=True),)
    label = _("batches (smoothed)")
    return (Curve(label, smoothed(points), glyph("◇", "~"), "batches", by_batch=True),)


def _batches(state: RunState) -> Sequence[BatchEnded]:
    """Return the batches that were kept, and the newest in any case."""
    kept = state.batches
    return kept if state.batch is None or (kept and kept[-1] is state.batch) else [*kept, state.batch]


def _place(state: RunState, position: Position | BatchEnded) -> float:
    """Return the point on the axis of epochs after that batch."""
    batches = state.started.batches_per_epoch if state.started else 1
    return position.epoch - 1 + position.batch / max(1, batches)


def marks(state: RunState) -> tuple[Mark, ...]:
    """Return what is to be seen on every chart: changes, where it would have stopped, where it diverged."""
    found = [
        Mark(
            _place(state, change),
            MarkKind.CHANGE,
            f"{change.name} {value_text(change.name, change.old)} {glyph('→', '->')} "
            f"{value_text(change.name, change.new)}",
            sentence(change),
        )
        for change in state.changes
    ]
    if state.would_have_stopped is not None:
        epoch = state.would_have_stopped.epoch
        name = _("early stopping: epoch {epoch}").format(epoch=epoch)
        text = _("Early stopping, which was off, would have ended the run here.")
        found.append(Mark(epoch, MarkKind.WOULD_STOP, name, text))
    if state.diverged is not None:
        place = _place(state, state.diverged)
        found.append(Mark(place, MarkKind.DIVERGED, _("diverged"), sentence(state.diverged)))
    return tuple(found)


def last_epoch(state: RunState) -> int:
    """Return where the charts end: at 10, 20, 50, ... in a run, at its last epoch when it is over.

    Further on, if a run that lies over it is longer.
    """
    done, overlaid = state.epochs_done, max((overlay.epochs for overlay in state.overlays), default=0)
    if state.hyperparameters is None or not state.phase.active:
        return max(1, done, overlaid)
    ladder = (factor * int(10**power) for power in range(1, 7) for factor in (1, 2, 5))
    end = min(state.hyperparameters.epochs, next((end for end in ladder if end > done), done))
    return max(end, overlaid)
