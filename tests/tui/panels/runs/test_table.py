"""The table: what stands in it, how it is sorted and filtered, what it says when it is empty."""

import contextlib
import dataclasses
import shutil
import sqlite3
from pathlib import Path

import pytest
from textual.widgets import Input

from engine.events import BatchEnded
from engine.storage.runs import RunStore
from tests.tui.conftest import Open, Stage
from tests.tui.panels.runs.conftest import NAMES, changing, go_to, open_runs, records
from tests.tui.screen_text import SIZES, epoch_ended, lines, matrix_of, predictions, run_ended, started
from tui.panels.runs.columns import COLUMNS, Row, fitting, in_order
from tui.panels.runs.table import RunTable
from tui.text.glyphs import use_ascii
from tui.text.language import use_language

MATRIX = matrix_of(predictions({}))


def listed(stage: Stage) -> list[str]:
    """Return the names in the table, from top to bottom."""
    table = stage.app.query_one(RunTable)
    return [row.record.name for row in table._rows]


async def test_all_runs_are_there_the_newest_first(opened: Open, home: Path) -> None:
    async with opened((80, 24), home=home) as stage:
        await open_runs(stage)
        assert listed(stage) == list(NAMES[::-1])
        shown = records(home)["first"]
        line = next(line for line in lines(stage.app) if " first " in line)
        assert f"{100 * (shown.test_accuracy or 0):.2f}%" in line
        assert f"{100 * (shown.best_validation_accuracy or 0):.2f}%" in line
        assert "completed" in line
        assert "4/4" in line
        assert "sgd" in line
        assert "interrupted" in stage.screen
        assert "diverged" in stage.screen
        assert isinstance(stage.app.focused, RunTable)


@pytest.mark.parametrize("size", SIZES)
async def test_the_run_under_the_cursor_is_told_in_full(
    opened: Open, home: Path, size: tuple[int, int]
) -> None:
    async with opened(size, home=home) as stage:
        await open_runs(stage)
        await go_to(stage, "third")
        assert "third · 784-8-8-10" in stage.screen
        assert "mlp-tui train --hidden 8,8 --learning-rate 0.001" in stage.screen
        assert "no note" in stage.screen


async def test_arrows_sort_by_the_next_column_and_i_turns_it_round(opened: Open, home: Path) -> None:
    async with opened(home=home) as stage:
        await open_runs(stage)
        await stage.press("i")
        assert listed(stage) == list(NAMES)
        await stage.press("left")
        assert "name ▲" in stage.screen
        assert listed(stage) == sorted(NAMES)
        await stage.press("i")
        assert listed(stage) == sorted(NAMES, reverse=True)
        test = next(number for number, column in enumerate(COLUMNS) if column.name == "test")
        await stage.press(*["right"] * test)
        kept = records(home)
        tested = sorted(
            ("first", "second", "third"), key=lambda name: kept[name].test_accuracy or 0, reverse=True
        )
        assert listed(stage)[:3] == tested
        await stage.press("i")
        assert listed(stage)[:3] == tested[::-1]  # those without a figure stay at the end
        assert set(listed(stage)[3:]) == {"left", "fast"}


async def test_a_click_on_a_heading_sorts_and_one_on_a_run_goes_there(opened: Open, home: Path) -> None:
    async with opened((80, 24), home=home) as stage:
        await open_runs(stage)
        row = next(number for number, line in enumerate(lines(stage.app)) if " name " in line)
        column = lines(stage.app)[row].index("name")
        await stage.pilot.click(offset=(column, row))
        await stage.pilot.pause()
        assert listed(stage) == sorted(NAMES)
        await stage.pilot.click(offset=(column, row))
        await stage.pilot.pause()
        assert listed(stage) == sorted(NAMES, reverse=True)
        await stage.pilot.click(offset=(column, row + 2))
        await stage.pilot.pause()
        assert stage.app.query_one(RunTable)._at == 1
        await stage.pilot.hover(offset=(column, row + 3))
        strips = stage.app.screen._compositor.render_strips()
        hovered, other = (strips[y].crop(column, column + 1)._segments[0].style for y in (row + 3, row + 4))
        assert hovered is not None and other is not None and hovered.bgcolor != other.bgcolor
        await stage.pilot.click(offset=(column, row + 2), times=2)
        await stage.until(lambda: stage.app.state.stored is not None)


