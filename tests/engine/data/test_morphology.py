"""Closings, growing and connected components, against definitions written out pixel by pixel."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.data.morphology import closed, components, grown, reduced, smoothed


def flooded(mask: NDArray[np.bool_]) -> list[set[tuple[int, int]]]:
    """Return the 8-connected components by flooding."""
    left, found = {(int(y), int(x)) for y, x in zip(*np.nonzero(mask), strict=True)}, []
    while left:
        edge, component = [left.pop()], set()
        while edge:
            y, x = edge.pop()
            component.add((y, x))
            near = {(y + down, x + right) for down in (-1, 0, 1) for right in (-1, 0, 1)} & left
            left -= near
            edge += near
        found.append(component)
    return found


@pytest.mark.parametrize(
    ("shape", "share"), [((9, 13), 0.3), ((30, 40), 0.45), ((30, 40), 0.6), ((1, 7), 0.5)]
)
def test_components_are_those_of_a_flood(shape: tuple[int, int], share: float) -> None:
    mask = np.random.default_rng(3).random(shape) < share
    parts = components(mask)
    expected = {frozenset(component) for component in flooded(mask)}
    found = {
        frozenset((int(y), int(x)) for y, x in zip(*np.nonzero(parts.labels == n + 1), strict=True))
        for n in range(len(parts))
    }
    assert found == expected
    for number, (left, top, right, bottom) in enumerate(parts.boxes.tolist(), 1):
        rows, columns = np.nonzero(parts.labels == number)
        assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (top, bottom, left, right)
        assert parts.areas[number - 1] == len(rows)


def test_a_spiral_is_one_component_and_nothing_is_none() -> None:
    mask = np.zeros((41, 41), bool)
    for ring in range(0, 20, 4):
        mask[ring, ring : 41 - ring] = mask[ring : 41 - ring, 40 - ring] = True
        mask[40 - ring, ring : 41 - ring] = mask[ring + 2 : 41 - ring, ring] = True
        mask[ring + 2, ring : ring + 5] = mask[ring + 2 : ring + 5, ring + 4] = True
    assert len(components(mask)) == len(flooded(mask))
    assert len(components(np.zeros((5, 5), bool))) == 0


@pytest.mark.parametrize("width", [3, 7, 11])
@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
def test_the_width_of_a_stroke_is_measured(width: int, slope: float) -> None:
    y, x = np.mgrid[:200, :200]
    away = np.abs(y - 30 - slope * x) / np.hypot(1, slope)
    (measured,) = components((away <= width / 2) & (x > 20) & (x < 160)).widths
    assert measured == pytest.approx(width, rel=0.35)


@pytest.mark.parametrize("size", [3, 5, 9])
def test_a_closing_is_the_least_of_the_largest(size: int) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (14, 17), np.uint8)
    half = size // 2
    padded = np.pad(picture, half, constant_values=0)
    largest = np.array([[padded[y : y + size, x : x + size].max() for x in range(17)] for y in range(14)])
    padded = np.pad(largest, half, constant_values=255)
    least = np.array([[padded[y : y + size, x : x + size].min() for x in range(17)] for y in range(14)])
    np.testing.assert_array_equal(closed(picture, size), least)


@pytest.mark.parametrize("angle", [0.0, 20.0, 45.0, 70.0])
def test_a_closing_fills_strokes_and_keeps_the_hard_edge_of_a_shadow(angle: float) -> None:
    y, x = np.mgrid[-60:60, -60:60]
    shadow = x * np.cos(np.radians(angle)) + y * np.sin(np.radians(angle)) > 5
    paper = np.where(shadow, 90, 200).astype(np.uint8)
    picture = paper.copy()
    picture[40:46, 20:100] //= 4
    inside = (slice(12, -12), slice(12, -12))
    np.testing.assert_array_equal(closed(paper, 25)[inside], paper[inside])
    assert (closed(picture, 25)[inside] != paper[inside]).mean() < 0.005  # where the stroke meets the edge


def test_growing_and_shrinking_are_by_discs() -> None:
    mask = np.zeros((15, 15), bool)
    mask[7, 7] = True
    y, x = np.mgrid[-7:8, -7:8]
    np.testing.assert_array_equal(grown(mask, 3.5), y**2 + x**2 <= 3.5**2)
    np.testing.assert_array_equal(grown(grown(mask, 3), -3), mask)


def test_making_smaller_and_smoothing_keep_the_mean() -> None:
    picture = np.random.default_rng(2).integers(0, 256, (150, 90), np.uint8)
    assert reduced(picture, 3).shape == (50, 30)
    assert reduced(picture, 3)[4, 5] == pytest.approx(picture[12:15, 15:18].mean(), abs=0.51)
    y, x = 80, 40
    weights = np.outer([1, 2, 1], [1, 2, 1]) / 16
    assert smoothed(picture)[y, x] == pytest.approx(
        (weights * picture[y - 1 : y + 2, x - 1 : x + 2]).sum(), abs=0.51
    )
