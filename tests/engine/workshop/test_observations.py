"""What is said of wrong numbers that no known mistake explains."""

import numpy as np
import pytest

from engine.sentences import Sentence
from engine.workshop.observations import Compared, observe
from engine.workshop.reference.network import Array

WANTED = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0], [0.5, 8.0, 9.0]])


def with_number(row: int, column: int, number: float, *, of: Array = WANTED) -> Array:
    got = of.copy()
    got[row, column] = number
    return got


def compared(
    got: Array, wanted: Array = WANTED, *, name: str = "dW1", batch: int | None = 3, sums: Array | None = None
) -> Compared:
    got, wanted = np.asarray(got), np.asarray(wanted)
    same = np.isclose(got, wanted) if got.shape == wanted.shape else None
    return Compared(name, Sentence("a batch of 3"), got, wanted, same, batch, sums=sums)


ONE_ROW = with_number(1, 0, 7.0, of=with_number(1, 2, 7.0))
ONE_COLUMN = with_number(0, 2, 0.0, of=with_number(2, 2, 1.0))
SCATTERED = with_number(0, 0, 7.0, of=with_number(1, 2, 7.0))


@pytest.mark.parametrize(
    ("one", "diagnosis", "says"),
    [
        (compared(np.array(4.0)), "shape", "a single number; an array of shape (3, 3) is wanted"),
        (compared(WANTED[None]), "shape", "(1, 3, 3); (3, 3) is wanted: one axis too many"),
        (compared(WANTED.ravel()), "shape", "(9,); (3, 3) is wanted: an axis got lost."),
        (compared(WANTED[:2]), "shape", "(2, 3); (3, 3) is wanted (a batch of 3)."),
        (compared(WANTED[:2].T, WANTED[:2]), "transposed", "(3, 2), the transpose of (2, 3)."),
        (compared(0 * WANTED), "all_zeros", "dW1 is all zeros."),
        (compared(-WANTED), "sign_turned", "The sign of dW1 is turned in every number."),
        (compared(3 * WANTED), "times_batch", "is 3 times too large, and 3 is the size of the batch."),
        (compared(WANTED / 3), "divided_by_batch", "is 3 times too small, and 3 is the size of the batch."),
        (
            compared(WANTED / 3, batch=5),
            "times_constant",
            "is 3 times too small, and 3 is the number of its columns.",
        ),
        (compared(7 * WANTED), "times_constant", "Every number of dW1 is 7 times what is wanted."),
        (compared(np.trunc(WANTED + 0.4).astype(int), WANTED + 0.4), "whole_numbers", "is cut off."),
        (compared(WANTED + 0.25), "constant_offset", "differs by the same amount, 0.25."),
        (compared(WANTED.T), "transposed", "dW1 is the transpose of what is wanted."),
        (compared(WANTED[:, ::-1]), "wrong_order", "the right numbers in the wrong places."),
        (compared(SCATTERED, sums=0 * WANTED), "zero_sums", "where the weighted sum is exactly zero."),
        (compared(SCATTERED, sums=1 + 0 * WANTED), "positive_sums", "where the weighted sum is positive."),
        (compared(SCATTERED, sums=-1 + 0 * WANTED), "negative_sums", "where the weighted sum is negative."),
        (compared(ONE_ROW), "one_row", "differs in row 1 alone: at [1, 0] it is 7, not 4 (a batch of 3)."),
        (compared(ONE_COLUMN), "one_column", "differs in column 2 alone: at [0, 2] it is 0, not 3"),
        (compared(SCATTERED), None, "2 of 9 numbers of dW1 differ; at [0, 0] it is 7, not 1 (a batch of 3)."),
        (compared(WANTED**2 + 1), None, "All 9 numbers of dW1 differ; at [0, 0] it is 2, not 1"),
        (compared(with_number(0, 0, np.inf)), "not_finite", "NaN or infinity at [0, 0], with a batch of 3"),
        (compared(np.array(2.5), np.array(0.0), name="loss"), None, "loss is 2.5; 0 is wanted"),
    ],
)
def test_what_stands_out_is_said(one: Compared, diagnosis: str | None, says: str) -> None:
    found = observe([one])
    assert says in str(found.message)
    assert found.diagnosis == diagnosis


def test_what_is_right_is_named_beside_what_is_wrong() -> None:
    right = compared(WANTED, name="dW2")
    assert str(observe([right, compared(SCATTERED)]).message).endswith("not 1 (a batch of 3). Right: dW2.")


def test_factors_that_fit_no_rule_are_no_factor() -> None:
    found = observe([compared(2 * WANTED), compared(5 * WANTED, batch=4)])
    assert str(found.message).startswith("All 9 numbers of dW1 differ")
