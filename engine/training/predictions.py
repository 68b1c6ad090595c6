"""What a network made of each image of a split, for whoever looks into a confusion matrix."""

from engine.events import Predictions
from engine.network.losses import softmax
from engine.training.learner import Evaluation, Learner


def predictions_of(learner: Learner, split: str, epoch: int, evaluation: Evaluation) -> Predictions:
    """Return an evaluation of a split, by the weights of `epoch`, together with the images it is of."""
    batcher, indices = learner.held_out(split)
    return Predictions(
        split,
        epoch,
        batcher.images[indices],
        batcher.labels[indices],
        indices,
        evaluation.predicted,
        softmax(evaluation.logits),
    )
