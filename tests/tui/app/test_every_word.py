"""Whatever is on the screen has come through the catalogue: seen in a language of wide letters."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.events import Paused
from tests.tui.conftest import Open
from tests.tui.screen_text import epoch_ended, matrix_of, predictions, run_ended, started
from tests.wide_letters import escaped, wide_letters


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with wide_letters(monkeypatch):
        yield


async def test_every_tab_before_during_and_after_a_run(opened: Open) -> None:
    made = predictions({3: (8, 0.7), 5: (4, 0.6)})
    matrix = matrix_of(made)
    async with opened((120, 40)) as stage:
        notable_events = (
            (),
            (started(),),
            (epoch_ended(1, matrix), Paused(1, 844, 844)),
            (run_ended(matrix), made),
        )
        for events in notable_events:
            await stage.happen(*events)
            for tab in "1234":
                await stage.press(tab)
                assert escaped(stage.screen) == set(), stage.screen


async def test_the_help_and_the_form(opened: Open) -> None:
    async with opened((120, 40)) as stage:
        await stage.press("f2", "f1")
        for _field in range(24):
            assert escaped(stage.screen) == set(), stage.screen
            await stage.press("tab")


async def test_the_learning_rate_finder(opened: Open, small_npz: Path) -> None:
    async with opened((120, 40), data=small_npz) as stage:
        await stage.press("f6")
        await stage.until(lambda: "┆" in stage.screen)
        await stage.pilot.pause()
        assert escaped(stage.screen) == set(), stage.screen
