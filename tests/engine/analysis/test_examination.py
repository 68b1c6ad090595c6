"""Robustness, calibration, coverage and the map of a network that was really trained."""

from collections import defaultdict

import numpy as np
import pytest

from engine.analysis.calibration import at_temperature, best_temperature, calibration, coverage, thinned
from engine.analysis.projection import layers_to_map, outputs, principal_components, project
from engine.analysis.robustness import robustness
from engine.analysis.sample import Sample, logits_of, probabilities_of
from engine.data.damage import DAMAGES, rotated, shifted, thickened
from engine.training.subject import Subject


@pytest.fixture(scope="module")
def sample(trained: Subject) -> Sample:
    return Sample.of(trained, "test")


def test_a_sample_is_of_its_split(trained: Subject) -> None:
    held_out = Sample.of(trained, "validation", 20)
    np.testing.assert_array_equal(held_out.indices, trained.learner.split.validation[:20])
    np.testing.assert_array_equal(held_out.images, trained.dataset.train_images[held_out.indices])
    np.testing.assert_array_equal(held_out.labels, trained.dataset.train_labels[held_out.indices])
    assert len(Sample.of(trained, "test")) == 200


def test_logits_are_those_of_the_evaluation_of_the_run(trained: Subject, sample: Sample) -> None:
    theirs = trained.learner.evaluate(trained.learner.test, sample.indices).logits
    np.testing.assert_allclose(logits_of(trained, sample.images), theirs, atol=1e-4)


def test_without_damage_the_accuracy_is_the_runs_and_it_falls_as_damage_grows(
    trained: Subject, sample: Sample
) -> None:
    evaluation = trained.learner.evaluate(trained.learner.test, sample.indices)
    undamaged = float(np.mean(evaluation.predicted == sample.labels))
    curves: dict[str, dict[float, float]] = defaultdict(dict)
    for reached in robustness(trained, sample):
        if reached.accuracy is not None:
            curves[reached.damage.name][reached.strength] = reached.accuracy
            assert reached.done == len(sample)
    assert set(curves) == {damage.name for damage in DAMAGES}
    for damage in DAMAGES:
        curve = curves[damage.name]
        assert tuple(curve) == damage.strengths
        assert curve[0.0] == undamaged
        assert curve[damage.strengths[-1]] < undamaged - 0.2
    again = [reached.accuracy for reached in robustness(trained, sample, DAMAGES[:1])]
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
    for damage in DAMAGES:
        images = np.random.default_rng(1).integers(0, 256, (7, 12, 8), np.uint8)
        for strength in damage.strengths:
            damaged = damage.apply(images, strength, np.random.default_rng(2))
            assert damaged.shape == images.shape and damaged.dtype == np.uint8
        gentlest = damage.apply(images, 0.0, np.random.default_rng(2))
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


def test_a_temperature_mends_logits_that_are_too_sure(trained: Subject) -> None:
    held_out, sample = Sample.of(trained, "validation"), Sample.of(trained, "test")
    logits = 5 * logits_of(trained, sample.images)
    temperature = best_temperature(5 * logits_of(trained, held_out.images), held_out.labels)
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


def test_silence_where_it_is_unsure_buys_accuracy(trained: Subject, sample: Sample) -> None:
    probabilities = probabilities_of(trained, sample)
    found = coverage(probabilities, sample.labels)
    right = probabilities.argmax(axis=1) == sample.labels
    assert found.accuracies[-1] == right.mean()
    assert (np.diff(found.thresholds) <= 0).all()
    half = len(right) // 2
    assert found.accuracies[half - 1] > right.mean() + 0.05
    aim = float(right.mean()) + 0.05
    reached = found.reaching(aim)
    assert reached is not None
    share, sure = reached
    surest = probabilities.max(axis=1) >= sure
    assert surest.mean() == pytest.approx(share, abs=0.01)
    assert right[surest].mean() == pytest.approx(aim, abs=0.02)
    assert found.reaching(1.1) is None
    assert thinned(range(1000), 5) == [0, 250, 500, 749, 999]


def test_the_map_is_of_the_layer_that_was_chosen(trained: Subject, sample: Sample) -> None:
    assert layers_to_map(trained) == (0, 1, 2, 3)
    assert [outputs(trained, sample, layer).shape[1] for layer in layers_to_map(trained)] == [784, 16, 12, 10]
    np.testing.assert_allclose(outputs(trained, sample, 3), logits_of(trained, sample.images))

    for layer in layers_to_map(trained):
        found = project(trained, sample, layer)
        points, explained = principal_components(outputs(trained, sample, layer))
        np.testing.assert_allclose(found.points, points)
        assert found.explained == explained
        probabilities = probabilities_of(trained, sample)
        np.testing.assert_array_equal(found.predicted, probabilities.argmax(axis=1))
        np.testing.assert_allclose(found.confidence, probabilities.max(axis=1))


def test_principal_components_against_a_singular_value_decomposition() -> None:
    values = np.random.default_rng(3).normal(size=(50, 6)) * [5, 3, 1, 1, 1, 1]
    points, explained = principal_components(values)
    _u, s, directions = np.linalg.svd(values - values.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(np.abs(points), np.abs((values - values.mean(axis=0)) @ directions[:2].T))
    np.testing.assert_allclose(explained, s[:2] ** 2 / (s**2).sum())
    flat, shares = principal_components(np.ones((4, 1)))
    assert not flat.any() and shares == (0.0, 0.0)
