"""Layer summaries, what units respond to, and what a change of the weights does."""

import numpy as np
import pytest

from engine.analysis.evaluation_sample import EvaluationSample, NotFiniteError, logits_of
from engine.analysis.feature_visualization import (
    by_norm,
    maximise_activations,
    most_activating_images,
    weight_images,
)
from engine.analysis.layer_summaries import BINS, LayerSummary, layer_summaries
from engine.analysis.projection import outputs
from engine.analysis.what_if import Change, apply_change
from engine.data.dataset import Dataset
from engine.training.trained_network import TrainedNetwork
from tests.runs import TrainedRun, outcome


def subject_of(dataset: Dataset, **changes: object) -> TrainedNetwork:
    return TrainedNetwork.of(TrainedRun.of(dataset, **changes).weights, dataset)


# Layers


def test_a_healthy_network_is_called_healthy_and_its_figures_are_those_of_its_weights(
    trained: TrainedNetwork,
) -> None:
    layers = layer_summaries(trained)
    assert [layer.name for layer in layers] == ["hidden 1", "hidden 2", "output"]
    assert all(layer.is_healthy for layer in layers)
    first = trained.clone()
    first.parameters[:] = trained.initial
    for layer, dense, start in zip(layers, trained.network.dense, first.dense, strict=True):
        assert (layer.inputs, layer.units) == dense.W.shape
        assert layer.initial is not None
        assert layer.parameters == dense.W.size + dense.b.size
        assert layer.weights.counts.sum() == layer.initial.counts.sum() == dense.W.size
        assert layer.gradients.counts.sum() == dense.W.size
        np.testing.assert_array_equal(layer.weights.edges, layer.initial.edges)
        assert len(layer.weights.points()) == BINS
        moved = np.linalg.norm(dense.W - start.W) / np.linalg.norm(start.W)
        assert layer.moved == pytest.approx(moved, rel=1e-5)
        assert moved > 0.05
    assert layers[0].outputs is not None and layers[0].outputs.edges[0] == 0.0  # after a ReLU
    assert layers[0].sums is not None and layers[0].sums.edges[0] < 0.0
    assert layers[2].outputs is None
    images = min(1000, len(trained.learner.split.validation))
    assert layers[0].outputs.counts.sum() == images * 16


def test_looking_changes_nothing(trained: TrainedNetwork) -> None:
    before = trained.network.parameters.copy(), trained.network.statistics.copy()
    layer_summaries(trained)
    list(maximise_activations(trained, 1))
    outcome(trained, EvaluationSample.of(trained, "test"), Change(0.5, 0.5, 4, 0.5, frozenset({(0, 1)}), 2.0))
    np.testing.assert_array_equal(trained.network.parameters, before[0])
    np.testing.assert_array_equal(trained.network.statistics, before[1])


@pytest.mark.parametrize(
    ("changes", "layer", "says"),
    [
        ({"initializer": "zeros", "activation": "tanh"}, 1, "are all alike"),
        ({"optimizer": "sgd", "learning_rate": 2.0, "schedule": "constant"}, 0, "are dead"),
        ({"activation": "tanh", "initializer": "large", "epochs": 2}, 0, "saturated"),
        (
            {"activation": "sigmoid", "initializer": "xavier_normal", "hidden": (16,) * 6, "epochs": 2},
            0,
            "Gradients vanish",
        ),
        ({"learning_rate": 1e-7, "epochs": 1}, 0, "have hardly changed"),
        (
            {"activation": "tanh", "initializer": "large", "hidden": (64,) * 6, "learning_rate": 1e-5},
            0,
            "saturated",
        ),
    ],
)
def test_what_is_wrong_with_a_layer_is_said(
    small_dataset: Dataset, changes: dict[str, object], layer: int, says: str
) -> None:
    found: LayerSummary = layer_summaries(subject_of(small_dataset, **changes))[layer]
    assert not found.is_healthy
    assert says in str(found.verdict)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e18])
def test_what_is_not_finite_is_refused_in_one_sentence(small_dataset: Dataset, value: float) -> None:
    diverged = subject_of(small_dataset, epochs=1)
    diverged.network.parameters[:] *= np.float32(value)
    with pytest.raises(NotFiniteError):
        layer_summaries(diverged)
    if value != 1e18:  # its way back is finite still
        with pytest.raises(NotFiniteError):
            list(maximise_activations(diverged, 1))


# Units


def test_weights_are_images_and_units_are_sorted_by_their_length(trained: TrainedNetwork) -> None:
    images = weight_images(trained)
    W = trained.network.dense[0].W
    assert images.shape == (16, 28, 28)
    np.testing.assert_array_equal(images[3].ravel(), W[:, 3])
    order = by_norm(trained, 0)
    norms = np.linalg.norm(W, axis=0)[order]
    assert (np.diff(norms) <= 0).all() and sorted(order) == list(range(16))


