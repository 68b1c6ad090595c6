"""Slanted images set upright."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.data.deskewing import deskewed, slants
from engine.data.resampling import sampled
from tests.digits import mnist

DIGITS = mnist("train")[0][:300]


def test_digits_come_out_upright_with_their_ink_and_their_middle() -> None:
    before, after = DIGITS, deskewed(DIGITS)
    slanted, upright = np.abs(slants(before)[0]), np.abs(slants(after)[0])
    assert slanted.mean() > 0.25
    assert upright.mean() < 0.02
    x = np.arange(28)
    ink = before.sum(axis=(1, 2))
    np.testing.assert_allclose(after.sum(axis=(1, 2)), ink, rtol=0.03)
    for axis in (1, 2):
        middle = [images.sum(axis=axis) @ x / images.sum(axis=(1, 2)) for images in (before, after)]
        np.testing.assert_allclose(middle[1], middle[0], atol=0.3)


@pytest.mark.parametrize("slant", [-0.6, -0.2, 0.3, 0.8])
def test_the_slant_is_what_an_upright_bar_was_sheared_by(slant: float) -> None:
    bar = np.zeros((1, 31, 41), np.uint8)
    bar[0, 5:26, 18:23] = 200
    y, x = np.mgrid[:31, :41].reshape(2, 1, -1).astype(np.float32)
    sheared = sampled(bar, y, x - slant * (y - 15))
    assert slants(sheared)[0] == pytest.approx([slant], abs=0.01)
    np.testing.assert_allclose(deskewed(sheared)[0, 6:25], bar[0, 6:25], atol=110)  # edges are mixed twice
    assert np.abs(deskewed(sheared).astype(int) - bar).mean() < 4
    np.testing.assert_array_equal(deskewed(bar), bar)


def test_upright_images_stay_nearly_as_they_are() -> None:
    once = deskewed(DIGITS)
    assert np.abs(deskewed(once).astype(int) - once).mean() < 1.5


@pytest.mark.parametrize(
    "image",
    [np.zeros((9, 7)), np.eye(8)[:1] * 255, np.full((6, 1), 255), np.full((1, 1), 255), np.eye(12) * 255],
    ids=["blank", "one row", "one column", "one pixel", "a diagonal"],
)
def test_odd_images_survive(image: NDArray[np.float64]) -> None:
    given = image.astype(np.uint8)[None]
    found = deskewed(given)
    assert found.shape == given.shape
    assert (found.sum() > 0) == (given.sum() > 0)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 3), st.integers(0, 99))
def test_any_size_will_do(height: int, width: int, count: int, seed: int) -> None:
    images = np.random.default_rng(seed).integers(0, 256, (count, height, width)).astype(np.uint8)
    found = deskewed(images)
    assert found.shape == images.shape
    assert found.dtype == np.uint8
