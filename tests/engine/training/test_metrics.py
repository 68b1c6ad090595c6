"""Confusion matrix, accuracy, precision, recall, F1: by hand, and against counting one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.events import ConfusionMatrix
from engine.training.metrics import ClassMetrics, accuracy, class_metrics, confusion_matrix

Pairs = list[tuple[int, int]]


def matrix_of(pairs: Pairs, classes: int) -> ConfusionMatrix:
    labels, predicted = np.array(pairs, np.int64).reshape(-1, 2).T
    return confusion_matrix(labels, predicted, classes)


def test_by_hand() -> None:
    # true 0: read twice as 0, once as 1; true 1: once as 1, three times as 0; true 2 never read right
    pairs = [(0, 0), (0, 0), (0, 1), (1, 1), (1, 0), (1, 0), (1, 0), (2, 0)]
    matrix = matrix_of(pairs, 4)
    assert matrix.rows() == [[2, 1, 0, 0], [3, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    assert matrix.cells == ((0, 0, 2), (0, 1, 1), (1, 0, 3), (1, 1, 1), (2, 0, 1))
    assert accuracy(matrix) == 3 / 8
    assert class_metrics(matrix) == (
        # of 6 read as 0, 2 are; of 3, 2 were read so; 2 * (1/3 * 2/3) / (1/3 + 2/3) = 4/9
        ClassMetrics(0, precision=2 / 6, recall=2 / 3, f1=4 / 9, support=3),
        ClassMetrics(1, precision=1 / 2, recall=1 / 4, f1=2 / 6, support=4),
        # never read so: there is no precision; F1 is 0, since one image was there to be found
        ClassMetrics(2, precision=None, recall=0.0, f1=0.0, support=1),
        # neither there nor read so
        ClassMetrics(3, precision=None, recall=None, f1=None, support=0),
    )


def test_a_class_that_is_read_but_not_there_has_no_recall() -> None:
    assert class_metrics(matrix_of([(0, 1)], 2))[1] == ClassMetrics(1, 0.0, None, 0.0, 0)


def test_without_an_image_there_is_no_accuracy() -> None:
    matrix = matrix_of([], 3)
    assert matrix == ConfusionMatrix(3, ())
    assert accuracy(matrix) is None
    assert all(figures.f1 is None for figures in class_metrics(matrix))


def test_a_perfect_classifier() -> None:
    matrix = matrix_of([(label, label) for label in range(5)] * 3, 5)
    assert accuracy(matrix) == 1.0
    expected = tuple(ClassMetrics(label, 1.0, 1.0, 1.0, 3) for label in range(5))
    assert class_metrics(matrix) == expected


def test_a_thousand_classes_are_kept_sparse() -> None:
    matrix = matrix_of([(999, 0), (0, 999), (999, 0), (500, 500)], 1000)
    assert matrix.cells == ((0, 999, 1), (500, 500, 1), (999, 0, 2))
    assert np.sum(matrix.rows()) == 4
    assert matrix.rows()[999][0] == 2
    assert accuracy(matrix) == 0.25


def test_its_numbers_are_pythons_own() -> None:
    # an event crosses a process border and is written as JSON
    for cell in matrix_of([(0, 1), (1, 1)], 2).cells:
        assert [type(number) for number in cell] == [int, int, int]


@settings(deadline=None)
@given(data=st.data(), classes=st.integers(1, 6))
def test_against_counting_one_by_one(data: st.DataObject, classes: int) -> None:
    label = st.integers(0, classes - 1)
    pairs = data.draw(st.lists(st.tuples(label, label), max_size=40))
    matrix = matrix_of(pairs, classes)
    rows = matrix.rows()
    for true in range(classes):
        for predicted in range(classes):
            assert rows[true][predicted] == pairs.count((true, predicted))
    assert matrix.cells == tuple(sorted((*pair, pairs.count(pair)) for pair in set(pairs)))
    correct = [true for true, predicted in pairs if true == predicted]
    assert accuracy(matrix) == (len(correct) / len(pairs) if pairs else None)
    for figures in class_metrics(matrix):
        there = [predicted == figures.label for true, predicted in pairs if true == figures.label]
        read_so = [true == figures.label for true, predicted in pairs if predicted == figures.label]
        assert figures.support == len(there)
        assert figures.recall == (np.mean(there) if there else None)
        assert figures.precision == (np.mean(read_so) if read_so else None)
        if figures.precision and figures.recall:
            harmonic = 2 / (1 / figures.precision + 1 / figures.recall)
            assert figures.f1 == pytest.approx(harmonic, rel=1e-12)
        else:
            assert figures.f1 == (0.0 if there or read_so else None)
