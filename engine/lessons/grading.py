"""Grades an answer to a lesson's question, and a run against a lesson's target."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.events import Diverged, EpochEnded, Event, RunStarted, StoppedEarly
from engine.hyperparameters import Hyperparameters
from engine.lessons.conditions import Figures, holds, value_of
from engine.lessons.experiments import train_figures
from engine.lessons.lesson import Lesson, Question, Target

NEARLY = 1e-9


@dataclass(frozen=True)
class Grade:
    """right: the numbers of the choices that are right, from 0, or the number that is asked for."""

    passed: bool
    right: tuple[int, ...] | float


def right_answer(question: Question, figures: Figures) -> tuple[int, ...] | float:
    """Return the choices whose condition holds, or the number that is asked for."""
    if question.number:
        return value_of(question.number, figures)
    return tuple(at for at, choice in enumerate(question.choices) if holds(choice.when, figures))


def grade(question: Question, answer: float, figures: Figures) -> Grade:
    """Grade an answer: the number of a choice, from 0, or a number within the tolerance."""
    right = right_answer(question, figures)
    if isinstance(right, tuple):
        return Grade(answer in right, right)
    return Grade(abs(answer - right) <= question.tolerance + NEARLY, right)


@dataclass(frozen=True)
class Attempt:
    """A run compared with a target. value: the figure; changed: the hidden fields that it changed."""

    value: float
    changed: tuple[str, ...]
    reached: bool

    @property
    def passed(self) -> bool:
        """Whether it reaches the target by the lesson's rules."""
        return self.reached and not self.changed


def attempt(lesson: Lesson, target: Target, events: Sequence[Event]) -> Attempt | None:
    """Compare the events of a run with a lesson's target; None if no epoch ended."""
    epochs = [event for event in events if isinstance(event, EpochEnded)]
    started = next((event for event in events if isinstance(event, RunStarted)), None)
    if not epochs or started is None:
        return None
    diverged = any(isinstance(event, Diverged) for event in events)
    stopped = any(isinstance(event, StoppedEarly) for event in events)
    figures = train_figures(epochs, started.parameters, diverged=diverged, stopped=stopped)
    value = figures[target.figure]
    return Attempt(
        value,
        changed_fields(lesson, started.hyperparameters),
        target.at_least <= value <= target.at_most,
    )


def changed_fields(lesson: Lesson, hyperparameters: Hyperparameters) -> tuple[str, ...]:
    """Return the hidden fields whose values are others than the lesson's."""
    ours = lesson.base.resolved()
    return tuple(name for name in lesson.hidden if getattr(ours, name) != getattr(hyperparameters, name))
