"""Confidence held against accuracy: by hand, and on a trained network."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.analysis.calibration import best_temperature, calibration, coverage
from engine.analysis.sample import Sample, SplitName, logits
from engine.network.losses import softmax
from engine.training.subject import Subject

Floats = NDArray[np.float64]


def two_classes(confidences: list[float]) -> Floats:
    """Return logits that say class 0 with these probabilities."""
    return np.log([[confidence, 1 - confidence] for confidence in confidences])


def all_logits(subject: Subject, split: SplitName) -> tuple[Floats, NDArray[np.int64]]:
    sample = Sample.take(subject, split)
    return np.concatenate(list(logits(sample))), sample.labels


def test_the_error_by_hand() -> None:
    made = calibration(two_classes([0.95, 0.95, 0.95, 0.95, 0.61]), np.array([0, 0, 0, 1, 0]))
    full = {bin_.count: bin_ for bin_ in made.bins if bin_.count}
    assert sum(bin_.count for bin_ in made.bins) == 5
    assert full[4].low < 0.95 <= full[4].high
    assert full[4].accuracy == 0.75
    assert full[4].confidence == pytest.approx(0.95)
    assert made.error == pytest.approx((4 * 0.20 + 1 * 0.39) / 5)
    assert made.accuracy == 0.8
    assert made.confidence == pytest.approx((4 * 0.95 + 0.61) / 5)


def test_the_bins_of_a_trained_network_add_up(trained: Subject) -> None:
    found, labels = all_logits(trained, "test")
    made = calibration(found, labels)
    assert len(made.bins) == 15
    assert sum(bin_.count for bin_ in made.bins) == len(labels)
    assert sum(bin_.count * (bin_.accuracy or 0.0) for bin_ in made.bins) == pytest.approx(
        made.accuracy * len(labels)
    )
    for bin_ in made.bins:
        assert bin_.confidence is None or bin_.low < bin_.confidence <= bin_.high + 1e-12
    by_hand = sum(
        bin_.count * abs(bin_.accuracy - bin_.confidence)
        for bin_ in made.bins
        if bin_.accuracy is not None and bin_.confidence is not None
    )
    assert made.error == pytest.approx(by_hand / len(labels))


@pytest.mark.parametrize("factor", [0.2, 1.0, 7.0])
def test_the_temperature_has_the_least_cross_entropy_and_undoes_a_factor(
    trained: Subject, factor: float
) -> None:
    found, labels = all_logits(trained, "validation")

    def loss(temperature: float) -> float:
        shares = softmax(found * factor, temperature)[np.arange(len(labels)), labels]
        return float(-np.log(shares).mean())

    (*_before, best) = best_temperature(found * factor, labels)
    (*_before, plain) = best_temperature(found, labels)
    assert best == pytest.approx(factor * plain, rel=1e-6)
    assert loss(best) <= min(loss(best * 1.01), loss(best / 1.01))


def test_a_network_without_a_mistake_may_be_as_sure_as_it_likes() -> None:
    (*_before, best) = best_temperature(two_classes([0.9, 0.8, 0.7]), np.zeros(3, np.int64))
    assert best == pytest.approx(1 / 20, rel=1e-3)


def test_a_temperature_makes_an_overconfident_network_honest(trained: Subject) -> None:
    found, labels = all_logits(trained, "validation")
    (*_before, best) = best_temperature(10 * found, labels)
    tests, their_labels = all_logits(trained, "test")
    before, after = calibration(10 * tests, their_labels), calibration(10 * tests, their_labels, best)
    assert before.confidence > before.accuracy
    assert after.error < before.error / 2
    assert after.accuracy == before.accuracy


def test_coverage_by_hand_takes_equal_confidences_together() -> None:
    made = coverage(two_classes([0.99, 0.9, 0.9, 0.8]), np.array([0, 0, 1, 0]))
    np.testing.assert_allclose(made.coverage, [0.25, 0.75, 1.0])
    np.testing.assert_allclose(made.accuracy, [1.0, 2 / 3, 0.75])
    np.testing.assert_allclose(made.threshold, [0.99, 0.9, 0.8])
    assert (made.reaching(0.99), made.reaching(0.7), made.reaching(0.5)) == (0, 2, 2)
    assert coverage(two_classes([0.9]), np.array([1])).reaching(0.99) is None


def test_a_trained_network_that_may_be_silent_is_right_more_often(trained: Subject) -> None:
    found, labels = all_logits(trained, "test")
    made = coverage(found, labels)
    everything = made.accuracy[-1]
    assert made.coverage[-1] == 1.0
    assert everything == np.mean(found.argmax(axis=1) == labels)
    row = made.reaching(everything + 0.05)
    assert row is not None
    answered = softmax(found).max(axis=1) >= made.threshold[row]
    assert answered.mean() == made.coverage[row] < 1.0
    assert np.mean(found.argmax(axis=1)[answered] == labels[answered]) == made.accuracy[row]
