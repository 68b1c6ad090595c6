"""What `train` and `resume` share: progress to stderr, the result to stdout, signals that end the run."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from typing import TYPE_CHECKING

import click

from engine.analysis.coaching.coach import Coach
from engine.commands import Command, Stop
from engine.data.location import Location
from engine.errors import EngineError
from engine.events import (
    BatchEnded,
    CheckpointSaved,
    Diverged,
    EpochEnded,
    Event,
    NumericsChanged,
    RunEnded,
    RunFailed,
    RunStarted,
    StoppedEarly,
    StorageFailed,
    to_json,
)
from tui.cli.progress import Progress, bar
from tui.session.paths import home
from tui.text.language import _, plural, translate
from tui.text.phrases import (
    advice,
    ending,
    evaluation_count_text,
    patience_ended,
    recall_text,
    tested_loss,
    value_text,
)

if TYPE_CHECKING:
    from engine.analysis.coaching.run_history import Hint
    from engine.training.trainer import Trainer

DIVERGED = 3
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Interruption:
    """Turns a signal into the command to stop; a second one ends the program at once.

    `exit_status` is 128 plus the signal's number (130 for Ctrl+C), as shells have it, or None.
    """

    def __init__(self) -> None:
        self.commands: SimpleQueue[Command] = SimpleQueue()
        self.exit_status: int | None = None
        self._running = False
        self._stop: Callable[[], None] | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Catch the signals while in this context."""
        before = {number: signal.signal(number, self._caught) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def expect_run(self, stop: Callable[[], None] | None = None) -> None:
        """From here on there is a run that a signal can stop, by a command or by `stop`."""
        self._running, self._stop = True, stop

    def _caught(self, number: int, frame: FrameType | None) -> None:
        if self.exit_status is not None or not self._running:
            raise SystemExit(128 + number)
        self.exit_status = 128 + number
        self.commands.put(Stop(interrupted=True))
        if self._stop is not None:
            self._stop()


def follow(
    trainer: "Trainer",
    interruption: Interruption,
    reporter: "Reporter",
    *,
    data: Location | None,
    save: Path | None = None,
) -> int:
    """Run a trainer to its end, and return the exit status."""
    from engine.storage import checkpoint
    from engine.storage.recorder import record_run

    interruption.expect_run()
    ended: RunEnded | None = None
    for event in record_run(trainer, home(), data=data):
        if isinstance(event, RunEnded):
            ended = event
            if save and event.best_epoch is not None:
                checkpoint.save(save, checkpoint.Checkpoint.of(trainer, event.best_epoch))
                reporter.show(CheckpointSaved(event.best_epoch, str(save)))
            elif save:
                text = _("{path} was not written: no epoch had ended.")
                reporter.progress.write_line(text.format(path=save))
        reporter.show(event)
    if trainer.interrupted and trainer.learner.own_network is None:
        reporter.progress.write_line(_("`mlp-tui resume {run}` goes on from here.").format(run=trainer.run))
    if interruption.exit_status is not None:
        return interruption.exit_status
    return DIVERGED if ended is not None and ended.reason == "diverged" else 0


class Reporter:
    """Shows events to a person, or as JSON lines to a program."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.progress = Progress(as_json=as_json)
        self._coach = Coach()
        self._label_smoothing = 0.0

    def show(self, event: Event) -> None:
        """Show one event."""
        if self.as_json:
            click.echo(to_json(event))  # and flush it
        if isinstance(event, RunStarted):
            self._label_smoothing = event.hyperparameters.label_smoothing
        match event:
            case BatchEnded():
                self.progress.redraw(lambda: _running_epoch(event))
            case RunEnded() if not self.as_json:
                click.echo(_result(event, self._label_smoothing))
            case _:
                if text := _progress(event):
                    self.progress.write_line(text)
        hint = self._coach.process(event)
        if hint is not None and not self.as_json:
            self.progress.write_line(_hint(hint))

    @contextmanager
    def telling_failures(self) -> Iterator[None]:
        """Show an error that a person's own network ends its run with as the last event, too."""
        try:
            yield
        except EngineError as error:
            if self.as_json:
                self.show(RunFailed(error.sentence))
            elif self.progress.is_open:
                self.progress.write_line("")
            raise


def _running_epoch(event: BatchEnded) -> str:
    """Return the line of the epoch under way."""
    share = event.batch / event.batches
    return _("epoch {epoch}  {bar} {share:4.0%}  train {accuracy:6.2%}  {speed:,.0f} images/s").format(
        epoch=event.epoch,
        bar=bar(share),
        share=share,
        accuracy=event.train_accuracy,
        speed=event.samples_per_second,
    )


def _progress(event: Event) -> str:
    """Return the line that tells a person of an event, or nothing."""
    match event:
        case RunStarted():
            return _(
                "{network}, {parameters:,} parameters; {training:,} images to learn from, {validation:,} for "
                "validation; run {run}"
            ).format(
                network="-".join(map(str, event.layer_sizes)),
                parameters=event.parameters,
                training=event.training_images,
                validation=event.validation_images,
                run=event.run,
            )
        case EpochEnded():
            return _(
                "epoch {epoch:>{width}}/{epochs}  train (running) loss {train_loss} accuracy "
                "{train_accuracy:.2%}  validation loss {validation_loss} accuracy {validation_accuracy:.2%}"
                "{best}  {seconds:.2f} s"
            ).format(
                epoch=event.epoch,
                width=len(str(event.epochs)),
                epochs=event.epochs,
                train_loss=_figure(event.train_loss),
                train_accuracy=event.train_accuracy,
                validation_loss=_figure(event.validation_loss),
                validation_accuracy=event.validation_accuracy,
                best=" *" if event.is_best else "  ",
                seconds=event.seconds,
            )
        case StorageFailed(message) | NumericsChanged(message=message):
            return translate(message)
        case StoppedEarly():
            return _("Stopped early: {reason}.").format(reason=patience_ended(event))
        case Diverged(epoch=epoch, batch=batch, cause=cause):
            what = _("loss") if cause == "loss" else _("gradient")
            return _(
                "Diverged in epoch {epoch} after {batch} mini-batches: the {what} is beyond bounds. "
                "Try a lower learning rate."
            ).format(epoch=epoch, batch=batch, what=what)
        case CheckpointSaved(epoch=epoch, path=path):
            return _("The weights of epoch {epoch} are in {path}.").format(epoch=epoch, path=path)
    return ""


def _hint(hint: "Hint") -> str:
    """Return the line that tells a person what is wrong, and which option mends it."""
    return _("Hint: {advice} Try --{option} {value}.").format(
        advice=advice(hint), option=hint.name.replace("_", "-"), value=value_text(hint.name, hint.new)
    )


def _result(event: RunEnded, label_smoothing: float) -> str:
    """Return what a run has come to."""
    how = plural("{count} epoch", "{count} epochs", event.epochs)
    first = _("{reason} after {epochs}, {seconds:.1f} s of training").format(
        reason=ending(event.reason), epochs=how, seconds=event.seconds
    )
    if event.best_epoch is None:
        return first + "\n" + _("no epoch was finished, so there is nothing to test")
    if event.test_accuracy is None:  # a person's own network that was in an endless loop
        return first + "\n" + _("the test set was not evaluated")
    second = _(
        "test accuracy {accuracy:.2%}, test loss {loss}, with the weights of epoch {best} "
        "(validation accuracy {validation:.2%})"
    ).format(
        accuracy=event.test_accuracy,
        loss=tested_loss(event.test_loss, event.plain_test_loss, label_smoothing),
        best=event.best_epoch,
        validation=event.best_validation_accuracy,
    )
    recall = "" if event.confusion_matrix is None else recall_text(event.confusion_matrix)
    count = "" if event.test_looks is None else evaluation_count_text(event.test_looks)
    return "\n".join(filter(None, (first, second, recall, count)))


def _figure(value: float | None) -> str:
    """Return a loss with four decimals, or a dash where there is none."""
    return "–" if value is None else f"{value:.4f}"
