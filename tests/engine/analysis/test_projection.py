"""The map is that of the two largest eigenvectors of the covariance, for every layer."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.analysis.projection import activations, layer_count, principal_components, together
from engine.analysis.sample import Sample
from engine.training.subject import Subject


def values_of(subject: Subject, layer: int) -> NDArray[np.float64]:
    return together(list(activations(Sample.take(subject, "test"), layer))).values


@pytest.mark.parametrize("layer", range(4))
def test_it_is_the_plane_of_the_two_largest_eigenvectors(trained: Subject, layer: int) -> None:
    values = values_of(trained, layer)
    assert values.shape == (200, (784, 16, 12, 10)[layer])
    (*_before, found) = principal_components(values)
    variances, vectors = np.linalg.eigh(np.cov(values.T))
    expected = (values - values.mean(axis=0)) @ vectors[:, [-1, -2]]
    np.testing.assert_allclose(np.abs(found.points), np.abs(expected), atol=1e-3 * np.abs(expected).max())
    np.testing.assert_allclose(found.shares, variances[[-1, -2]] / variances.sum(), rtol=1e-8)
    (*_before, again) = principal_components(values.copy())
    np.testing.assert_array_equal(found.points, again.points)


def test_layers_are_pixels_hidden_activations_and_logits(trained: Subject) -> None:
    assert layer_count(trained) == 4
    sample = Sample.take(trained, "test")
    made = trained.learner.evaluate(trained.learner.test, sample.indices)
    np.testing.assert_array_equal(values_of(trained, 3), made.logits.astype(np.float64))
    assert values_of(trained, 1).min() == 0.0  # after a ReLU
    pixels = values_of(trained, 0)
    assert pixels.std() == pytest.approx(1.0, abs=0.05)
    (seen,) = activations(sample, 0)
    np.testing.assert_array_equal(seen.predicted, made.predicted)
    assert 0.1 < seen.confidence.min() < seen.confidence.max() <= 1.0


@pytest.mark.parametrize(
    "values",
    [np.zeros((5, 3)), np.ones((1, 4)), np.arange(6.0).reshape(6, 1), np.outer(np.arange(4.0), [1, 2])],
    ids=["all alike", "one image", "one unit", "on a line"],
)
def test_what_has_less_than_two_directions_still_has_a_map(values: NDArray[np.float64]) -> None:
    (*_before, found) = principal_components(values)
    assert found.points.shape == (len(values), 2)
    assert np.isfinite(found.points).all()
    np.testing.assert_allclose(found.points[:, 1], 0.0, atol=1e-9)
    assert sum(found.shares) == pytest.approx(1.0 if np.ptp(values, axis=0).any() else 0.0)
