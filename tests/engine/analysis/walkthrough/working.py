"""Working out again what is written beside a number."""

import math
import re

import pytest

from engine.analysis.walkthrough import Calculation, Stage

SIGNS = (("−", "-"), ("·", "*"), ("√(", "sqrt("), ("²", "**2"), ("³", "**3"), ("½", "0.5"), ("π", "pi"))


def value_of(working: Calculation) -> float:
    """Return what a sum of products, or an expression with its numbers, comes to."""
    if working.terms:
        total = working.rest
        for term in working.terms:
            product = term.left if term.right is None else term.left * term.right
            assert term.product == pytest.approx(product)
            total += term.product
        return total
    expression = re.sub(r"\{(\w+)\}", r"(\1)", working.expression)
    for sign, python in SIGNS:
        expression = expression.replace(sign, python)
    functions = {name: getattr(math, name) for name in ("sqrt", "exp", "log", "tanh", "pi")}
    return float(eval(expression, functions | {"max": max}, dict(working.numbers)))


def found(stages: tuple[Stage, ...], group: str, title: str) -> Stage:
    """Return the one station of that name."""
    (stage,) = (s for s in stages if (str(s.group), s.title) == (group, title))
    return stage
