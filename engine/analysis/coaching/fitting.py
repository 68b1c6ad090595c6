"""Rules about the fit: underfitting, overfitting, too much regularisation, stopping too early."""

from engine.analysis.coaching.run_history import LEARNED, Hint, RunHistory, training_loss, validation_loss
from engine.events import StoppedEarly
from engine.sentences import N_, Sentence


def too_much_dropout(history: RunHistory) -> Hint | None:
    """With dropout the network hardly learns its training images."""
    last, dropout = history.last, history.hyperparameters.dropout
    held_back = last.validation_accuracy > last.train_accuracy + 0.05 and last.validation_accuracy < LEARNED
    if dropout < 0.3 or not held_back or not history.is_flat(0.1):
        return None
    return history.hint(
        N_("Too much dropout"),
        Sentence(
            N_(
                "with dropout {dropout:g} the training accuracy stays at {training:.1%}, below "
                "validation's {validation:.1%}."
            ),
            {
                "dropout": dropout,
                "training": last.train_accuracy,
                "validation": last.validation_accuracy,
            },
        ),
        N_("Dropout prevents memorising; this network does not even learn what it could."),
        "dropout",
        round(dropout / 4, 2),
    )


def too_much_l2(history: RunHistory) -> Hint | None:
    """L2 keeps the network from learning its training images."""
    l2 = history.hyperparameters.l2
    if l2 < 0.01 or not _has_plateaued(history):
        return None
    meaning = N_("L2 keeps the weights too small to tell the classes apart.")
    return history.hint(N_("Too much L2"), _plateau_evidence(history), meaning, "l2", round(l2 / 100, 6))


def underfitting(history: RunHistory) -> Hint | None:
    """The network no longer improves even on its training images."""
    if not _has_plateaued(history):
        return None
    wider = tuple(min(16_384, max(32, 4 * size)) for size in history.hyperparameters.hidden) or (128,)
    meaning = N_("The network seems too small to tell the classes apart, even those of its own images.")
    return history.hint(N_("Underfitting"), _plateau_evidence(history), meaning, "hidden", wider)


def overfitting(history: RunHistory) -> Hint | None:
    """Training gets better while validation gets worse."""
    best, last = history.best, history.last
    if best is None or last.epoch - best.epoch < 3 or last.train_accuracy < LEARNED:
        return None
    worse = validation_loss(last) > 1.05 * validation_loss(best)  # healthy runs: up to 1.035
    better = training_loss(last) < min(training_loss(best), 0.5 * validation_loss(last))
    if not (worse and better):
        return None
    l2 = history.hyperparameters.l2
    return history.hint(
        N_("Overfitting"),
        Sentence(
            N_(
                "since epoch {best} validation's loss rose from {before:.3f} to {after:.3f}, training's is "
                "{training:.2g}."
            ),
            {
                "best": best.epoch,
                "before": best.validation_loss,
                "after": last.validation_loss,
                "training": last.train_loss,
            },
        ),
        N_("It memorises its training images. L2 keeps the weights small, so that it generalises better."),
        "l2",
        0.003 if l2 < 0.003 else round(3 * l2, 6),
    )


def stopped_too_soon(history: RunHistory, event: StoppedEarly) -> Hint | None:
    """Early stopping ended a run that was still learning: accuracy was level, but the loss still fell."""
    then = next((epoch for epoch in history.epochs if epoch.epoch == event.best_epoch), None)
    if then is None or event.monitor != "validation_accuracy" or history.last.train_accuracy >= 0.95:
        return None
    last = history.last
    if validation_loss(last) > 0.95 * validation_loss(then):
        return None
    return history.hint(
        N_("Stopped too soon"),
        Sentence(
            N_("since epoch {epoch}, the best, validation's loss fell from {before:.3f} to {after:.3f}."),
            {"epoch": then.epoch, "before": then.validation_loss, "after": last.validation_loss},
        ),
        N_("Accuracy may stay level for a while and then rise again; a larger patience waits for it."),
        "patience",
        max(5, 2 * history.hyperparameters.patience),
    )


def _has_plateaued(history: RunHistory) -> bool:
    """Whether training accuracy is level and still low, and validation is not far behind."""
    last = history.last
    if last.train_accuracy >= LEARNED or history.max_dead_units >= 0.5 or not history.is_flat(0.05):
        return False
    return validation_loss(last) <= 1.2 * training_loss(last)


def _plateau_evidence(history: RunHistory) -> Sentence:
    """Return the accuracies at which training is level."""
    return Sentence(
        N_("accuracy no longer rises: training {training:.1%}, validation {validation:.1%}."),
        {"training": history.last.train_accuracy, "validation": history.last.validation_accuracy},
    )