async def test_a_filter_takes_letters_and_digits(opened: Open, home: Path) -> None:
    async with opened((80, 24), home=home) as stage:
        await open_runs(stage)
        await stage.press("slash", *"sn1 adam")
        assert isinstance(stage.app.focused, Input)
        assert listed(stage) == []
        assert "In none of the 5 runs “sn1 adam” is found" in stage.screen
        assert stage.app.main_screen.tabs.active == "runs"
        await stage.press(*["backspace"] * 8, *"Adam sec")
        assert listed(stage) == ["second"]
        assert "1 of 5 runs has “Adam sec”" in stage.screen
        assert "escape shows all" in stage.screen
        await stage.press("enter")
        assert isinstance(stage.app.focused, RunTable)
        assert listed(stage) == ["second"]
        await stage.press("escape")
        assert len(listed(stage)) == 5
        await stage.press("f", *"nothing", "escape")
        assert len(listed(stage)) == 5
        assert stage.sent == []


async def test_a_filter_that_finds_nothing_can_be_left(opened: Open, home: Path) -> None:
    async with opened(home=home) as stage:
        await open_runs(stage)
        await stage.press("slash", *"nothing", "enter")
        assert "In none of the 5 runs" in stage.screen
        await stage.press("escape")
        assert len(listed(stage)) == 5
        assert isinstance(stage.app.focused, RunTable)


