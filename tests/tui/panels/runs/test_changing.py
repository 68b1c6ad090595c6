"""What is done with a run: renamed, noted, deleted and had back, copied, run again, compared."""

import contextlib
import shutil
from pathlib import Path

import pytest
from textual.widgets import Input

from engine.commands import StartRun
from engine.storage.recorder import BEST
from engine.storage.runs import RunStore
from tests.tui.conftest import Open
from tests.tui.panels.runs.conftest import go_to, open_runs, records
from tests.tui.screen_text import lines, started
from tui.app.app import MlpApp
from tui.panels.messages import RunResumed
from tui.panels.runs.comparison import ComparisonView
from tui.panels.runs.table import RunTable


async def test_a_run_is_renamed_and_noted(opened: Open, home: Path) -> None:
    async with opened((80, 24), home=home) as stage:
        await open_runs(stage)
        await go_to(stage, "first")
        await stage.press("e")
        assert "Rename first: enter keeps it, escape leaves it" in stage.screen
        assert isinstance(stage.app.focused, Input)
        await stage.press(*" 1s", "enter")
        await stage.see("first 1s ·")
        assert isinstance(stage.app.focused, RunTable)
        await stage.press("t", *"for class 4", "enter")
        await stage.see("for class 4")
        kept = records(home)["first 1s"]
        assert kept.note == "for class 4"
        assert stage.app.main_screen.tabs.active == "runs"
        assert stage.sent == []


async def test_escape_leaves_name_and_note_as_they_were(opened: Open, home: Path) -> None:
    async with opened(home=home) as stage:
        await open_runs(stage)
        before = records(home)
        for key in "et":
            await stage.press(key, *"changed", "ctrl+z", "escape")
            assert isinstance(stage.app.focused, RunTable)
        await stage.press("e", "enter", "t", "enter")  # entered as they were
        await stage.pilot.pause()
        assert records(home) == before


async def test_no_character_that_steers_the_terminal_is_typed(opened: Open, home: Path) -> None:
    async with opened(home=home) as stage:
        await open_runs(stage)
        await stage.press("t")
        field = stage.app.focused
        assert isinstance(field, Input)
        field.insert_text_at_cursor("\x1b[31mred\x07")
        field.insert_text_at_cursor("运行")
        await stage.press("enter")
        await stage.see("运行")
        assert records(home)["fast"].note == "运行"


@pytest.mark.parametrize("keys", [("d", "u"), ("delete", "ctrl+z")])
async def test_a_deleted_run_is_had_back(opened: Open, home: Path, keys: tuple[str, str]) -> None:
    async with opened((80, 24), home=home) as stage:
        await open_runs(stage)
        await go_to(stage, "second")
        await stage.press("o", "c", keys[0])
        await stage.see("4 runs")
        assert stage.told == ["second is deleted; u restores it."]
        assert "second" not in records(home)
        await stage.until(lambda: not stage.app.state.overlays)
        await stage.press(keys[0])
        await stage.see("3 runs")
        await stage.press(keys[1])
        await stage.see("4 runs")
        assert "u undo" in stage.screen
        await stage.press(keys[1])
        await stage.see("5 runs")
        assert set(records(home)) == {"first", "second", "third", "left", "fast"}
        assert "u undo" not in stage.screen


async def test_the_last_run_can_be_deleted_and_had_back(opened: Open, home: Path) -> None:
    with contextlib.closing(RunStore(home)) as store:
        for record in store.records()[1:]:
            store.delete(record.id)
    async with opened(home=home) as stage:
        await stage.press("8")
        await stage.see("1 run")
        await stage.press("d")
        await stage.see("There is none yet.")
        await stage.press("u")
        await stage.see("1 run")
        assert isinstance(stage.app.focused, RunTable)


async def test_a_run_that_is_under_way_is_not_deleted(opened: Open, home: Path) -> None:
    async with opened(home=home) as stage:
        await open_runs(stage)
        with contextlib.closing(RunStore(home)) as store, store.lock_run(records(home)["fast"].id):
            await stage.press("d")
            await stage.until(lambda: bool(stage.told))
        assert "is under way in another program" in stage.told[0]
        assert len(records(home)) == 5


async def test_a_store_that_is_gone_is_told_and_nothing_breaks(opened: Open, home: Path) -> None:
    async with opened(home=home) as stage:
        await open_runs(stage)
        shutil.rmtree(home)
        await stage.press("d")
        await stage.until(lambda: bool(stage.told))
        assert "runs.db" in stage.told[0] or "cannot be" in stage.told[0]
        await stage.press("enter", "o", "c", "e", "x", "enter")
        assert stage.app._exception is None


