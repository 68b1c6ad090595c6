"""The coach: watches the events of a run, and says what is wrong and what to change."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.analysis.coaching.balance import one_class_is_most
from engine.analysis.coaching.fitting import (
    overfitting,
    stopped_too_soon,
    too_much_dropout,
    too_much_l2,
    underfitting,
)
from engine.analysis.coaching.run_history import Hint, RunHistory
from engine.analysis.coaching.step_size import (
    batch_too_large,
    diverged,
    learning_rate_too_high,
    learning_rate_too_low,
    plateau,
)
from engine.analysis.coaching.threads import threads_without_cores
from engine.analysis.coaching.weights import (
    dead_units,
    equal_weights,
    exploding_gradients,
    initial_weights_too_large,
    saturated_units,
    vanishing_gradients,
)
from engine.events import Diverged, EpochEnded, Event, HyperparameterChanged, RunStarted, StoppedEarly

STEADY = 2
"""Epochs for which a problem must be present, or absent, before the hint appears, or goes."""

RULES: tuple[Callable[[RunHistory], Hint | None], ...] = (
    equal_weights,
    exploding_gradients,
    initial_weights_too_large,
    learning_rate_too_high,
    too_much_dropout,
    vanishing_gradients,
    saturated_units,
    dead_units,
    learning_rate_too_low,
    batch_too_large,
    one_class_is_most,
    too_much_l2,
    plateau,
    underfitting,
    overfitting,
    threads_without_cores,
)
"""Causes before their consequences: of several rules that hold, the first is the one to act on."""


@dataclass
class Coach:
    """Holds the most important hint at the moment, if there is any.

    Several rules may hold at once where one problem causes another; the hint is about the first cause. A hint
    appears when its rule came first for `STEADY` epochs, its figures stay up to date, and it goes when the
    rule did not hold for as many epochs, or when the hyperparameter was changed.
    """

    hint: Hint | None = None
    _history: RunHistory | None = None
    _first: str = ""
    _epochs_first: int = 0
    _epochs_without: int = 0

    def process(self, event: Event) -> Hint | None:
        """Process one event; return a hint that appears with it."""
        before = self.hint
        match event:
            case RunStarted():
                vars(self).update(vars(Coach(_history=RunHistory.of(event))))
            case EpochEnded() if self._history is not None:
                self._history.add(event)
                if self._history.epochs:
                    self._weigh(self._history)
            case HyperparameterChanged() if self._history is not None:
                self._history.change(event)
                self._first, self._epochs_first = "", 0
                if self.hint is not None and self.hint.name == event.name:
                    self.hint = None
            case Diverged() if self._history is not None:
                self.hint = diverged(self._history, event) or self.hint
            case StoppedEarly() if self._history is not None and self.hint is None:
                self.hint = stopped_too_soon(self._history, event)
        if self.hint is not None and self._history is not None and not self._history.takes(self.hint):
            self.hint = None
        appeared = self.hint is not None and (before is None or before.rule != self.hint.rule)
        return self.hint if appeared else None

    def _weigh(self, history: RunHistory) -> None:
        """Apply the rules after an epoch, and update the hint."""
        found = [hint for rule in RULES if (hint := rule(history)) is not None and history.takes(hint)]
        first = found[0] if found else None
        same = first is not None and first.rule == self._first
        self._first = first.rule if first is not None else ""
        self._epochs_first = self._epochs_first + 1 if same else 1
        if self.hint is not None:
            now = next((hint for hint in found if hint.rule == self.hint.rule), None)
            self._epochs_without = 0 if now is not None else self._epochs_without + 1
            self.hint = now or (self.hint if self._epochs_without < STEADY else None)
        if first is not None and self._epochs_first >= STEADY:
            self.hint, self._epochs_without = first, 0
