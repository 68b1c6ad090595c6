"""What the Train tab says in words: how early stopping stands, what happened, how to read the charts."""

from engine.events import EarlyStoppingStatus, SourceRead, StoppedEarly
from engine.hyperparameters import Hyperparameters
from tui.panels.status import time_left
from tui.session.run_state import Phase, RunState
from tui.text.glyphs import glyph
from tui.text.language import _, plural, translate
from tui.text.phrases import advice, duration, loss_figure, percent, proposal, recall_text, sentence, speed
from tui.widgets.chart_series import MarkKind
from tui.widgets.plotext_plot import best_mark

MAX_EVENTS_SHOWN = 12
MOST_BOXES = 12


def nothing_drawn(state: RunState, what: str) -> str:
    """Say what an empty chart will show, and which key starts it."""
    if state.diverged is not None:
        return sentence(state.diverged)
    if state.active:
        return what
    if state.watched is not None:
        return what + "\n" + _("{name} has told none of it so far.").format(name=state.watched.name)
    if state.phase is Phase.LOADING:
        return what + "\n" + _("The data is being read; ctrl+r starts as soon as it is there.")
    if state.phase is Phase.NO_DATA:
        return what + "\n" + _("There is no data, so no run can start.")
    return what + "\n" + _("ctrl+r starts a run.")


def note(state: RunState) -> str:
    """Return what must be known to read the charts rightly; empty where there is nothing."""
    if state.diverged is not None:
        return sentence(state.diverged)
    given = state.hyperparameters
    if given is not None and given.dropout > 0 and given.hidden:
        return _(
            "With dropout on, training and validation are not comparable: "
            "training is measured with units switched off."
        )
    if given is not None and given.are_images_harder:
        return _(
            "Training images are made harder, so training and validation are not comparable: "
            "validation images stay as they are."
        )
    if given is not None and given.label_smoothing:
        return _("These losses are with label smoothing: they cannot be compared with those of runs without.")
    return recall_text(state.confusion[0]) if state.confusion is not None else ""


def hint_words(state: RunState) -> str:
    """Return what the coach has to say, and which key does what it proposes; empty where all is well."""
    hint = state.coach.hint
    if hint is None:
        return ""
    at_once = (
        _("h: {change}, at once") if state.active and hint.is_live else _("h: {change}, in the next run")
    )
    return f"{glyph('▸', '>')} {advice(hint)} " + at_once.format(change=proposal(hint))


def pace(state: RunState) -> str:
    """Return speed and time left, or how long the run took."""
    if state.ended is not None:
        return _("{time} of training").format(time=duration(state.ended.seconds))
    if not state.phase.active or not state.samples_per_second:
        return ""
    pace = speed(state.samples_per_second)
    if state.seconds_left is None:
        return pace
    return f"{pace}, {time_left(state)}"


def happened(state: RunState) -> list[str]:
    """Return what happened, the newest first; of a source that is watched, how it stands."""
    if state.watched is not None:
        events = [sentence(event) for event in reversed(state.notable_events[-MAX_EVENTS_SHOWN:])]
        return [*source_words(state.watched), *events]
    if not state.notable_events and state.data is not None:
        return [
            _("{name}: {images:,} training and {tests:,} test images, {classes} classes.").format(
                name=state.data.name,
                images=state.data.training_images,
                tests=state.data.test_images,
                classes=state.data.classes,
            )
        ]
    if not state.notable_events:
        failed = state.failure is not None
        return [translate(state.failure) if failed and state.failure else _("Reading the data …")]
    return [sentence(event) for event in reversed(state.notable_events[-MAX_EVENTS_SHOWN:])]


def early_stopping_words(state: RunState) -> list[str]:
    """Say which epoch is best, how long there was none better, and what is waited for."""
    hyperparameters = state.hyperparameters
    if state.watched is not None and (hyperparameters is None or not _tells_of_stopping(state)):
        return _best_watched(state, state.watched.name)
    if hyperparameters is None:
        text = _("The best epoch, and how long early stopping will wait for a better one.")
        return [text] if state.active else [text, _("ctrl+r starts a run.")]
    if not state.epochs:
        return _before_the_first_epoch(hyperparameters, state)
    status = state.epochs[-1].early_stopping
    assert status is not None
    lines = [_best(status)] if status.best_epoch is not None else []
    if not state.phase.active:
        return [*lines, *_how_it_ended(state)]
    if not hyperparameters.early_stopping:
        off = _("It is off: the run goes on to epoch {epochs}.")
        return [*lines, off.format(epochs=hyperparameters.epochs), *_would_have_stopped(state)]
    return [*lines, _patience(status, hyperparameters.patience), _waits_for(status)]


def _tells_of_stopping(state: RunState) -> bool:
    """Whether how early stopping stands is told with the newest epoch, or no epoch has ended."""
    return not state.epochs or state.epochs[-1].early_stopping is not None


