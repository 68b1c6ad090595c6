"""Stored runs: replayed, laid over, questioned; without an app."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.commands import FetchPredictions, FetchWeights
from engine.errors import StoreError
from engine.events import Predictions, Weights
from tui.session.background import BackgroundThread
from tui.session.run_state import Phase, RunState
from tui.session.stored_runs import StoredRuns
from tui.text.language import translate


async def test_a_run_is_replayed_to_its_end(stored_runs: StoredRuns, ids: dict[str, str]) -> None:
    state = await stored_runs.replay(ids["first"])
    assert state.phase is Phase.ENDED
    assert len(state.epochs) == 3
    assert state.ended is not None
    assert state.ended.test_accuracy is not None
    assert state.stored is not None
    assert state.stored.record.name == "first"


async def test_a_run_that_is_not_there_and_a_store_that_is_not_there(
    stored_runs: StoredRuns, background: BackgroundThread
) -> None:
    with pytest.raises(StoreError):
        await stored_runs.replay("nobody")
    nowhere = StoredRuns(None, background)
    with pytest.raises(StoreError, match="No runs are kept here"):
        await nowhere.replay("nobody")
    nowhere.close()


async def test_the_best_weights_answer(stored_runs: StoredRuns, ids: dict[str, str]) -> None:
    state = await stored_runs.replay(ids["first"])
    assert state.ended is not None
    weights = await stored_runs.answer_for(state, FetchWeights())
    assert isinstance(weights, Weights)
    assert weights.run == ids["first"]
    best = state.ended.best_epoch
    assert best is not None
    predictions = await stored_runs.answer_for(state, FetchPredictions(best, "test"))
    assert isinstance(predictions, Predictions)
    right = float((predictions.predicted == predictions.labels).mean())
    assert right == state.ended.test_accuracy


async def test_why_a_run_cannot_answer_stands_in_the_state(
    stored_runs: StoredRuns, ids: dict[str, str], tmp_path: Path
) -> None:
    state = await stored_runs.replay(ids["first"])
    assert state.stored is not None
    gone = replace(state.stored.record, data=(tmp_path / "gone.npz"))
    state.stored = replace(state.stored, record=gone)
    assert await stored_runs.answer_for(state, FetchWeights()) is None
    assert state.stored.missing is not None
    assert "does not exist" in translate(state.stored.missing)
    assert await stored_runs.answer_for(RunState(), FetchWeights()) is None


async def test_an_answer_is_dropped_when_another_run_is_shown_by_then(
    stored_runs: StoredRuns, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    state, other = await stored_runs.replay(ids["first"]), await stored_runs.replay(ids["second"])

    async def slow(*_question: object) -> None:
        state.stored = other.stored
        raise StoreError("too late")

    monkeypatch.setattr(stored_runs, "answer", slow)
    assert await stored_runs.answer_for(state, FetchWeights()) is None
    assert state.stored is not None
    assert state.stored.missing is None


async def test_curves_are_laid_over_each_other_once(stored_runs: StoredRuns, ids: dict[str, str]) -> None:
    state = RunState()
    for name in ("first", "second", "second"):
        state.overlays = await stored_runs.overlaid(ids[name], state)
    assert [overlay.label for overlay in state.overlays] == ["first", "second"]
    assert [overlay.number for overlay in state.overlays] == [0, 1]
    assert [len(overlay.losses) for overlay in state.overlays] == [3, 3]


async def test_no_more_than_can_be_told_apart(stored_runs: StoredRuns, ids: dict[str, str]) -> None:
    state = RunState()
    (overlay,) = await stored_runs.overlaid(ids["first"], state)
    state.overlays = tuple(replace(overlay, run=str(number), number=number) for number in range(6))
    with pytest.raises(StoreError, match="6 runs are overlaid on the charts"):
        await stored_runs.overlaid(ids["second"], state)