def test_the_images_that_excite_a_unit_most_are_found(trained: TrainedNetwork) -> None:
    sample = EvaluationSample.of(trained, "test")
    for layer, units in enumerate((16, 12, 10)):
        found = most_activating_images(trained, sample, layer, 4)
        assert found.shape == (units, 4)
        answers = outputs(trained, sample, layer + 1)
        np.testing.assert_array_equal(answers[found[2], 2], np.sort(answers[:, 2])[::-1][:4])


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_an_image_made_for_a_unit_excites_it_more_than_any_real_one(
    trained: TrainedNetwork, layer: int
) -> None:
    *_, images = maximise_activations(trained, layer)
    *_, again = maximise_activations(trained, layer)
    np.testing.assert_array_equal(images, again)
    count = len(images)
    shown = EvaluationSample("test", images, np.zeros(count, np.int64), np.arange(count), count)
    made = outputs(trained, shown, layer + 1)
    real = outputs(trained, EvaluationSample.of(trained, "test"), layer + 1)
    excited = np.diag(made) > real.max(axis=0)
    assert excited.mean() > 0.8


# What if


def test_without_a_change_it_is_the_network_itself(trained: TrainedNetwork) -> None:
    sample = EvaluationSample.of(trained, "test")
    np.testing.assert_array_equal(apply_change(trained, Change()).parameters, trained.network.parameters)
    evaluation = trained.learner.evaluate(trained.learner.test, sample.indices)
    found = outcome(trained, sample, Change())
    assert found.accuracy == float(np.mean(evaluation.predicted == sample.labels))
    assert found.loss == pytest.approx(evaluation.loss, rel=1e-4)
    support = np.bincount(sample.labels, minlength=10)
    assert float(found.recalls @ support) / len(sample) == pytest.approx(found.accuracy)


def test_each_change_does_what_it_says(trained: TrainedNetwork) -> None:
    weights = trained.network.weights
    pruned = apply_change(trained, Change(pruned=0.3)).parameters[weights]
    size = pruned.size
    assert int((pruned == 0).sum()) == round(0.3 * size)
    kept = np.abs(trained.network.parameters[weights][pruned != 0]).min()
    assert np.abs(trained.network.parameters[weights][pruned == 0]).max() <= kept

    rounded = apply_change(trained, Change(bits=4))
    for ours, theirs in zip(rounded.dense, trained.network.dense, strict=True):
        assert len(np.unique(ours.W)) <= 15
        assert np.abs(ours.W - theirs.W).max() <= np.abs(theirs.W).max() / 14 + 1e-6

    noisy = apply_change(trained, Change(noise=0.5))
    for ours, theirs in zip(noisy.dense, trained.network.dense, strict=True):
        ratio = (ours.W - theirs.W).std() / theirs.W.std()
        assert ratio == pytest.approx(0.5, rel=0.35)

    off = apply_change(trained, Change(units=frozenset({(0, 3), (1, 5)})))
    assert not off.dense[1].W[3].any() and not off.dense[2].W[5].any()
    assert off.dense[1].W[4].any()
    assert int((~apply_change(trained, Change(off=0.5)).dense[1].W.any(axis=1)).sum()) == 8


def test_a_network_that_is_not_finite_is_refused(small_dataset: Dataset, trained_run: TrainedRun) -> None:
    broken = TrainedNetwork.of(trained_run.weights, small_dataset)
    broken.network.parameters[5] = np.inf
    with pytest.raises(NotFiniteError):
        outcome(broken, EvaluationSample.of(broken, "test"), Change())


def test_what_it_costs_is_told(trained: TrainedNetwork) -> None:
    sample = EvaluationSample.of(trained, "test")
    whole = outcome(trained, sample, Change())
    halved = outcome(trained, sample, Change(bits=8))
    assert halved.kilobytes == whole.kilobytes / 4
    assert abs(halved.accuracy - whole.accuracy) < 0.03
    ruined = outcome(trained, sample, Change(pruned=0.98))
    assert ruined.accuracy < whole.accuracy - 0.2
    assert ruined.zeros == pytest.approx(0.98, abs=0.001)
    warm = outcome(trained, sample, Change(temperature=5))
    assert warm.accuracy == whole.accuracy
    assert warm.confidence < whole.confidence - 0.2
    assert warm.loss == pytest.approx(
        float(
            -np.log(
                np.exp(z := logits_of(trained, sample.images) / 5)[np.arange(len(sample)), sample.labels]
                / np.exp(z).sum(axis=1)
            ).mean()
        ),
        rel=1e-4,
    )
