"""The page of experiments: a plan, trials as they come, and what a person does with them."""

import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from engine.data.dataset import Dataset
from engine.events import Event
from engine.experiments.driver import Driver
from engine.experiments.events import ExperimentLeft, ExperimentStarted, TrialEnded
from engine.experiments.plan import Plan
from engine.experiments.space import parse_space
from engine.experiments.stored_experiment import new_experiment
from engine.storage.experiments import ExperimentStore
from engine.storage.runs import RunStore
from tests.engine.experiments.pools import SameProcess
from tests.runs import quick
from tests.tui.conftest import Open
from tests.tui.screen_text import SIZES, lines, seen
from tests.wide_letters import escaped, wide_letters
from tui.panels.experiments import ExperimentsPage
from tui.panels.experiments.page import suggested
from tui.panels.messages import ExperimentWanted, FieldsWanted, RunOpened, RunOverlaid
from tui.session.background import BackgroundThread
from tui.session.experiments import Experiments
from tui.session.run_state import RunState
from tui.session.stored_runs import StoredRuns
from tui.text.language import use_language

NAMES = frozenset({"begun", "whole", "hidden"})
"""Names, which are the same in every language."""


class Host(App[None]):
    """Holds the page; keeps what it asks the app for."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self.background = BackgroundThread()
        self.stored_runs = StoredRuns(home, self.background)
        self.experiments = Experiments(home, lambda event: None)
        self.experiments.form = lambda: quick()
        self.page = ExperimentsPage(self.background, self.stored_runs, self.experiments)
        self.asked: list[object] = []

    def compose(self) -> ComposeResult:
        yield self.page

    def on_unmount(self) -> None:
        self.stored_runs.close()
        self.background.close()

    def on_experiment_wanted(self, message: ExperimentWanted) -> None:
        self.asked.append(message)

    def on_fields_wanted(self, message: FieldsWanted) -> None:
        self.asked.append(message.values)

    def on_run_opened(self, message: RunOpened) -> None:
        self.asked.append(("open", message.run))

    def on_run_overlaid(self, message: RunOverlaid) -> None:
        self.asked.append(("overlay", message.run))


@pytest.fixture(scope="session")
def experiment(small_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one experiment of four settings, which has ended, and one that has hardly begun."""
    home = tmp_path_factory.mktemp("experiments")
    with contextlib.closing(RunStore(home)) as runs:
        store = ExperimentStore(runs)
        space = parse_space(["learning_rate=0.01,0.1", "hidden=8;16"])
        plan = Plan.of(quick(), space, seeds=2, halving=True)
        whole = new_experiment(store, plan, small_dataset, name="whole")
        list(Driver(store, whole, small_dataset, SameProcess(small_dataset)))
        begun = new_experiment(store, Plan.of(quick(), space), small_dataset, name="begun")
        driver = Driver(store, begun, small_dataset, SameProcess(small_dataset))
        for event in driver:
            if isinstance(event, TrialEnded):
                driver.stop()
    return home


Shown = Callable[..., contextlib.AbstractAsyncContextManager[tuple[Host, Pilot[None]]]]


async def settled(host: Host, pilot: Pilot[None], text: str) -> str:
    """Wait until a text is on the screen, and return all of it."""
    for _turn in range(100):
        await pilot.pause(0.02)
        if text in (screen := seen(host)):
            return screen
    raise AssertionError(f"{text!r} is not in:\n{seen(host)}")


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    for _turn in range(100):
        if condition():
            return
        await pilot.pause(0.02)
    raise AssertionError


def last_told(host: Host) -> str:
    return str([*host._notifications][-1].message) if host._notifications else ""


def newest(runs: RunStore) -> str:
    return ExperimentStore(runs).records()[0].id


@asynccontextmanager
async def page_of(home: Path, size: tuple[int, int] = (120, 40)) -> AsyncIterator[tuple[Host, Pilot[None]]]:
    host = Host(home)
    async with host.run_test(size=size) as pilot:
        yield host, pilot


async def test_without_any_it_says_how_to_plan_one(tmp_path: Path) -> None:
    async with page_of(tmp_path) as (host, pilot):
        await settled(host, pilot, "v on a field of the form (f2) varies it")
        host.page.vary("learning_rate", None)
        await settled(host, pilot, "learning_rate: which values?")
        await pilot.press("enter")
        screen = await settled(host, pilot, "What will be tried")
        assert "learning_rate=0.05,0.1,0.2" in screen
        assert "3 settings, each with 3 seeds: 9 trials of 3 epochs" in screen
        assert "How long it takes is known after the first trial." in screen
        host.page.vary("hidden", (16,))
        await pilot.pause()
        await pilot.press("ctrl+u", *"8;16;32", "enter")
        await settled(host, pilot, "9 settings, each with 3 seeds: 27 trials")
        await pilot.press("e", "ctrl+u", *"5", "enter", "h")
        await settled(host, pilot, "45 trials of 3 epochs")
        assert "only the better half goes on" in seen(host)
        await pilot.press("g")
        assert isinstance(host.asked.pop(), ExperimentWanted)
        await pilot.press("d")
        await settled(host, pilot, "v on a field of the form (f2) varies it")


