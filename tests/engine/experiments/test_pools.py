"""Real processes: they compute, die, and are gone with their pool."""

import os
import signal
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from engine.data.dataset import Dataset
from engine.errors import EngineError
from engine.experiments.pools import ClusterPool, LocalPool, LostWorkerError
from engine.experiments.rung import DataSource, RungTask, rung, versions
from tests.runs import quick


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
    here = rung(quick(), None, 1, small_dataset, run="r")
    ours, theirs = result.snapshot.learner.vectors, here.snapshot.learner.vectors
    assert all(ours[name].tobytes() == theirs[name].tobytes() for name in theirs)
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
