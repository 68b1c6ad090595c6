"""Where a person stands in a lesson: what was predicted, measured, answered. No Textual in it."""

from dataclasses import dataclass, field
from enum import IntEnum

from engine.events import EpochEnded
from engine.lessons.experiments import Experiment, Progress
from engine.lessons.grading import Grade, grade
from engine.lessons.lesson import Lesson


class Step(IntEnum):
    """The steps of a lesson, in their order."""

    READ = 0
    EXPERIMENT = 1
    QUESTION = 2
    END = 3


@dataclass
class LessonProgress:
    """One lesson as it is being done.

    choice: the line that is pointed at, of the prediction or the question; typed: a number being answered
    epochs: of each experiment that trains, so far; figures: of each that is done
    """

    lesson: Lesson
    step: Step = Step.READ
    choice: int = 0
    predicted: int | None = None
    typed: str = ""
    epochs: dict[str, list[EpochEnded]] = field(default_factory=dict)
    figures: dict[str, dict[str, float]] = field(default_factory=dict)
    given: Grade | None = None

    def process(self, progress: Progress) -> None:
        """Take in what an experiment says."""
        name = progress.experiment.name
        if progress.epoch is not None:
            self.epochs.setdefault(name, []).append(progress.epoch)
        if progress.figures is not None:
            self.figures[name] = progress.figures

    @property
    def is_measured(self) -> bool:
        """Whether every experiment is done."""
        return len(self.figures) == len(self.lesson.experiments)

    @property
    def shown(self) -> list[Experiment]:
        """The experiments whose outcome may be seen: a secret one only once the question is answered."""
        return [one for one in self.lesson.experiments if not one.secret or self.given is not None]

    @property
    def choices(self) -> int:
        """How many lines there are to choose from in this step."""
        prediction, question = self.lesson.prediction, self.lesson.question
        if self.step is Step.READ and prediction is not None:
            return len(prediction.choices)
        if self.step is Step.QUESTION and question is not None and self.given is None:
            return len(question.choices)
        return 0

    @property
    def wants_number(self) -> bool:
        """Whether a number is to be typed."""
        question = self.lesson.question
        return (
            self.step is Step.QUESTION
            and self.given is None
            and question is not None
            and bool(question.number)
        )

    def type(self, character: str) -> None:
        """Take one more character of a number."""
        if character in "0123456789.-+e" and len(self.typed) < 15:
            self.typed += character

    @property
    def number(self) -> float | None:
        """The number that was typed, None if it is none."""
        try:
            return float(self.typed)
        except ValueError:
            return None

    def go_on(self) -> bool:
        """Take the next step, or answer; return whether that could be done."""
        match self.step:
            case Step.READ:
                self.predicted = self.choice if self.lesson.prediction is not None else None
                self.step = Step.EXPERIMENT
            case Step.EXPERIMENT:
                if not self.is_measured:
                    return False
                self.step = Step.QUESTION if self.lesson.question is not None else Step.END
            case Step.QUESTION if self.given is None:
                answer = self.number if self.wants_number else float(self.choice)
                if answer is None or self.lesson.question is None:
                    return False
                self.given = grade(self.lesson.question, answer, self.figures)
            case Step.QUESTION:
                self.step = Step.END
            case Step.END:
                return False
        self.choice = 0
        return True

    def go_back(self) -> bool:
        """Go back a step; return whether there was one."""
        if self.step is Step.READ:
            return False
        self.step = Step(self.step - 1)
        self.choice = 0
        return True
