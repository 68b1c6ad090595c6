"""The stored runs: read, replayed, overlaid on the charts and queried without blocking the screen."""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from engine.commands import Query, QueryResult
from engine.errors import EngineError, StoreError
from engine.events import EpochEnded
from engine.sentences import N_, Sentence
from tui.session.background import BackgroundThread
from tui.session.run_state import RunState
from tui.text.phrases import NO_MEMORY

if TYPE_CHECKING:
    from engine.storage.run_comparison import Comparison
    from engine.storage.run_record import RunRecord
    from engine.storage.runs import RunStore
    from engine.storage.stored_model import StoredModel
    from tui.session.overlays import Overlay

Found = TypeVar("Found")


class StoredRuns:
    """Reads and writes the store in one thread, in order, and computes in the background thread.

    deleted: the runs that were deleted here, the last one at the end
    """

    def __init__(self, home: Path | None, background: BackgroundThread) -> None:
        """Use the store in the folder `home`, once it is asked for; without one every question fails."""
        self.home = home
        self._background = background
        self.deleted: list[str] = []
        self._is_closed = False
        self._store: RunStore | None = None
        self._storing = ThreadPoolExecutor(1, "storing")
        self._stored_model: tuple[tuple[str, int | None], StoredModel] | None = None

    async def ask(self, question: "Callable[[RunStore], Found]") -> Found:
        """Return what `question` finds in the store.

        Raises:
            StoreError: when that cannot be used.
        """
        if self._is_closed:
            raise asyncio.CancelledError
        return await asyncio.get_running_loop().run_in_executor(self._storing, self._ask, question)

    def _ask(self, question: "Callable[[RunStore], Found]") -> Found:
        if self._store is None:
            self._store = _opened(self.home)
            self._store.recover()
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

    async def replay(self, run: str) -> RunState:
        """Return what a stored run looked like at its end.

        Raises:
            StoreError: when it cannot be read.
        """
        return await self.ask(lambda store: _replayed(store, run))

    async def overlaid(self, run: str, state: RunState) -> "tuple[Overlay, ...]":
        """Return the overlays in `state` and, unless it is among them, the validation curves of one more run.

        Raises:
            StoreError: when they cannot be read, the run has none, or there are as many as can be told apart.
        """
        from tui.session.overlays import free_number, overlay_of

        overlay = await self.ask(lambda store: overlay_of(store, store.record(run)))
        overlays, number = state.overlays, free_number(state.overlays)
        if any(other.run == run for other in overlays):
            return overlays  # it was asked for again before it was read
        if not overlay.epochs:
            raise StoreError(N_("{name} has no curve: it did not complete an epoch."), name=overlay.label)
        if number is None:
            raise StoreError(
                N_("{count} runs are overlaid on the charts, the most that can be; o removes one."),
                count=len(overlays),
            )
        return (*overlays, replace(overlay, number=number))

    async def compare(self, first: "RunRecord", second: "RunRecord") -> "Comparison":
        """Return what there is to say of two runs.

        Raises:
            StoreError: when the store cannot be used.
        """
        return await self._background.run(partial(self._compare, first, second))

    def _compare(self, first: "RunRecord", second: "RunRecord") -> "Comparison":
        from engine.storage.run_comparison import compare

        try:
            dataset = self._background.load(first.data)
        except EngineError:
            dataset = None
        with contextlib.closing(_opened(self.home)) as store:
            return compare(store, first, second, dataset)

    async def data_problem(self, record: "RunRecord") -> Sentence | None:
        """Return why the data of a run are not to be had as it learned from them; None where they are.

        Only data of one's own are looked at: what the program brings along stays what it is.
        """
        if record.data is None:
            return None
        try:
            await self._background.run(lambda: self._background.data_of(record))
        except EngineError as error:
            return error.sentence
        except MemoryError:
            return NO_MEMORY
        return None

    async def answer(self, record: "RunRecord", question: Query) -> QueryResult | None:
        """Return what the best weights of a run say.

        Raises:
            EngineError: when they, or the data, are not to be had.
        """
        return await self._background.run(partial(self._answer, record, question))

    async def answer_for(self, state: RunState, question: Query) -> QueryResult | None:
        """Have the stored run that is shown answer a question.

        Return None where it cannot, for a reason that then stands in `state`, or when another run is shown.
        """
        asked, answer, missing = state.stored, None, None
        if asked is None:
            return None
        try:
            answer = await self.answer(asked.record, question)
        except EngineError as error:
            missing = error.sentence
        except MemoryError:
            missing = NO_MEMORY
        shown = state.stored
        if shown is None or shown.record.id != asked.record.id:
            return None
        if missing is not None:
            state.stored = replace(shown, missing=missing)
        return answer

    def _answer(self, record: "RunRecord", question: Query) -> QueryResult | None:
        weights = record.id, record.best_epoch  # of a run under way they change
        if self._stored_model is None or self._stored_model[0] != weights:
            from engine.storage.model_lookup import best_model
            from engine.storage.stored_model import StoredModel

            self._stored_model = None  # its memory is free for the next one
            with contextlib.closing(_opened(self.home)) as store:
                model = best_model(store, record)
            self._stored_model = (
                weights,
                StoredModel(
                    model,
                    self._background.data_of(record),
                    record.id,
                    is_own=record.started.network is not None,
                ),
            )
        return self._stored_model[1].answer(question)

    def close(self) -> None:
        """Close the store when what was asked is answered; wait for nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        self._storing.submit(self._close)
        self._storing.shutdown(wait=False)

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None


def _opened(home: Path | None) -> "RunStore":
    from engine.storage.runs import RunStore  # when it is needed: the first paint comes before

    if home is None:
        raise StoreError(N_("No runs are kept here: the app was opened without a folder for them."))
    return RunStore(home)


def _replayed(store: "RunStore", run: str) -> RunState:
    state = RunState()
    for event in store.history(run):
        state.fold(event)
    state.show_stored(store.record(run), store.unreadable_rows)
    return state
