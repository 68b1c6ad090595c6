import time
from threading import Thread

import numpy as np
import pytest
import threadpoolctl

from engine.commands import ChangeHyperparameter
from engine.data.dataset import Dataset
from engine.events import EpochEnded, Event, HyperparameterChanged, RunStarted
from engine.hyperparameters import available_cores
from engine.training.threads import MIN_SHARED_PRODUCT, core_wait, default_threads, environment, limit_threads
from engine.training.trainer import Trainer
from tests.runs import follow, of_kind, only, quick


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


@pytest.mark.skipif(available_cores() < 2, reason="there is but one core")
@pytest.mark.parametrize(("given", "threads"), [(1, 1), (None, 1)])
def test_a_run_goes_on_with_other_threads(small_dataset: Dataset, given: object, threads: int) -> None:
    """From the change on; left empty, the rule chooses again."""
    before, during = blas_threads(), []
    trainer = Trainer(quick(threads=2, epochs=2), small_dataset)

    def look(event: Event) -> None:
        during.append(blas_threads())
        if isinstance(event, EpochEnded) and event.epoch == 1:
            trainer.commands.put(ChangeHyperparameter("threads", given))

    events = follow(trainer, look)
    changed = only(events, HyperparameterChanged)
    at = events.index(changed)
    assert (changed.name, changed.old, changed.new) == ("threads", 2, threads)
    assert during[:at] == [{2}] * at
    assert during[at:] == [{threads}] * (len(events) - at)
    assert blas_threads() == before


def test_waiting_for_a_core_is_told_where_threads_share_the_work(small_dataset: Dataset) -> None:
    alone = of_kind(follow(Trainer(quick(threads=1, epochs=1), small_dataset)), EpochEnded)
    assert alone[0].core_wait is None
    if core_wait() is not None and available_cores() > 1:
        shared = of_kind(follow(Trainer(quick(threads=2, epochs=1), small_dataset)), EpochEnded)
        assert shared[0].core_wait is not None
        assert shared[0].core_wait >= 0


def test_threads_wait_for_a_core_where_there_are_more_than_cores() -> None:
    """Every thread computes for as long: what they do not get of the cores is what they wait."""
    before = core_wait()
    if before is None:
        pytest.skip("this system does not tell")
    numbers = np.zeros(1_000_000)
    until = time.perf_counter() + 0.2

    def compute() -> None:
        while time.perf_counter() < until:
            np.sin(numbers)  # lets go of the interpreter

    threads = [Thread(target=compute) for _ in range(3 * available_cores())]
    for thread in threads:
        thread.start()
    time.sleep(0.15)
    waited = core_wait()
    for thread in threads:
        thread.join()
    assert waited is not None
    assert waited - before > 0.1 * available_cores()
