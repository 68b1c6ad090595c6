"""The predictions for every image of a split, kept for the last few epochs."""

from collections import deque

from engine.events import Predictions
from engine.network.losses import softmax
from engine.training.learner import Evaluation, Learner

MAX_CACHED_BYTES = 8 * 1024**2
"""Bytes of logits that are kept: 34 epochs of MNIST's validation set."""


class EvaluationCache:
    """The newest evaluations of a run, within a limit of memory."""

    def __init__(self, learner: Learner) -> None:
        self._learner = learner
        self._kept: deque[tuple[str, int, Evaluation]] = deque()

    def add(self, split: str, epoch: int, evaluation: Evaluation) -> None:
        """Keep one of a split, by the weights of `epoch`; the oldest go."""
        self._kept.append((split, epoch, evaluation))
        while len(self._kept) > 1 and len(self._kept) * evaluation.logits.nbytes > MAX_CACHED_BYTES:
            self._kept.popleft()

    def predictions(self, epoch: int | None, split: str | None) -> Predictions | None:
        """Return the predictions of `epoch` on `split` with their images, or the nearest that are kept.

        The newest for None, and for an epoch that is no longer kept; None before the first.
        """
        if not self._kept:
            return None
        split, epoch, evaluation = max(  # of equals the first
            reversed(self._kept),
            key=lambda kept: (split in (None, kept[0]), epoch == kept[1]),
        )
        return predictions_of(self._learner, split, epoch, evaluation)


def predictions_of(learner: Learner, split: str, epoch: int, evaluation: Evaluation) -> Predictions:
    """Return an evaluation of a split, by the weights of `epoch`, together with its images."""
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
