"""Answers queries about a stored run from its best weights, as a trainer does at the end of a run."""

from dataclasses import replace

from engine.commands import ExplainPrediction, FetchWeights, Query, QueryResult
from engine.data.dataset import Dataset
from engine.events import Predictions, Weights
from engine.storage.checkpoint import Checkpoint
from engine.training.explanation import explain
from engine.training.predictions import predictions_of
from engine.training.threads import limit_threads
from engine.training.trained_network import TrainedNetwork


class StoredModel:
    """Answers queries as a `Trainer` does, with the weights of the best epoch."""

    def __init__(self, checkpoint: Checkpoint, dataset: Dataset, run: str, *, is_own: bool = False) -> None:
        """Put the weights of `run` into a network on the data that they were learned from.

        is_own: whether they are of a person's own network

        Raises:
            CheckpointError: when the data are others.
        """
        vectors = checkpoint.parameters, checkpoint.statistics
        self._weights = Weights(run, checkpoint.epoch, None, checkpoint.hyperparameters, *vectors, is_own)
        self._learner = TrainedNetwork.of(self._weights, dataset, checkpoint.data_fingerprint).learner

    def answer(self, question: Query) -> QueryResult | None:
        """Return the answer to a query."""
        with limit_threads(1):  # a screen is being drawn, and perhaps a run is under way beside it
            match question:
                case ExplainPrediction():
                    return explain(self._learner, question, self._weights.epoch, None)
                case FetchWeights():
                    return replace(self._weights)  # another object: the answer to another question
                case _:
                    return self._predictions(question.split or "test")

    def _predictions(self, split: str) -> Predictions:
        """Return the predictions for a split by these weights, whatever epoch the query names."""
        evaluation = self._learner.evaluate(*self._learner.held_out(split))
        return predictions_of(self._learner, split, self._weights.epoch, evaluation)
