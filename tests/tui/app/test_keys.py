"""Every key, in every phase of a run."""

from pathlib import Path

import pytest
from textual.command import CommandPalette

from engine.commands import Pause, Resume, StartRun, Step, Stop
from engine.events import DataLoaded
from engine.hyperparameters import Hyperparameters
from tests.tui.conftest import Open
from tests.tui.phases import bring_to
from tests.tui.screen_text import (
    MNIST,
    SIZES,
    epoch_ended,
    lines,
    matrix_of,
    predictions,
    run_ended,
    started,
)
from tui.app.keys import BINDINGS
from tui.panels.tab_titles import TABS
from tui.session.run_state import Phase
from tui.widgets.field_list import ValueInput
from tui.widgets.tab_bar import TabBar

RUN, FORM, HELP, QUIT = "^r Run", "f2 Form", "f1 Help", "^q Quit"
STEERING = ["f4 Stop", "f5 Step"]
FOOTERS = {
    Phase.LOADING: [RUN, HELP, FORM, QUIT],
    Phase.NO_DATA: [HELP, FORM, QUIT],
    Phase.READY: [RUN, HELP, FORM, QUIT],
    Phase.RUNNING: ["f3 Pause", *STEERING, HELP, FORM, QUIT],
    Phase.PAUSED: ["f3 Resume", *STEERING, HELP, FORM, QUIT],
    Phase.ENDED: [RUN, HELP, FORM, QUIT],
    Phase.FAILED: [RUN, HELP, FORM, QUIT],
}


@pytest.mark.parametrize("phase", Phase)
async def test_each_key_is_in_the_footer_when_it_can_do_something_and_never_silent(
    opened: Open, phase: Phase
) -> None:
    active = phase in (Phase.RUNNING, Phase.PAUSED)
    async with opened(loaded=False) as stage:
        await bring_to(stage, phase)
        for size in SIZES:
            await stage.pilot.resize_terminal(*size)
            await stage.pilot.pause()
            footer = " ".join(lines(stage.app)[-1].replace("▏", " ").split())
            assert footer.startswith(" ".join(FOOTERS[phase]))
            assert footer.endswith("^p Palette")
        for keys, command in (
            (("f3", "space"), Resume() if phase is Phase.PAUSED else Pause()),
            (("f4", "s"), Stop()),
            (("f5", "n"), Step()),
        ):
            for key in keys:
                before = len(stage.sent)
                stage.app.clear_notifications()
                await stage.press(key)
                assert stage.sent[before:] == ([command] if active else []), key
                assert bool(stage.told) is not active, key


@pytest.mark.parametrize("phase", Phase)
async def test_run_starts_waits_or_says_why_not(opened: Open, phase: Phase) -> None:
    async with opened(loaded=False) as stage:
        await bring_to(stage, phase)
        await stage.press("ctrl+r")
        runs = [command for command in stage.sent if isinstance(command, StartRun)]
        match phase:
            case Phase.READY | Phase.ENDED | Phase.FAILED:
                assert runs == [StartRun(Hyperparameters())]
            case Phase.LOADING:
                assert runs == []
                assert stage.told == ["The run starts as soon as the data is there."]
                await stage.happen(DataLoaded(MNIST))
                assert stage.sent == [StartRun(Hyperparameters())]
            case Phase.RUNNING | Phase.PAUSED:
                assert runs == []
                assert stage.told == ["A run is active; f4 stops it."]
            case Phase.NO_DATA:
                assert runs == []
                assert stage.told == ["There is no such folder."]


async def test_a_second_run_before_the_first_has_answered_is_refused(opened: Open) -> None:
    async with opened() as stage:
        await stage.press("ctrl+r", "ctrl+r")
        assert stage.sent == [StartRun(Hyperparameters())]
        assert "Starting" in lines(stage.app)[0]
        assert stage.told == ["A run is active; f4 stops it."]


async def test_the_keys_of_everywhere_work_in_a_field(opened: Open) -> None:
    async with opened((80, 24)) as stage:
        await bring_to(stage, Phase.RUNNING)
        await stage.press("f2")
        field = stage.app.focused
        assert isinstance(field, ValueInput)
        before = field.value
        await stage.press("f3", "f4", "f5", "ctrl+r")
        assert stage.sent == [Pause(), Stop(), Step()]
        assert stage.told == ["A run is active; f4 stops it."]
        await stage.press("1", "space", "s", "n", "question_mark")
        assert field.value != before
        assert stage.sent == [Pause(), Stop(), Step()]
        assert not stage.app.main_screen.help.is_open
        await stage.press("f1")
        assert stage.app.main_screen.help.is_open


async def test_digits_show_the_tabs(opened: Open, tmp_path: Path) -> None:
    async with opened((80, 24), home=tmp_path) as stage:
        tabs = stage.app.query_one(TabBar)
        for tab in ("confusion", "mistakes", "runs", "train"):
            await stage.press(str(list(TABS).index(tab) + 1))
            assert tabs.active == tab
            await stage.see("ctrl+r starts a run.")


async def test_every_action_is_in_the_palette(opened: Open) -> None:
    async with opened() as stage:
        titles = {command.title for command in stage.app.get_system_commands(stage.app.screen)}
        assert {"Run", "Pause or resume", "Stop", "One mini-batch", "Form", "Help", "Quit"} <= titles
        assert {"Show the Train tab", "Show the Confusion tab", "Show the Mistakes tab"} <= titles
        assert "Theme" in titles
        assert {"Form: Save", "Form: Load"} <= titles
        assert "Form: Undo" not in titles
        await stage.press("ctrl+p")
        assert isinstance(stage.app.screen, CommandPalette)
        await stage.press(*"mistakes")
        await stage.pilot.pause(0.5)
        await stage.press("enter", "enter")
        await stage.until(lambda: stage.app.query_one(TabBar).active == "mistakes")


async def test_the_footer_can_be_clicked(opened: Open) -> None:
    async with opened() as stage:
        row = lines(stage.app)[-1]
        await stage.pilot.click(offset=(row.index("Run") + 1, 39))
        await stage.pilot.pause()
        assert stage.sent == [StartRun(Hyperparameters())]


async def test_keys_that_do_not_fit_give_way_whole(opened: Open) -> None:
    async with opened((60, 24)) as stage:
        await bring_to(stage, Phase.RUNNING)
        footer = " ".join(lines(stage.app)[-1].replace("▏", " ").split())
        assert footer == "f3 Pause f4 Stop f5 Step f1 Help f2 Form ^p Palette"
        await stage.pilot.resize_terminal(120, 40)
        await stage.until(lambda: "^q Quit" in lines(stage.app)[-1])


async def test_every_binding_has_words() -> None:
    for binding in BINDINGS:
        assert not isinstance(binding, tuple)
        assert binding.description or binding.key == "ctrl+c"


async def test_the_footer_offers_a_matrix_that_is_there_only(opened: Open) -> None:
    async with opened() as stage:
        await stage.press("2")
        assert "Show these images" not in stage.screen
        await stage.happen(started(), epoch_ended(1, matrix_of(predictions({}, split="validation"))))
        assert "Show these images" in stage.screen
        await stage.happen(run_ended(matrix_of(predictions({}))), started())
        assert "Show these images" not in stage.screen
