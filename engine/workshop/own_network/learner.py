"""Has a person's own network learn, where the engine's would."""

import hashlib
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from engine.commands import Command
from engine.data.batches import Batcher
from engine.data.dataset import Dataset
from engine.events import LayerStatistics, OwnNetwork
from engine.hyperparameters import Hyperparameters
from engine.network.losses import softmax
from engine.sentences import N_
from engine.training.learner import (
    EVALUATION_BATCH,
    AbandonedError,
    DivergenceError,
    Evaluation,
    Learner,
)
from engine.training.trainer import Trainer
from engine.training.unit_activity import UnitActivity
from engine.workshop.own_network.process import TrainingProcess
from engine.workshop.own_network.source import OwnNetworkError, Source

LEAST_PROBABILITY = 1e-12
"""What a probability of zero counts as, where its logarithm is taken."""
TOLERANCE = 1e-2
"""How far the probabilities of the same weights in float32 may be from the person's own."""


class OwnLearner(Learner):
    """A person's class learns the mini-batches of a `Learner`, in a process of its own.

    Its weights are copied into the engine's `network` whenever they are asked for, as long as the two compute
    the same: that is looked at before the run, and again with each epoch.
    """

    def __init__(
        self,
        source: Source,
        hyperparameters: Hyperparameters,
        dataset: Dataset,
        commands: "SimpleQueue[Command]",
        printed: Callable[[str], None],
    ) -> None:
        """Run the person's file, and make the network.

        hyperparameters: as `only_applicable` returns them; printed: takes what the code prints

        Raises:
            HyperparameterError: when the hyperparameters do not fit the data.
            OwnNetworkError: when the person's code fails.
        """
        super().__init__(hyperparameters, dataset)
        self.own_text = source.text
        self._tested = ""
        request = {
            "folder": str(source.folder),
            "file": source.file,
            "text": source.text,
            "class_name": source.class_name,
            "sizes": self.network.sizes,
            "seed": hyperparameters.seed,
            "shape": (dataset.height, dataset.width),
            "mean": self.standardization.mean,
            "deviation": self.standardization.deviation,
            "counts": {"train": len(self.training.labels), "test": len(self.test.labels)},
            "validation": self.split.validation.tolist(),
        }
        arrays = [
            np.ascontiguousarray(array)
            for batcher in (self.training, self.test)
            for array in (batcher.images, batcher.labels)
        ]
        self._process = TrainingProcess(request, arrays, commands, printed)
        try:
            made, _content = self._process.ask("begin")
        except AbandonedError:
            raise OwnNetworkError(N_("The run was stopped before it began.")) from None
        except BaseException:
            self._process.close()
            raise
        self._parameters = int(made["parameters"])
        self.has_weights = not made["differs"]
        self.own_network = OwnNetwork(
            str(source.path), source.class_name, source.fingerprint, str(made["differs"])
        )

    @property
    def parameter_count(self) -> int:
        """How many numbers are learned: those in its arrays when it is made."""
        return self._parameters

    @property
    def can_evaluate(self) -> bool:
        """Whether the network is still there, or its weights are."""
        return self._process.is_alive or self.has_weights

    def step(self, learning_rate: float) -> None:
        """Have the person's network learn the next mini-batch.

        Raises:
            DivergenceError: before the weights are touched.
            OwnNetworkError, AbandonedError: as `TrainingProcess.ask` says.
        """
        chosen = self.order[self.position : self.position + self.batch_size]
        is_last = self.position + len(chosen) >= len(self.order)
        came, _content = self._process.ask(
            "step", indices=chosen.tolist(), rate=learning_rate, is_last=is_last
        )
        if "diverged" in came:
            value = came["value"]
            raise DivergenceError(came["diverged"], math.nan if value is None else value)
        self.loss_sum += came["loss"] * len(chosen)
        self.correct += came["correct"]
        self.last_loss = came["loss"]
        self.last_gradient_norm = math.nan if came["norm"] is None else came["norm"]
        self.position += len(chosen)
        if is_last and self.has_weights:
            self.layer_statistics = tuple(
                LayerStatistics(name, gradient, weight, moved / weight if moved and weight else None, None)
                for name, (gradient, weight, moved) in zip(
                    ("hidden 1", "output"), came["layers"], strict=True
                )
            )

    def evaluate(
        self, batcher: Batcher, indices: NDArray[np.int64], activity: UnitActivity | None = None
    ) -> Evaluation:
        """Return what the person's network makes of these images; its logits are logarithms.

        Where the process is gone and its weights are here, they are what is evaluated.
        """
        split = "test" if batcher is self.test else "validation"
        if not self._process.is_alive:
            return super().evaluate(batcher, indices, activity)
        _fields, content = self._process.ask(
            "evaluate",
            calls=-(-len(indices) // EVALUATION_BATCH),
            may_be_abandoned=split == "validation",
            split=split,
            best=split == "test",
        )
        probabilities = np.frombuffer(content).reshape(len(indices), -1)
        logits = np.log(np.maximum(probabilities, LEAST_PROBABILITY)).astype(np.float32)
        labels = batcher.labels[indices]
        with np.errstate(over="ignore", invalid="ignore"):
            loss = sum(
                self.loss.forward(
                    logits[start : start + EVALUATION_BATCH], labels[start : start + EVALUATION_BATCH]
                )
                * len(labels[start : start + EVALUATION_BATCH])
                for start in range(0, len(labels), EVALUATION_BATCH)
            ) / len(labels)
        if split == "test":
            self._tested = hashlib.blake2b(logits.tobytes(), digest_size=8).hexdigest()
        elif self.has_weights:
            ours = softmax(super().evaluate(batcher, indices, activity).logits)
            if np.isfinite(probabilities).all():
                self.has_weights = bool(np.abs(ours - probabilities).max() <= TOLERANCE)
        return Evaluation(logits, float(loss))

    @contextmanager
    def with_averaged_weights(self) -> Iterator[None]:
        """Have the weights of this moment in `network`, where they are to be had."""
        if self.has_weights and self._last is None and self._process.is_alive:
            _fields, content = self._process.ask("weights")
            self.network.parameters[:] = np.frombuffer(content, np.float32)
        yield

    def keep_as_best(self) -> None:
        """Keep the network as the best, and its weights."""
        self._process.ask("keep")
        super().keep_as_best()

    @property
    def best_fingerprint(self) -> str:
        """Sixteen hexadecimal digits that tell the best network from others, by weights or by answers."""
        return super().best_fingerprint if self.has_weights else self._tested

    def use_threads(self, threads: int) -> None:
        """Have the person's network learn with so many threads."""
        self._process.ask("use_threads", threads=threads)

    def close(self) -> None:
        """End the process."""
        self._process.close()


def own_trainer(
    source: Source,
    hyperparameters: Hyperparameters,
    dataset: Dataset,
    commands: "SimpleQueue[Command]",
    printed: Callable[[str], None],
    *,
    name: str = "",
) -> Trainer:
    """Return the trainer of a person's own network; a run without a name has that of the file.

    Raises:
        HyperparameterError, OwnNetworkError: as `OwnLearner` does.
    """
    hyperparameters = hyperparameters.resolved()
    learner = OwnLearner(source, hyperparameters, dataset, commands, printed)
    return Trainer(hyperparameters, dataset, commands, name=name or source.file, learner=learner)
