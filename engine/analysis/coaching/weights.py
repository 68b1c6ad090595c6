"""Rules about weights and gradients: initialisation, vanishing, exploding, saturated and dead units."""

from engine.analysis.coaching.run_history import LEARNED, Hint, RunHistory, training_loss
from engine.events import EpochEnded
from engine.hyperparameters import Hyperparameters
from engine.sentences import N_, Sentence

SATURATED = 0.85
"""The share of saturated outputs from which a layer counts as saturated; usual runs have up to 0.4."""
EXPLODING = 100.0
"""How many times the output layer's gradient the first layer's is, when it explodes."""


def equal_weights(history: RunHistory) -> Hint | None:
    """All weights began at zero: hidden units get equal gradients, or none, and stay equal."""
    hyperparameters = history.hyperparameters
    if hyperparameters.initializer != "zeros" or not hyperparameters.hidden:
        return None
    if history.last.train_accuracy >= LEARNED:
        return None
    return history.hint(
        N_("Equal initial weights"),
        Sentence(
            N_(
                "all weights started at zero, and after epoch {epoch} the training accuracy is "
                "{accuracy:.1%}."
            ),
            {"epoch": history.last.epoch, "accuracy": history.last.train_accuracy},
        ),
        N_(
            "Units that start equal get equal gradients, or none, and stay equal: random weights break "
            "the symmetry."
        ),
        "initializer",
        _initializer_for(hyperparameters),
    )


def initial_weights_too_large(history: RunHistory, *, diverged: bool = False) -> Hint | None:
    """The weights started so large that the first outputs were extreme, and training cannot correct them."""
    hyperparameters = history.hyperparameters
    if hyperparameters.initializer != "large":
        return None
    if diverged:
        evidence = Sentence(N_("the weights started large, and the training loss diverged."))
    elif history.worst is not None and loss_exploded(history):
        evidence = explosion_evidence(history, history.worst)
    else:
        return None
    return history.hint(
        N_("Initial weights too large"),
        evidence,
        N_(
            "They amplify the input layer by layer; the network starts confident, wrong, and hard to correct."
        ),
        "initializer",
        _initializer_for(hyperparameters),
    )


def vanishing_gradients(history: RunHistory) -> Hint | None:
    """Hardly any gradient reaches the first layer."""
    layers, hyperparameters = history.last.layers, history.hyperparameters
    if hyperparameters.activation != "sigmoid" or len(layers) < 3 or history.last.train_accuracy >= LEARNED:
        return None
    first, output = layers[0].gradient_norm, layers[-1].gradient_norm
    if not first or not output or first > 0.01 * output:  # healthy: 0.3 to 10 times the output's
        return None
    return history.hint(
        N_("Vanishing gradients"),
        _gradient_evidence(history, first, output),
        N_("A sigmoid passes on at most a quarter of the gradient, so the first layers hardly learn."),
        "activation",
        "relu" if hyperparameters.initializer.startswith("he") else "tanh",
    )


def exploding_gradients(history: RunHistory) -> Hint | None:
    """The gradient grows from layer to layer in the backward pass."""
    layers, hyperparameters = history.last.layers, history.hyperparameters
    if hyperparameters.initializer != "large" or len(layers) < 3 or history.last.train_accuracy >= LEARNED:
        return None
    first, output = layers[0].gradient_norm, layers[-1].gradient_norm
    if not first or not output or first < EXPLODING * output:  # healthy: 0.3 to 10 times the output's
        return None
    return history.hint(
        N_("Exploding gradients"),
        _gradient_evidence(history, first, output),
        N_(
            "Large weights multiply the gradient layer by layer, so that the first layers take far too "
            "large steps."
        ),
        "initializer",
        _initializer_for(hyperparameters),
    )


def _gradient_evidence(history: RunHistory, first: float, output: float) -> Sentence:
    """Return the gradient norms of the output and the first layer."""
    return Sentence(
        N_(
            "in epoch {epoch} the gradient norm is {output:.2g} at the output layer, {first:.1e} at the "
            "first."
        ),
        {"epoch": history.last.epoch, "output": output, "first": first},
    )


def saturated_units(history: RunHistory) -> Hint | None:
    """Nearly all tanh or sigmoid units of a layer are saturated: hardly any gradient passes."""
    share = max((layer.saturated or 0.0 for layer in history.last.layers), default=0.0)
    if share < SATURATED or history.last.train_accuracy >= LEARNED:
        return None
    hyperparameters = history.hyperparameters
    is_large = hyperparameters.initializer == "large"
    if not is_large and history.rate < 2.5 * history.default_learning_rate:  # it learns all the same
        return None
    number = next(number for number, layer in enumerate(history.last.layers, 1) if layer.saturated == share)
    return history.hint(
        N_("Saturated units"),
        Sentence(
            N_(
                "in epoch {epoch}, {share:.0%} of the outputs of hidden layer {layer} are in the flat "
                "part of {activation}."
            ),
            {
                "epoch": history.last.epoch,
                "share": share,
                "layer": number,
                "activation": hyperparameters.activation,
            },
        ),
        N_("There the slope is almost zero, so that hardly any gradient passes: start a new run."),
        "initializer" if is_large else "learning_rate",
        _initializer_for(hyperparameters) if is_large else history.lower_learning_rate,
    )


def dead_units(history: RunHistory) -> Hint | None:
    """Half of a layer's ReLUs are zero for every image: no gradient passes them, so they stay so."""
    share = history.max_dead_units
    if share < 0.5 or history.last.train_accuracy >= LEARNED or history.highest_learning_rate > history.rate:
        return None
    if history.hyperparameters.dropout >= 0.5:  # which alone may do so, and has a rule of its own
        return None
    dead = next(number for number, layer in enumerate(history.last.layers) if layer.dead_units == share)
    return history.hint(
        N_("Dead ReLUs"),
        Sentence(
            N_(
                "{share:.0%} of hidden layer {layer} is zero for every image that epoch {epoch} was tried on."
            ),
            {"share": share, "layer": dead + 1, "epoch": history.last.epoch},
        ),
        N_(
            "Steps that were too large pushed them below zero, where the gradient is zero and they cannot "
            "recover: start a new run."
        ),
        "learning_rate",
        history.lower_learning_rate,
    )


def loss_exploded(history: RunHistory) -> bool:
    """Whether the loss was once three times that of guessing, and is still more than half of it."""
    assert history.worst is not None
    return (
        training_loss(history.worst) > 3 * history.guessing_loss
        and training_loss(history.last) > history.guessing_loss / 2
    )


def explosion_evidence(history: RunHistory, worst: EpochEnded) -> Sentence:
    """Return how high the loss rose."""
    return Sentence(
        N_("in epoch {epoch} the training loss was {loss:,.1f}; guessing gives {guessing:.2f}."),
        {"epoch": worst.epoch, "loss": worst.train_loss, "guessing": history.guessing_loss},
    )


def _initializer_for(hyperparameters: Hyperparameters) -> str:
    """Return the initializer that suits the activation."""
    return "xavier_normal" if hyperparameters.activation in ("sigmoid", "tanh") else "he_normal"
