"""The learning-rate finder of the app, without the app."""

from pathlib import Path

import pytest

from engine.errors import EngineError
from tests.runs import quick
from tui.session.background import BackgroundThread
from tui.session.learning_rate_finder import LearningRateFinder


async def test_the_test_is_seen_as_it_goes_on_and_ends_in_a_suggestion(background: BackgroundThread) -> None:
    counts = []
    async for test in LearningRateFinder(background).search(quick()):
        counts.append(len(test.points))
    assert counts[0] == 0
    assert counts == sorted(counts)
    suggestion = test.suggest().suggestion
    assert suggestion is not None
    assert test.rates[0] < suggestion < test.rates[-1]


async def test_data_that_are_not_there_are_an_error(tmp_path: Path) -> None:
    background = BackgroundThread(tmp_path / "gone.npz")
    with pytest.raises(EngineError):
        async for _test in LearningRateFinder(background).search(quick()):
            pass
    background.close()