async def test_what_is_planned_is_typed_anew_and_what_is_wrong_is_told(tmp_path: Path) -> None:
    async with page_of(tmp_path) as (host, pilot):
        host.page.vary("learning_rate", 0.1)
        await pilot.pause()
        await pilot.press("ctrl+u", *"0.1,fast", "enter")
        await pilot.pause()
        assert "learning_rate is “fast”" in last_told(host)
        host.page.vary("learning_rate", 0.1)
        await pilot.pause()
        await pilot.press("enter")
        await settled(host, pilot, "What will be tried")
        await pilot.press("v")
        await settled(host, pilot, "What varies, separated by spaces")
        assert "learning_rate=0.05,0.1,0.2" in seen(host)
        await pilot.press("ctrl+u", *"batch_size=32,64 dropout=0,2", "enter")
        await pilot.pause()
        assert "dropout is “2”" in last_told(host)
        await pilot.press("v", "ctrl+u", *"batch_size=32,64 dropout=0,0.2", "enter")
        await settled(host, pilot, "4 settings, each with 3 seeds: 12 trials")
        await pilot.press("e", "ctrl+u", "0", "enter")
        await pilot.pause()
        assert "1 to 1,000" in last_told(host)
        host.experiments.draft.varied = {"epochs": "2,3"}
        await pilot.press("h")
        await settled(host, pilot, "epochs cannot vary with --halving")
        host.page.vary("epochs", 3)
        await pilot.pause()
        await pilot.press("ctrl+u", "enter")  # nothing: it does not vary any more
        await settled(host, pilot, "v on a field of the form (f2) varies it")


@pytest.mark.parametrize("size", SIZES)
async def test_an_experiment_is_a_chart_a_table_and_what_follows(
    experiment: Path, size: tuple[int, int]
) -> None:
    async with page_of(experiment, size) as (host, pilot):
        await settled(host, pilot, "begun")
        await pilot.press("right")
        screen = await settled(host, pilot, "Best: learning_rate 0.1")
        assert "8 trials · completed · 2/2" in screen
        await settled(host, pilot, "dropped after")  # the table is drawn a moment later
        assert "validation accuracy over learning_rate, log" in screen
        rows = [line for line in lines(host) if line.strip().startswith("0.1 ") and "%" in line]
        assert "best" in rows[0]
        assert sum("dropped after" in line for line in lines(host)) == 3
        await pilot.press("p")
        await settled(host, pilot, "validation accuracy over hidden")
        await pilot.press("c")
        await settled(host, pilot, "▲")
        assert "Validation accuracy" in seen(host)
        assert "◇" in seen(host)
        await pilot.press("end", "m")
        await pilot.pause()
        assert "◇" not in seen(host)
        await pilot.press("m")
        await settled(host, pilot, "◇")
        await pilot.press("t")
        await settled(host, pilot, "seed")


async def test_what_is_done_with_a_setting(experiment: Path) -> None:
    async with page_of(experiment) as (host, pilot):
        await settled(host, pilot, "begun")
        await pilot.press("right")
        await settled(host, pilot, "Best: learning_rate 0.1")
        await pilot.press("home", "u", "enter", "o")
        values, opened, overlaid = host.asked
        assert isinstance(values, dict)
        assert values["learning_rate"] == 0.1
        assert isinstance(opened, tuple)
        with contextlib.closing(RunStore(experiment)) as runs:
            record = runs.record(opened[1])
        assert record.hyperparameters.learning_rate == 0.1
        assert record.hyperparameters.hidden == values["hidden"]
        assert overlaid == ("overlay", opened[1])


