"""Evaluates the conditions and fills the texts of a lesson file. Nothing in them is run as code.

small.validation_accuracy > 2 * large.validation_accuracy and large.diverged = 0
It reached {small.validation_accuracy:.1%}.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping

from engine.sentences import N_, Sentence

Figures = Mapping[str, Mapping[str, float]]
"""The figures of each experiment, by the experiment's name and their own."""

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
_NUMBER = r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
_TERM = re.compile(rf"^(?:({_NUMBER})\s*\*\s*)?([a-z]\w*)\.([A-Za-z]\w*)$|^({_NUMBER})$")
_PLACE = re.compile(r"\{([a-z]\w*)\.([A-Za-z]\w*)(?::(,?(?:\.\d)?[%fge]?))?\}")


class ConditionError(ValueError):
    """An error in a condition or a text; `sentence` says which."""

    def __init__(self, template: str, **values: object) -> None:
        self.sentence = Sentence(template, values)
        super().__init__(str(self.sentence))


def check(condition: str, known: Mapping[str, frozenset[str]]) -> None:
    """Check that a condition can be evaluated for experiments with these figures.

    Raises:
        ConditionError: when it cannot.
    """
    for left, _compare, right in _comparisons(condition):
        for term in (left, right):
            check_term(term, known)


def holds(condition: str, figures: Figures) -> bool:
    """Whether every comparison of a condition is true."""
    return all(
        compare(value_of(left, figures), value_of(right, figures))
        for left, compare, right in _comparisons(condition)
    )


def check_text(text: str, known: Mapping[str, frozenset[str]]) -> None:
    """Make sure that every figure in braces is one that there is.

    Raises:
        ConditionError: when one is not.
    """
    for experiment, figure, _format in _PLACE.findall(text):
        _known(experiment, figure, known)
    left = _PLACE.sub("", text)
    if "{" in left or "}" in left:
        raise ConditionError(
            N_("“{text}” has a brace that holds no figure; write one as {{experiment.figure:.2f}}"),
            text=text[max(0, left.find("{") - 20) :][:60],
        )


def filled(text: str, figures: Figures) -> str:
    """Return the text with its figures."""

    def write(found: re.Match[str]) -> str:
        return format(figures[found[1]][found[2]], found[3] or ".3g")

    return _PLACE.sub(write, text)


def _comparisons(condition: str) -> Iterator[tuple[str, Callable[[float, float], bool], str]]:
    for part in re.split(r"\s+and\s+", condition.strip()):
        found = re.split(r"\s*(<=|>=|<|>|=)\s*", part)
        if len(found) != 3:
            raise ConditionError(
                N_("“{part}” is not a comparison of two terms with < > <= >= or ="), part=part
            )
        yield found[0].strip(), OPERATORS[found[1]], found[2].strip()


def value_of(term: str, figures: Figures) -> float:
    """Return the number that a term stands for: `0.5`, `small.train_loss`, `2 * small.train_loss`."""
    found = _TERM.match(term)
    assert found is not None
    factor, experiment, figure, number = found.groups()
    if number is not None:
        return float(number)
    return float(factor or 1) * figures[experiment][figure]


def check_term(term: str, known: Mapping[str, frozenset[str]]) -> None:
    """Make sure that a term stands for a number.

    Raises:
        ConditionError: when it does not.
    """
    found = _TERM.match(term)
    if found is None:
        raise ConditionError(
            N_("“{term}” is neither a number nor a figure such as small.validation_accuracy"), term=term
        )
    if found[2] is not None:
        _known(found[2], found[3], known)


def _known(experiment: str, figure: str, known: Mapping[str, frozenset[str]]) -> None:
    if experiment not in known:
        raise ConditionError(
            N_("there is no experiment “{given}”; there are: {names}"),
            given=experiment,
            names=", ".join(known),
        )
    if figure not in known[experiment]:
        raise ConditionError(
            N_("the experiment “{experiment}” has no figure “{given}”; it has: {names}"),
            experiment=experiment,
            given=figure,
            names=", ".join(sorted(known[experiment])),
        )
