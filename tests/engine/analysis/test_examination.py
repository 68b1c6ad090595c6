"""Robustness, calibration, coverage and the map of a network that was really trained."""

import sys
from collections import defaultdict

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.analysis.calibration import at_temperature, best_temperature, calibration, coverage, evenly_spaced
from engine.analysis.evaluation_sample import EvaluationSample, NotFiniteError, logits_of
from engine.analysis.projection import mappable_layers, outputs, principal_components, project
from engine.analysis.robustness import corrupted, robustness
from engine.analysis.tsne import MissingExtraError, embed_tsne
from engine.data.corruptions import CORRUPTIONS, rotated, shifted, thickened
from engine.network.losses import softmax
from engine.training.trained_network import TrainedNetwork
from tests.runs import TrainedRun


@pytest.fixture(scope="module")
def sample(trained: TrainedNetwork) -> EvaluationSample:
    return EvaluationSample.of(trained, "test")


def test_a_sample_is_of_its_split(trained: TrainedNetwork) -> None:
    held_out = EvaluationSample.of(trained, "validation", 20)
    assert (len(held_out), held_out.split_size) == (20, 60)
    np.testing.assert_array_equal(held_out.indices, trained.learner.split.validation[:20])
    np.testing.assert_array_equal(held_out.images, trained.dataset.train_images[held_out.indices])
    np.testing.assert_array_equal(held_out.labels, trained.dataset.train_labels[held_out.indices])
    assert len(EvaluationSample.of(trained, "test")) == 200


def test_logits_are_those_of_the_evaluation_of_the_run(
    trained: TrainedNetwork, sample: EvaluationSample
) -> None:
    theirs = trained.learner.evaluate(trained.learner.test, sample.indices).logits
    np.testing.assert_array_equal(logits_of(trained, sample.images), theirs)


def test_without_damage_the_accuracy_is_the_runs_and_it_falls_as_damage_grows(
    trained: TrainedNetwork, sample: EvaluationSample
) -> None:
    evaluation = trained.learner.evaluate(trained.learner.test, sample.indices)
    uncorrupted = float(np.mean(evaluation.predicted == sample.labels))
    curves: dict[str, dict[float, float]] = defaultdict(dict)
    for reached in robustness(trained, sample):
        if reached.accuracy is not None:
            curves[reached.corruption.name][reached.strength] = reached.accuracy
            assert reached.done == len(sample)
    assert set(curves) == {corruption.name for corruption in CORRUPTIONS}
    for corruption in CORRUPTIONS:
        curve = curves[corruption.name]
        assert next(iter(curve)) == 0.0
        assert tuple(sorted(curve)) == corruption.strengths
        assert curve[0.0] == uncorrupted
        assert curve[corruption.strengths[-1]] < uncorrupted - 0.15
    again = [reached.accuracy for reached in robustness(trained, sample, CORRUPTIONS[:1])]
    assert [a for a in again if a is not None] == list(curves["noise"].values())


def test_damage_does_what_its_name_says() -> None:
    image = np.zeros((1, 9, 9), np.uint8)
    image[0, 4, 2:7] = 200
    rng = np.random.default_rng(0)
    turned = rotated(image, 90.0, rng)[0]
    np.testing.assert_array_equal(turned[2:7, 4], [200] * 5)
    assert turned.sum() == image.sum()
    np.testing.assert_array_equal(rotated(image, 360.0, rng), image)
    assert shifted(image, 20.0, rng).sum() == 0
    thick = thickened(image, 1, rng)[0]
    assert (thick[3:6, 2:7] == 200).all() and thick[4, 1] == 200 and thick[3, 1] == 0
    np.testing.assert_array_equal(thickened(thickened(image, 2, rng), -2, rng), image)
    assert thickened(image, -1, rng).sum() == 0
    for corruption in CORRUPTIONS:
        images = np.random.default_rng(1).integers(0, 256, (7, 12, 8), np.uint8)
        for strength in corruption.strengths:
            corrupted = corruption.apply(images, strength, np.random.default_rng(2))
            assert corrupted.shape == images.shape and corrupted.dtype == np.uint8
        gentlest = corruption.apply(images, 0.0, np.random.default_rng(2))
        np.testing.assert_allclose(gentlest, images, atol=1)


def test_calibration_by_hand() -> None:
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.05, 0.95]])
    found = calibration(probabilities, np.array([0, 1, 1, 1]))
    # one image in each of four bins: |1 - 0.9|, |0 - 0.8|, |1 - 0.7|, |1 - 0.95|, each weighed by a quarter
    assert found.error == pytest.approx((0.1 + 0.8 + 0.3 + 0.05) / 4)
    assert [part.images for part in found.bins] == [1, 1, 1, 1]
    assert found.accuracy == 0.75
    assert found.confidence == pytest.approx(0.8375)
    assert calibration(np.array([[1.0, 0.0]]), np.array([0])).error == 0.0


