"""Damaged images are what their names say, of any size, and the same for the same seed."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.data.damage import DAMAGES, Damage, noise, occlude, rotate, shift, thicken

SHAPES = [(5, 28, 28), (3, 8, 8), (2, 9, 13), (1, 1, 1), (0, 6, 6)]


def chance() -> np.random.Generator:
    return np.random.default_rng(7)


def some(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    images = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    images.flags.writeable = False  # as those of a data set are
    return images


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
@pytest.mark.parametrize("shape", SHAPES)
def test_any_size_is_damaged_alike_for_the_same_seed(damage: Damage, shape: tuple[int, ...]) -> None:
    images = some(shape)
    strengths = damage.strengths(*shape[1:])
    assert 0.0 in strengths
    assert list(strengths) == sorted(set(strengths))
    for strength in strengths:
        worse = damage.apply(images, strength, chance())
        assert worse.dtype == np.uint8
        assert worse.shape == shape
        np.testing.assert_array_equal(worse, damage.apply(images, strength, chance()))
        if not strength:
            np.testing.assert_array_equal(worse, images)


def test_noise_has_the_deviation_that_was_asked_for() -> None:
    grey = np.full((50, 28, 28), 128, np.uint8)
    added = noise(grey, 0.1, chance()).astype(float) - 128
    assert abs(added.std() - 25.5) < 0.5
    assert abs(added.mean()) < 0.5


def test_a_quarter_turn_puts_every_pixel_in_its_place() -> None:
    images = some((8, 11, 11))
    turned = rotate(images, 90.0, chance())
    to_the_left = [np.array_equal(a, np.rot90(b)) for a, b in zip(turned, images, strict=True)]
    to_the_right = [np.array_equal(a, np.rot90(b, -1)) for a, b in zip(turned, images, strict=True)]
    assert all(left != right for left, right in zip(to_the_left, to_the_right, strict=True))
    assert any(to_the_left)
    assert any(to_the_right)


def test_between_pixels_is_interpolated() -> None:
    image = np.zeros((1, 3, 3), np.uint8)
    image[0, 1, 1] = 200
    turned = rotate(image, 45.0, chance())[0]
    assert turned[1, 1] == 200  # the middle stays
    assert turned[0, 0] == 0
    assert turned[0, 1] == round(200 * (1 - np.sqrt(0.5)) ** 2)


def test_a_shift_moves_in_all_four_directions_and_loses_what_leaves() -> None:
    images = np.zeros((40, 5, 7), np.uint8)
    images[:, 2, 3] = 9
    moved = shift(images, 2.0, chance())
    places = {tuple(np.argwhere(image)[0].tolist()) for image in moved}
    assert places == {(0, 3), (4, 3), (2, 1), (2, 5)}
    assert not shift(images, 9.0, chance()).any()


def test_strokes_get_wider_and_thinner_by_as_many_pixels() -> None:
    stroke = np.zeros((1, 12, 12), np.uint8)
    stroke[0, :, 4:8] = 200
    for pixels in (-2, -1, 0, 1, 2):
        inner = thicken(stroke, float(pixels), chance())[0, 4:8]
        assert set(np.unique(inner)) == {0, 200}
        assert (inner > 0).sum(axis=1).tolist() == [4 + pixels] * 4
    half = thicken(stroke, 0.5, chance())[0, 5]
    assert sorted(half[half > 0].tolist()) == [100, 200, 200, 200, 200]


def test_the_share_of_the_area_is_covered() -> None:
    ink = np.full((60, 20, 30), 255, np.uint8)
    covered = occlude(ink, 0.25, chance()) == 0
    assert covered.sum(axis=(1, 2)).tolist() == [150] * 60
    first = {tuple(np.argwhere(image)[0].tolist()) for image in covered}
    assert len(first) > 20  # at places by chance
