"""Says what can be seen of wrong numbers, where no known mistake explains them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.sentences import N_, Sentence
from engine.workshop.findings import Finding
from engine.workshop.reference.network import Array


@dataclass(frozen=True)
class Compared:
    """One array that came in one case, and the one that was wanted.

    batch: how many rows the case has; before: the array as it was before the call, where it is changed by it
    sums: the weighted sums that its columns (or entries) come from, where there are any
    """

    name: str
    case: Sentence
    got: Array
    wanted: Array
    same: Array | None
    batch: int | None = None
    before: Array | None = None
    sums: Array | None = None

    @property
    def agrees(self) -> bool:
        """Whether it is right."""
        return self.same is not None and bool(self.same.all())


def observe(compared: Sequence[Compared]) -> Finding:
    """Return what can be said of the first array that is wrong; `compared` is everything that was."""
    wrong = next(one for one in compared if not one.agrees)
    alike = [one for one in compared if one.name == wrong.name]
    name, got, wanted = wrong.name, wrong.got, wrong.wanted
    if wrong.same is None:
        return _shape(wrong)
    if not np.isfinite(got[~wrong.same]).all():
        return Finding(
            Sentence(
                N_(
                    "{name} has NaN or infinity at {at}, with {case}: a division by zero, a logarithm of "
                    "zero or an exp() that overflows."
                ),
                {"name": name, "at": _place(wrong), "case": wrong.case},
            ),
            "not_finite",
        )
    if wrong.before is not None and np.array_equal(got, wrong.before):
        return Finding(Sentence(N_("{name} did not change at all."), {"name": name}), "unchanged")
    if wanted.size > 1 and not got.any():
        return Finding(Sentence(N_("{name} is all zeros."), {"name": name}), "all_zeros")
    if finding := _factor(alike) or _moved(alike):
        return finding
    if got.dtype.kind in "iu" and np.array_equal(got, np.trunc(wanted)):
        template = N_("{name} has whole numbers (dtype {dtype}): what comes after the point is cut off.")
        return Finding(Sentence(template, {"name": name, "dtype": str(got.dtype)}), "whole_numbers")
    if finding := _offset(wrong):
        return finding
    if got.ndim == 2 and got.shape[0] == got.shape[1] and _close(got.T, wanted):
        return Finding(
            Sentence(N_("{name} is the transpose of what is wanted."), {"name": name}), "transposed"
        )
    if wanted.size > 1 and _close(np.sort(got, axis=None), np.sort(wanted, axis=None)):
        return Finding(
            Sentence(N_("{name} has the right numbers in the wrong places."), {"name": name}), "wrong_order"
        )
    if finding := _negative_sums(alike):
        return finding
    single = [one for one in alike if one.batch == 1]
    many = [one for one in alike if one.batch is not None and one.batch > 1]
    if single and many and all(one.agrees for one in single) and not any(one.agrees for one in many):
        return Finding(
            Sentence(
                N_(
                    "{name} is right for one row and wrong for several: first at {at}: {got:.6g}, not "
                    "{wanted:.6g}."
                ),
                _first(wrong),
            ),
            "wrong_for_several_rows",
        )
    return _places(wrong, compared)


def _shape(wrong: Compared) -> Finding:
    got, wanted = wrong.got, wrong.wanted
    values = {"name": wrong.name, "got": str(got.shape), "wanted": str(wanted.shape), "case": wrong.case}
    if got.shape == wanted.shape[::-1] and got.ndim == 2:
        tail = N_("{name} has the shape {got}, the transpose of {wanted}.")
        return Finding(Sentence(tail, values), "transposed")
    if got.ndim == 0:
        tail = N_(
            "{name} is a single number; an array of shape {wanted} is wanted: an axis is missing "
            "in a sum, mean or max."
        )
        return Finding(Sentence(tail, values), "shape")
    if got.ndim > wanted.ndim and got.size == wanted.size:
        tail = N_(
            "{name} has the shape {got}; {wanted} is wanted: one axis too many (keepdims, reshape "
            "or a list in a list)."
        )
        return Finding(Sentence(tail, values), "shape")
    if got.ndim < wanted.ndim and got.size == wanted.size:
        tail = N_("{name} has the shape {got}; {wanted} is wanted: an axis got lost.")
        return Finding(Sentence(tail, values), "shape")
    return Finding(Sentence(N_("{name} has the shape {got}; {wanted} is wanted ({case})."), values), "shape")


def _close(got: Array, wanted: Array) -> bool:
    scale = float(np.max(np.abs(wanted), initial=0.0))
    return got.shape == wanted.shape and bool(np.allclose(got, wanted, rtol=1e-3, atol=1e-4 * scale))


def _ratio(one: Compared) -> float | None:
    """Return the one factor between what came and what was wanted; None where there is none."""
    got, wanted = one.got, one.wanted
    if one.same is None or not np.isfinite(got).all() or not np.isfinite(wanted).all():
        return None
    square = float(np.sum(wanted * wanted))
    if square == 0:
        return None
    factor = float(np.sum(got * wanted)) / square
    return factor if factor != 0 and _close(got, factor * wanted) else None


def _factor(alike: Sequence[Compared]) -> Finding | None:
    factors = [_ratio(one) for one in alike if one.wanted.any()]
    if not factors or any(factor is None for factor in factors):
        return None
    numbers = np.array(factors, dtype=float)
    if np.allclose(numbers, 1, rtol=1e-3):
        return None
    name = alike[0].name
    batches = np.array([one.batch or 0 for one in alike if one.wanted.any()], dtype=float)
    last = next((one for one in alike if not one.agrees and (one.batch or 0) > 1), alike[0])
    if np.allclose(numbers, -1, rtol=1e-3):
        return Finding(
            Sentence(N_("The sign of {name} is turned in every number."), {"name": name}), "sign_turned"
        )
    values: dict[str, object] = {"name": name, "batch": last.batch}
    if batches.all() and np.allclose(numbers, batches, rtol=1e-3):
        template = N_(
            "Every number of {name} is {batch} times too large, and {batch} is the size of the batch."
        )
        return Finding(Sentence(template, values), "times_batch")
    if batches.all() and np.allclose(numbers, 1 / batches, rtol=1e-3):
        template = N_(
            "Every number of {name} is {batch} times too small, and {batch} is the size of the batch."
        )
        return Finding(Sentence(template, values), "divided_by_batch")
    if np.allclose(numbers, numbers[0], rtol=1e-3):
        values["factor"] = float(numbers[0])
        classes = last.wanted.shape[-1] if last.wanted.ndim else 0
        values["classes"] = classes
        if classes and np.isclose(numbers[0], 1 / classes, rtol=1e-3):
            template = N_(
                "Every number of {name} is {classes} times too small, and {classes} is the number of "
                "its columns."
            )
        else:
            template = N_("Every number of {name} is {factor:.4g} times what is wanted.")
        return Finding(Sentence(template, values), "times_constant")
    return None


def _moved(alike: Sequence[Compared]) -> Finding | None:
    """Say so where something that a step changes goes along the right line, but turned or too far."""
    steps = [
        replace(one, got=one.got - one.before, wanted=one.wanted - one.before)
        for one in alike
        if one.before is not None and one.same is not None
    ]
    factors = [_ratio(one) for one in steps]
    if not factors or None in factors:
        return None
    values: dict[str, object] = {"name": alike[0].name, "factor": factors[0]}
    if np.allclose(np.array(factors, dtype=float), -1, rtol=1e-3):
        return Finding(Sentence(N_("{name} goes uphill: its gradient is added."), values), "update_uphill")
    if np.allclose(np.array(factors, dtype=float), float(factors[0] or 0), rtol=1e-3):
        return Finding(
            Sentence(N_("{name} moves {factor:.4g} times as far as it should."), values), "times_constant"
        )
    template = N_("{name} moves in the right direction, but how far does not follow learning_rate.")
    return Finding(Sentence(template, values), "update_rate")


def _offset(wrong: Compared) -> Finding | None:
    offset = wrong.got - wrong.wanted
    if wrong.wanted.size > 1 and _close(offset, np.full_like(offset, offset.flat[0])):
        values = {"name": wrong.name, "offset": float(offset.flat[0])}
        template = N_("Every number of {name} differs by the same amount, {offset:.4g}.")
        return Finding(Sentence(template, values), "constant_offset")
    return None


def _negative_sums(alike: Sequence[Compared]) -> Finding | None:
    """Say so where the numbers differ only where a weighted sum is negative, or only where it is zero."""
    differing = [one for one in alike if one.sums is not None and one.same is not None and not one.agrees]
    if not differing or any(one.sums is None or one.sums.shape != one.got.shape for one in differing):
        return None
    sums = np.concatenate(
        [one.sums[~one.same].ravel() for one in differing if one.sums is not None and one.same is not None]
    )
    if (sums < 0).all():
        template = N_("{name} differs only where the weighted sum is negative.")
        return Finding(Sentence(template, {"name": alike[0].name}), "negative_sums")
    if (sums == 0).all():
        template = N_("{name} differs only where the weighted sum is exactly zero.")
        return Finding(Sentence(template, {"name": alike[0].name}), "zero_sums")
    if (sums > 0).all():
        template = N_("{name} differs only where the weighted sum is positive.")
        return Finding(Sentence(template, {"name": alike[0].name}), "positive_sums")
    return None


def _places(wrong: Compared, compared: Sequence[Compared]) -> Finding:
    """Say which numbers differ: one row, one column, some; and which arrays are right."""
    assert wrong.same is not None
    values = _first(wrong)
    values["count"], values["total"] = int((~wrong.same).sum()), wrong.same.size
    if wrong.same.ndim == 2 and not wrong.same.all():
        rows, columns = np.asarray((~wrong.same).any(axis=1)), np.asarray((~wrong.same).any(axis=0))
        if rows.sum() == 1 < len(rows):
            template = N_(
                "{name} differs in row {row} alone: at {at} it is {got:.6g}, not {wanted:.6g} ({case})."
            )
            return Finding(Sentence(template, {**values, "row": int(np.argmax(rows))}), "one_row")
        if columns.sum() == 1 < len(columns):
            template = N_(
                "{name} differs in column {column} alone: at {at} it is {got:.6g}, not {wanted:.6g} ({case})."
            )
            return Finding(Sentence(template, {**values, "column": int(np.argmax(columns))}), "one_column")
    names = {one.name for one in compared}
    right = [
        name
        for name in dict.fromkeys(one.name for one in compared)
        if all(one.agrees for one in compared if one.name == name)
    ]
    if wrong.wanted.ndim == 0:
        template = N_("{name} is {got:.6g}; {wanted:.6g} is wanted ({case}).")
    elif values["count"] == values["total"]:
        template = N_(
            "All {total} numbers of {name} differ; at {at} it is {got:.6g}, not {wanted:.6g} ({case})."
        )
    else:
        template = N_(
            "{count} of {total} numbers of {name} differ; at {at} it is {got:.6g}, not {wanted:.6g} ({case})."
        )
    sentence = Sentence(template, values)
    if right and len(names) > 1:
        more = Sentence(N_("{first} Right: {names}."), {"first": sentence, "names": ", ".join(right)})
        return Finding(more, None)
    return Finding(sentence, None)


def _place(wrong: Compared) -> str:
    assert wrong.same is not None
    at = tuple(int(index) for index in np.argwhere(~wrong.same)[0])
    return "[" + ", ".join(map(str, at)) + "]"


def _first(wrong: Compared) -> dict[str, object]:
    """Return the first number that differs, for a sentence."""
    assert wrong.same is not None
    at = tuple(int(index) for index in np.argwhere(~wrong.same)[0])
    return {
        "name": wrong.name,
        "case": wrong.case,
        "at": _place(wrong),
        "got": float(wrong.got[at]),
        "wanted": float(wrong.wanted[at]),
    }