def test_a_temperature_mends_logits_that_are_too_sure(trained: TrainedNetwork) -> None:
    held_out, sample = EvaluationSample.of(trained, "validation"), EvaluationSample.of(trained, "test")
    logits = 5 * logits_of(trained, sample.images)
    (*_worse, temperature) = best_temperature(5 * logits_of(trained, held_out.images), held_out.labels)
    assert temperature > 4
    before = calibration(at_temperature(logits, 1.0), sample.labels)
    after = calibration(at_temperature(logits, temperature), sample.labels)
    assert after.error < before.error
    assert after.accuracy == before.accuracy
    labels = held_out.labels

    def loss(temperature: float) -> float:
        made = at_temperature(5 * logits_of(trained, held_out.images), temperature)
        return float(-np.log(made[np.arange(len(labels)), labels] + 1e-30).mean())

    assert loss(temperature) <= min(loss(0.97 * temperature), loss(1.03 * temperature))


def test_a_temperature_stays_within_its_limits() -> None:
    """A network without a mistake could be as sure as it likes; one that knows nothing, as unsure."""
    sure = np.array([[2.0, 0.0], [1.0, 0.0]])
    (*_worse, coldest) = best_temperature(sure, np.array([0, 0]))
    (*_worse, hottest) = best_temperature(sure, np.array([1, 1]))
    assert coldest == pytest.approx(1 / 20)
    assert hottest == pytest.approx(20.0)


def test_silence_where_it_is_unsure_buys_accuracy(trained: TrainedNetwork, sample: EvaluationSample) -> None:
    probabilities = at_temperature(logits_of(trained, sample.images), 1.0)
    found = coverage(probabilities, sample.labels)
    right = probabilities.argmax(axis=1) == sample.labels
    assert found.images == len(sample)
    assert (found.shares[-1], found.accuracies[-1]) == (1.0, right.mean())
    assert (np.diff(found.thresholds) < 0).all()
    reached = found.at_accuracy(float(right.mean()) + 0.05)
    assert reached is not None
    share, sure = reached
    surest = probabilities.max(axis=1) >= sure
    assert surest.mean() == share
    assert right[surest].mean() >= right.mean() + 0.05
    assert found.at_accuracy(1.1) is None
    assert evenly_spaced(range(1000), 5) == [0, 250, 500, 749, 999]


def test_images_that_are_equally_sure_are_read_together() -> None:
    probabilities = np.array([[1.0, 0.0], [0.9, 0.1], [0.9, 0.1], [0.8, 0.2]])
    found = coverage(probabilities, np.array([0, 0, 1, 0]))
    np.testing.assert_array_equal(found.thresholds, [1.0, 0.9, 0.8])
    np.testing.assert_array_equal(found.shares, [0.25, 0.75, 1.0])
    np.testing.assert_allclose(found.accuracies, [1.0, 2 / 3, 0.75])
    assert found.at_accuracy(0.99) == (0.25, 1.0)


def test_a_network_that_is_beyond_use_is_refused(trained_run: TrainedRun) -> None:
    spoiled = TrainedNetwork.of(trained_run.weights, trained_run.dataset)
    spoiled.network.parameters[:] = 1e30
    images = EvaluationSample.of(spoiled, "test")
    for tried in (
        lambda: logits_of(spoiled, images.images),
        lambda: list(robustness(spoiled, images)),
        lambda: list(project(spoiled, images, 2)),
    ):
        with pytest.raises(NotFiniteError, match="no longer finite"), np.errstate(all="ignore"):
            tried()


def test_damage_fits_the_size_of_the_images() -> None:
    shift = next(corruption for corruption in CORRUPTIONS if corruption.name == "shift")
    assert shift.strengths_on(28, 28) == shift.strengths
    assert shift.strengths_on(8, 8) == (0.0, 1.0, 2.0)
    for corruption in CORRUPTIONS:
        for size in ((1, 1), (8, 8), (28, 28), (32, 48)):
            strengths = corruption.strengths_on(*size)
            assert 0.0 in strengths and len(strengths) > 1


