"""The tab Train: loss and accuracy as they come, early stopping in words, what happened last."""

from collections.abc import Callable
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Container, Horizontal, VerticalScroll

from engine.events import BatchEnded, EarlyStoppingStatus, EpochEnded, StoppedEarly
from engine.hyperparameters import Hyperparameters
from tui.language import _, plural, translate
from tui.run_state import Phase, RunState
from tui.sentences import duration, loss_figure, percent, sentence, speed
from tui.widgets.chart import Chart
from tui.widgets.plotting import BEST, Curve, Drawing, Point
from tui.widgets.words import Words

FEW_EPOCHS = 3
"""Up to here the batches of the first epoch are drawn too, so that the charts have something to show."""

MOST_HAPPENINGS = 12
MOST_BOXES = 12


class TrainPanel(Container):
    """Two charts above two boxes of words."""

    DEFAULT_CSS = """
    TrainPanel {
        layout: vertical;
        & #charts { height: 1fr; layout: vertical; }
        & Chart { height: 1fr; width: 1fr; border: round $foreground 25%; padding: 0 1;
                  border-title-style: bold; border-title-color: $foreground; }
        & #note { height: auto; padding: 0 2; color: $text-warning; display: none; }
        & #note.-diverged { color: $text-error; }
        & #words { height: 9; }
        & #words > * { width: 1fr; border: round $foreground 25%; padding: 0 1;
                       border-title-style: bold; border-title-color: $foreground;
                       border-subtitle-color: $text-muted; }
        & #words Words { width: 1fr; height: auto; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._loss = Chart(_("Loss"), id="loss")
        self._accuracy = Chart(_("Accuracy"), percent=True, id="accuracy")
        self._note = Words(id="note", markup=False)
        self._stopping = Words(markup=False)
        self._happenings = Words(markup=False)
        self._stopping_box = VerticalScroll(self._stopping, can_focus=False)
        self._happenings_box = VerticalScroll(self._happenings, can_focus=False)

    def compose(self) -> ComposeResult:
        """Yield charts and boxes."""
        yield Container(self._loss, self._accuracy, id="charts")
        yield self._note
        yield Horizontal(self._stopping_box, self._happenings_box, id="words")

    def show(self, state: RunState) -> None:
        """Draw the run as far as it has come."""
        self._loss.show(_drawing(state, LOSS), _nothing_drawn(state, _("The loss of each epoch comes here.")))
        self._accuracy.show(
            _drawing(state, ACCURACY),
            _nothing_drawn(state, _("The accuracy of each epoch comes here.")),
        )
        note = _note(state)
        self._note.say(note)
        self._note.display = bool(note)
        self._note.set_class(state.diverged is not None, "-diverged")
        self._stopping_box.border_title = _("Early stopping")
        self._stopping_box.border_subtitle = _monitor(state)
        self._stopping.say("\n".join(early_stopping_words(state)))
        self._happenings_box.border_title = _("What happened")
        self._happenings_box.border_subtitle = _pace(state)
        self._happenings.say("\n".join(_happened(state)))


@dataclass(frozen=True)
class Figure:
    """A figure that is measured in training and in validation, and where the events keep it."""

    training: Callable[[EpochEnded], float | None]
    validation: Callable[[EpochEnded], float | None]
    so_far: Callable[[BatchEnded], float | None]


LOSS = Figure(lambda epoch: epoch.train_loss, lambda epoch: epoch.validation_loss, lambda b: b.train_loss)
ACCURACY = Figure(
    lambda epoch: epoch.train_accuracy,
    lambda epoch: epoch.validation_accuracy,
    lambda batch: batch.train_accuracy,
)


def _drawing(state: RunState, figure: Figure) -> Drawing:
    """Return the chart of one figure."""
    best = state.best
    best_value = figure.validation(best) if best else None
    training = (*_first_epoch(state, figure), *_points(state, figure.training))
    return Drawing(
        curves=(
            Curve(_("training (running)"), training, "○", "training"),
            Curve(_("validation"), _points(state, figure.validation), "●", "validation"),
        ),
        last_epoch=last_epoch(state),
        best=(best.epoch, best_value) if best and best_value is not None else None,
        diverged=_diverged_at(state),
    )


def _points(state: RunState, figure: Callable[[EpochEnded], float | None]) -> tuple[Point, ...]:
    values = ((epoch.epoch, figure(epoch)) for epoch in state.epochs)
    return tuple((epoch, value) for epoch, value in values if value is not None)


def _first_epoch(state: RunState, figure: Figure) -> tuple[Point, ...]:
    """Return the first epoch's figure so far after each of its batches, while there are few epochs."""
    if len(state.epochs) >= FEW_EPOCHS:
        return ()
    values = (
        (batch.batch / batch.batches, figure.so_far(batch))
        for batch in state.first_epoch
        if batch.batch < batch.batches
    )
    return tuple((x, value) for x, value in values if value is not None)


def _diverged_at(state: RunState) -> float | None:
    """Return the point on the axis of epochs where the run diverged."""
    if state.diverged is None or state.started is None:
        return None
    return state.diverged.epoch - 1 + state.diverged.batch / state.started.batches_per_epoch


def last_epoch(state: RunState) -> int:
    """Return where the charts end: at 10, 20, 50, ... in a run, at its last epoch when it is over."""
    done = len(state.epochs)
    if state.hyperparameters is None or not state.phase.active:
        return max(1, done)
    ladder = (factor * int(10**power) for power in range(1, 7) for factor in (1, 2, 5))
    return min(state.hyperparameters.epochs, next((end for end in ladder if end > done), done))


