"""The validation split, the measured mean and deviation, and the batches that come out."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.data.batches import Batcher, Split, Standardization, stratified_split
from engine.data.dataset import Dataset, load_dataset
from engine.errors import HyperparameterError

Labels = NDArray[np.int64]


@pytest.fixture(scope="module")
def mnist() -> Dataset:
    """All of MNIST."""
    return load_dataset()


def split_of(labels: Labels, size: float, seed: int = 0) -> Split:
    return stratified_split(labels, size, np.random.default_rng(seed))


# --- the split


@settings(deadline=None)
@given(
    labels=st.lists(st.integers(0, 6), min_size=1, max_size=120).map(np.array),
    size=st.floats(0.001, 0.999),
    seed=st.integers(0, 100),
)
def test_a_split_is_complete_disjoint_sorted_and_fair(labels: Labels, size: float, seed: int) -> None:
    wanted = len(labels) * size
    try:
        split = split_of(labels, size, seed)
    except HyperparameterError:
        assert min(wanted, len(labels) - wanted) <= 0.5 + 1e-9  # it rounds to nothing, or to all of them
        return
    assert sorted([*split.training, *split.validation]) == list(range(len(labels)))
    for side in (split.training, split.validation):
        assert len(side) > 0
        assert side.tolist() == sorted(side.tolist())
        assert side.dtype == np.int64
    assert abs(len(split.validation) - wanted) <= 0.5 + 1e-9
    held = Counter(labels[split.validation].tolist())
    for label, count in Counter(labels.tolist()).items():
        assert abs(held[label] - count * size) < 1.0


def test_the_largest_remainders_make_up_the_total() -> None:
    # a quarter of 5, 6 and 7 images is 1.25, 1.5 and 1.75, rounded down 1 each; together 4.5, rounded to
    # even 4: the one that is missing goes to the class of 7
    labels = np.repeat([0, 1, 2], [5, 6, 7])
    held = Counter(labels[split_of(labels, 0.25).validation].tolist())
    assert held == {0: 1, 1: 1, 2: 2}


def test_the_seed_decides_which_are_held_out() -> None:
    labels = np.arange(1000) % 10
    first, again, other = (split_of(labels, 0.1, seed).validation for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_every_image_can_be_held_out() -> None:
    labels = np.zeros(10, np.int64)
    counts = np.zeros(10)
    for seed in range(1000):
        counts[split_of(labels, 0.3, seed).validation] += 1
    # each is held out with probability 0.3: five standard errors of a share of 1000
    np.testing.assert_allclose(counts / 1000, 0.3, atol=5 * (0.3 * 0.7 / 1000) ** 0.5)


def test_a_class_of_one_image_and_a_missing_class() -> None:
    labels = np.array([0] * 20 + [3] + [5] * 20)  # no 1, 2, 4
    split = split_of(labels, 0.1)
    assert labels[split.validation].tolist() == [0, 0, 5, 5]
    assert 20 in split.training


def test_mnist_keeps_its_shares(mnist: Dataset) -> None:
    split = split_of(mnist.train_labels, 0.1)
    assert (len(split.training), len(split.validation)) == (54_000, 6_000)
    held = np.bincount(mnist.train_labels[split.validation])
    np.testing.assert_allclose(held, np.bincount(mnist.train_labels) * 0.1, atol=1.0)


@pytest.mark.parametrize(("images", "size"), [(10, 0.001), (10, 0.999), (1, 0.3), (1, 0.9), (2, 0.1)])
def test_an_empty_side_is_refused(images: int, size: float) -> None:
    with pytest.raises(
        HyperparameterError, match=f"validation_size is {size:g}, which leaves no image"
    ) as caught:
        split_of(np.zeros(images, np.int64), size)
    assert caught.value.name == "validation_size"


# --- mean and deviation


def test_mnist_has_the_mean_and_deviation_that_everyone_knows(mnist: Dataset) -> None:
    measured = Standardization.of(mnist.train_images, np.arange(60_000))
    assert round(measured.mean, 4) == 0.1307
    assert round(measured.deviation, 4) == 0.3081


def test_they_are_numpys_of_the_chosen_images_alone(mnist: Dataset) -> None:
    chosen = np.arange(5, 12_000, 5)  # more than one and less than a whole number of the thousands it goes by
    measured = Standardization.of(mnist.train_images, chosen)
    pixels = mnist.train_images[chosen] / 255.0
    assert measured.mean == pytest.approx(pixels.mean(), rel=1e-12)
    assert measured.deviation == pytest.approx(pixels.std(), rel=1e-12)


@settings(deadline=None)
@given(
    seed=st.integers(0, 1000), images=st.integers(1, 30), low=st.integers(0, 254), spread=st.integers(1, 255)
)
def test_they_are_numpys_for_any_images(seed: int, images: int, low: int, spread: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(low, min(low + spread, 255), (images, 3, 2), np.uint8, endpoint=True)
    measured = Standardization.of(pixels, np.arange(images))
    assert measured.mean == pytest.approx(pixels.mean() / 255.0, rel=1e-12, abs=1e-15)
    expected = pixels.std() / 255.0
    assert measured.deviation == pytest.approx(expected if expected else 1.0, rel=1e-6)


@pytest.mark.parametrize("value", [0, 1, 127, 255])
def test_constant_images_have_no_deviation_to_divide_by(value: int) -> None:
    images = np.full((7, 5, 3), value, np.uint8)
    measured = Standardization.of(images, np.arange(7))
    assert measured == Standardization(value / 255.0, 1.0)
    X, _ = Batcher(images, np.zeros(7, np.int64), measured).gather(np.arange(7))
    np.testing.assert_allclose(X, 0.0, atol=1e-7)


# --- batches


@pytest.fixture
def batcher(mnist: Dataset) -> Batcher:
    """Batches of MNIST's training images."""
    return Batcher(mnist.train_images, mnist.train_labels, Standardization(0.1307, 0.3081))