async def test_the_command_is_copied_and_shown(opened: Open, home: Path, small_npz: Path) -> None:
    async with opened(home=home) as stage:
        await open_runs(stage)
        await go_to(stage, "second")
        await stage.press("y")
        command = stage.app.clipboard
        assert command.startswith("mlp-tui train --hidden 16 --optimizer adam --epochs 3 --batch-size 50")
        assert "--learning-rate" not in command
        assert command.endswith(f"--data {small_npz}")
        assert stage.told == [f"Copied: {command}"]


async def test_a_run_is_exported_into_a_file_that_is_not_there_yet(
    opened: Open, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened(home=home) as stage:
        await open_runs(stage)
        await go_to(stage, "second")
        await stage.press("x")
        await stage.see("Export second to which file?")
        await stage.press("enter")
        await stage.until(lambda: bool(stage.told))
        (report,) = tmp_path.glob("*.html")
        assert stage.told == [f"{report} holds the run second."]
        await stage.press("x", "enter")
        await stage.until(lambda: len(stage.told) == 2)
        assert "is there already" in stage.told[-1]
        await stage.press("x", *"no", "enter")
        await stage.until(lambda: len(stage.told) == 3)
        assert "its ending must be one of" in stage.told[-1]
        assert len(list(tmp_path.glob("*.html"))) == 1


async def test_a_run_is_started_again_with_its_settings(opened: Open, home: Path) -> None:
    async with opened(home=home) as stage:
        await open_runs(stage)
        await go_to(stage, "third")
        await stage.press("a")
        assert stage.sent == [StartRun(records(home)["third"].started.hyperparameters)]
        await stage.happen(started())
        await stage.press("a")
        assert stage.told[-1] == "A run is active; f4 stops it."
        assert len(stage.sent) == 1


async def test_resume_asks_for_the_run(opened: Open, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def process(_app: MlpApp, message: RunResumed) -> None:
        asked.append(message.run)

    monkeypatch.setattr(MlpApp, "on_run_resumed", process, raising=False)
    async with opened(home=home) as stage:
        await open_runs(stage)
        await go_to(stage, "left")
        await stage.press("r")
        assert asked == [records(home)["left"].id]


# Two runs side by side


async def test_two_runs_are_compared(opened: Open, home: Path) -> None:
    async with opened((80, 24), home=home) as stage:
        await open_runs(stage)
        await go_to(stage, "first")
        await stage.press("c")
        assert any("≠ first" in line for line in lines(stage.app))
        await go_to(stage, "third")
        assert "compare with this" in stage.screen
        await stage.press("c")
        await stage.see("McNemar's exact test")
        assert any("learning_rate" in line and "0.001" in line for line in lines(stage.app))
        assert any("hidden" in line and "8,8" in line for line in lines(stage.app))
        assert "Significant: first is better" in stage.screen
        assert isinstance(stage.app.focused, ComparisonView)
        assert "esc Back" in stage.screen.replace("▏", " ")
        await stage.press("o", "d", "r", "end")
        assert len(records(home)) == 5
        assert "predicted" in stage.screen
        assert any("⠀" < character <= "⣿" for character in stage.screen)
        await stage.press("escape")
        assert isinstance(stage.app.focused, RunTable)
        assert "5 runs" in stage.screen
        assert "≠" not in stage.screen


async def test_a_mark_is_dropped_by_the_same_key_or_escape(opened: Open, home: Path) -> None:
    async with opened(home=home) as stage:
        await open_runs(stage)
        for key in ("c", "escape"):
            await stage.press("c")
            assert "≠" in stage.screen
            await stage.press(key)
            assert "≠" not in stage.screen


async def test_what_cannot_be_compared_is_said(opened: Open, home: Path) -> None:
    (home / "checkpoints" / records(home)["first"].id / BEST).unlink()
    async with opened((80, 24), home=home) as stage:
        await open_runs(stage)
        await go_to(stage, "first")
        await stage.press("c", "up", "c")
        await stage.see("cannot be read")
        assert "test accuracy" in stage.screen
        await stage.press("escape")
        await go_to(stage, "first")
        await stage.press("c")
        await go_to(stage, "fast")
        await stage.press("c")
        await stage.see("diverged")
