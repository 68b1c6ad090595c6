"""How long a run will take, against how long it takes."""

from engine.data.dataset import Dataset
from engine.events import RunEnded
from engine.training.duration import expected_seconds
from engine.training.trainer import Trainer
from tests.runs import follow, only, quick


def test_twice_the_epochs_and_a_larger_network_take_longer(small_dataset: Dataset) -> None:
    """Each by its cause: a hundred times the epochs or sixty times the weights are beyond any noise."""
    once = expected_seconds(quick(epochs=1), small_dataset)
    assert expected_seconds(quick(epochs=100), small_dataset) > 10 * once
    assert expected_seconds(quick(epochs=1, hidden=(1000,)), small_dataset) > 2 * once


def test_it_is_of_the_order_of_what_the_run_takes(small_dataset: Dataset) -> None:
    hyperparameters = quick(hidden=(256,), epochs=3, early_stopping=False, threads=1)
    taken = only(follow(Trainer(hyperparameters, small_dataset)), RunEnded).seconds
    assert taken / 10 < expected_seconds(hyperparameters, small_dataset) < 10 * taken


def test_an_epoch_of_one_mini_batch_and_a_run_that_diverges_have_an_answer(small_dataset: Dataset) -> None:
    assert expected_seconds(quick(batch_size=9 * len(small_dataset.train_labels) // 10), small_dataset) > 0
    assert expected_seconds(quick(learning_rate=1e6, activation="gelu"), small_dataset) >= 0
