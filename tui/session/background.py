"""Runs NumPy work in one background thread, in order."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from engine.data.location import Location

if TYPE_CHECKING:
    from engine.data.dataset import Dataset
    from engine.events import Weights
    from engine.storage.run_record import RunRecord
    from engine.training.trained_network import TrainedNetwork
    from tui.session.run_state import RunState

Result = TypeVar("Result")

_END = object()


class BackgroundThread:
    """Computes what needs NumPy without blocking the screen; an active run is not disturbed.

    Only this thread of the app calls BLAS, with one thread of its own.
    """

    def __init__(self, data: Location | None = None) -> None:
        """Use the data at `data` (None: MNIST) where a run does not say otherwise; they may be changed."""
        self.data = data
        self._is_closed = False
        self._thread = ThreadPoolExecutor(1, "computing")
        self._data: tuple[Location | None, Dataset] | None = None
        self._trained: tuple[Weights, TrainedNetwork] | None = None

    async def run(self, work: Callable[[], Result]) -> Result:
        """Return what comes of `work`; whoever asks when all is closed is told to stop."""
        if self._is_closed:
            raise asyncio.CancelledError
        return await asyncio.get_running_loop().run_in_executor(self._thread, _alone, work)

    async def parts(self, work: Callable[[], Iterator[Result]]) -> AsyncIterator[Result]:
        """Yield what `work` yields, piece by piece: between two of them others have their turn.

        Nothing more is computed once nobody asks for it.
        """
        pieces = await self.run(work)
        while (piece := await self.run(lambda: next(pieces, _END))) is not _END:
            yield piece  # type: ignore[misc]

    async def trained_network(self, state: "RunState") -> "TrainedNetwork":
        """Return the network of the run that is shown, as its newest weights in `state` make it.

        Raises:
            EngineError: when its data are not to be had, or are not those that it learned from.
        """
        weights, started = state.weights, state.started
        assert weights is not None
        assert started is not None
        place, record = self.data, state.stored.record if state.stored else None
        load = partial(self.load, place) if record is None else partial(self.data_of, record)
        return await self.run(lambda: self._subject_of(weights, load, started.data.fingerprint))

    def _subject_of(
        self, weights: "Weights", load: "Callable[[], Dataset]", fingerprint: str
    ) -> "TrainedNetwork":
        from engine.training.trained_network import TrainedNetwork

        if self._trained is None or self._trained[0] is not weights:
            dataset = load()
            self._trained = None
            self._trained = weights, TrainedNetwork.of(weights, dataset, fingerprint)
        return self._trained[1]

    async def dataset(self, state: "RunState") -> "Dataset":
        """Return the data of the run that is shown, as they are by now, or those of the next run.

        Raises:
            EngineError: when they are not to be had.
        """
        place, stored = self.data, state.stored
        if stored is None:
            return await self.run(lambda: self.load(place))
        return await self.run(lambda: self.data_of(stored.record, changed=True))

    def data_of(self, record: "RunRecord", *, changed: bool = False) -> "Dataset":
        """Return the data of a stored run, as `data_of_run` does. To be called in the thread."""
        from engine.storage.model_lookup import data_of_run

        return data_of_run(record, self.load, changed=changed)

    def place(self, state: "RunState") -> Location | None:
        """Return where the data of the run that is shown are; None if in the program itself."""
        return self.data if state.stored is None else state.stored.record.data

    async def reload(self, place: Location | None) -> "Dataset":
        """Return the data at `place` as they are by now, whatever is kept.

        Raises:
            EngineError: when they are not to be had.
        """

        def read() -> "Dataset":
            self._data = self._trained = None
            return self.load(place)

        return await self.run(read)

    def load(self, place: Location | None) -> "Dataset":
        """Return the data at `place`; the last ones are kept. To be called in the thread."""
        from engine.data.dataset import load_dataset

        if self._data is None or self._data[0] != place:
            self._data = self._trained = None
            self._data = place, load_dataset(place)
        return self._data[1]

    def close(self) -> None:
        """Compute nothing more; wait for nothing."""
        self._is_closed = True
        self._thread.shutdown(wait=False, cancel_futures=True)


def _alone(work: Callable[[], Result]) -> Result:
    """Do the work with one BLAS thread: a screen is being drawn, and perhaps a run is under way beside it."""
    from engine.training.threads import limit_threads

    with limit_threads(1):
        return work()