def expected_images(mnist: Dataset, indices: Labels) -> NDArray[np.float64]:
    flat = mnist.train_images[indices].reshape(len(indices), -1)
    scaled: NDArray[np.float64] = (flat / 255.0 - 0.1307) / 0.3081
    return scaled


@pytest.mark.parametrize("images", [64, 1, 17])
def test_a_batch_is_standardised_and_has_its_labels(batcher: Batcher, mnist: Dataset, images: int) -> None:
    indices = np.random.default_rng(images).integers(0, 60_000, images)
    X, labels = batcher.gather(indices)
    assert X.dtype == np.float32
    assert X.shape == (images, 784)
    assert X.flags.c_contiguous
    np.testing.assert_allclose(X, expected_images(mnist, indices), rtol=1e-6, atol=1e-6)
    assert labels.dtype == np.int64
    assert labels.tolist() == mnist.train_labels[indices].tolist()


def test_smaller_and_larger_batches_in_turn(batcher: Batcher, mnist: Dataset) -> None:
    order = np.random.default_rng(1).permutation(60_000)
    for images in (10, 3, 25, 1, 25):
        X, labels = batcher.gather(order[:images])
        np.testing.assert_allclose(X, expected_images(mnist, order[:images]), rtol=1e-6, atol=1e-6)
        assert labels.tolist() == mnist.train_labels[order[:images]].tolist()


def test_an_image_comes_out_the_same_in_every_batch(batcher: Batcher) -> None:
    together = batcher.gather(np.array([5, 6, 7]))[0].copy()
    assert np.array_equal(batcher.gather(np.array([6]))[0][0], together[1])
    assert np.array_equal(batcher.gather(np.array([7, 6, 7, 7]))[0][1], together[1])


def test_the_same_memory_is_used_again(batcher: Batcher) -> None:
    first, labels = batcher.gather(np.arange(8))
    second, more = batcher.gather(np.arange(4))
    assert np.shares_memory(first, second)
    assert np.shares_memory(labels, more)


def test_the_images_are_left_as_they_are(mnist: Dataset) -> None:
    images, labels = mnist.train_images[:5].copy(), mnist.train_labels[:5].copy()
    Batcher(images, labels, Standardization(0.1, 0.2)).gather(np.array([4, 0]))
    assert np.array_equal(images, mnist.train_images[:5])
    assert np.array_equal(labels, mnist.train_labels[:5])


@pytest.mark.parametrize(
    ("images", "batch_size", "sizes"), [(10, 4, [4, 4, 2]), (8, 4, [4, 4]), (3, 4, [3]), (3, 1, [1, 1, 1])]
)
def test_in_order_yields_everything_once(
    batcher: Batcher, mnist: Dataset, images: int, batch_size: int, sizes: list[int]
) -> None:
    indices = np.random.default_rng(2).permutation(60_000)[:images]
    seen, places = [], []
    for place, X, labels in batcher.in_order(indices, batch_size):
        np.testing.assert_allclose(X, expected_images(mnist, indices[place]), rtol=1e-6, atol=1e-6)
        assert labels.tolist() == mnist.train_labels[indices[place]].tolist()
        seen.append(len(X))
        places += list(range(images))[place]
    assert seen == sizes
    assert places == list(range(images))