def test_an_image_turns_the_same_way_at_every_strength(sample: EvaluationSample) -> None:
    rotation = next(corruption for corruption in CORRUPTIONS if corruption.name == "rotation")
    noise = CORRUPTIONS[0]
    shape = np.zeros((40, 9, 9), np.uint8)
    shape[:, 4, 6] = 200  # a dot to the right of the middle goes up or down
    up = [corrupted(shape, rotation, degrees, 0)[:, :4].any(axis=(1, 2)) for degrees in (45.0, 60.0, 90.0)]
    np.testing.assert_array_equal(up[0], up[1])
    np.testing.assert_array_equal(up[0], up[2])
    assert 0 < up[0].sum() < 40
    grey = np.full((1, 9, 9), 128, np.uint8)
    little, more = (corrupted(grey, noise, strength, 0).astype(int) - 128 for strength in (0.1, 0.2))
    assert np.abs(more - 2 * little).max() <= 2


def test_the_map_is_of_the_layer_that_was_chosen(trained: TrainedNetwork, sample: EvaluationSample) -> None:
    assert mappable_layers(trained) == (0, 1, 2, 3)
    logits = logits_of(trained, sample.images)
    probabilities = softmax(logits.astype(np.float64))
    for layer, units in zip(mappable_layers(trained), (784, 16, 12, 10), strict=True):
        values = outputs(trained, sample, layer)
        assert values.shape == (len(sample), units)
        if layer == 3:
            np.testing.assert_array_equal(values, logits)
        (*pieces, found) = project(trained, sample, layer)
        assert found is not None and pieces == [None] * len(pieces)
        assert found.explained is not None
        _check_against_eigenvectors(values, found.points, found.explained)
        np.testing.assert_array_equal(found.predicted, logits.argmax(axis=1))
        np.testing.assert_allclose(found.confidence, probabilities.max(axis=1))


def _check_against_eigenvectors(
    values: NDArray[np.float64], points: NDArray[np.float64], explained: tuple[float, float]
) -> None:
    variances, vectors = np.linalg.eigh(np.cov(values.T))
    expected = np.abs((values - values.mean(axis=0)) @ vectors[:, [-1, -2]])
    np.testing.assert_allclose(np.abs(points), expected, atol=1e-3 * expected.max())
    np.testing.assert_allclose(explained, variances[[-1, -2]] / variances.sum(), rtol=1e-8)


@pytest.mark.parametrize(
    "values",
    [np.zeros((5, 3)), np.ones((1, 4)), np.arange(6.0).reshape(6, 1), np.outer(np.arange(4.0), [1.0, 2.0])],
    ids=["all alike", "one image", "one unit", "on a line"],
)
def test_what_has_less_than_two_directions_has_a_map_all_the_same(values: NDArray[np.float64]) -> None:
    (*_worse, (points, explained)) = principal_components(values)
    assert points.shape == (len(values), 2)
    np.testing.assert_allclose(points[:, 1], 0.0, atol=1e-9)
    assert sum(explained) == pytest.approx(1.0 if np.ptp(values, axis=0).any() else 0.0)
    (*_worse, (again, _explained)) = principal_components(values.copy())
    np.testing.assert_array_equal(points, again)


def test_t_sne_keeps_neighbours_together_and_gives_the_same_map_again(
    trained: TrainedNetwork, sample: EvaluationSample
) -> None:
    forming = [found for found in project(trained, sample, 0, "tsne") if found is not None]
    assert [found.done for found in forming] == pytest.approx(
        np.linspace(1 / len(forming), 1.0, len(forming))
    )
    *_before, pca = project(trained, sample, 0)
    assert pca is not None
    last = forming[-1]
    assert last.explained is None
    np.testing.assert_array_equal(last.predicted, pca.predicted)
    assert _share_of_like_neighbours(last.points, sample.labels) > (
        _share_of_like_neighbours(pca.points, sample.labels) + 0.1
    )
    *_before, again = project(trained, sample, 0, "tsne")
    assert again is not None
    np.testing.assert_array_equal(again.points, last.points)


def _share_of_like_neighbours(points: NDArray[np.float64], classes: NDArray[np.int64]) -> float:
    """Return how often the nearest point is of the same class."""
    distances = np.square(points[:, None] - points).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    return float(np.mean(classes[distances.argmin(axis=1)] == classes))


@pytest.mark.parametrize("images", [1, 2, 4, 5])
def test_t_sne_of_few_images_or_of_equal_ones_has_finite_places(images: int) -> None:
    values = np.random.default_rng(0).standard_normal((images, 3))
    for given in (values, np.ones((images, 3))):
        *_before, (points, done) = embed_tsne(given, given[:, :2] - given[:, :2].mean(axis=0))
        assert points.shape == (images, 2)
        assert np.isfinite(points).all()
        assert done == 1.0


def test_t_sne_names_the_extra_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openTSNE", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'mlp-tui\[tsne\]'"):
        next(embed_tsne(np.ones((9, 3)), np.ones((9, 2))))
