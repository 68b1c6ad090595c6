"""The stored runs, asked without waiting for the disk: every answer is awaited. No Textual in it."""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from engine.errors import EngineError, StoreError
from engine.events import EpochEnded, Explain, Explanation, Inspect, Predictions
from engine.wording import N_

if TYPE_CHECKING:
    from engine.data.dataset import Dataset
    from engine.storage.record import RunRecord
    from engine.storage.runs import RunStore
    from engine.storage.witness import Witness
    from tui.comparing import Comparison

Answer = TypeVar("Answer")


class Archive:
    """Reads and writes the store in one thread, and computes in another: each does one thing after the other.

    deleted: the runs that were deleted here, the last one at the end
    """

    def __init__(self, home: Path | None) -> None:
        """Use the store in the folder `home`, once it is asked for; without one every question fails."""
        self.home = home
        self.deleted: list[str] = []
        self._is_closed = False
        self._store: RunStore | None = None
        self._storing = ThreadPoolExecutor(1, "storing")
        self._computing = ThreadPoolExecutor(1, "computing")
        self._data: tuple[Path | None, Dataset] | None = None
        self._witness: tuple[str, Witness] | None = None

    async def ask(self, question: "Callable[[RunStore], Answer]") -> Answer:
        """Return what `question` finds in the store.

        Raises:
            StoreError: when that cannot be used.
        """
        return await self._done(self._storing, partial(self._ask, question))

    def _ask(self, question: "Callable[[RunStore], Answer]") -> Answer:
        if self._store is None:
            self._store = _opened(self.home)
            self._store.settle()
        try:
            return question(self._store)
        except StoreError:
            self._close()  # it may be there again, or another, when it is asked for the next time
            raise

    def look_up(self, run: str, epoch: int) -> EpochEnded | None:
        """Return an epoch of a run, without waiting for what else was asked; None if it is not to be had."""
        try:
            with contextlib.closing(_opened(self.home)) as store:
                return store.epoch(run, epoch)
        except StoreError:
            return None

    async def compare(self, first: "RunRecord", second: "RunRecord") -> "Comparison":
        """Return what there is to say of two runs.

        Raises:
            StoreError: when the store cannot be used.
        """
        return await self._done(self._computing, partial(self._compare, first, second))

    def _compare(self, first: "RunRecord", second: "RunRecord") -> "Comparison":
        from tui.comparing import compare, place_of

        try:
            dataset = self._dataset(place_of(first))
        except EngineError:
            dataset = None
        with contextlib.closing(_opened(self.home)) as store:
            return compare(store, first, second, dataset)

    async def answer(
        self, record: "RunRecord", question: Inspect | Explain
    ) -> Predictions | Explanation | None:
        """Return what the best weights of a run say.

        Raises:
            EngineError: when they, or the data, are not to be had.
        """
        return await self._done(self._computing, partial(self._answer, record, question))

    def _answer(self, record: "RunRecord", question: Inspect | Explain) -> Predictions | Explanation | None:
        if self._witness is None or self._witness[0] != record.id:
            from engine.storage import checkpoint
            from engine.storage.recorder import BEST
            from engine.storage.witness import Witness
            from tui.comparing import place_of

            self._witness = None  # its memory is free for the next one
            with contextlib.closing(_opened(self.home)) as store:
                model = checkpoint.load(store.checkpoints(record.id) / BEST)
            self._witness = record.id, Witness(model, self._dataset(place_of(record)))
        return self._witness[1].answer(question)

    def _dataset(self, place: Path | None) -> "Dataset":
        """Return the data at `place`; the last ones are kept."""
        from engine.data.dataset import load_dataset

        if self._data is None or self._data[0] != place:
            self._data = None
            self._data = place, load_dataset(place)
        return self._data[1]

    async def _done(self, thread: ThreadPoolExecutor, work: Callable[[], Answer]) -> Answer:
        """Return what comes of `work` in a thread; whoever asks when all is closed is told to stop."""
        if self._is_closed:
            raise asyncio.CancelledError
        return await asyncio.get_running_loop().run_in_executor(thread, work)

    def close(self) -> None:
        """Close the store when what was asked is answered; wait for nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        self._storing.submit(self._close)
        self._storing.shutdown(wait=False)
        self._computing.shutdown(wait=False, cancel_futures=True)

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None


def _opened(home: Path | None) -> "RunStore":
    from engine.storage.runs import RunStore  # when it is needed: the first paint comes before

    if home is None:
        raise StoreError(N_("No runs are kept here: the app was opened without a folder for them."))
    return RunStore(home)
