"""Trains a network: takes hyperparameters and data, yields the events of a run."""

import contextlib
import dataclasses
import secrets
import time
from collections.abc import Generator, Iterator
from datetime import datetime
from queue import SimpleQueue

import numpy as np

from engine.commands import (
    ChangeHyperparameter,
    Command,
    ExplainPrediction,
    FetchPredictions,
    FetchWeights,
    Pause,
    Query,
    QueryResult,
    Resume,
    Step,
    Stop,
)
from engine.data.dataset import Dataset
from engine.errors import HyperparameterError
from engine.events import (
    BatchEnded,
    ChangeRejected,
    Diverged,
    EpochEnded,
    Event,
    HyperparameterChanged,
    NumericsChanged,
    Paused,
    Predictions,
    Resumed,
    RunEnded,
    RunStarted,
    StoppedEarly,
    Weights,
    finite,
)
from engine.hyperparameters import (
    OWN_NETWORK,
    Hyperparameters,
    available_cores,
    does_not_apply,
    specification_of,
)
from engine.optimization.schedules import Schedule
from engine.sentences import N_
from engine.training.early_stopping import EarlyStopping
from engine.training.explanation import explain
from engine.training.learner import AbandonedError, DivergenceError, Learner
from engine.training.metrics import confusion_matrix
from engine.training.numerics import changed_since
from engine.training.predictions import EvaluationCache
from engine.training.snapshot import BestEpoch, Snapshot
from engine.training.threads import core_wait, default_threads, environment, limit_threads
from engine.training.unit_activity import UnitActivity

SECONDS_BETWEEN_EVENTS = 0.05
"""Seconds from one `BatchEnded` to the next: no more than 20 a second."""
MAX_WARMUP_STEPS = 1e15
"""Steps, more than any run has: a warm-up of 1e308 epochs is a number, its steps are none."""


