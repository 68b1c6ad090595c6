"""What happened, in one sentence, and figures as people write them: in the language in use."""

from typing import TYPE_CHECKING

from engine.events import (
    ChangeRejected,
    CheckpointSaved,
    ConfusionMatrix,
    DataFailed,
    DataLoaded,
    Diverged,
    Event,
    HyperparameterChanged,
    NumericsChanged,
    Paused,
    Position,
    Printed,
    Resumed,
    RunEnded,
    RunFailed,
    RunStarted,
    StoppedEarly,
    StorageFailed,
)
from engine.hyperparameters import SPECIFICATIONS
from engine.sentences import N_, Sentence
from engine.specification import printable
from engine.storage.run_record import STATE_NAMES
from engine.training.metrics import is_unbalanced, mean_recall
from tui.text.language import _, plural, translate

if TYPE_CHECKING:
    from engine.analysis.coaching.run_history import Hint
    from engine.analysis.learning_rate_finder import Suggestion
    from engine.storage.run_record import RunRecord


NO_MEMORY = Sentence(N_("There is not enough memory for this."))


def sentence(event: Event) -> str:
    """Return what happened, for a person; empty for an event that needs no words."""
    match event:
        case DataLoaded(data):
            return _("{name} is there: {images:,} training and {tests:,} test images.").format(
                name=data.name, images=data.training_images, tests=data.test_images
            )
        case RunStarted():
            if event.epochs_before:
                return plural(
                    "Goes on after {count} epoch: {{sizes}}.",
                    "Goes on after {count} epochs: {{sizes}}.",
                    event.epochs_before,
                ).format(sizes="-".join(map(str, event.layer_sizes)))
            return _("Started: {sizes}, {parameters:,} parameters, {images:,} images.").format(
                sizes="-".join(map(str, event.layer_sizes)),
                parameters=event.parameters,
                images=event.training_images,
            )
        case HyperparameterChanged(name=name, old=old, new=new):
            return _("{name} {old} → {new} after {position}.").format(
                name=name, old=value_text(name, old), new=value_text(name, new), position=place(event)
            )
        case ChangeRejected(name=name, message=message):
            return _("{name} keeps its value: {reason}").format(name=name, reason=translate(message))
        case Paused():
            return _("Paused after {position}.").format(position=place(event))
        case Resumed():
            return _("Resumed after {position}.").format(position=place(event))
        case CheckpointSaved(epoch=epoch):
            return _("The weights of epoch {epoch} are saved.").format(epoch=epoch)
        case StoppedEarly():
            return _("Stopped early after epoch {epoch}: {reason}.").format(
                epoch=event.epoch, reason=patience_ended(event)
            )
        case Diverged():
            return _diverged(event)
        case RunEnded():
            return _ended(event)
        case Printed(text):
            last = next((line for line in reversed(text.splitlines()) if line.strip()), "")
            return _("It prints: {text}").format(text=printable(last, 200))
        case (
            RunFailed(message=message)
            | DataFailed(message)
            | StorageFailed(message)
            | NumericsChanged(message=message)
        ):
            return translate(message)
    return ""


def advice(hint: "Hint") -> str:
    """Return what is wrong in a run, what shows it, and what it means."""
    return _("{rule}: {evidence} {meaning}").format(
        rule=_(hint.rule), evidence=translate(hint.evidence), meaning=translate(hint.meaning)
    )


def proposal(hint: "Hint") -> str:
    """Return the change that a hint proposes."""
    return _("{name} {old} → {new}").format(
        name=hint.name, old=value_text(hint.name, hint.old), new=value_text(hint.name, hint.new)
    )


def finding_text(finding: "Suggestion") -> str:
    """Return the learning rate that is suggested, if there is one, and why."""
    reason = translate(finding.reason)
    if finding.suggestion is None:
        return _("No learning rate is suggested. {reason}").format(reason=reason)
    return _("Suggested learning rate: {rate:g}. {reason}").format(rate=finding.suggestion, reason=reason)


def place(position: Position) -> str:
    """Return the point of the run at which something took effect."""
    return _("epoch {epoch}, batch {batch}").format(epoch=position.epoch, batch=position.batch)


def patience_ended(event: StoppedEarly) -> str:
    """Return what early stopping went by: for how many epochs which figure did not pass which value."""
    if event.epochs_without_improvement is None or event.reference is None or event.min_delta is None:
        return plural(  # a store of the version before
            "{count} epoch without enough improvement",
            "{count} epochs without enough improvement",
            event.patience,
        )
    is_loss = event.monitor == "validation_loss"
    text = (
        _("validation loss has not fallen below {reference} by more than {min_delta:g} in {epochs}")
        if is_loss
        else _("validation accuracy has not risen above {reference} by more than {min_delta:g} in {epochs}")
    )
    return text.format(
        reference=loss_figure(event.reference) if is_loss else percent(event.reference),
        min_delta=event.min_delta,
        epochs=plural("{count} epoch", "{count} epochs", event.epochs_without_improvement),
    )