def _nothing_drawn(state: RunState, what: str) -> str:
    """Say what an empty chart will show, and which key starts it."""
    if state.diverged is not None:
        return sentence(state.diverged)
    if state.active:
        return what
    if state.phase is Phase.LOADING:
        return what + "\n" + _("The data is being read; ctrl+r starts as soon as it is there.")
    if state.phase is Phase.NO_DATA:
        return what + "\n" + _("There is no data, so no run can start.")
    return what + "\n" + _("ctrl+r starts a run.")


def _note(state: RunState) -> str:
    """Return what must be known to read the charts rightly; empty where there is nothing."""
    if state.diverged is not None:
        return sentence(state.diverged)
    if state.hyperparameters is not None and state.hyperparameters.dropout > 0:
        return _(
            "With dropout on, training and validation are not comparable: "
            "training is measured with units switched off."
        )
    return ""


def _pace(state: RunState) -> str:
    """Return speed and time left, or how long the run took."""
    if state.ended is not None:
        return _("{time} of training").format(time=duration(state.ended.seconds))
    if not state.phase.active or not state.samples_per_second:
        return ""
    pace = speed(state.samples_per_second)
    if state.seconds_left is None:
        return pace
    return _("{speed}, {time} left").format(speed=pace, time=duration(state.seconds_left))


def _happened(state: RunState) -> list[str]:
    """Return what happened, the newest first."""
    if not state.happenings and state.data is not None:
        return [
            _("{name}: {images:,} training and {tests:,} test images, {classes} classes.").format(
                name=state.data.name,
                images=state.data.training_images,
                tests=state.data.test_images,
                classes=state.data.classes,
            )
        ]
    if not state.happenings:
        failed = state.failure is not None
        return [translate(state.failure) if failed and state.failure else _("Reading the data …")]
    return [sentence(event) for event in reversed(state.happenings[-MOST_HAPPENINGS:])]


def early_stopping_words(state: RunState) -> list[str]:
    """Say which epoch is best, how long there was none better, and what is waited for."""
    hyperparameters = state.hyperparameters
    if hyperparameters is None:
        words = _("Here will stand which epoch is best, and what the run waits for.")
        return [words] if state.active else [words, _("ctrl+r starts a run.")]
    if not state.epochs:
        return _before_the_first_epoch(hyperparameters, state)
    status = state.epochs[-1].early_stopping
    lines = [_best(status)] if status.best_epoch is not None else []
    if not state.phase.active:
        return [*lines, *_how_it_ended(state)]
    if not hyperparameters.early_stopping:
        off = _("It is off: the run goes on to epoch {epochs}.")
        return [*lines, off.format(epochs=hyperparameters.epochs)]
    return [*lines, _patience(status, hyperparameters.patience), _waits_for(status)]


def _before_the_first_epoch(hyperparameters: Hyperparameters, state: RunState) -> list[str]:
    if not state.phase.active:
        return [_("No epoch was complete, so there is no best one.")]
    first = _("The first epoch is not over yet.")
    if not hyperparameters.early_stopping:
        off = _("It is off: the run goes on to epoch {epochs}.")
        return [first, off.format(epochs=hyperparameters.epochs)]
    rule = plural(
        "Ends the run after {count} epoch without improvement.",
        "Ends the run after {count} epochs without improvement.",
        hyperparameters.patience,
    )
    return [first, rule]


def _best(status: EarlyStoppingStatus) -> str:
    words = _("{star} Best epoch: {epoch}, {value}")
    return words.format(star=BEST, epoch=status.best_epoch, value=_value(status.monitor, status.best_value))


def _patience(status: EarlyStoppingStatus, patience: int) -> str:
    """Return the count in figures, and as boxes where they fit."""
    waited = status.epochs_without_improvement
    words = _("{waited} of {patience} epochs without improvement").format(waited=waited, patience=patience)
    if patience > MOST_BOXES:
        return words
    return words + "\n" + "■" * min(waited, patience) + "□" * max(0, patience - waited)


def _waits_for(status: EarlyStoppingStatus) -> str:
    if status.target is None:
        return _("Waits for the first figure")
    below = status.monitor == "validation_loss"
    words = _("Waits for less than {value}") if below else _("Waits for more than {value}")
    return words.format(value=_value(status.monitor, status.target))


def _how_it_ended(state: RunState) -> list[str]:
    if state.ended is None:
        return []
    lines = []
    stopped = next((event for event in state.happenings if isinstance(event, StoppedEarly)), None)
    if stopped is not None:
        lines.append(sentence(stopped))
    elif state.ended.reason == "completed":
        lines.append(_("It did not end the run: all epochs are done."))
    if state.ended.best_epoch is not None:
        words = _("The weights of epoch {epoch} are restored.")
        lines.append(words.format(epoch=state.ended.best_epoch))
    return lines


def _monitor(state: RunState) -> str:
    """Return the figure that decides which epoch is best."""
    if state.hyperparameters is None:
        return ""
    by_loss = state.hyperparameters.monitor == "validation_loss"
    return _("by validation loss") if by_loss else _("by validation accuracy")


def _value(monitor: str, value: float | None) -> str:
    if value is None:
        return "–"
    return loss_figure(value) if monitor == "validation_loss" else percent(value)
