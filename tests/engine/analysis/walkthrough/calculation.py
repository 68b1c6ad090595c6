"""Evaluates the calculation that is shown for a number."""

import math
import re

import pytest

from engine.analysis.walkthrough import Calculation, Stage

SIGNS = (("−", "-"), ("·", "*"), ("√(", "sqrt("), ("²", "**2"), ("³", "**3"), ("½", "0.5"), ("π", "pi"))


def value_of(calculation: Calculation) -> float:
    """Return what a sum of products, or an expression with its numbers, comes to."""
    if calculation.terms:
        total = calculation.rest
        for term in calculation.terms:
            product = term.left if term.right is None else term.left * term.right
            assert term.product == pytest.approx(product)
            total += term.product
        return total
    expression = re.sub(r"\{(\w+)\}", r"(\1)", calculation.expression)
    for sign, python in SIGNS:
        expression = expression.replace(sign, python)
    functions = {name: getattr(math, name) for name in ("sqrt", "exp", "log", "tanh", "pi")}
    return float(eval(expression, functions | {"max": max}, dict(calculation.numbers)))


def found(stages: tuple[Stage, ...], group: str, title: str) -> Stage:
    """Return the one stage of that name."""
    (stage,) = (s for s in stages if (str(s.group), s.title) == (group, title))
    return stage