async def test_it_is_gone_on_with_and_follows_what_comes(
    experiment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with page_of(experiment) as (host, pilot):
        screen = await settled(host, pilot, "begun")
        assert "interrupted · 1 of 4 trials" in screen
        asked: list[str] = []
        monkeypatch.setattr(host.experiments, "go_on", asked.append)
        await pilot.press("r")
        assert len(asked) == 1
        events: list[Event] = [
            ExperimentStarted(asked[0], 4, 1),
            TrialEnded(2, {}, 0, "", 3, 0.5, False, 0.5, 75.0),
        ]
        for event in events:
            host.experiments.fold(event)
        host.page._read_at = 0.0
        host.page.show(RunState())
        await settled(host, pilot, "1 of 4 trials · 50% · 1:15 left")
        host.experiments.wanted = None
        host.experiments.fold(ExperimentLeft())
        host.page._read_at = 0.0
        host.page.show(RunState())
        await settled(host, pilot, "interrupted")


async def test_one_is_computed_at_a_time_and_it_may_share_the_cores_with_a_run(
    experiment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with page_of(experiment) as (host, pilot):
        await settled(host, pilot, "begun")
        assert "cores" not in seen(host)
        shown = host.page._shown
        assert shown is not None
        host.experiments.wanted = shown.record.id
        host.experiments.is_held = True
        host.page.draw()
        await settled(host, pilot, "k share cores")
        await pilot.press("k")
        assert host.experiments.shares_cores
        stopped: list[bool] = []
        monkeypatch.setattr(Experiments, "is_busy", True)
        monkeypatch.setattr(host.experiments, "stop", lambda: stopped.append(True))
        await pilot.press("r")
        await pilot.pause()
        assert "Another experiment is being computed" in last_told(host)
        host.experiments.running = shown.record.id
        await pilot.press("r")
        assert stopped == [True]


async def test_a_trial_that_has_hardly_begun_has_no_run_to_show(experiment: Path) -> None:
    async with page_of(experiment) as (host, pilot):
        await settled(host, pilot, "begun")
        await pilot.press("end", "enter", "o")
        await pilot.pause()
        assert host.asked == []
        assert "has not completed an epoch yet" in last_told(host)
        await pilot.press("home")
        host.page.on_experiment_table_entered()
        await pilot.pause()
        assert len(host.asked) == 1


async def test_it_is_deleted_with_its_runs_unless_another_program_has_it(
    experiment: Path, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(experiment, tmp_path / "home"))
    async with page_of(home) as (host, pilot):
        await settled(host, pilot, "begun")
        with contextlib.closing(RunStore(home)) as runs, ExperimentStore(runs).lock(begun := newest(runs)):
            await pilot.press("d")
            await until(pilot, lambda: "under way in another program" in last_told(host))
        await pilot.press("d")
        await until(pilot, lambda: "The experiment is deleted" in last_told(host))
        await settled(host, pilot, "whole")
        assert "begun" not in seen(host)
        with contextlib.closing(RunStore(home)) as runs:
            assert [record.id for record in ExperimentStore(runs).records(deleted=True)] == [begun]


async def test_it_is_exported_and_speaks_chinese(
    experiment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_language("zh")
    async with page_of(experiment, (80, 24)) as (host, pilot):
        await settled(host, pilot, "begun")
        assert "已中断 · 1/4 次试验" in seen(host)
        monkeypatch.chdir(tmp_path)
        await pilot.press("x", "ctrl+u", *"e.csv", "enter")
        await until(pilot, lambda: last_told(host).startswith(f"{tmp_path / 'e.csv'} 中是实验 "))
        assert len(host._notifications) == 1
        assert (tmp_path / "e.csv").read_text().startswith("trial,learning_rate,hidden,seed,run")
        await pilot.press("x", "ctrl+u", *"~nobody-of-this-name/e.csv", "enter")
        await pilot.pause()
        assert "没有人有这样的主文件夹" in last_told(host)


async def test_its_words_have_come_through_the_catalogue(
    experiment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with wide_letters(monkeypatch):
        async with page_of(experiment) as (host, pilot):
            for keys in (["right"], ["c"], ["t"]):
                await settled(host, pilot, "begun" if keys == ["right"] else "whole")
                assert escaped(seen(host), allowed=NAMES) == set()
                await pilot.press(*keys)
            host.page.vary("batch_size", 64)
            await pilot.pause()
            await pilot.press("enter")
            await settled(host, pilot, "batch_size=32,64,128")
            assert escaped(seen(host), allowed=NAMES) == set()


def test_what_is_suggested() -> None:
    assert suggested("learning_rate", None) == "0.05,0.1,0.2"
    assert suggested("batch_size", 64) == "32,64,128"
    assert suggested("hidden", (128, 64)) == "128,64"
    assert suggested("batch_norm", False) == "on,off"
    assert suggested("dropout", 0.0) == "0,0.05"


async def test_v_in_the_form_asks_on_the_page_and_u_puts_a_setting_back(
    opened: Open, experiment: Path
) -> None:
    async with opened(home=experiment) as stage:
        await stage.press("f2", *["tab"] * 6, "v")
        await stage.see("learning_rate: which values?")
        await stage.press("enter")
        await stage.see("learning_rate=0.05,0.1,0.2")
        await stage.press("right", "home", "u")
        await stage.see("They are in the form")
        values = stage.app.main_screen.drawer.committed
        assert values.learning_rate in (0.01, 0.1)
