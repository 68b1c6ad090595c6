"""A lesson, and the parser of the TOML file that a teacher writes it in.

    title = "The learning rate"
    goal = "See what a learning rate does when it is too small, right, and too large."
    text = "What to know before."
    preset = "textbook"                    # where the hyperparameters begin
    images = 6000                          # learn from the first 6,000 training images alone
    hidden = ["dropout", "l2"]             # fields that the exercise leaves alone

    [predict]                              # asked before; there is no right or wrong
    text = "Which will be best after three epochs?"
    choices = ["0.001", "0.1", "3"]

    [[experiments]]
    name = "small"                         # figures are called small.validation_accuracy, ...
    title = "learning rate 0.001"
    learning_rate = 0.001                  # any hyperparameter
    epochs = 3

    [happened]
    text = "It reached {small.validation_accuracy:.1%}."

    [question]                             # checked against what happened
    text = "Which one is best?"
    [[question.choices]]
    text = "0.001"
    when = "small.validation_accuracy > good.validation_accuracy"

    [target]                               # an exercise: a run of one's own
    text = "Find a rate that reaches 95 %."
    figure = "validation_accuracy"
    at_least = 0.95

A question may ask for a number instead: `number = "unit.output"` and `tolerance = 0.01`. An experiment has
`kind = "train"` unless it says another, and takes what that one needs (`engine/lessons/experiments.py`).
"""

import math
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.analysis.broken_backward import BUGS
from engine.errors import EngineError, HyperparameterError
from engine.hyperparameters import SPECIFICATIONS, Hyperparameters, specification_of
from engine.lessons.conditions import ConditionError, check, check_term, check_text
from engine.lessons.experiments import TRAIN_FIGURES, Experiment
from engine.network.activations import ACTIVATIONS
from engine.sentences import N_, Sentence

Preset = Callable[[str], Mapping[str, object]]

KINDS: dict[str, dict[str, str]] = {
    "train": {},
    "unit": {
        "inputs": "numbers",
        "weights": "numbers",
        "bias": "number",
        "activation": "activation",
        "upstream": "number",
    },
    "loss": {"logits": "numbers", "label": "number", "label_smoothing": "number"},
    "gradient_check": {"bug": "bug"},
}
"""What each kind of experiment takes; `train` takes hyperparameters."""
NEEDED = {"unit": ("inputs", "weights"), "loss": ("logits", "label")}


class LessonError(EngineError):
    """A lesson file that cannot be used: which file, what about it."""


@dataclass(frozen=True)
class AnswerChoice:
    """An answer to choose; it is right when `when` holds of the figures."""

    text: str
    when: str


@dataclass(frozen=True)
class Question:
    """What is asked at the end: one of `choices`, or the number that the term `number` stands for."""

    text: str
    choices: tuple[AnswerChoice, ...] = ()
    number: str = ""
    tolerance: float = 0.0
    why: str = ""


@dataclass(frozen=True)
class Prediction:
    """What is asked before."""

    text: str
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Target:
    """An exercise: a run whose figure is at least, or at most, so much."""

    text: str
    figure: str
    at_least: float = -math.inf
    at_most: float = math.inf


@dataclass(frozen=True)
class Lesson:
    """One lesson. base: the hyperparameters that its experiments and its exercise begin with."""

    name: str
    title: str
    goal: str
    text: str
    base: Hyperparameters
    images: int | None
    hidden: tuple[str, ...]
    prediction: Prediction | None
    experiments: tuple[Experiment, ...]
    happened: str
    question: Question | None
    target: Target | None

    @property
    def known(self) -> dict[str, frozenset[str]]:
        """The figures of each experiment."""
        return {experiment.name: experiment.figures for experiment in self.experiments}


def parse(content: bytes, name: str, preset: Preset) -> Lesson:
    """Return the lesson that a TOML file describes; `preset` returns the values of one by its name.

    Raises:
        LessonError: when anything in it is not as it should be.
    """
    try:
        values = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:
        is_deep = isinstance(error, RecursionError)
        reason = Sentence(N_("too deeply nested")) if is_deep else str(error).splitlines()[0]
        raise LessonError(N_("{file} is not TOML: {reason}."), file=name, reason=reason) from None
    return _LessonParser(name, values, preset).lesson()


