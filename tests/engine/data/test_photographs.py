"""Digits are found in photographs, whatever the light, and a drawing is read as it always was."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.analysis.picture_prediction import predict_prepared
from engine.data.photographs import find_digits, otsu
from engine.data.preprocessing import prepare
from engine.data.ruled_paper import without_rules
from engine.errors import DataError
from engine.training.trained_network import TrainedNetwork
from tests.digits import mnist
from tests.photographs.__main__ import right, upright
from tests.photographs.making import Maker
from tests.photographs.shapes import UPRIGHT_HAND, Pen, drawn

Grey = NDArray[np.uint8]


def sheet(*digits: int, height: int = 90, shadow: float = 1.0, noise: float = 7.0, rows: int = 300) -> Grey:
    """Return paper with digits in a row, light that falls off, and a shadow with a hard edge across them."""
    chance = np.random.default_rng(0)
    ink = np.zeros((rows, 150 + 110 * len(digits)), np.float32)
    for place, label in enumerate(digits):
        alpha = drawn(UPRIGHT_HAND[label], height, Pen(0.08, (0.0, 0.0, 0.0), 1.0), 0.0, chance)
        ink[100 : 100 + alpha.shape[0], 80 + 110 * place :][:, : alpha.shape[1]] = alpha
    y, x = np.mgrid[: ink.shape[0], : ink.shape[1]]
    light = (1 - 0.4 * x / ink.shape[1]) * np.where(x + 0.7 * y > 210, shadow, 1.0)
    grey = 220 * (1 - 0.8 * ink) * light + noise * chance.standard_normal(ink.shape)
    picture: Grey = np.clip(grey, 0, 255).astype(np.uint8)
    return picture


def test_photographs_of_the_generator_are_read(trained: TrainedNetwork) -> None:
    dataset = trained.dataset
    maker = Maker(dataset.test_images, dataset.test_labels, 0)
    total = found_right = 0
    for seed in (3, 5, 8, 12):
        photograph = maker.make(seed, longest=900)
        found = find_digits(upright(photograph), 28, 28).digits
        digits = [(label, digit.box) for label, digit in zip(photograph.labels, found, strict=True)]
        found_right += right(photograph, digits)
        total += len(photograph.labels)
    assert total >= 4
    assert found_right == total


@pytest.mark.parametrize("shadow", [1.0, 0.6, 0.4])
def test_a_shadow_with_a_hard_edge_changes_little(shadow: float) -> None:
    lit = find_digits(sheet(3, 8, 5), 28, 28).digits
    shaded = find_digits(sheet(3, 8, 5, shadow=shadow), 28, 28).digits
    assert len(lit) == len(shaded) == 3
    for one, other in zip(lit, shaded, strict=True):
        np.testing.assert_allclose(one.box, other.box, atol=4)
        change = np.abs(one.prepared.image.astype(float) - other.prepared.image).mean()
        assert change < 12
        assert {"light_evened", "thresholded"} <= set(other.cleaning)
        assert other.prepared.inverted


def test_digits_are_read_line_by_line_and_stand_in_their_boxes() -> None:
    page = np.concatenate([sheet(1, 4, 7), sheet(2, 0, 9)])
    digits = find_digits(page, 28, 28).digits
    assert len(digits) == 6
    lines = [digit.box[1] > 250 for digit in digits]
    assert lines == [False] * 3 + [True] * 3
    for line in (digits[:3], digits[3:]):
        assert [digit.box[0] for digit in line] == sorted(digit.box[0] for digit in line)
    left, top, width, height = digits[0].box
    assert left == pytest.approx(82, abs=8)
    assert top == pytest.approx(101, abs=6)
    assert height == pytest.approx(97, abs=8)
    assert width < height / 2


def test_ruled_lines_are_taken_off_and_strokes_across_them_stay_whole() -> None:
    plain, ruled = sheet(6, 8), sheet(6, 8)
    ruled[40::45] //= 2
    ruled[41::45] //= 2
    found = find_digits(ruled, 28, 28).digits
    assert len(found) == 2
    for digit, expected in zip(found, find_digits(plain, 28, 28).digits, strict=True):
        assert "rules_removed" in digit.cleaning
        assert "rules_removed" not in expected.cleaning
        assert np.abs(digit.prepared.image.astype(float) - expected.prepared.image).mean() < 15


def test_a_rule_goes_and_a_stroke_as_dark_stays() -> None:
    contrast = np.zeros((200, 300), np.float32)
    contrast[100:103] = 0.5
    contrast[60:140, 150:158] = 0.5
    cleaned, count = without_rules(contrast, contrast > 0.1)
    assert count == 1
    assert cleaned[60:140, 152:156].min() == pytest.approx(0.5)
    assert cleaned[:, :140].max() == cleaned[:, 170:].max() == 0.0


def test_strokes_become_as_wide_as_those_of_mnist() -> None:
    thin, thick = (sheet_of_pen(width) for width in (0.035, 0.2))
    one, other = (find_digits(page, 28, 28).digits[0] for page in (thin, thick))
    assert "strokes_widened" in one.cleaning
    assert "strokes_narrowed" in other.cleaning
    assert one.prepared.image.sum() == pytest.approx(float(other.prepared.image.sum()), rel=0.35)


def sheet_of_pen(width: float) -> Grey:
    chance = np.random.default_rng(1)
    alpha = drawn(UPRIGHT_HAND[3], 160, Pen(width, (0.0, 0.0, 0.0), 1.0), 0.0, chance)
    page = np.full((400, 400), 210.0)
    page[100 : 100 + alpha.shape[0], 120 : 120 + alpha.shape[1]] *= 1 - 0.8 * alpha
    return np.clip(page + 7 * chance.standard_normal(page.shape), 0, 255).astype(np.uint8)


def test_a_drawing_is_prepared_as_it_always_was(trained: TrainedNetwork) -> None:
    for image in trained.dataset.test_images[:60]:
        large = np.pad(np.kron(image, np.ones((6, 6), np.uint8)), 30)
        for picture in (image, 255 - image, large, 255 - large):
            (digit,) = find_digits(picture, 28, 28).digits
            expected = prepare(picture, 28, 28)
            np.testing.assert_array_equal(digit.prepared.image, expected.image)
            assert digit.prepared.inverted == expected.inverted
            assert digit.cleaning == ()


@pytest.mark.parametrize("size", [(8, 8), (40, 20), (64, 64)])
def test_images_of_other_sizes_are_made(size: tuple[int, int]) -> None:
    digits = find_digits(sheet(5, 2), *size).digits
    assert [digit.prepared.image.shape for digit in digits] == [size] * 2
    assert all(digit.prepared.image.max() == 255 for digit in digits)


def test_without_centring_the_whole_picture_is_one_image() -> None:
    page = sheet(5, 2)
    (digit,) = find_digits(page, 28, 28, centred=False).digits
    assert digit.prepared.image.shape == (28, 28)
    left, _top, width, _height = digit.box
    assert left < 100
    assert width > 150


@pytest.mark.parametrize("shadow", [1.0, 0.5])
def test_blank_paper_has_no_digit(shadow: float) -> None:
    page = sheet(1, 2, shadow=shadow)[:95]
    with pytest.raises(DataError, match=r"Nothing is found"):
        find_digits(page, 28, 28)
    with pytest.raises(DataError, match=r"Nothing is drawn"):
        find_digits(np.full((300, 300), 200, np.uint8), 28, 28)


def test_chalk_on_a_board_is_read_as_light_on_dark() -> None:
    board = np.clip(255 - sheet(3, 6).astype(int) - 25, 0, 255).astype(np.uint8)
    digits = find_digits(board, 28, 28).digits
    assert len(digits) == 2
    assert not any(digit.prepared.inverted for digit in digits)


def test_prepared_digits_are_predicted(trained: TrainedNetwork) -> None:
    prepared = find_digits(sheet(0), 28, 28).digits[0].prepared
    standardization = trained.learner.standardization
    assert predict_prepared(trained.network, standardization, prepared).predicted in range(10)


def test_otsu_divides_two_classes() -> None:
    values = np.concatenate([np.full(900, 0.1), np.full(50, 0.7)])
    assert 0.1 < otsu(values) < 0.7


def wide_page(*images: Grey, overlap: int = 6) -> Grey:
    """Return paper with images in a row, each 4 times as large, whose ink overlaps by so many pixels."""
    ink = np.zeros((200, 400), np.float32)
    left = 40
    for image in images:
        large = np.kron(image, np.ones((4, 4), np.uint8)) / 255
        columns = np.flatnonzero(large.max(axis=0) > 0.4)
        large = large[:, columns[0] : columns[-1] + 1]
        place = ink[40 : 40 + large.shape[0], left : left + large.shape[1]]
        np.maximum(place, large, out=place)
        left += large.shape[1] - overlap
    page = 220 * (1 - 0.8 * ink) + 4 * np.random.default_rng(0).standard_normal(ink.shape)
    return page.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(("left", "right"), [(11, 13), (10, 10), (7, 18), (3, 3)])
def test_two_digits_that_touch_are_cut_apart(left: int, right: int) -> None:
    images, labels = mnist()
    digits = find_digits(wide_page(images[left], images[right]), 28, 28).digits
    assert len(digits) == 2, labels[[left, right]]
    for digit, position in zip(digits, (left, right), strict=True):
        one = prepare(images[position], 28, 28).image.astype(float).ravel()
        other = digit.prepared.image.astype(float).ravel()
        assert np.corrcoef(one, other)[0, 1] > 0.7


def test_one_wide_digit_is_not_cut() -> None:
    images, labels = mnist()
    assert labels[3] == 0
    (digit,) = find_digits(wide_page(images[3].repeat(2, axis=1)), 28, 28).digits
    assert digit.box[2] > 1.25 * digit.box[3]