def _diverged(event: Diverged) -> str:
    if event.cause == "gradient_norm" and event.value is not None:
        return _(
            "Diverged at {position}: the gradient norm is {norm:.1e}; try a lower learning rate."
        ).format(position=place(event), norm=event.value)
    if event.cause == "gradient_norm":
        return _(
            "Diverged at {position}: the gradient is no longer finite; try a lower learning rate."
        ).format(position=place(event))
    return _("Diverged at {position}: the loss is no longer finite; try a lower learning rate.").format(
        position=place(event)
    )


def _ended(event: RunEnded) -> str:
    how = ending(event.reason)
    if event.best_epoch is None:
        return _("{how} before an epoch was complete: there is nothing to test.").format(how=how)
    if event.test_accuracy is None:
        return _("{how}: the test set was not evaluated.").format(how=how)
    text = _("{how}: test accuracy {accuracy} with the weights of epoch {epoch}.").format(
        how=how, accuracy=percent(event.test_accuracy), epoch=event.best_epoch
    )
    recall = "" if event.confusion_matrix is None else recall_text(event.confusion_matrix)
    count = "" if event.test_looks is None else evaluation_count_text(event.test_looks)
    return " ".join(filter(None, (text, recall, count)))


def recall_text(matrix: ConfusionMatrix) -> str:
    """Return the mean of the classes' recalls, where their sizes are so different that accuracy hides it."""
    recall = mean_recall(matrix)
    if recall is None or not is_unbalanced(matrix):
        return ""
    text = _("The classes differ in size: mean of the classes' recalls {recall}.")
    return text.format(recall=percent(recall))


def evaluation_count_text(count: int) -> str:
    """Return for how many networks a test set was evaluated; the more, the less a score on it says."""
    return plural(
        "This test set has been evaluated for {count} network.",
        "This test set has been evaluated for {count} networks.",
        count,
    )


def ending(reason: str) -> str:
    """Return how a run ended, as the beginning of a sentence."""
    state = translate(Sentence(STATE_NAMES[reason]))
    return state[0].upper() + state[1:]


def value_text(name: str, value: object) -> str:
    """Return the value of a hyperparameter as it stands in its field."""
    return SPECIFICATIONS[name].format(value) if name in SPECIFICATIONS else str(value)


def run_label(record: "RunRecord", limit: int = 24) -> str:
    """Return the name of a stored run, or its id if it has none; safe to be shown."""
    return printable(record.name, limit) if record.name.strip() else record.id


def short_run_label(record: "RunRecord", limit: int) -> str:
    """Return the name of a stored run, or the end of its id, which tells it from others of its day."""
    return printable(record.name, limit) if record.name.strip() else record.id.partition("-")[2] or record.id


def layer_name(name: str) -> str:
    """Return what the engine calls `hidden 1`, `batch norm 1` or `output`, in the language in use."""
    kind, _space, number = name.rpartition(" ")
    text = {"": _("output"), "hidden": _("hidden {number}"), "batch norm": _("batch norm {number}")}
    return text[kind].format(number=number)


def percent(fraction: float) -> str:
    """Return a fraction in per cent, with two places: 0.9781 is `97.81%`."""
    return f"{100 * fraction:.2f}%"


def loss_figure(loss: float) -> str:
    """Return a loss with four places, or short where it is large."""
    return f"{loss:.4f}" if abs(loss) < 1_000 else f"{loss:.3g}"


def tested_loss(loss: float | None, plain: float | None, smoothing: float) -> str:
    """Return a test loss; one with label smoothing is called so, and stands beside the plain one."""
    if loss is None:
        return "–"
    if not smoothing:
        return loss_figure(loss)
    if plain is None:  # of a store of the version before
        return _("{loss} (with label smoothing)").format(loss=loss_figure(loss))
    return _("{plain} ({loss} with label smoothing)").format(plain=loss_figure(plain), loss=loss_figure(loss))


def duration(seconds: float) -> str:
    """Return a time as `m:ss` or `h:mm:ss`, rounded up so that 0:00 means done."""
    whole = max(0, -int(-seconds // 1))
    hours, rest = divmod(whole, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def speed(samples_per_second: float) -> str:
    """Return a speed with three digits, which do not dance: 118,237 is `118,000 images/s`."""
    digits = len(str(int(samples_per_second)))
    rounded = round(samples_per_second, 3 - digits) if digits > 3 else samples_per_second
    return _("{speed:,.0f} images/s").format(speed=rounded)