def _best_watched(state: RunState, name: str) -> list[str]:
    """Say which epoch of a run that is watched is best, of which little more is told."""
    lines = []
    if state.best is not None:
        accuracy, loss = state.best.validation_accuracy, state.best.validation_loss
        value = percent(accuracy) if accuracy is not None else loss_figure(loss) if loss is not None else "–"
        text = _("{star} Best epoch: {epoch}, {value}")
        lines.append(text.format(star=best_mark(), epoch=state.best.epoch, value=value))
        since = state.epochs_done - state.best.epoch
        if since:
            lines.append(
                plural(
                    "{count} epoch since without a better one",
                    "{count} epochs since without a better one",
                    since,
                )
            )
    else:
        lines.append(_("No validation figure has been told, so no epoch is best."))
    return [*lines, _("{name} tells nothing of early stopping.").format(name=name)]


def source_words(watched: SourceRead) -> list[str]:
    """Return how a source stands: what is wrong with it, what could not be read, whether it is over."""
    lines = []
    if watched.trouble is not None:
        lines.append(translate(watched.trouble))
    if watched.broken:
        lines.append(
            plural(
                "{count:,} line could not be read: line {{first:,}}.",
                "{count:,} lines could not be read; the first is line {{first:,}}.",
                watched.broken,
            ).format(first=watched.first_broken)
        )
    if watched.beyond:
        lines.append(
            plural(
                "{count:,} accuracy is no fraction from 0 to 1, and is left out.",
                "{count:,} accuracies are no fractions from 0 to 1, and are left out.",
                watched.beyond,
            )
        )
    if watched.is_over:
        lines.append(_("{name} is at its end: nothing more will come.").format(name=watched.name))
    elif not watched.broken and not watched.beyond and watched.trouble is None:
        lines.append(_("Watching {name}; ctrl+q leaves it as it is.").format(name=watched.name))
    return lines


def _before_the_first_epoch(hyperparameters: Hyperparameters, state: RunState) -> list[str]:
    if not state.phase.active:
        return [_("No epoch was complete, so there is no best one.")]
    first = _("The first epoch is not over yet.")
    if not hyperparameters.early_stopping:
        off = _("It is off: the run goes on to epoch {epochs}.")
        return [first, off.format(epochs=hyperparameters.epochs)]
    rule = plural(
        "Ends the run after {count} epoch without enough improvement.",
        "Ends the run after {count} epochs without enough improvement.",
        hyperparameters.patience,
    )
    return [first, rule]


def _best(status: EarlyStoppingStatus) -> str:
    text = _("{star} Best epoch: {epoch}, {value}")
    return text.format(
        star=best_mark(), epoch=status.best_epoch, value=_value(status.monitor, status.best_value)
    )


def _patience(status: EarlyStoppingStatus, patience: int) -> str:
    """Return the count in figures, and as boxes where they fit."""
    waited = status.epochs_without_improvement
    text = _("{waited} of {patience} epochs without enough gain").format(waited=waited, patience=patience)
    if patience > MOST_BOXES:
        return text
    full, empty = glyph("■", "#"), glyph("□", "-")
    return text + "\n" + full * min(waited, patience) + empty * max(0, patience - waited)


def _waits_for(status: EarlyStoppingStatus) -> str:
    if status.target is None:
        return _("Waits for the first figure")
    below = status.monitor == "validation_loss"
    text = _("Waits for less than {value}") if below else _("Waits for more than {value}")
    return text.format(value=_value(status.monitor, status.target))


def _how_it_ended(state: RunState) -> list[str]:
    if state.ended is None:
        return []
    lines = []
    stopped = next((event for event in state.notable_events if isinstance(event, StoppedEarly)), None)
    if stopped is not None:
        lines.append(sentence(stopped))
    elif state.ended.reason == "completed":
        lines.append(_("Not triggered: the run completed all epochs."))
    lines += _would_have_stopped(state)
    if state.ended.best_epoch is not None:
        text = _("The weights of epoch {epoch} are restored.")
        lines.append(text.format(epoch=state.ended.best_epoch))
    return lines


def _would_have_stopped(state: RunState) -> list[str]:
    """Say where the run would have ended with early stopping on, and what it had found by then."""
    epoch = state.would_have_stopped
    if epoch is None:
        return []
    status = epoch.early_stopping
    assert status is not None
    text = _(
        "{symbol} It would have ended the run after epoch {epoch}; best until then: {value} (epoch {best})."
    )
    return [
        text.format(
            symbol=MarkKind.WOULD_STOP.symbol,
            epoch=epoch.epoch,
            value=_value(status.monitor, status.best_value),
            best=status.best_epoch if status.best_epoch is not None else "–",
        )
    ]


def monitor(state: RunState) -> str:
    """Return the figure that decides which epoch is best."""
    if state.hyperparameters is None:
        return ""
    by_loss = state.hyperparameters.monitor == "validation_loss"
    return _("by validation loss") if by_loss else _("by validation accuracy")


def _value(monitor: str, value: float | None) -> str:
    if value is None:
        return "–"
    return loss_figure(value) if monitor == "validation_loss" else percent(value)
