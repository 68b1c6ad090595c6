"""Rules about the steps: learning rate too high or too low, too few steps, a plateau."""

from itertools import pairwise

from engine.analysis.coaching.run_history import LEARNED, Hint, RunHistory, training_loss
from engine.analysis.coaching.weights import explosion_evidence, initial_weights_too_large, loss_exploded
from engine.events import Diverged
from engine.sentences import N_, Sentence


def diverged(history: RunHistory, event: Diverged) -> Hint | None:
    """The loss or the gradient diverged."""
    if history.hyperparameters.initializer == "large":
        return initial_weights_too_large(history, diverged=True)
    return history.hint(
        N_("Learning rate too high"),
        Sentence(
            N_("with learning_rate {rate:g} the {what} diverged in epoch {epoch}."),
            {
                "rate": history.rate,
                "what": Sentence(N_("loss") if event.cause == "loss" else N_("gradient")),
                "epoch": event.epoch,
            },
        ),
        N_("Each step overshoots the minimum, and the next one, where the gradient is larger, even more."),
        "learning_rate",
        history.lower_learning_rate,
    )


def learning_rate_too_high(history: RunHistory) -> Hint | None:
    """The loss rose far above that of guessing and did not recover, or it oscillates."""
    if history.worst is not None and loss_exploded(history):
        return history.hint(
            N_("Learning rate too high"),
            explosion_evidence(history, history.worst),
            N_("Such steps move the weights too far to recover: lower it, and start a new run."),
            "learning_rate",
            history.lower_learning_rate,
        )
    rises = [
        (before, after)
        for before, after in pairwise(history.epochs[-7:])
        if training_loss(after) > 1.05 * training_loss(before)  # healthy runs rose by 1 % at most
    ]
    if len(rises) < 2 or history.last.train_accuracy >= LEARNED:
        return None
    before, after = rises[-1]
    return history.hint(
        N_("Learning rate too high"),
        Sentence(
            N_("the training loss goes up and down, in epoch {epoch} from {before:.3g} to {after:.3g}."),
            {"epoch": after.epoch, "before": before.train_loss, "after": after.train_loss},
        ),
        N_("Steps that are too large overshoot the minimum instead of approaching it."),
        "learning_rate",
        history.lower_learning_rate,
    )


def learning_rate_too_low(history: RunHistory) -> Hint | None:
    """All steps of an epoch together hardly change the weights."""
    epochs = history.full_rate_epochs
    if (
        len(epochs) < 2
        or history.last.train_accuracy >= LEARNED
        or history.rate > 0.11 * history.default_learning_rate
    ):
        return None
    before, last = epochs[-2:]
    way = history.relative_distance(last)
    pulls = max((layer.gradient_norm or 0.0 for layer in last.layers), default=0.0)
    if pulls < 0.1 or not training_loss(last) < training_loss(before):
        return None
    if way >= 0.05:  # healthy: 0.1 and more; with a hundredth of the usual rate: 0.01 and less
        return None
    return history.hint(
        N_("Learning rate too low"),
        Sentence(
            N_(
                "in an epoch no layer's weights change by more than {way:.2%}; the loss went from "
                "{before:.3f} to {after:.3f}."
            ),
            {"way": way, "before": before.train_loss, "after": last.train_loss},
        ),
        N_("The steps are in the right direction, but too small: it would take hundreds of epochs."),
        "learning_rate",
        history.default_learning_rate
        if history.rate < history.default_learning_rate / 30
        else 3 * history.rate,
    )


def batch_too_large(history: RunHistory) -> Hint | None:
    """The run has too few steps, though each of them lowers the loss."""
    started, hyperparameters = history.started, history.hyperparameters
    steps = started.batches_per_epoch * hyperparameters.epochs
    if started.batches_per_epoch > 8 or steps >= 200 or history.last.train_accuracy >= LEARNED:
        return None
    if len(history.epochs) < 3 or history.is_flat(0.05):
        return None
    smaller = max(16, started.training_images * hyperparameters.epochs // 500)
    smaller = 1 << (smaller.bit_length() - 1)  # a power of two that makes 500 steps or more
    if smaller >= hyperparameters.batch_size:
        return None
    return history.hint(
        N_("Batch too large"),
        Sentence(
            N_("{batch:,} images a batch make {steps:,} steps in all; accuracy {accuracy:.1%} so far."),
            {
                "batch": hyperparameters.batch_size,
                "steps": steps,
                "accuracy": history.last.train_accuracy,
            },
        ),
        N_("The loss falls with every step, and there are too few; smaller batches make more of them."),
        "batch_size",
        smaller,
    )


def plateau(history: RunHistory) -> Hint | None:
    """The loss oscillates around a level, and no schedule reduces the learning rate."""
    last, hyperparameters = history.last, history.hyperparameters
    if last.train_accuracy >= LEARNED or hyperparameters.schedule != "constant" or not history.is_flat(0.05):
        return None
    if history.highest_learning_rate > history.rate or history.max_dead_units >= 0.5:
        return None
    losses = [training_loss(epoch) for epoch in history.epochs[-4:]]
    if not any(after > 1.02 * before for before, after in pairwise(losses)):  # too small a network: it falls
        return None
    return history.hint(
        N_("Plateau"),
        Sentence(
            N_("for four epochs the training loss went up and down between {low:.3f} and {high:.3f}."),
            {"low": min(losses), "high": max(losses)},
        ),
        N_("The steps are too large to settle in the minimum; smaller ones do."),
        "learning_rate",
        float(f"{history.rate / 10:.0e}"),
    )
