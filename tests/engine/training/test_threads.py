import numpy as np
import threadpoolctl

from engine.data.dataset import Dataset
from engine.events import Event, RunStarted
from engine.hyperparameters import available_cores
from engine.training.threads import MIN_SHARED_PRODUCT, default_threads, environment, limit_threads
from engine.training.trainer import Trainer
from tests.runs import follow, only, quick


def blas_threads() -> set[int]:
    """Return how many threads the BLAS libraries of this process have now."""
    return {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"}


def test_the_largest_product_of_a_step_decides() -> None:
    """batch * inputs * outputs of the widest layer, wherever it stands; from the limit on all cores work."""
    inputs = MIN_SHARED_PRODUCT // 1000
    assert default_threads((inputs, 100, 10), 9, cores=4) == 1
    assert default_threads((inputs, 100, 10), 10, cores=4) == 4
    assert default_threads((10, 100, inputs), 10, cores=4) == 4
    assert default_threads((10, inputs, 100, 10), 10, cores=3) == 3
    assert default_threads((10, 10), 1, cores=64) == 1
    assert default_threads((inputs, 100, 10), 1000, cores=1) == 1


def test_threads_are_limited_for_a_while() -> None:
    before = blas_threads()
    with limit_threads(1):
        assert blas_threads() == {1}
    assert blas_threads() == before


def test_the_environment_says_what_the_bits_depend_on() -> None:
    told = environment(3)
    assert (told.numpy, told.threads) == (np.__version__, 3)
    assert told.blas
    assert told.machine
    assert told == environment(3)


def test_a_run_has_the_threads_it_says(small_dataset: Dataset) -> None:
    before, during = blas_threads(), []

    def look(event: Event) -> None:
        during.append(blas_threads())

    started = only(follow(Trainer(quick(threads=1), small_dataset), look), RunStarted)
    assert started.environment.threads == started.hyperparameters.threads == 1
    assert during
    assert all(threads == {1} for threads in during)
    assert blas_threads() == before


def test_the_rule_fills_in_what_is_left_open(small_dataset: Dataset) -> None:
    for changes in ({}, {"hidden": (512,), "batch_size": 500}):
        hyperparameters = quick(threads=None, epochs=1, **changes)
        started = only(follow(Trainer(hyperparameters, small_dataset)), RunStarted)
        by_rule = default_threads(started.layer_sizes, hyperparameters.batch_size, available_cores())
        assert started.hyperparameters.threads == started.environment.threads == by_rule
