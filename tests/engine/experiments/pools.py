"""Pools that compute in this process, and lose their workers when they are told to."""

from concurrent.futures import Future
from typing import Any

from engine.data.dataset import Dataset
from engine.experiments.pools import LostWorkerError, Pool
from engine.experiments.rung import RungTask, Task, perform


class SameProcess(Pool):
    """Computes a task as soon as it is submitted; each worker of a real pool may be as quick or slow.

    turned: results come back in the reverse order; lost: tasks, counted from 0, whose worker dies
    """

    def __init__(
        self, dataset: Dataset, workers: int = 1, *, turned: bool = False, lost: tuple[int, ...] = ()
    ) -> None:
        self.dataset, self._workers, self.turned, self.lost = dataset, workers, turned, lost
        self.tasks: list[Task] = []
        self.is_closed = False

    @property
    def workers(self) -> int:
        return self._workers

    @property
    def rungs(self) -> list[tuple[str, int, int]]:
        """The run, the epochs before and the goal of each rung that was asked for."""
        return [
            (task.run, task.snapshot.epoch if task.snapshot else 0, task.until_epoch)
            for task in self.tasks
            if isinstance(task, RungTask)
        ]

    def submit(self, task: Task) -> "Future[Any]":
        future: Future[Any] = Future()
        self.tasks.append(task)
        if len(self.tasks) - 1 in self.lost:
            future.set_exception(LostWorkerError())
            return future
        try:
            future.set_result(perform(task, self.dataset))
        except Exception as error:
            future.set_exception(error)
        return future

    def result(self, future: "Future[Any]") -> Any:
        return future.result()

    def close(self) -> None:
        self.is_closed = True