class Trainer:
    """Trains one network; iterate over it once to run it.

        for event in Trainer(Hyperparameters(epochs=3), load_dataset()):
            print(event)

    It has no thread of its own. It reads commands from the queue `commands` between two mini-batches; any
    thread or signal handler may put them there. The first event is `RunStarted`, the last `RunEnded`.
    """

    def __init__(
        self,
        hyperparameters: Hyperparameters,
        dataset: Dataset,
        commands: "SimpleQueue[Command] | None" = None,
        *,
        name: str = "",
        run: str | None = None,
        learner: Learner | None = None,
    ) -> None:
        """Prepare the run; `run` is its id, a new one if None; `learner` what learns, the engine's if None.

        Raises:
            HyperparameterError: when the hyperparameters do not fit the data.
        """
        hyperparameters = hyperparameters.resolved()
        self.run = run or f"{datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        self.name = name
        self.commands: SimpleQueue[Command] = SimpleQueue() if commands is None else commands
        self.dataset = dataset
        self.learner = learner or Learner(hyperparameters, dataset)
        self.early_stopping = EarlyStopping.of(hyperparameters, len(self.learner.split.validation))
        self.hyperparameters = self._with_threads(hyperparameters)
        self.learner.use_threads(self.threads)
        batches = self.learner.batches
        self.schedule = Schedule(
            hyperparameters.schedule,
            total_steps=hyperparameters.epochs * batches,
            warmup_steps=round(min(hyperparameters.warmup_epochs * batches, MAX_WARMUP_STEPS)),
        )
        self.epoch = 1
        self.step = 0
        self.seconds = 0.0
        self._epoch_seconds = 0.0
        self._core_wait: float | None = None
        self._learning_rate = self.next_learning_rate
        self._last_event_time = 0.0
        self._last_event_step = 0
        self._paused = self._single_step = self._stopping = False
        self.interrupted = False
        self.is_tested = True
        self._epochs_before = 0
        self._computed_otherwise: tuple[str, ...] = ()
        self._ended: str | None = None
        self._best: BestEpoch | None = None
        self._tested: int | None = None
        self._evaluations = EvaluationCache(self.learner)

    @classmethod
    def from_snapshot(
        cls,
        snapshot: Snapshot,
        dataset: Dataset,
        commands: "SimpleQueue[Command] | None" = None,
        *,
        epochs: int | None = None,
    ) -> "Trainer":
        """Prepare to resume a run from a snapshot, with the same bits as if it had never been interrupted.

        Where an earlier version began the run and computed otherwise, it says so: `NumericsChanged`.

        epochs: another number of epochs for the run. Its schedule is then laid over all of them from the
        first one, so that the learning rate goes on where a run of so many epochs would be by now; and early
        stopping counts its patience from here.

        Raises:
            CheckpointError: when the data are others, or the checkpoint contradicts itself.
            HyperparameterError: when there is nothing left to learn.
        """
        snapshot.check_fits(dataset)
        hyperparameters = snapshot.hyperparameters
        if hyperparameters.threads and hyperparameters.threads > available_cores():
            hyperparameters = dataclasses.replace(hyperparameters, threads=available_cores())
        trainer = cls(hyperparameters, dataset, commands, name=snapshot.name, run=snapshot.run)
        trainer.learner.load_state(snapshot.learner)
        trainer._computed_otherwise = changed_since(snapshot, len(trainer.learner.split.training))
        trainer.epoch, trainer.step, trainer._last_event_step = snapshot.epoch, snapshot.step, snapshot.step
        trainer.seconds, trainer._epoch_seconds = snapshot.seconds, snapshot.epoch_seconds
        trainer.early_stopping = dataclasses.replace(
            snapshot.early_stopping, images=trainer.early_stopping.images
        )
        trainer._best = snapshot.best
        trainer._epochs_before = snapshot.epoch if trainer.learner.epoch_is_done else snapshot.epoch - 1
        if epochs is None or epochs == snapshot.hyperparameters.epochs:
            trainer.schedule = snapshot.schedule
        else:
            trainer._set_epochs(epochs)
        trainer._check_epochs_left(snapshot.ended)
        return trainer

    def _with_threads(self, hyperparameters: Hyperparameters) -> Hyperparameters:
        """Return hyperparameters whose number of threads is chosen."""
        threads = hyperparameters.threads or default_threads(
            self.learner.network.sizes, hyperparameters.batch_size, available_cores()
        )
        return dataclasses.replace(hyperparameters, threads=threads)

    @property
    def threads(self) -> int:
        """How many BLAS threads the run uses."""
        assert self.hyperparameters.threads is not None  # `_with_threads` filled it in
        return self.hyperparameters.threads

    def _set_epochs(self, epochs: int) -> None:
        """Set another number of epochs, as if the run had been planned with it from the start."""
        self.hyperparameters = self.hyperparameters.changed("epochs", epochs)
        self.schedule = dataclasses.replace(
            self.schedule, total_steps=epochs * self.learner.batches, origin=None
        )
        self.early_stopping.epochs_without_improvement = 0

    def _check_epochs_left(self, ended: str | None) -> None:
        """Raise an error if the resumed run has no epoch left to train."""
        epochs, done = self.hyperparameters.epochs, self._epochs_before
        stopping = self.early_stopping
        if ended is None and epochs == done:  # it was interrupted just before its test
            return
        if epochs <= done:
            raise HyperparameterError(
                N_(
                    "The run has completed {done} of {epochs} epochs; give it more with --epochs, for "
                    "example {more}."
                ),
                name="epochs",
                epochs=epochs,
                done=done,
                more=2 * done,
            )
        if ended == "stopped_early" and stopping.enabled and stopping.wants_to_stop:
            raise HyperparameterError(
                N_(
                    "The run was stopped early after {done} epochs; give it another number of epochs "
                    "with --epochs, and patience counts from zero again."
                ),
                name="epochs",
                done=done,
            )

    def __iter__(self) -> Iterator[Event]:
        with limit_threads(self.threads), contextlib.closing(self.learner):
            yield self._run_started()
            if self._computed_otherwise:
                yield NumericsChanged.of(self._computed_otherwise)
            try:
                reason = yield from self._train()
            except AbandonedError:
                yield from self._process_commands()
                reason = "stopped"
            self._ended = reason
            yield self._test_and_end(reason)

    def snapshot(self) -> Snapshot:
        """Return a snapshot of the run, to be written before the next event is taken.

        To be called right after an event. After `RunEnded` it is the state at the end of training.
        """
        return Snapshot(
            run=self.run,
            name=self.name,
            hyperparameters=self.hyperparameters,
            data_fingerprint=self.dataset.fingerprint,
            epoch=self.epoch,
            step=self.step,
            seconds=self.seconds,
            epoch_seconds=self._epoch_seconds,
            schedule=self.schedule,
            early_stopping=dataclasses.replace(self.early_stopping),
            best=self._best,
            ended=self._ended,
            learner=self.learner.state(),
        )

    def answer(self, question: Query) -> QueryResult | None:
        """Return the answer to a query, during the run or after it; None if there is none."""
        match question:
            case FetchPredictions(epoch, split):
                return self.predictions(epoch, split)
            case _ if not self.learner.has_weights:
                return None
            case ExplainPrediction():
                with self.learner.with_averaged_weights():
                    if self._tested is not None:
                        return explain(self.learner, question, self._tested, None)
                    return explain(self.learner, question, self.epoch, self.learner.batch)
            case FetchWeights():
                return self._weights()

    def _weights(self) -> Weights:
        """Return the weights of this moment; after the run, the best."""
        learner = self.learner
        epoch, batch = self.epoch, learner.batch or None
        if self._tested is not None:
            epoch, batch = self._tested, None
        elif learner.epoch_is_done:
            batch = None
        elif batch is None:  # nothing of this epoch was learned
            epoch = max(0, epoch - 1)
        with learner.with_averaged_weights():
            vectors = learner.network.parameters.copy(), learner.network.statistics.copy()
        is_own = learner.own_network is not None
        return Weights(self.run, epoch, batch, self.hyperparameters, *vectors, is_own)

    def predictions(self, epoch: int | None = None, split: str | None = None) -> Predictions | None:
        """Return what the network made of each image behind the confusion matrix of `epoch` on `split`.

        The newest matrix for None, and for an epoch that is no longer kept; None before the first.
        """
        return self._evaluations.predictions(epoch, split)

    def _run_started(self) -> RunStarted:
        network, split = self.learner.network, self.learner.split
        return RunStarted(
            run=self.run,
            name=self.name,
            hyperparameters=self.hyperparameters,
            layer_sizes=network.sizes,
            parameters=self.learner.parameter_count,
            training_images=len(split.training),
            validation_images=len(split.validation),
            batches_per_epoch=self.learner.batches,
            data=self.dataset.summary(),
            environment=environment(self.threads),
            epochs_before=self._epochs_before,
            network=self.learner.own_network,
        )

    def _train(self) -> Generator[Event, None, str]:
        """Train epoch after epoch; return the reason why the run ends."""
        while True:
            if self.learner.epoch_is_done:  # also of a run that was interrupted just before its end
                if self.early_stopping.enabled and self.early_stopping.wants_to_stop:
                    yield self._stopped_early()
                    return "stopped_early"
                if self.epoch >= self.hyperparameters.epochs:
                    return "completed"
                self._begin_epoch()
            yield from self._process_commands()
            if self._stopping:
                return "stopped"
            single_step, self._single_step = self._single_step, False
            try:
                self._train_until_due(once=single_step)
            except DivergenceError as divergence:
                yield Diverged(*self._position(), divergence.cause, finite(divergence.value))
                return "diverged"
            if single_step or time.perf_counter() - self._last_event_time >= SECONDS_BETWEEN_EVENTS:
                yield self._batch_ended()
                self._last_event_time = (
                    time.perf_counter()
                )  # the time that a slow consumer takes does not count
            if self.learner.epoch_is_done:
                validated = self._validate()
                yield validated
                if validated.validation_loss is None:  # the epoch's last steps went too far
                    yield Diverged(*self._position(), "loss", None)
                    return "diverged"

    def _begin_epoch(self) -> None:
        """Go on to the next epoch."""
        self.epoch += 1
        self._epoch_seconds = 0.0
        self._core_wait = None
        self.learner.begin_epoch()

    def _train_until_due(self, *, once: bool) -> None:
        """Train on mini-batches until the epoch ends, a command waits, or the next `BatchEnded` is due.

        Only the time in here counts as training.
        """
        learner, commands = self.learner, self.commands
        waited_before = core_wait() if self.threads > 1 else None
        now = started = time.perf_counter()
        until = started if once else max(self._last_event_time + SECONDS_BETWEEN_EVENTS, started)
        try:
            with np.errstate(over="ignore", invalid="ignore"):  # divergence is looked for, by name
                while True:
                    self._learning_rate = self.next_learning_rate
                    learner.share = self.schedule.fade_factor(self.step, self.hyperparameters.distortion_fade)
                    learner.optimizer.swing = self.schedule.swing(self.step)
                    learner.step(self._learning_rate)
                    self.step += 1
                    now = time.perf_counter()
                    if now >= until or learner.epoch_is_done or not commands.empty():
                        break
        finally:
            self._epoch_seconds += now - started
            self.seconds += now - started
            waited = core_wait() if waited_before is not None else None
            if waited_before is not None and waited is not None:
                self._core_wait = (self._core_wait or 0.0) + waited - waited_before

    def _process_commands(self) -> Iterator[Event]:
        """Carry out the waiting commands; while paused, wait for more."""
        if self._paused:
            yield Paused(*self._position())
        while self._paused or not self.commands.empty():
            match self.commands.get():
                case Pause():
                    self._paused = True
                    if self._last_event_step != self.step and self.learner.position:
                        yield self._batch_ended()  # so that the figures of a paused run are up to date
                    yield Paused(*self._position())
                case Resume():
                    self._paused = False
                    yield Resumed(*self._position())
                case Step():
                    self._paused = self._single_step = True
                    return
                case Stop(interrupted, tested):
                    self._stopping, self.interrupted, self.is_tested = True, interrupted, tested
                    return
                case ChangeHyperparameter(name, value):
                    yield self._change(name, value)
                case FetchPredictions() | ExplainPrediction() | FetchWeights() as question:
                    if answer := self.answer(question):
                        yield answer

    def _change(self, name: str, value: object) -> HyperparameterChanged | ChangeRejected:
        """Give a live hyperparameter its new value."""
        old = self.hyperparameters
        try:
            specification = specification_of(name)
            new = self._with_threads(old.changed(name, value).resolved())
            if self.learner.own_network is not None and name not in OWN_NETWORK:
                raise does_not_apply(name)
            if not specification.live:
                raise HyperparameterError(
                    N_("{name} cannot change during a run; it takes effect with the next one."),
                    name=name,
                )
            if new.epochs < self.epoch:
                raise HyperparameterError(
                    N_("{name} is {given}; epoch {epoch} has begun, and the run can end no earlier."),
                    name=name,
                    given=new.epochs,
                    epoch=self.epoch,
                )
        except HyperparameterError as error:
            return ChangeRejected(*self._position(), name, error.sentence)
        self.hyperparameters = new
        self.learner.apply_live_changes(new)
        self.early_stopping.enabled = new.early_stopping
        self.early_stopping.patience = new.patience
        self.early_stopping.min_delta = new.min_delta
        if new.threads != old.threads:
            limit_threads(self.threads)
            self.learner.use_threads(self.threads)
        if new.epochs != old.epochs:
            total_steps = new.epochs * self.learner.batches
            self.schedule = self.schedule.stretched(self.step, total_steps)
        return HyperparameterChanged(*self._position(), name, getattr(old, name), getattr(new, name))

    def _validate(self) -> EpochEnded:
        """Evaluate the network on the validation images, and keep its weights if they are the best so far."""
        learner = self.learner
        activity = UnitActivity(learner.network)
        with learner.with_averaged_weights():
            evaluation = learner.evaluate(*learner.held_out("validation"), activity)
        labels = self.dataset.train_labels[learner.split.validation]
        accuracy = float(np.mean(evaluation.predicted == labels))
        loss = finite(evaluation.loss)
        if loss is not None:
            self._evaluations.add("validation", self.epoch, evaluation)
        monitored = accuracy if self.early_stopping.monitor == "validation_accuracy" else loss
        is_best = self.early_stopping.observe(self.epoch, None if loss is None else monitored)
        if is_best:
            learner.keep_as_best()
        images = len(learner.split.training)
        ended = EpochEnded(
            epoch=self.epoch,
            epochs=self.hyperparameters.epochs,
            step=self.step,
            train_loss=finite(learner.loss_sum / images),
            train_accuracy=learner.correct / images,
            validation_loss=loss,
            validation_accuracy=accuracy,
            learning_rate=self._learning_rate,
            seconds=self._epoch_seconds,
            samples_per_second=images / self._epoch_seconds,
            is_best=is_best,
            early_stopping=self.early_stopping.status(),
            layers=activity.added_to(learner.layer_statistics),
            validation_confusion_matrix=confusion_matrix(labels, evaluation.predicted, self.dataset.classes),
            core_wait=None if self._core_wait is None else self._core_wait / self._epoch_seconds,
        )
        if is_best:
            self._best = BestEpoch(self.epoch, accuracy, loss)
        return ended

    def _test_and_end(self, reason: str) -> RunEnded:
        """Restore the best weights and evaluate them on the test images, however the run ends.

        A run that is interrupted because the program quits is not tested; it may be resumed.
        """
        best = self._best
        evaluation = None
        matrix = None
        accuracy = None
        learner, labels = self.learner, self.dataset.test_labels
        if best is not None:
            learner.restore_best()
        if best is not None and self.is_tested and self.learner.can_evaluate:
            self._tested = best.epoch
            evaluation = learner.evaluate(*learner.held_out("test"))
            self._evaluations.add("test", best.epoch, evaluation)
            accuracy = float(np.mean(evaluation.predicted == labels))
            matrix = confusion_matrix(labels, evaluation.predicted, self.dataset.classes)
        return RunEnded(
            reason=reason,
            epochs=self.epoch if self.learner.epoch_is_done else self.epoch - 1,
            best_epoch=best.epoch if best else None,
            best_validation_accuracy=best.validation_accuracy if best else None,
            best_validation_loss=best.validation_loss if best else None,
            test_accuracy=accuracy,
            test_loss=finite(evaluation.loss) if evaluation else None,
            plain_test_loss=finite(evaluation.plain_loss(labels, learner.loss.smoothing))
            if evaluation
            else None,
            confusion_matrix=matrix,
            seconds=self.seconds,
        )

    def _stopped_early(self) -> StoppedEarly:
        stopping = self.early_stopping
        return StoppedEarly(
            epoch=self.epoch,
            best_epoch=stopping.best_epoch,
            monitor=stopping.monitor,
            best_value=stopping.best_value,
            patience=stopping.patience,
            epochs_without_improvement=stopping.epochs_without_improvement,
            reference=stopping.reference,
            min_delta=stopping.min_delta,
        )

    def _batch_ended(self) -> BatchEnded:
        """Return the figures of the epoch so far."""
        learner = self.learner
        self._last_event_step = self.step
        return BatchEnded(
            epoch=self.epoch,
            batch=learner.batch,
            batches=learner.batches,
            step=self.step,
            loss=finite(learner.last_loss),
            train_loss=finite(learner.loss_sum / learner.position),
            train_accuracy=learner.correct / learner.position,
            learning_rate=self._learning_rate,
            gradient_norm=finite(learner.last_gradient_norm),
            seconds=self._epoch_seconds,
            samples_per_second=learner.position / self._epoch_seconds,
        )

    @property
    def next_learning_rate(self) -> float:
        """The learning rate of the next step."""
        assert self.hyperparameters.learning_rate is not None  # `resolved` filled it in
        return self.hyperparameters.learning_rate * self.schedule.factor(self.step)

    def _position(self) -> tuple[int, int, int]:
        """Return epoch, mini-batches of it that were learned, and steps of the run."""
        return self.epoch, self.learner.batch, self.step
