"""Where rungs are computed: processes of this machine, or the workers of a Dask cluster.

Both are an executor of `concurrent.futures`; nothing here distributes anything itself.
"""

import contextlib
import logging
import multiprocessing
import os
import re
import signal
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from typing import Any

from engine.data.dataset import Dataset
from engine.errors import EngineError, HyperparameterError
from engine.experiments.rung import DataNotHereError, Task, perform
from engine.hyperparameters import available_cores
from engine.sentences import N_
from engine.specification import printable, quoted

ADDRESS = re.compile(r"(\w+://)?\S+:\d+")
CONNECT_TIMEOUT = 10
"""Seconds to wait for the scheduler of a cluster."""


class LostWorkerError(Exception):
    """A worker died with its task, which is to be done again."""


class Pool(ABC):
    """Workers that compute tasks. `workers` is how many tasks they compute at once."""

    @property
    @abstractmethod
    def workers(self) -> int:
        """How many tasks are computed at once."""

    @abstractmethod
    def submit(self, task: Task) -> "Future[Any]":
        """Begin to compute a task.

        Raises:
            EngineError: when there is no worker.
        """

    @abstractmethod
    def result(self, future: "Future[Any]") -> Any:
        """Return what a task that is done came to.

        Raises:
            LostWorkerError: when its worker died, and it is to be submitted again.
            EngineError: when it could not be computed.
        """

    @abstractmethod
    def close(self) -> None:
        """End what is being computed, and the workers that are ours."""


class LocalPool(Pool):
    """Processes of this machine, started as they are needed, gone as soon as this process is."""

    def __init__(self, workers: int | None = None) -> None:
        """Prepare so many, or one for each core."""
        self._workers = workers or available_cores()
        self._executor: Executor | None = None
        self._alive: Connection | None = None

    @property
    def workers(self) -> int:
        """How many processes there are."""
        return self._workers

    def submit(self, task: Task) -> "Future[Any]":
        """Begin to compute a task in one of the processes."""
        with contextlib.redirect_stderr(sys.__stderr__):  # spawning needs its number (Textual issue 3593)
            if self._executor is None:
                self._start()
            assert self._executor is not None
            try:
                return self._executor.submit(perform, task)
            except BrokenProcessPool:
                self.close()
                self._start()
                return self._executor.submit(perform, task)

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._alive = ours
        self._executor = ProcessPoolExecutor(
            self._workers, mp_context=context, initializer=_begin_worker, initargs=(theirs,)
        )

    def result(self, future: "Future[Any]") -> Any:
        """Return what a task came to."""
        try:
            return future.result()
        except BrokenProcessPool:
            raise LostWorkerError from None
        except MemoryError:
            raise _no_memory() from None

    def close(self) -> None:
        """End the processes, whatever they compute."""
        executor, self._executor = self._executor, None
        if self._alive is not None:
            self._alive.close()
        if executor is not None:
            executor.shutdown(wait=True, cancel_futures=True)


def _begin_worker(alive: Connection) -> None:
    """Prepare a process: it says nothing, leaves Ctrl+C to its parent, and ends when `alive` closes."""
    for name in ("SIGINT", "SIGHUP", "SIGTSTP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    threading.Thread(target=_end_with, args=(alive,), daemon=True).start()


def _end_with(alive: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        alive.recv()
    os._exit(0)


class ClusterPool(Pool):
    """The workers of a Dask cluster (https://distributed.dask.org), which were started by someone else.

    Each reads the data set where it lies there; if one cannot, it is sent to them, once.
    """

    def __init__(self, address: str, dataset: Dataset, workers: int | None = None) -> None:
        """Connect to the scheduler at an address.

        Raises:
            HyperparameterError: when it is no address.
            EngineError: when Dask is not installed, or no scheduler answers.
        """
        try:
            from distributed import Client
        except ImportError:
            raise EngineError(
                N_("--cluster needs Dask, which is not installed: pip install 'mlp-tui[cluster]'.")
            ) from None
        if not ADDRESS.fullmatch(address):
            raise HyperparameterError(
                N_("--{name} is {given}; it is the address of a scheduler, such as tcp://host:8786."),
                name="cluster",
                given=quoted(address),
            )
        for name in list(logging.root.manager.loggerDict):  # Dask would write over what we say
            if name.split(".")[0] in ("distributed", "tornado", "asyncio"):
                logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        self.address = address
        self._dataset, self._limit = dataset, workers
        self._sent: Any = None
        try:
            self._client: Any = Client(address, timeout=CONNECT_TIMEOUT, set_as_default=False)
        except Exception as error:  # Dask knows a dozen kinds: no such scheme, no such host, no answer
            raise EngineError(
                N_("There is no Dask scheduler at {address}: {reason}."),
                address=address,
                reason=type(error).__name__,
            ) from None
        self._executor: Executor = self._client.get_executor(pure=False)

    @property
    def workers(self) -> int:
        """How many threads the workers have together, now."""
        with self._telling_what_fails():
            cores = max(1, int(sum(self._client.ncores().values())))
        return min(cores, self._limit) if self._limit else cores

    def submit(self, task: Task) -> "Future[Any]":
        """Begin to compute a task on the cluster."""
        with self._telling_what_fails():
            return self._executor.submit(perform, task, self._sent)

    def result(self, future: "Future[Any]") -> Any:
        """Return what a task came to."""
        with self._telling_what_fails():
            try:
                return future.result()
            except DataNotHereError:
                if self._sent is None:
                    self._sent = self._client.scatter(self._dataset, broadcast=True, hash=False)
        raise LostWorkerError

    @contextlib.contextmanager
    def _telling_what_fails(self) -> Iterator[None]:
        """Turn an error of Dask into one of ours."""
        try:
            yield
        except EngineError:
            raise
        except MemoryError:
            raise _no_memory() from None
        except (Exception, CancelledError) as error:  # of a dozen kinds; also a worker without this program
            raise EngineError(
                N_("The cluster at {address} cannot go on: {reason}. What is done is kept."),
                address=self.address,
                reason=printable(": ".join([type(error).__name__, *str(error).splitlines()[:1]]), 200),
            ) from None

    def close(self) -> None:
        """Leave the cluster; what it computes for us is dropped."""
        with contextlib.suppress(Exception):
            self._executor.shutdown(wait=False, cancel_futures=True)
        with contextlib.suppress(Exception):
            self._client.close(timeout=5)


def _no_memory() -> EngineError:
    return EngineError(N_("There is not enough memory for this network; make it or the batch smaller."))
