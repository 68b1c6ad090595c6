"""What stands beside the numbers of a walkthrough: where each one is, and how it is computed."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content

from engine.sentences import N_
from tui.text.cell_widths import cut
from tui.text.class_names import class_name
from tui.text.glyphs import glyph, is_ascii
from tui.text.language import _, plural, translate
from tui.widgets.number_layouts import Sheet

if TYPE_CHECKING:
    from engine.analysis.walkthrough import Calculation, Places, Stage

PLAIN = (
    ("ᵢⱼ", "[i,j]"),
    ("ᵢ", "[i]"),
    ("ⱼ", "[j]"),
    ("ₙ", "[n]"),
    ("ᵀ", ".T"),
    ("σ²", "variance"),
    ("‖", "|"),
    ("²", "^2"),
    ("³", "^3"),
    ("½", "1/2"),
    ("′", "'"),
    ("·", "*"),
    ("×", "x"),
    ("−", "-"),
    ("≤", "<="),
    ("√(", "sqrt("),
    ("√", "sqrt "),
    ("Σ", "sum"),
    ("∂", "d"),
    ("Δ", "change of "),
    ("ẑ", "z_hat"),
    ("m\u0302", "m_hat"),
    ("v\u0302", "v_hat"),
    ("α", "alpha"),
    ("β", "beta"),
    ("γ", "gamma"),
    ("ε", "epsilon"),
    ("η", "eta"),
    ("λ", "lambda"),
    ("μ", "mu"),
    ("π", "pi"),
)
"""How a formula is written where there is ASCII alone."""

GAP = 2
WIDEST_SOURCE = 16
"""Cells for where a product of a sum comes from."""


def formula(text: str) -> str:
    """Return a formula as the terminal can show it."""
    if is_ascii():
        for sign, plain in PLAIN:
            text = text.replace(sign, plain)
    return text


def number(value: float, digits: int = 4) -> str:
    """Return a number with so many digits."""
    return f"{value:.{digits}g}"


def sheet(stage: "Stage", names: Sequence[str] = ()) -> Sheet:
    """Return the numbers of a stage as they are drawn. names: of the classes, here and below."""
    from engine.analysis.walkthrough import Places

    places = stage.places
    if places is Places.PIXELS:
        return Sheet(stage.values, picture=True, ink=stage.ink)
    if places in (Places.WEIGHTS, Places.IMAGES_AND_CLASSES):
        return Sheet(stage.values)
    return Sheet(stage.values, label=_labels(stage, names))


def _labels(stage: "Stage", names: Sequence[str]) -> Callable[[int], str]:
    from engine.analysis.walkthrough import Places

    match stage.places:
        case Places.CLASSES:
            return partial(class_name, names)
        case Places.LAYERS:
            last = len(stage.values) - 1
            return lambda at: _("output") if at == last else _("hidden {number}").format(number=at + 1)
        case Places.ONE:
            return lambda _at: _("sum")
    return str


def place_name(
    places: "Places", at: tuple[int, ...], image_shape: tuple[int, int] | None, names: Sequence[str] = ()
) -> str:
    """Return what a number belongs to. `image_shape` says that the inputs of a weight are pixels."""
    from engine.analysis.walkthrough import Places

    match places:
        case Places.PIXELS:
            row, column = at if len(at) == 2 else divmod(at[0], image_shape[1] if image_shape else 1)
            return _("pixel in row {row}, column {column}").format(row=row, column=column)
        case Places.CLASSES:
            return _("class {label}").format(label=class_name(names, at[0]))
        case Places.IMAGES:
            return _("image {number}").format(number=at[0])
        case Places.IMAGES_AND_CLASSES:
            return _("image {number}, class {label}").format(number=at[0], label=class_name(names, at[1]))
        case Places.WEIGHTS if image_shape:
            row, column = divmod(at[0], image_shape[1])
            text = _("row {row}, column {column} to unit {unit}")
            return text.format(row=row, column=column, unit=at[1])
        case Places.WEIGHTS:
            return _("input {source} to unit {unit}").format(source=at[0], unit=at[1])
        case Places.UNITS:
            return _("unit {unit}").format(unit=at[0])
        case Places.LAYERS:
            return _("layer {number}").format(number=at[0] + 1)
        case Places.ONE:
            return _("sum")


def head(stage: "Stage") -> Content:
    """Return what a stage is: its name, what happens there, the formula, and the lines of code."""
    title = formula(_(stage.title))
    lines = [
        Content.assemble((f"{translate(stage.group)}: {title}", "bold"), "  ", formula(_(stage.text))),
        Content.styled(formula(stage.formula), "bold $text-accent"),
        *(Content.styled(line, "$text-secondary") for line in stage.code.splitlines()),
    ]
    if stage.remark is not None:
        lines.append(Content(translate(stage.remark)))
    return Content("\n").join(lines)


def working(
    stage: "Stage", at: tuple[int, ...], width: int, height: int, names: Sequence[str] = ()
) -> Content:
    """Return how the number at a place comes about, in so many lines."""
    made = stage.work(*at)
    name = place_name(stage.places, at, stage.image_shape, names)
    lines = [Content.assemble((f"{name}: ", ""), (number(made.result), "bold"))]
    if made.expression:
        lines.append(Content(f"= {formula(_filled(made))}"))
    lines += [
        Content.assemble((f"{_(label)}: ", "$foreground-muted"), number(value))
        for label, value in made.beside.items()
    ]
    if made.terms:
        lines += _terms(stage, made, width, height - len(lines), names)
    return Content("\n").join(lines[:height])


def _filled(made: "Calculation") -> str:
    """Return an expression with its numbers; one below zero in brackets where an operator is beside it."""

    def fill(found: re.Match[str]) -> str:
        before, name, after = found.groups()
        value_text = number(made.numbers[name])
        brackets = value_text.startswith("-") and (before or after)
        return f"{before}({value_text}){after}" if brackets else f"{before}{value_text}{after}"

    return re.sub(r"((?:[+−·/] ?)?)\{(\w+)\}([²³]?)", fill, made.expression)


def _terms(
    stage: "Stage", made: "Calculation", width: int, height: int, class_names: Sequence[str]
) -> list[Content]:
    """Return the largest products of a sum, and what the others come to, in so many lines.

    Where there is little room they are written with three digits, and without blanks.
    """
    terms = made.terms if len(made.terms) + bool(made.others) <= height else made.terms[: max(1, height - 1)]
    rest = made.rest + sum(term.product for term in made.terms[len(terms) :])
    others = made.others + len(made.terms) - len(terms)
    for digits, blank in ((4, " "), (3, "")):
        rows = [
            (
                _source(made.over, term.place, stage.image_shape, class_names),
                "" if term.right is None else _product(term.left, term.right, digits, blank),
                number(term.product, digits),
            )
            for term in terms
        ]
        if others:
            rows.append((plural("{count} other", "{count} others", others), "", number(rest, digits)))
        names = max(cell_len(name) for name, _product, _value in rows[: len(terms)])
        middle = max(len(product) for _name, product, _value in rows)
        values = max(len(value) for _name, _product, value in rows)
        if names + middle + values + 4 <= width:
            break
    return [
        Content.assemble(
            (name + " " * max(1, names + 1 - cell_len(name)), "$foreground-muted"),
            (f"{product} =".rjust(middle + 2) if product else " " * (middle + 2 if middle else 0))[
                max(0, cell_len(name) - names) :
            ],
            f"{blank or ''}{value:>{values}}",
        )
        for name, product, value in rows
    ]


def _source(over: "Places", at: int, image_shape: tuple[int, int] | None, names: Sequence[str]) -> str:
    """Return in a few characters where a product of a sum comes from."""
    from engine.analysis.walkthrough import Places

    if over is Places.PIXELS and image_shape:
        return "{},{}".format(*divmod(at, image_shape[1]))
    if over is Places.CLASSES:
        return cut(_("class {label}").format(label=class_name(names, at)), WIDEST_SOURCE)
    short = {
        Places.IMAGES: N_("image {number}"),
        Places.UNITS: N_("unit {number}"),
    }
    return _(short.get(over, "{number}")).format(number=at)


def _product(left: float, right: float, digits: int, blank: str) -> str:
    return f"{number(left, digits)}{blank}{glyph('×', '*')}{blank}{number(right, digits)}"