class _LessonParser:
    """Parses one file; every error names the file and the key."""

    def __init__(self, name: str, values: dict[str, Any], preset: Preset) -> None:
        self.name, self.values, self.preset = name, values, preset

    def lesson(self) -> Lesson:
        """Read all of it."""
        top = self.values
        known = ("title", "goal", "text", "preset", "images", "hidden", "predict", "experiments")
        self._only(top, (*known, "happened", "question", "target", "hyperparameters"), "")
        base = self._base()
        images = top.get("images")
        if images is not None and not (isinstance(images, int) and images >= 20):
            raise self._error("images", N_("it is {given}; at least 20 images are needed"), given=images)
        hidden = self._texts(top, "hidden", "hidden")
        for field in hidden:
            if field not in SPECIFICATIONS:
                raise self._error("hidden", N_("there is no hyperparameter “{given}”"), given=field)
        experiments = self._experiments(base)
        known_figures = {experiment.name: experiment.figures for experiment in experiments}
        return Lesson(
            name=self.name,
            title=self._text(top, "title", "title"),
            goal=self._text(top, "goal", "goal"),
            text=self._text(top, "text", "text"),
            base=base,
            images=images,
            hidden=tuple(hidden),
            prediction=self._prediction(),
            experiments=experiments,
            happened=self._happened(known_figures),
            question=self._question(known_figures),
            target=self._target(),
        )

    def _base(self) -> Hyperparameters:
        preset = self.values.get("preset")
        values = dict(self._table(self.values, "hyperparameters"))
        try:
            begun = dict(self.preset(preset)) if isinstance(preset, str) else {}
            return Hyperparameters.from_mapping(begun | self._read(values))
        except HyperparameterError as error:
            key = "preset" if error.name == "preset" else f"hyperparameters.{error.name}"
            raise self._error_at(key, error.sentence) from None

    def _read(self, values: Mapping[str, object]) -> dict[str, object]:
        return {key: specification_of(key).parse(value) for key, value in values.items()}

    def _experiments(self, base: Hyperparameters) -> tuple[Experiment, ...]:
        given = self.values.get("experiments")
        if not isinstance(given, list) or not given:
            raise self._error("experiments", N_("a lesson has at least one experiment"))
        found: list[Experiment] = []
        for number, values in enumerate(given, 1):
            key = f"experiments[{number}]"
            if not isinstance(values, dict):
                raise self._error(key, N_("it is not a table"))
            experiment = self._experiment(values, key, base)
            if any(experiment.name == other.name for other in found):
                raise self._error(f"{key}.name", N_("“{given}” is used twice"), given=experiment.name)
            found.append(experiment)
        return tuple(found)

    def _experiment(self, values: dict[str, Any], key: str, base: Hyperparameters) -> Experiment:
        name, title = self._text(values, "name", f"{key}.name"), self._text(values, "title", f"{key}.title")
        if not (name.isidentifier() and name[0].islower()):
            raise self._error(
                f"{key}.name", N_("“{given}” is not a name; a name is in lowercase letters"), given=name
            )
        kind = values.get("kind", "train")
        if not isinstance(kind, str) or kind not in KINDS:
            raise self._error(
                f"{key}.kind", N_("“{given}” is none of: {names}"), given=kind, names=", ".join(KINDS)
            )
        rest = {k: v for k, v in values.items() if k not in ("name", "title", "kind", "secret")}
        if kind == "train":
            try:
                given = self._read(rest)
                mapping = base.to_mapping()
                if "optimizer" in given and "learning_rate" not in given:
                    mapping.pop("learning_rate", None)
                made = Hyperparameters.from_mapping(mapping | {"threads": 1} | given)
            except HyperparameterError as error:
                raise self._error_at(f"{key}.{error.name.strip('“”')}", error.sentence) from None
            rest = {"hyperparameters": made}
        else:
            self._check_values(rest, key, kind)
        return Experiment(name, title, kind, values.get("secret") is True, rest)

    def _check_values(self, values: dict[str, Any], key: str, kind: str) -> None:
        self._only(values, tuple(KINDS[kind]), key + ".")
        for name in NEEDED.get(kind, ()):
            if name not in values:
                raise self._error(f"{key}.{name}", N_("it is missing"))
        for name, value in values.items():
            allowed: Sequence[str] | None = None
            match KINDS[kind][name]:
                case "numbers":
                    right = isinstance(value, list) and bool(value) and all(map(_is_number, value))
                case "number":
                    right = _is_number(value)
                case "bug":
                    allowed = [bug.name for bug in BUGS]
                    right = value in allowed
                case _:
                    allowed = list(ACTIVATIONS)
                    right = value in allowed
            if not right and allowed is not None:
                text = N_("“{given}” is none of: {names}")
                raise self._error(f"{key}.{name}", text, given=value, names=", ".join(allowed))
            if not right:
                raise self._error(
                    f"{key}.{name}", N_("“{given}” is not a number, or not a list of numbers"), given=value
                )
        if kind == "unit" and len(values["inputs"]) != len(values["weights"]):
            raise self._error(f"{key}.weights", N_("there are not as many as inputs"))
        if kind == "loss" and not 0 <= values["label"] < len(values["logits"]):
            raise self._error(f"{key}.label", N_("there is no such logit"))

    def _prediction(self) -> Prediction | None:
        table = self._table(self.values, "predict")
        if not table:
            return None
        self._only(table, ("text", "choices"), "predict.")
        choices = self._texts(table, "choices", "predict.choices")
        if len(choices) < 2:
            raise self._error("predict.choices", N_("it needs at least two choices"))
        return Prediction(self._text(table, "text", "predict.text"), tuple(choices))

    def _happened(self, known: Mapping[str, frozenset[str]]) -> str:
        table = self._table(self.values, "happened")
        text = self._text(table, "text", "happened.text") if table else ""
        self._conditions("happened.text", lambda: check_text(text, known))
        return text

    def _question(self, known: Mapping[str, frozenset[str]]) -> Question | None:
        table = self._table(self.values, "question")
        if not table:
            return None
        self._only(table, ("text", "choices", "number", "tolerance", "why"), "question.")
        text, why = self._text(table, "text", "question.text"), str(table.get("why", ""))
        self._conditions("question.why", lambda: check_text(why, known))
        if "number" in table:
            number = str(table["number"])
            tolerance = table.get("tolerance", 0.0)
            if not _is_number(tolerance):
                raise self._error("question.tolerance", N_("“{given}” is not a number"), given=tolerance)
            self._conditions("question.number", lambda: check_term(number, known))
            return Question(text, number=number, tolerance=float(tolerance), why=why)
        given, choices = table.get("choices", []), []
        for at, choice in enumerate(given if isinstance(given, list) else (), 1):
            key = f"question.choices[{at}]"
            if not isinstance(choice, dict):
                raise self._error(key, N_("it is not a table"))
            made = AnswerChoice(
                self._text(choice, "text", f"{key}.text"), self._text(choice, "when", f"{key}.when")
            )
            self._conditions(f"{key}.when", lambda made=made: check(made.when, known))  # type: ignore[misc]
            choices.append(made)
        if len(choices) < 2:
            raise self._error("question", N_("it needs a number, or at least two choices"))
        return Question(text, tuple(choices), why=why)

    def _target(self) -> Target | None:
        table = self._table(self.values, "target")
        if not table:
            return None
        self._only(table, ("text", "figure", "at_least", "at_most"), "target.")
        figure = self._text(table, "figure", "target.figure")
        if figure not in TRAIN_FIGURES:
            names = ", ".join(sorted(TRAIN_FIGURES))
            raise self._error("target.figure", N_("“{given}” is none of: {names}"), given=figure, names=names)
        limits = {name: table[name] for name in ("at_least", "at_most") if name in table}
        if not limits or not all(map(_is_number, limits.values())):
            raise self._error("target", N_("it needs a number at_least or at_most"))
        return Target(self._text(table, "text", "target.text"), figure, **limits)

    # What is read, and what is said when it cannot be

    def _table(self, values: Mapping[str, Any], name: str) -> dict[str, Any]:
        table = values.get(name, {})
        if not isinstance(table, dict):
            raise self._error(name, N_("it is not a table"))
        return table

    def _text(self, values: Mapping[str, Any], name: str, key: str) -> str:
        text = values.get(name)
        if not isinstance(text, str) or not text.strip():
            raise self._error(key, N_("it is missing, or not a text"))
        return text.strip()

    def _texts(self, values: Mapping[str, Any], name: str, key: str) -> list[str]:
        texts = values.get(name, [])
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise self._error(key, N_("it is not a list of texts"))
        return texts

    def _only(self, values: Mapping[str, object], allowed: Sequence[str], where: str) -> None:
        for name in values:
            if name not in allowed:
                raise self._error(
                    where + name, N_("there is no such key; there are: {names}"), names=", ".join(allowed)
                )

    def _conditions(self, key: str, checked: Callable[[], None]) -> None:
        try:
            checked()
        except ConditionError as error:
            raise self._error_at(key, error.sentence) from None

    def _error(self, key: str, template: str, **values: object) -> LessonError:
        return self._error_at(key, Sentence(template, values))

    def _error_at(self, key: str, sentence: Sentence) -> LessonError:
        return LessonError(
            N_("{file}, {key}: {reason}."), file=self.name, key=key, reason=_without_full_stop(sentence)
        )


def _without_full_stop(sentence: Sentence) -> Sentence:
    return (
        Sentence(sentence.template.removesuffix("."), sentence.values)
        if not sentence.template.endswith("..")
        else sentence
    )


def _is_number(value: object) -> bool:
    """Whether it is a finite number; TOML's whole numbers may be larger than any float."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
