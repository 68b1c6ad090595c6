import math
from itertools import pairwise

import numpy as np
import pytest

from engine.analysis.image_selection import ImageFilter, ImageSelection, Order
from tests.digits import mnist
from tests.tui.screen_text import predictions

# Test images 4, 6 and 19 are fours, 2 is a one, 9 is a nine.
MADE = predictions({4: (9, 0.6), 6: (9, 0.99), 19: (9, 0.8), 2: (7, 0.95), 9: (4, 0.7)})


def positions(choice: ImageFilter) -> list[int]:
    return [int(position) for position in ImageSelection(MADE, choice).positions]


def test_mistakes_alone_the_surest_first() -> None:
    assert positions(ImageFilter()) == [6, 2, 19, 9, 4]
    assert positions(ImageFilter(reverse=True)) == [4, 9, 19, 2, 6]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (ImageFilter(true=4), [6, 19, 4]),
        (ImageFilter(predicted=4), [9]),
        (ImageFilter(true=4, predicted=9), [6, 19, 4]),
        (ImageFilter(true=9, predicted=7), []),
        (ImageFilter(order=Order.INDEX), [2, 4, 6, 9, 19]),
        (ImageFilter(order=Order.INDEX, reverse=True), [19, 9, 6, 4, 2]),
    ],
)
def test_filters_and_order(choice: ImageFilter, expected: list[int]) -> None:
    assert positions(choice) == expected


def test_correct_ones_are_shown_when_they_are_asked_for() -> None:
    labels = mnist()[1]
    assert len(positions(ImageFilter(correct=True))) == 500
    assert set(positions(ImageFilter(true=4, correct=True))) == set(np.flatnonzero(labels == 4).tolist())
    diagonal = set(np.flatnonzero(labels == 4).tolist()) - {4, 6, 19}
    assert set(positions(ImageFilter(true=4, predicted=4))) == diagonal
    assert set(positions(ImageFilter(true=4, predicted=4, correct=True))) == diagonal


def figures(order: Order, figure: str, **choice: bool) -> list[float]:
    selection, found = ImageSelection(MADE, ImageFilter(correct=True, order=order, **choice)), []
    for at in range(len(selection)):
        selection.go_to(at)
        found.append(getattr(selection, figure))
    return found


def test_each_order_goes_by_its_figure() -> None:
    assert all(a >= b for a, b in pairwise(figures(Order.LOSS, "loss")))
    assert all(a <= b for a, b in pairwise(figures(Order.LOSS, "loss", reverse=True)))
    assert all(a <= b for a, b in pairwise(figures(Order.MARGIN, "margin")))
    assert all(a < b for a, b in pairwise(figures(Order.INDEX, "index")))


def test_the_figures_of_an_image() -> None:
    selection = ImageSelection(MADE)
    assert (selection.true, selection.predicted, selection.rival) == (4, 9, 9)
    assert selection.loss == pytest.approx(-math.log(0.01 / 9), rel=1e-5)
    assert selection.margin == pytest.approx(0.99 - 0.01 / 9, rel=1e-5)


def test_the_rival_of_one_that_was_read_correctly_is_the_second_likeliest() -> None:
    made = predictions({})
    made.probabilities[0, 3] = 0.05  # a seven
    selection = ImageSelection(made, ImageFilter(correct=True, order=Order.INDEX))
    assert (selection.true, selection.predicted, selection.rival) == (7, 7, 3)


def test_a_new_filter_stays_with_the_image_and_a_new_order_begins_anew() -> None:
    selection = ImageSelection(MADE, ImageFilter(true=4))
    selection.go_to(2)
    wider = selection.with_filter(ImageFilter())
    assert (wider.position, wider.at) == (4, 4)
    assert wider.with_filter(ImageFilter(true=1)).at == 0
    assert wider.with_filter(ImageFilter(order=Order.LOSS)).at == 0


def test_the_classes_that_have_images() -> None:
    assert ImageSelection(MADE).classes(predicted=False) == [1, 4, 9]
    assert ImageSelection(MADE).classes(predicted=True) == [4, 7, 9]
    assert ImageSelection(MADE, ImageFilter(predicted=9)).classes(predicted=False) == [4]
    assert ImageSelection(MADE, ImageFilter(correct=True)).classes(predicted=False) == list(range(10))
