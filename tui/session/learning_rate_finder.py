"""Runs learning-rate range tests in the background thread."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from engine.hyperparameters import Hyperparameters
from tui.session.background import BackgroundThread
from tui.session.run_state import RunState

if TYPE_CHECKING:
    from engine.analysis.learning_rate_finder import LearningRateFinder as RangeTest
    from engine.data.dataset import Dataset

SECONDS_BETWEEN_YIELDS = 0.1


class LearningRateFinder:
    """Runs learning-rate range tests on the data that the next run would start with."""

    def __init__(self, background: BackgroundThread) -> None:
        self._background = background

    async def search(self, hyperparameters: Hyperparameters) -> "AsyncIterator[RangeTest]":
        """Yield the test as it goes on, every tenth of a second; nothing is computed once nobody asks.

        Raises:
            EngineError: when the data are not available, or the network does not fit them.
        """
        dataset = await self._background.dataset(RunState())  # not those of a stored run that is shown
        test = await self._background.run(lambda: _range_test(hyperparameters, dataset))
        yield test
        async for _piece in self._background.parts(lambda: test.in_batches(SECONDS_BETWEEN_YIELDS)):
            yield test


def _range_test(hyperparameters: Hyperparameters, dataset: "Dataset") -> "RangeTest":
    from engine.analysis.learning_rate_finder import LearningRateFinder as RangeTest  # loads NumPy

    return RangeTest(hyperparameters, dataset)
