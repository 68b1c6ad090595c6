"""How many BLAS threads a run uses, whether they get their cores, and what else a run's bits depend on."""

import platform
from collections.abc import Sequence
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path

import numpy as np
import threadpoolctl

from engine.events import Environment

MIN_SHARED_PRODUCT = 20_000_000
"""Multiply-adds in one product from which a second thread saves time; see `default_threads`."""


def default_threads(sizes: Sequence[int], batch_size: int, cores: int) -> int:
    """Return how many BLAS threads suit a network: a fixed function, so that it never changes a run's bits.

    The largest product of a step, batch * inputs * outputs, decides: above `MIN_SHARED_PRODUCT` every core
    takes a share of it, below one thread is quicker, since threads wait for each other at each product.
    """
    largest = max(a * b for a, b in pairwise(sizes)) * batch_size
    return cores if largest >= MIN_SHARED_PRODUCT else 1


def limit_threads(threads: int) -> AbstractContextManager[object]:
    """Return a context in which BLAS uses so many threads."""
    return threadpoolctl.threadpool_limits(limits=threads, user_api="blas")  # type: ignore[no-any-return]


def core_wait() -> float | None:
    """Return the seconds that threads of this process, added up, were ready and had no core; None if unknown.

    Source: `schedstat` of each thread, whose second number is that, in nanoseconds (Linux, proc(5)).
    """
    waited = 0
    try:
        for thread in Path("/proc/self/task").iterdir():
            waited += int((thread / "schedstat").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return waited / 1e9


def environment(threads: int) -> Environment:
    """Describe the circumstances that the bits of a run depend on."""
    pools = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
    blas = "; ".join(
        f"{pool['internal_api']} {pool['version']} ({pool.get('architecture', 'unknown')})" for pool in pools
    )
    return Environment(
        numpy=np.__version__,
        blas=blas or "unknown",
        threads=threads,
        machine=f"{platform.system()} {platform.machine()}",
    )
