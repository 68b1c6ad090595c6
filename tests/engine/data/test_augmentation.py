"""Distorted images: each distortion does what it says, and its strength is what it is said to be."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.data.augmentation import Augmenter, Distortion
from tests.digits import mnist

IMAGES = mnist("train")[0][:200]
ALL = Distortion(rotation=12, scaling=0.12, shear=0.12, shift=2, elastic=1.2, noise=0.05)


def distorted(distortion: Distortion, images: NDArray[np.uint8] = IMAGES, seed: int = 0) -> NDArray[np.uint8]:
    augmenter = Augmenter(distortion, *images.shape[1:])
    return augmenter.distort(images, np.random.default_rng(seed))


def displacements(distortion: Distortion, count: int, height: int, width: int) -> NDArray[np.float64]:
    """Return how far each pixel is moved along y and x: `(2, count, height, width)`."""
    places = Augmenter(distortion, height, width).coordinates(count, np.random.default_rng(1))
    still = np.mgrid[:height, :width][:, None]
    return (places - still).astype(np.float64)


def test_what_is_not_distorted_stays() -> None:
    assert Distortion().is_none
    np.testing.assert_array_equal(distorted(Distortion()), IMAGES)
    assert not ALL.is_none
    assert not Distortion(noise=0.1).is_none
    assert not Distortion(noise=0.1).moves
    np.testing.assert_allclose(displacements(Distortion(elastic_sigma=3), 5, 28, 28), 0.0, atol=1e-5)


def test_the_same_generator_gives_the_same_bits_and_another_gives_others() -> None:
    np.testing.assert_array_equal(distorted(ALL), distorted(ALL))
    assert (distorted(ALL) != distorted(ALL, seed=1)).any(axis=(1, 2)).all()


def test_rows_of_pixels_are_distorted_like_images_and_into_memory_that_is_given() -> None:
    rows = IMAGES.reshape(len(IMAGES), -1)
    out = np.empty_like(rows)
    found = Augmenter(ALL, 28, 28).distort(rows, np.random.default_rng(0), out)
    assert found is out
    np.testing.assert_array_equal(out.reshape(IMAGES.shape), distorted(ALL))


def test_a_share_of_the_strength_is_that_of_every_distortion() -> None:
    augmenter = Augmenter(ALL, 28, 28)
    weaker = {name: value / 4 for name, value in dataclasses.asdict(ALL).items() if name != "elastic_sigma"}
    quarter = augmenter.distort(IMAGES, np.random.default_rng(0), share=0.25)
    np.testing.assert_allclose(
        quarter.astype(int), distorted(Distortion(**weaker)).astype(int), atol=1
    )  # angles of a quarter, to the last bit of a float
    none = augmenter.distort(IMAGES, np.random.default_rng(0), share=0.0)
    np.testing.assert_array_equal(none, IMAGES)


def test_pixels_come_from_their_places_in_proportion() -> None:
    """Each pixel on its own, by the definition of bilinear interpolation, from places to 1/256 of a pixel."""
    distortion = Distortion(rotation=40, scaling=0.3, shear=0.3, shift=5, elastic=2)
    places = Augmenter(distortion, 28, 28).coordinates(3, np.random.default_rng(0))
    found = distorted(distortion, IMAGES[:3])
    exact = np.floor((places + 1) * 256).reshape(2, 3, -1).astype(np.float64) / 256 - 1
    for image, ys, xs, result in zip(IMAGES, *exact, found, strict=False):
        wide = np.pad(image.astype(np.float64), 50)
        for y, x, pixel in zip(ys + 50, xs + 50, result.ravel(), strict=True):
            top, left = int(y), int(x)
            down, right = y - top, x - left
            above = wide[top, left] * (1 - right) + wide[top, left + 1] * right
            below = wide[top + 1, left] * (1 - right) + wide[top + 1, left + 1] * right
            assert abs(above * (1 - down) + below * down - pixel) < 0.51


@pytest.mark.parametrize(
    ("sigma", "alpha", "pixels"), [(4.0, 34.0, 1.4), (5.5, 37.0, 1.1), (4.0, 8.0, 0.3)], ids=str
)
def test_elastic_strength_is_the_root_mean_square_displacement(
    sigma: float, alpha: float, pixels: float
) -> None:
    """The figures of Simard et al.: even noise from -1 to 1, smoothed, times alpha, away from the border."""
    at = np.arange(-40, 41)
    gaussian = np.exp(-0.5 * (at / sigma) ** 2)
    gaussian /= gaussian.sum()
    theirs = alpha * np.sqrt(1 / 3) * (gaussian**2).sum()
    assert theirs == pytest.approx(pixels, abs=0.06)
    moved = displacements(Distortion(elastic=theirs, elastic_sigma=sigma), 2_000, 28, 28)
    for axis in moved:
        assert np.sqrt(np.mean(axis**2)) == pytest.approx(theirs, rel=0.02)
        assert np.sqrt(np.mean(axis[:, 0, 0] ** 2)) == pytest.approx(theirs, rel=0.1)  # in a corner, too
        assert abs(np.mean(axis)) < 0.05 * theirs


def test_an_elastic_field_is_as_smooth_as_smoothed_noise() -> None:
    """Two pixels d apart move alike with correlation exp(-d² / 4σ²), whatever the direction."""
    sigma = 3.0
    moved = displacements(Distortion(elastic=1, elastic_sigma=sigma), 4_000, 20, 30)
    for axis in moved:
        for apart in (1, 3, 6):
            expected = np.exp(-(apart**2) / (4 * sigma**2))
            assert np.mean(axis[:, 5, 5] * axis[:, 5, 5 + apart]) == pytest.approx(expected, abs=0.06)
            assert np.mean(axis[:, 5, 5] * axis[:, 5 + apart, 5]) == pytest.approx(expected, abs=0.06)
    assert abs(np.mean(moved[0] * moved[1])) < 0.03  # the axes know nothing of each other


def test_a_square_grows_and_shrinks_by_the_share_that_is_asked_for() -> None:
    """Its area, by the ink of real pixels: side 40, so that a tenth is four pixels."""
    square = np.zeros((2_000, 80, 80), np.uint8)
    square[:, 20:60, 20:60] = 255
    scaled = Augmenter(Distortion(scaling=0.1), 80, 80).distort(square, np.random.default_rng(1))
    widths = scaled[:, 40, :].sum(axis=1) / 255.0
    heights = scaled[:, :, 40].sum(axis=1) / 255.0
    for sides in (widths, heights):
        np.testing.assert_allclose([sides.min(), sides.max()], [36.0, 44.0], atol=0.1)


def test_each_affine_distortion_stays_within_its_strength_and_reaches_it() -> None:
    height, width = 21, 31  # the middle is a pixel
    corner = np.array([10.0, 15.0])

    def places(distortion: Distortion) -> NDArray[np.float64]:
        """Return where the corner at the right and below comes from, seen from the middle: `(2, count)`."""
        found = displacements(distortion, 3_000, height, width)[:, :, -1, -1]
        from_the_middle: NDArray[np.float64] = found + corner[:, None]
        return from_the_middle

    turned = places(Distortion(rotation=30))
    np.testing.assert_allclose(np.hypot(*turned), np.hypot(*corner), rtol=1e-4)
    angles = np.degrees(np.arctan2(turned[0], turned[1]) - np.arctan2(*corner))
    np.testing.assert_allclose([angles.min(), angles.max()], [-30, 30], atol=0.3)

    came_from = places(Distortion(scaling=0.2))
    sizes = corner[:, None] / came_from  # what came from further in stands further out
    np.testing.assert_allclose([sizes.min(), sizes.max()], [0.8, 1.2], atol=0.002)
    assert sizes.mean() == pytest.approx(1.0, abs=0.005)  # as many are larger as are smaller
    assert abs(np.asarray(np.corrcoef(sizes))[0, 1]) < 0.1  # each axis by a share of its own

    sheared = places(Distortion(shear=0.5)) - corner[:, None]
    np.testing.assert_allclose(sheared[0], 0, atol=1e-4)
    np.testing.assert_allclose([sheared[1].min(), sheared[1].max()], [-5, 5], atol=0.05)

    shifted = places(Distortion(shift=3)) - corner[:, None]
    np.testing.assert_allclose([shifted.min(), shifted.max()], [-3, 3], atol=0.02)


def test_noise_is_as_strong_as_it_is_said_to_be_and_stays_within_ink_and_paper() -> None:
    grey = np.full((50, 28, 28), 128, np.uint8)
    assert np.std(distorted(Distortion(noise=0.1), grey) / 255) == pytest.approx(0.1, rel=0.02)
    strong = distorted(Distortion(noise=1.0))
    assert (strong.min(), strong.max()) == (0, 255)


def test_digits_stay_digits() -> None:
    ink = IMAGES.mean(axis=(1, 2))
    found = distorted(Distortion(rotation=12, shift=1, elastic=1.2))
    assert np.corrcoef(ink, found.mean(axis=(1, 2)))[0, 1] > 0.9
    assert found.mean() == pytest.approx(IMAGES.mean(), rel=0.05)


def test_a_large_image_is_moved_as_a_whole() -> None:
    """Places beyond 2^24 of a block are none that float32 can tell apart."""
    image = np.zeros((3, 2100, 2900), np.uint8)
    image[:, 2000, 2800] = 255
    distortion = Distortion(shift=9)
    found = distorted(distortion, image)
    places = Augmenter(distortion, 2100, 2900).coordinates(1, np.random.default_rng(0))
    assert int(found[0].sum()) == pytest.approx(255, abs=3)
    middle = places[:, 0, 2000, 2800] - (2000, 2800)
    y, x = (found[0] * np.float64(1)).nonzero()
    assert np.abs(np.array([y.mean(), x.mean()]) + middle - (2000, 2800)).max() < 1.0


@settings(max_examples=40, deadline=None)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    count=st.sampled_from([1, 127, 129]),
    distortion=st.builds(
        Distortion,
        rotation=st.floats(0, 180),
        scaling=st.floats(0, 0.999),
        shear=st.floats(0, 2),
        shift=st.floats(0, 100),
        elastic=st.floats(0, 100),
        elastic_sigma=st.floats(0.5, 100),
        noise=st.floats(0, 1),
    ),
)
def test_any_size_and_any_strength_gives_images(
    height: int, width: int, count: int, distortion: Distortion
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (count, height, width)).astype(np.uint8)
    before = images.copy()
    found = distorted(distortion, images)
    assert found.shape == images.shape
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(images, before)