@pytest.mark.parametrize("size", SIZES)
async def test_an_empty_tab_says_why(opened: Open, tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(size, home=tmp_path / "new") as stage:
        await stage.press("8")
        await stage.see("Every run is stored here as it trains")
        assert "ctrl+r starts a run." in stage.screen
        for key in ("enter", "o", "c", "r", "a", "e", "t", "y", "d", "u", "i", "left", "slash"):
            await stage.press(key)
        assert stage.told == []
    async with opened(size) as stage:
        await stage.press("8")
        await stage.see("No runs are kept here")


async def test_a_store_that_cannot_be_read_says_why_and_may_come_back(opened: Open, home: Path) -> None:
    kept = (home / "runs.db").read_bytes()
    (home / "runs.db").write_bytes(b"no database" * 100)
    async with opened((80, 24), home=home) as stage:
        await stage.press("8")
        await stage.see("The stored runs cannot be shown.")
        assert "database of mlp-tui" in stage.screen
        (home / "runs.db").write_bytes(kept)
        await stage.press("1", "8")
        await stage.see("5 runs")


async def test_a_row_that_is_damaged_hides_no_other_and_is_counted(opened: Open, home: Path) -> None:
    with contextlib.closing(sqlite3.connect(home / "runs.db")) as connection:
        connection.execute("UPDATE runs SET started = '[]' WHERE name = 'third'")
        connection.commit()
    async with opened(home=home) as stage:
        await stage.press("8")
        await stage.see("(1 is damaged)")
        assert "first" in stage.screen
        assert "third" not in stage.screen


@pytest.mark.parametrize("size", [*SIZES, (250, 70)])
async def test_hostile_names_and_notes_are_harmless(opened: Open, home: Path, size: tuple[int, int]) -> None:
    with changing(home) as connection:
        connection.execute("UPDATE runs SET name = ?", ("\x1b[31m[bold]red[/]\x07\u202e\n运行" * 9,))
        connection.execute("UPDATE runs SET note = ?", ("[@click=app.quit]x[/]\x1b]0;title\x07" * 900,))
    async with opened(size, home=home) as stage:
        await open_runs(stage)
        text = "\n".join(lines(stage.app))
        assert not any(character in text for character in "\x1b\x07\u202e")
        assert "[31m[bold]" in text
        assert all(line.rstrip("\n").isprintable() for line in lines(stage.app))
        await stage.press("enter")
        await stage.until(lambda: stage.app.state.stored is not None)
        assert "\x1b" not in stage.screen


def test_columns_give_way_where_there_is_no_room(home: Path) -> None:
    rows = [Row.of(record) for record in records(home).values()]
    before = len(COLUMNS) + 1
    for room in (250, 150, 110, 72, 60, 40, 20, 5, 0):
        chosen = fitting(rows, room, 1)
        gaps = (2 if room >= 110 else 1) * max(0, len(chosen) - 1)
        assert sum(width for _number, width in chosen) + gaps <= room
        assert len(chosen) <= before
        assert [number for number, _width in chosen] == sorted(number for number, _width in chosen)
        before = len(chosen)
    names = {COLUMNS[number].name for number, _width in fitting(rows, 30, 1)}
    assert {"name", "validation", "test"} <= names
    assert "note" not in names


def test_what_has_no_figure_comes_last_in_either_order(home: Path) -> None:
    rows = [Row.of(record) for record in records(home).values()]
    column = next(column for column in COLUMNS if column.name == "test")
    for turned in (False, True):
        accuracies = [row.record.test_accuracy for row in in_order(rows, column, turned=turned)]
        there = [accuracy for accuracy in accuracies if accuracy is not None]
        assert accuracies == [*sorted(there, reverse=not turned), None, None]


async def test_a_thousand_runs_can_be_gone_through(opened: Open, home: Path) -> None:
    with changing(home) as connection:
        fields = dict(connection.execute("SELECT * FROM runs WHERE name = 'first'").fetchone())
        names = ", ".join(fields)
        for number in range(995):
            copy = fields | {"id": f"copy-{number}", "name": f"copy {number}", "created": float(number)}
            places = ", ".join("?" * len(copy))
            connection.execute(f"INSERT INTO runs ({names}) VALUES ({places})", tuple(copy.values()))
    async with opened((80, 24), home=home) as stage:
        await stage.press("8")
        await stage.see("1,000 runs")
        await stage.press("end")
        assert "copy 0" in stage.screen
        await stage.press("pageup", "up")
        assert "copy 0 " not in stage.screen
        await stage.press("home")
        assert "fast" in stage.screen


async def test_runs_come_and_change_while_one_is_active(
    opened: Open, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.panels.runs.panel.BETWEEN_READINGS", 0.0)
    async with opened(home=home) as stage:
        await open_runs(stage)
        begun = dataclasses.replace(started("20300101-000000-aaaa"), name="live")
        with contextlib.closing(RunStore(home)) as store:
            store.begin_run(begun)
            await stage.happen(begun)
            await stage.see("6 runs")
            epoch = epoch_ended(1, MATRIX)
            store.add_events(begun.run, [epoch], begun.hyperparameters)
            await stage.happen(epoch)
            await stage.see("1/10")
            ended = run_ended(MATRIX, best_epoch=1)
            store.end_run(begun.run, ended, "completed")
            await stage.happen(ended)
            await stage.until(lambda: any(" live " in line and "97.00%" in line for line in lines(stage.app)))


async def test_a_batch_alone_does_not_read_the_store(opened: Open, home: Path) -> None:
    async with opened(home=home) as stage:
        await open_runs(stage)
        await stage.happen(started())
        await stage.see("5 runs")
        shutil.rmtree(home)
        await stage.happen(BatchEnded(1, 5, 844, 5, 1.0, 1.0, 0.5, 0.1, 1.0, 0.1, 1000.0))
        assert len(listed(stage)) == 5


@pytest.mark.parametrize("size", SIZES)
async def test_it_stands_in_line_in_chinese_and_in_ascii(
    opened: Open, home: Path, size: tuple[int, int]
) -> None:
    use_language("zh")
    async with opened(size, home=home) as stage:
        await stage.press("8")
        await stage.see("5 次运行")
        assert "已完成" in stage.screen
        await stage.app.switch_language("en")
        await stage.see("5 runs")
    use_ascii(True)
    try:
        async with opened(size, home=home) as stage:
            await open_runs(stage)
            await stage.press("o", "c")
            assert all(line.isascii() for line in lines(stage.app))
    finally:
        use_ascii(False)


@pytest.mark.parametrize("size", [(30, 8), (1, 1), (80, 24), (250, 70)])
async def test_any_size_is_drawn(opened: Open, home: Path, size: tuple[int, int]) -> None:
    async with opened((80, 24), home=home) as stage:
        await open_runs(stage)
        await stage.pilot.resize_terminal(*size)
        await stage.pilot.pause()
        await stage.press("down", "right", "c", "down", "c")
        await stage.pilot.resize_terminal(80, 24)
        await stage.pilot.pause()
        assert stage.app._exception is None
