"""The whole: sizes, themes, ASCII, the palette, what is asked, what is kept, and a screen made anew."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input
from textual.widgets._toast import Toast

from engine.commands import StartRun
from engine.data.dataset import Dataset
from engine.events import DataLoaded, NumericsChanged, OwnNetwork, Printed, RunEnded, StorageFailed
from engine.hyperparameters import Hyperparameters
from engine.sentences import Sentence
from engine.storage.recorder import record_run
from engine.training.trainer import Trainer
from engine.watching.sources import FileSource
from tests.runs import quick
from tests.tui.conftest import Open, ScriptedWorker, Stage
from tests.tui.screen_text import MNIST, SIZES, epoch_ended, lines, matrix_of, predictions, run_ended, started
from tests.tui.session.test_run_state import batch
from tui.app.app import MlpApp
from tui.app.themes import DEFAULT_THEME
from tui.panels.confusion import ConfusionPanel
from tui.panels.messages import OwnNetworkWanted
from tui.panels.tab_titles import TABS
from tui.session.settings import Settings, read_settings
from tui.text.glyphs import use_ascii
from tui.widgets.chart import Chart
from tui.widgets.field_list import ValueInput
from tui.widgets.file_prompt import FilePrompt

TEST = predictions({0: (3, 0.8), 1: (8, 0.7)})
FINISHED = (started(), epoch_ended(1, matrix_of(TEST)), run_ended(matrix_of(TEST)), TEST)


# Sizes


@pytest.mark.parametrize("size", [(79, 24), (80, 23), (30, 8), (1, 1)])
async def test_too_small_a_terminal_says_which_size_is_needed(opened: Open, size: tuple[int, int]) -> None:
    async with opened((80, 24)) as stage:
        await stage.press("f2")
        assert isinstance(stage.app.focused, ValueInput)
        await stage.pilot.resize_terminal(*size)
        await stage.pilot.pause()
        if size >= (30, 8):
            assert f"{size[0]}x{size[1]} is too small; 80x24 is needed." in stage.screen
        assert "learning_rate" not in stage.screen
        await stage.press("ctrl+r")
        assert stage.sent == [StartRun(Hyperparameters())]
        await stage.happen(*FINISHED)
        await stage.pilot.resize_terminal(80, 24)
        await stage.pilot.pause()
        assert isinstance(stage.app.focused, Chart)  # the run has closed the drawer
        assert "Best epoch" in stage.screen


async def test_the_focus_comes_back_when_there_is_room_again(opened: Open) -> None:
    async with opened((120, 40)) as stage:
        await stage.press("f2")
        field = stage.app.focused
        await stage.pilot.resize_terminal(60, 20)
        await stage.until(lambda: stage.app.focused is None)
        await stage.pilot.resize_terminal(120, 40)
        await stage.until(lambda: stage.app.focused is field)


async def test_ctrl_q_leaves_a_terminal_that_is_too_small(opened: Open) -> None:
    async with opened((40, 10)) as stage:
        worker = stage.worker
        await stage.press("ctrl+q")
    assert not worker.is_alive


# ASCII


@pytest.fixture
def plain() -> Iterator[None]:
    use_ascii(True)
    yield
    use_ascii(False)


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("size", SIZES)
async def test_with_ascii_every_character_on_the_screen_is_ascii(opened: Open, size: tuple[int, int]) -> None:
    async with opened(size) as stage:

        def look() -> None:
            text = "\n".join(lines(stage.app))
            assert text.isascii(), {character for character in text if not character.isascii()}
            assert all(line.cell_length == size[0] for line in stage.app.screen._compositor.render_strips())

        look()
        await stage.happen(started(), batch(412, 1))
        look()
        await stage.happen(*FINISHED[1:])
        for keys in (("2",), ("3",), ("f1",), ("f1", "1"), ("f2", "tab", "enter"), ("escape", "ctrl+p")):
            await stage.press(*keys)
            look()
        await stage.pilot.resize_terminal(60, 20)
        assert "\n".join(lines(stage.app)).isascii()


@pytest.mark.usefixtures("plain")
async def test_with_ascii_a_key_is_called_by_its_name(opened: Open) -> None:
    async with opened() as stage:
        await stage.happen(*FINISHED)
        await stage.press("2")
        assert "enter Show these images" in lines(stage.app)[-1]
        assert "⏎" not in stage.screen


# Themes and what is kept


async def test_the_theme_is_kept_and_is_there_at_the_first_paint(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    app = MlpApp(worker_factory=ScriptedWorker, settings=read_settings(file))
    async with app.run_test() as pilot:
        assert app.theme == DEFAULT_THEME
        assert not file.exists()
        app.theme = "nord"
        await pilot.pause()
    again = MlpApp(worker_factory=ScriptedWorker, settings=read_settings(file))
    assert again.theme == "nord"
    async with again.run_test() as pilot:
        await pilot.pause()
        again.theme = DEFAULT_THEME
        await pilot.pause()
    assert read_settings(file).theme == DEFAULT_THEME


async def test_what_cannot_be_kept_is_told(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with opened() as stage:
        stage.app.settings = Settings(path=tmp_path / "file" / "settings.json")
        stage.app.theme = "nord"
        await stage.until(lambda: bool(stage.told))
        assert "The choice is not kept: " in stage.told[0]


async def test_other_data_are_asked_for_by_the_palette(opened: Open) -> None:
    async with opened((80, 24)) as stage:
        commands = {c.title: c.callback for c in stage.app.get_system_commands(stage.app.screen)}
        stage.app.call_later(commands["Open data"])
        await stage.until(lambda: isinstance(stage.app.focused, Input))
        assert stage.app.main_screen.tabs.active == "data"
        assert stage.app.screen.query_one(FilePrompt).has_focus_within


async def test_a_theme_that_does_not_exist_is_not_taken() -> None:
    app = MlpApp(worker_factory=ScriptedWorker, settings=Settings(theme="no such theme"))
    async with app.run_test():
        assert app.theme == DEFAULT_THEME


async def test_settings_that_cannot_be_read_are_told_once(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text("{")
    settings = read_settings(tmp_path / "settings.json")
    app = MlpApp(worker_factory=ScriptedWorker, settings=settings)
    async with app.run_test(notifications=True) as pilot:
        await pilot.pause()
        (notification,) = app._notifications
        assert "cannot be read and are ignored" in notification.message


# Notifications


@pytest.mark.parametrize("size", SIZES)
async def test_a_notification_leaves_free_what_it_speaks_of(opened: Open, size: tuple[int, int]) -> None:
    async with opened(size) as stage:
        await stage.happen(*FINISHED)
        await stage.press("ctrl+c")
        await stage.until(lambda: bool(stage.app.screen.query(Toast)))
        toast = stage.app.screen.query_one(Toast).region
        assert toast.y >= 3
        assert toast.bottom <= size[1] // 2
        assert toast.right <= size[0]
        assert toast.x >= stage.app.query_one("#drawer").outer_size.width
        assert "Completed: test accuracy" in " ".join(lines(stage.app)[size[1] - 9 :])


@pytest.mark.parametrize("size", SIZES)
async def test_a_notification_leaves_free_the_columns_of_the_runs(
    opened: Open, size: tuple[int, int], tmp_path: Path, small_dataset: Dataset
) -> None:
    list(record_run(Trainer(quick(epochs=1), small_dataset, name="kept"), tmp_path))
    async with opened(size, home=tmp_path) as stage:
        await stage.press("8")
        await stage.see("kept")
        before = lines(stage.app)
        heading = next(row for row, line in enumerate(before) if "when" in line)
        await stage.press("ctrl+c")
        await stage.until(lambda: bool(stage.app.screen.query(Toast)))
        toast = stage.app.screen.query_one(Toast).region
        assert toast.y > heading + 1
        assert toast.bottom < size[1]
        assert lines(stage.app)[heading] == before[heading]


async def test_where_there_is_no_shell_ctrl_z_says_so(opened: Open) -> None:
    async with opened() as stage:
        await stage.press("ctrl+z")
        assert "There is no shell here to go back to." in stage.told


async def test_in_the_form_ctrl_z_never_suspends(opened: Open) -> None:
    async with opened() as stage:
        await stage.press("f2", "ctrl+z")
        assert stage.told == ["There is nothing to undo in the form."]


# What is asked


NOT_KEPT = StorageFailed(Sentence("The run goes on, but is not kept. No space left on device."))


async def test_a_run_that_is_not_kept_is_not_replaced_without_a_question(opened: Open) -> None:
    async with opened() as stage:
        await stage.happen(started(), NOT_KEPT, epoch_ended(1, matrix_of(TEST)), run_ended(matrix_of(TEST)))
        assert "No space left on device." in stage.told[0]
        assert "The run goes on, but is not kept." in stage.screen
        stage.app.clear_notifications()
        await stage.press("ctrl+r")
        assert not any(isinstance(command, StartRun) for command in stage.sent)
        (text,) = stage.told
        assert "which is not kept" in text
        assert "No space left on device." in text
        await stage.press("ctrl+r")
        assert isinstance(stage.sent[-1], StartRun)


async def test_the_answer_counts_for_a_moment_only(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.session.training_control.SECONDS_TO_CONFIRM", 0)
    async with opened() as stage:
        await stage.happen(started(), NOT_KEPT, epoch_ended(1, matrix_of(TEST)), run_ended(matrix_of(TEST)))
        await stage.press("ctrl+r", "ctrl+r")
        assert not any(isinstance(command, StartRun) for command in stage.sent)


async def test_a_run_that_no_longer_gives_the_same_bits_is_said_to(opened: Open) -> None:
    async with opened() as stage:
        event = NumericsChanged.of(("scaling", "schedule"))
        await stage.happen(started(), event)
        (told,) = stage.told
        assert "which computed scaling, schedule otherwise" in told
        assert event in stage.app.state.notable_events


async def test_a_run_that_is_kept_is_replaced_at_once(opened: Open) -> None:
    async with opened() as stage:
        await stage.happen(*FINISHED)
        await stage.press("ctrl+r")
        assert isinstance(stage.sent[-1], StartRun)


# Palette, help


async def test_the_palette_has_the_keys_of_the_open_tab(opened: Open) -> None:
    async with opened() as stage:
        await stage.happen(*FINISHED)

        def offered() -> dict[str, str]:
            commands = stage.app.get_system_commands(stage.app.screen)
            return {command.title: command.help for command in commands}

        assert "Show these images" not in offered()
        await stage.press("2")
        stage.app.screen.set_focus(None)
        assert "Show the images of this cell" in offered()["Show these images"]
        (down,) = (c for c in stage.app.get_system_commands(stage.app.screen) if c.title == "Down")
        panel = stage.app.query_one(ConfusionPanel)
        before = panel.grid.cursor
        stage.app.call_later(down.callback)
        await stage.until(lambda: panel.grid.cursor != before)
        assert stage.app.focused is panel.grid


async def test_help_tells_the_keys_of_the_open_tab_and_what_the_whole_is(opened: Open) -> None:
    async with opened() as stage:
        await stage.happen(*FINISHED)
        await stage.press("f1")
        assert "learns to classify images" in " ".join(stage.screen.replace("│", " ").split())
        await stage.press("2")
        assert "Show the images of this cell" in stage.screen


# Made anew


async def test_the_screen_is_made_anew_and_looks_the_same(opened: Open) -> None:
    async with opened() as stage:
        await stage.happen(started(), epoch_ended(1, matrix_of(TEST)))
        await stage.press("f2", "6", "4")
        await stage.press("escape", "2", "f1")
        stage.app.theme = "nord"
        stage.app.clear_notifications()
        await stage.pilot.pause()
        before = lines(stage.app)
        old = stage.app.main_screen.drawer
        await stage.app.replace_screen()
        await stage.until(lambda: len(stage.app.main_screen.tabs.panels) == len(TABS))
        await stage.pilot.pause()
        assert stage.app.main_screen.drawer is not old
        assert stage.app.main_screen.tabs.active == "confusion"
        assert stage.app.theme == "nord"
        await stage.app.action_show_tab("confusion")
        await stage.pilot.pause()
        assert lines(stage.app) == before
        assert stage.app.main_screen.drawer.hyperparameters() == Hyperparameters(hidden=(64,))
        ended = RunEnded("stopped", 1, 1, 0.96, 0.1, 0.97, 0.1, matrix_of(TEST), 1.0)
        await stage.happen(ended)
        await stage.press("1")
        assert "■ Stopped" in lines(stage.app)[0]


async def test_the_screen_can_be_made_anew_twice_at_once_and_under_the_palette(opened: Open) -> None:
    async with opened((80, 24)) as stage:
        await stage.press("f2")
        await stage.press("ctrl+p")
        stage.app.run_worker(stage.app.replace_screen())
        await stage.app.replace_screen()
        assert stage.app.screen is stage.app.main_screen
        await stage.until(lambda: len(stage.app.main_screen.tabs.panels) == len(TABS))
        assert "hidden" in stage.screen  # the drawer is still open
        assert stage.worker.starts == 1


async def test_the_language_is_switched_in_the_palette_and_kept(opened: Open, tmp_path: Path) -> None:
    async with opened() as stage:
        stage.app.settings = Settings(path=tmp_path / "settings.json")
        await stage.press("f2", "6", "4", "escape")
        found = stage.app.get_system_commands(stage.app.screen)
        (chinese,) = (command for command in found if command.title == "Language: 中文")
        stage.app.call_later(chinese.callback)
        await stage.until(
            lambda: "训练" in stage.screen and len(stage.app.main_screen.tabs.panels) == len(TABS)
        )
        assert stage.app.main_screen.drawer.hyperparameters() == Hyperparameters(hidden=(64,))
        assert read_settings(tmp_path / "settings.json").language == "zh"


async def test_a_persons_own_network_is_trained_with_what_applies_to_it(opened: Open) -> None:
    async with opened(hyperparameters=Hyperparameters(hidden=(32, 16), optimizer="adam")) as stage:
        stage.app.post_message(OwnNetworkWanted("mine.py"))
        await stage.pilot.pause()
        assert stage.sent == []
        assert "one hidden size" in stage.told[-1]
        stage.app.main_screen.drawer.change({"hidden": (32,)})
        await stage.pilot.pause()
        stage.app.train_own_network("mine.py:Net")
        await stage.pilot.pause()
        assert stage.sent == [StartRun(Hyperparameters(hidden=(32,), optimizer="adam"), "mine.py:Net")]
        assert "decides these, whatever the form says: optimizer." in stage.told[-1]
        network = OwnNetwork("/home/me/mine.py", "Net", "0", differs="W1")
        await stage.happen(
            replace(started(), network=network), epoch_ended(1, matrix_of(TEST)), Printed("one\ntwo\n")
        )
        assert "It prints: two" in stage.screen
        await stage.app.action_show_tab("inside")
        await stage.see("Net in mine.py")
        assert "Net in mine.py has no array W1" in " ".join(stage.screen.split())


async def test_a_run_of_another_program_is_watched_and_left_for_ones_own(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text('{"event": "epoch_ended", "epoch": 1, "val_acc": 0.75}\nnothing\n')
    app = MlpApp(source=FileSource(log), worker_factory=ScriptedWorker)
    async with app.run_test(size=(120, 40)) as pilot:
        stage = Stage(app, pilot)
        await stage.see("validation accuracy 75.00%")
        assert "Watching train.log" in stage.screen
        assert "1 line could not be read: line 2." in " ".join(stage.screen.split())
        with log.open("a") as file:
            file.write('{"event": "epoch_ended", "epoch": 2, "val_acc": 0.875}\n')
        await stage.see("validation accuracy 87.50%")
        for tab, says in (
            ("mistakes", "nothing of its weights"),
            ("confusion", "has told no confusion matrix"),
        ):
            await app.action_show_tab(tab)
            await stage.see(says)
        assert app.training._worker is None
        await stage.press("ctrl+r")
        assert stage.worker.starts == 1
        await stage.happen(DataLoaded(MNIST))
        assert stage.sent == [StartRun(Hyperparameters())]
        await stage.happen(started())
        assert "Watching" not in stage.screen
