"""Real processes: they compute, die, and are gone with their pool."""

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

import pytest
from distributed import LocalCluster

from engine.data.dataset import Dataset
from engine.errors import EngineError, HyperparameterError
from engine.experiments import pools
from engine.experiments.pools import ClusterPool, LocalPool, LostWorkerError
from engine.experiments.rung import DataSource, Result, RungTask, rung, versions
from tests.runs import quick


def same_bits(one: Result, other: Result) -> bool:
    ours, theirs = one.snapshot.learner.vectors, other.snapshot.learner.vectors
    return all(ours[name].tobytes() == theirs[name].tobytes() for name in theirs)


def test_a_worker_that_dies_is_replaced_and_gone_when_the_pool_is_closed(
    small_npz: Path, small_dataset: Dataset
) -> None:
    source = DataSource.of(small_npz, small_dataset)
    endless = RungTask(source, versions(), quick(epochs=100_000, early_stopping=False), None, 99_999, "r", "")
    short = RungTask(source, versions(), quick(), None, 1, "r", "")
    pool = LocalPool(1)
    assert pool.workers == 1
    future = pool.submit(endless)
    assert isinstance(pool._executor, ProcessPoolExecutor)
    (worker,) = pool._executor._processes.values()
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(LostWorkerError):
        pool.result(future)
    result = pool.result(pool.submit(short))
    assert same_bits(result, rung(quick(), None, 1, small_dataset, run="r"))
    pool.submit(endless)
    assert isinstance(pool._executor, ProcessPoolExecutor)
    (worker,) = pool._executor._processes.values()
    pool.close()
    worker.join()
    assert not worker.is_alive()


def test_a_cluster_without_dask_says_what_to_install(
    small_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EngineError, match=r"pip install 'mlp-tui\[cluster\]'"):
        ClusterPool("tcp://127.0.0.1:1", small_dataset)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalCluster]:
    """A scheduler and a worker of two threads, at a real address; it is waited for 2 s."""
    monkeypatch.setattr(pools, "CONNECT_TIMEOUT", 2)
    options = {"n_workers": 1, "threads_per_worker": 2, "processes": False, "dashboard_address": None}
    with LocalCluster(protocol="tcp", **options) as cluster:
        yield cluster


def test_a_cluster_computes_the_same_bits_and_is_sent_data_that_it_does_not_have(
    cluster: LocalCluster, small_npz: Path, small_dataset: Dataset
) -> None:
    pool = ClusterPool(cluster.scheduler_address, small_dataset)
    assert pool.workers == 2
    assert ClusterPool(cluster.scheduler_address, small_dataset, workers=1).workers == 1
    here = rung(quick(), None, 1, small_dataset, run="r")

    def future_with_data_at(place: Path) -> Future[Result]:
        source = DataSource.of(place, small_dataset)
        return pool.submit(RungTask(source, versions(), quick(), None, 1, "r", ""))

    assert same_bits(pool.result(future_with_data_at(small_npz)), here)
    with pytest.raises(LostWorkerError):
        pool.result(future_with_data_at(small_npz.with_name("not there.npz")))
    assert same_bits(pool.result(future_with_data_at(small_npz.with_name("not there.npz"))), here)
    pool.close()


def test_what_a_cluster_cannot_compute_is_told_and_so_is_that_it_is_gone(
    cluster: LocalCluster, small_npz: Path, small_dataset: Dataset
) -> None:
    pool = ClusterPool(cluster.scheduler_address, small_dataset)
    source = DataSource.of(small_npz, small_dataset)
    with pytest.raises(EngineError, match=r"A worker has NumPy .*, this program 0\.1"):
        task = RungTask(source, versions() | {"NumPy": "0.1"}, quick(), None, 1, "r", "")
        pool.result(pool.submit(task))
    cluster.close()
    with pytest.raises(EngineError, match=r"The cluster at tcp://.* cannot go on: .* What is done is kept\."):
        pool.result(pool.submit(RungTask(source, versions(), quick(), None, 1, "r", "")))
    pool.close()


def test_where_there_is_no_scheduler_that_is_said(
    small_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "CONNECT_TIMEOUT", 0.2)
    with pytest.raises(EngineError, match=r"There is no Dask scheduler at tcp://127\.0\.0\.1:1: "):
        ClusterPool("tcp://127.0.0.1:1", small_dataset)
    with pytest.raises(HyperparameterError, match="--cluster is “nowhere”; it is the address of a scheduler"):
        ClusterPool("nowhere", small_dataset)
