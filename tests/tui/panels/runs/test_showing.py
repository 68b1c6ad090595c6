"""A stored run on the screen: opened in all panels, its images worked out, its curves laid over others."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from engine.commands import ExplainPrediction, FetchPredictions
from engine.data.dataset import Dataset
from engine.events import DataLoaded, EpochEnded, HyperparameterChanged
from engine.storage.recorder import BEST, record_run
from engine.storage.runs import RunStore
from engine.training.trainer import Trainer
from engine.watching import sources
from tests.runs import quick
from tests.tui.conftest import Open, Stage
from tests.tui.panels.runs.conftest import changing, go_to, open_runs, records
from tests.tui.screen_text import MNIST, epoch_ended, lines, matrix_of, predictions, run_ended, started
from tui.cli.exit_summary import exit_summary
from tui.panels.runs.table import RunTable
from tui.session.run_state import Phase

MATRIX = matrix_of(predictions({}))


async def open_run(stage: Stage, name: str) -> None:
    await open_runs(stage)
    await go_to(stage, name)
    await stage.press("enter")
    await stage.until(lambda: stage.app.state.stored is not None)
    await stage.pilot.pause()


async def test_all_panels_show_a_stored_run_as_it_was(opened: Open, home: Path) -> None:
    record = records(home)["first"]
    async with opened((80, 24), home=home) as stage:
        await open_run(stage, "first")
        assert stage.app.main_screen.tabs.active == "train"
        assert "Stored run first: completed" in lines(stage.app)[0]
        assert f"test accuracy {100 * (record.test_accuracy or 0):.2f}%" in lines(stage.app)[0]
        assert "Best epoch" in stage.screen
        with contextlib.closing(RunStore(home)) as store:
            assert stage.app.state.epochs == list(store.epochs(record.id))
        await stage.press("2")
        assert "Test set, weights of epoch" in stage.screen
        await stage.press("left_square_bracket")
        assert "Validation set, epoch 4 of 4" in stage.screen
        await stage.press("left_curly_bracket")
        assert "Validation set, epoch 1 of 4" in stage.screen
        await stage.press("3")
        misclassified = 200 - round(200 * (record.test_accuracy or 0))
        await stage.see(f"1 of {misclassified}")
        assert "predicted" in stage.screen
        await stage.press("w")
        await stage.see("The nearest training image")
        assert stage.sent == []  # the training process was asked for nothing


async def test_a_run_that_another_program_trains_is_followed_to_its_end(
    opened: Open, tmp_path: Path, small_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "BETWEEN_LOOKS", 0.0)
    trainer = Trainer(quick(epochs=4), small_dataset, name="elsewhere")
    events = record_run(trainer, tmp_path)
    assert any(isinstance(event, EpochEnded) for event in events)  # and there it waits
    async with opened(home=tmp_path) as stage:
        await stage.press("8")
        await stage.see("elsewhere")
        await stage.press("enter")
        await stage.see("Watching elsewhere")
        await stage.until(lambda: len(stage.app.state.epochs) == 1)
        assert sum(isinstance(event, EpochEnded) for event in events) == 3
        await stage.until(lambda: stage.app.state.phase is Phase.ENDED)
        assert [epoch.epoch for epoch in stage.app.state.epochs] == [1, 2, 3, 4]
        assert stage.sent == []


async def test_a_cell_of_an_earlier_epoch_says_whose_images_are_shown(opened: Open, home: Path) -> None:
    async with opened((80, 24), home=home) as stage:
        await open_run(stage, "first")
        best = stage.app.state.best
        assert best is not None
        other = next(epoch for epoch in (4, 3) if epoch != best.epoch)
        await stage.press("2", *["left_square_bracket"] * (5 - other), "enter")
        await stage.see(f"the best weights are asked, of epoch {best.epoch}")
        assert f"validation set, epoch {best.epoch}" in stage.screen


async def test_a_run_that_was_left_shows_validation_images_of_its_best_weights(
    opened: Open, home: Path
) -> None:
    async with opened(home=home) as stage:
        await open_run(stage, "left")
        assert "Stored run left: interrupted" in lines(stage.app)[0]
        assert stage.app.state.phase is Phase.ENDED
        await stage.press("3")
        await stage.see("validation set, epoch")
        assert "has ended" not in stage.screen


async def test_a_run_that_diverged_says_so(opened: Open, home: Path) -> None:
    async with opened(home=home) as stage:
        await open_run(stage, "fast")
        assert "Stored run fast: diverged" in lines(stage.app)[0]
        assert "Diverged at epoch" in stage.screen
        for tab in "23":
            await stage.press(tab)
            assert "ctrl+r starts another" in stage.screen


async def test_a_run_that_failed_says_why(opened: Open, home: Path) -> None:
    with contextlib.closing(RunStore(home)) as store:
        store.set_state(store.find("left").id, "failed", "The disk \x1b[31mburns.")
    async with opened(home=home) as stage:
        await open_run(stage, "left")
        assert "Stored run left: failed" in lines(stage.app)[0]
        assert "burns." in stage.screen
        assert "\x1b" not in stage.screen


@pytest.mark.parametrize("gone", ["weights", "data", "other data"])
async def test_images_that_cannot_be_had_are_missed_in_words(
    opened: Open, home: Path, tmp_path: Path, gone: str
) -> None:
    record = records(home)["first"]
    text = {
        "weights": "cannot be read",
        "data": "gone.npz, which does not exist any more",
        "other data": "learned from small.npz, of which no place is kept",
    }
    if gone == "weights":
        (home / "checkpoints" / record.id / BEST).unlink()
    else:
        place = str(tmp_path / "gone.npz") if gone == "data" else None  # the data in the program
        with changing(home) as connection:
            connection.execute("UPDATE runs SET data = ?", (place,))
    async with opened((80, 24), home=home) as stage:
        await open_run(stage, "first")
        if gone == "data":  # what the program brings along is not looked at
            await stage.until(lambda: bool(stage.told))
            assert text["data"] in stage.told[0]
            stage.app.clear_notifications()
        await stage.press("3")
        await stage.see("that fails:")
        stored = stage.app.state.stored
        assert stored is not None
        assert text[gone] in str(stored.missing)
        assert str(stored.missing).split()[-1] in stage.screen
        await stage.press("1")
        assert "Best epoch" in stage.screen


@pytest.mark.parametrize("phase", [Phase.RUNNING, Phase.PAUSED])
async def test_a_run_that_is_active_is_not_pushed_aside(opened: Open, home: Path, phase: Phase) -> None:
    async with opened(home=home) as stage:
        await open_runs(stage)
        await stage.happen(started())
        stage.app.state.phase = phase
        await stage.press("enter")
        assert stage.told == ["A stored run can be shown when the run that is active has ended; f4 stops it."]
        assert stage.app.state.stored is None


async def test_the_run_that_has_just_ended_is_shown_as_it_is(opened: Open, home: Path) -> None:
    begun = started(records(home)["first"].id)
    async with opened(home=home) as stage:
        await stage.happen(begun, epoch_ended(1, MATRIX), run_ended(MATRIX, best_epoch=1))
        await open_runs(stage)
        await go_to(stage, "first")
        await stage.press("enter")
        assert stage.app.main_screen.tabs.active == "train"
        assert stage.app.state.stored is None


async def test_a_new_run_takes_the_place_of_a_stored_one_at_once(opened: Open, home: Path) -> None:
    async with opened(home=home) as stage:
        await open_run(stage, "first")
        assert exit_summary(stage.app.state) == ""
        await stage.press("ctrl+r")
        assert len(stage.sent) == 1
        await stage.happen(started("r2"))
        assert stage.app.state.stored is None
        assert "Running" in lines(stage.app)[0]
        await stage.press("2", "3")
        assert not any(isinstance(command, FetchPredictions | ExplainPrediction) for command in stage.sent)


async def test_a_run_can_be_opened_while_the_data_load(opened: Open, home: Path) -> None:
    async with opened(home=home, loaded=False) as stage:
        await open_run(stage, "first")
        await stage.happen(DataLoaded(MNIST))
        assert "Stored run first" in lines(stage.app)[0]
        assert stage.app.state.data == MNIST


async def test_live_changes_are_marked_as_they_were(opened: Open, home: Path) -> None:
    run = records(home)["first"].id
    with contextlib.closing(RunStore(home)) as store:
        change = HyperparameterChanged(2, 3, 14, "learning_rate", 0.1, 0.05)
        store.add_events(run, [change], store.record(run).hyperparameters)
    async with opened(home=home) as stage:
        await open_run(stage, "first")
        assert "learning_rate 0.1 → 0.05" in stage.screen


# Laid over


async def test_curves_lie_over_the_charts_and_come_off_again(opened: Open, home: Path) -> None:
    async with opened((80, 24), home=home) as stage:
        await open_runs(stage)
        await go_to(stage, "first")
        await stage.press("o")
        await stage.until(lambda: len(stage.app.state.overlays) == 1)
        await stage.press("up", "o")
        await stage.until(lambda: len(stage.app.state.overlays) == 2)
        await stage.pilot.pause()
        assert "▲ first" in stage.screen
        assert "▸■ second" in stage.screen
        await stage.press("1")
        kept = records(home)
        with contextlib.closing(RunStore(home)) as store:
            last = store.epoch_metrics(kept["first"].id)[-1]
        assert f"▲ first {last.validation_loss:.4f}" in stage.screen
        assert "■ second" in stage.screen
        await stage.happen(started(), epoch_ended(1, MATRIX))  # they stay over another run
        assert "▲ first" in stage.screen
        await stage.press("8")
        await stage.press("down")
        assert stage.app.query_one(RunTable).run == kept["first"].id
        await stage.press("o")
        await stage.until(lambda: len(stage.app.state.overlays) == 1)
        await stage.press("1")
        assert "first" not in stage.screen
        assert "■ second" in stage.screen  # its marker stays with it


async def test_a_marker_that_is_free_is_given_again(opened: Open, home: Path) -> None:
    async with opened(home=home) as stage:
        await open_runs(stage)
        for name in ("first", "second", "first", "third"):
            before = stage.app.state.overlays
            await go_to(stage, name)
            await stage.press("o")
            await stage.until(lambda before=before: stage.app.state.overlays != before)  # type: ignore[misc]
        assert [(o.label, o.number) for o in stage.app.state.overlays] == [("second", 1), ("third", 0)]


async def test_a_run_without_an_epoch_has_no_curve(opened: Open, home: Path) -> None:
    run = records(home)["fast"].id
    with contextlib.closing(sqlite3.connect(home / "runs.db")) as connection:
        connection.execute("DELETE FROM epochs WHERE run = ?", (run,))
        connection.commit()
    async with opened(home=home) as stage:
        await open_runs(stage)
        await go_to(stage, "fast")
        await stage.press("o")
        await stage.until(lambda: bool(stage.told))
        assert stage.told == ["fast has no curve: it did not complete an epoch."]


async def test_more_than_six_are_refused(opened: Open, home: Path) -> None:
    with changing(home) as connection:
        first = dict(connection.execute("SELECT * FROM runs WHERE name = 'first'").fetchone())
        curves = [
            dict(row) for row in connection.execute("SELECT * FROM epochs WHERE run = ?", (first["id"],))
        ]
        for number in range(2):
            for table, rows in (("runs", [first]), ("epochs", curves)):
                for row in rows:
                    key = "id" if table == "runs" else "run"
                    copy = row | {key: f"copy-{number}"}
                    places = ", ".join("?" * len(copy))
                    connection.execute(
                        f"INSERT INTO {table} ({', '.join(copy)}) VALUES ({places})", tuple(copy.values())
                    )
        connection.execute("DELETE FROM runs WHERE name = 'fast'")
    async with opened((80, 24), home=home) as stage:
        await stage.press("8")
        await stage.see("6 runs")
        await stage.press("home")
        for count in range(1, 7):
            await stage.press("o", "down")
            await stage.until(lambda count=count: len(stage.app.state.overlays) == count)  # type: ignore[misc]
        with contextlib.closing(RunStore(home)) as store:
            store.restore(store.records()[0].id)
        stage.app.state.overlays = tuple(
            overlay if overlay.number else overlay.__class__("other", "other", 0, (), (), 1)
            for overlay in stage.app.state.overlays
        )
        await stage.press("home", "o")
        assert stage.told == ["6 runs are overlaid on the charts, the most that can be; o removes one."]
        await stage.press("1")
        assert "┤" in stage.screen  # there is room for a plot below the legend
