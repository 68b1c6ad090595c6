"""The page Workshop: what a person sees of a step, what the keys do, and the ways to the lessons and back."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Input

from engine.commands import StartRun
from engine.hyperparameters import Hyperparameters
from engine.lessons.catalogue import lesson_names
from engine.sentences import Sentence
from engine.workshop.findings import Difference
from engine.workshop.sandbox import StepResult
from engine.workshop.steps import BY_NAME
from engine.workshop.texts import solution, stub
from tests.tui.conftest import Open
from tests.tui.screen_text import SIZES, lines, seen
from tests.tui.session.workshop.checkers import FakeChecker
from tui.panels.learn import LearnPanel
from tui.panels.learn.links import STEPS_OF
from tui.panels.learn.workshop import WorkshopPage
from tui.panels.messages import OwnNetworkWanted, WorkshopOpened
from tui.session.background import BackgroundThread
from tui.session.run_state import RunState
from tui.session.workshop import Workshop
from tui.text.language import use_language
from tui.text.workshop_phrases import difference_lines

WRONG = StepResult(
    "relu",
    False,
    "relu_absolute",
    Sentence("It returns the absolute value."),
    output="a line\nanother \x1b[2J\n",
    difference=Difference(
        "relu(x)", Sentence("one row"), (3,), (3,), ((0.25, 3.0, 1.0),), ((0.25, 0.0, 1.0),), (1,)
    ),
)


class Host(App[None]):
    """Holds the tab, and keeps what it says to the app."""

    def __init__(self, workshop: Workshop, page: str = "workshop") -> None:
        super().__init__()
        self.workshop = workshop
        self.told: list[Message] = []
        self.panel = LearnPanel(BackgroundThread(), None, workshop, page)

    def compose(self) -> ComposeResult:
        yield self.panel

    def on_mount(self) -> None:
        self.panel.show(RunState())

    def on_workshop_opened(self, message: WorkshopOpened) -> None:
        self.told.append(message)

    def on_own_network_wanted(self, message: OwnNetworkWanted) -> None:
        self.told.append(message)

    @property
    def page(self) -> WorkshopPage:
        page = self.panel.page
        assert isinstance(page, WorkshopPage)
        return page

    @property
    def keys(self) -> set[str]:
        """The keys of the page that the footer offers."""
        active = self.screen.active_bindings.values()
        return {b.binding.key for b in active if b.node is self.page and b.enabled}


async def settle(app: Host, pilot: Pilot[None]) -> None:
    """Let the page see all that there is to see."""
    quiet = 0
    while quiet < 3:
        app.page._look()
        quiet = 0 if app.workshop._check is not None else quiet + 1
        await pilot.pause(0.001)
    app.page._redraw()
    await pilot.pause()


def text_of(app: Host) -> str:
    """Return what stands beside the list of steps, wrapped lines put together again."""
    return " ".join(" ".join(line[27:] for line in lines(app)).split())


@pytest.fixture
def checker() -> FakeChecker:
    return FakeChecker()


@pytest.fixture
def workshop(tmp_path: Path, checker: FakeChecker) -> Workshop:
    """A workshop in which part 1 is written, and nothing else."""
    (tmp_path / "my_mlp.py").write_text(solution(1), "utf-8")
    (tmp_path / "challenges.py").write_text(stub(2, "en"), "utf-8")
    return Workshop(None, tmp_path, checker)


@pytest.mark.parametrize("size", SIZES)
async def test_the_task_what_came_and_what_was_wanted(
    workshop: Workshop, checker: FakeChecker, size: tuple[int, int]
) -> None:
    checker.results["relu"] = WRONG
    app = Host(workshop)
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot)
        screen = seen(app)
        assert "part 1: 5 of 12 · part 2: 0 of 11" in screen
        assert "✗ relu" in screen and "✓ softmax" in screen and "– forward" in screen
        text = text_of(app)
        assert "ReLU and its derivative ✗ fails my_mlp.py, line 13" in text
        assert "It returns the absolute value." in text
        await pilot.press("pagedown")
        await pilot.pause()
        text = text_of(app)
        assert "0.25 3* 1" in text and "0.25 0* 1 with one row It printed: a line another �[2J" in text
        await pilot.press("down", "down")
        await pilot.pause()
        text = text_of(app)
        assert "waits for relu, which does not pass yet" in text
        assert "Formula: z1 = X W1 + b1" in text


async def test_the_first_number_that_differs_is_set_off(workshop: Workshop, checker: FakeChecker) -> None:
    checker.results["relu"] = WRONG
    app = Host(workshop)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(app, pilot)
        strips = app.screen._compositor.render_strips()
        marked = [s.text for strip in strips for s in strip if s.style is not None and s.style.reverse]
        assert "3*" in marked and "0*" in marked


async def test_hints_climb_to_a_solution_that_is_asked_for_twice(workshop: Workshop) -> None:
    app = Host(workshop)
    async with app.run_test(size=(120, 50)) as pilot:
        workshop.look_at("softmax")
        await settle(app, pilot)
        await pilot.press("h")
        assert "Hint 1: Along which axis" in seen(app)
        await pilot.press("h", "h", "h")
        assert "Hint 3:" in seen(app) and "h again shows the solution" in seen(app)
        await pilot.press("down", "up")
        await pilot.press("h")  # the question was left
        assert "def softmax" not in seen(app)
        await pilot.press("h")
        await pilot.pause()
        assert "def softmax" in seen(app) and "its solution was seen *" in seen(app)
        assert "✓ softmax*" in seen(app)
        workshop.look_at("train")
        await pilot.press("h", "h", "h", "h")
        assert "nothing is written in this step" in seen(app)


async def test_a_stub_is_put_back_when_asked_twice(workshop: Workshop, tmp_path: Path) -> None:
    app = Host(workshop)
    async with app.run_test(size=(80, 24)) as pilot:
        workshop.look_at("relu")
        await settle(app, pilot)
        assert "r" in app.keys
        await pilot.press("r")
        assert (tmp_path / "my_mlp.py").read_text("utf-8") == solution(1)
        await pilot.press("c", "r", "r")
        assert "what was there is in my_mlp.old-1.py" in seen(app)
        await settle(app, pilot)
        assert "○ relu" in seen(app)
        assert "r" not in app.keys
        (tmp_path / "my_mlp.py").write_text("def broken(:\n" + solution(1))
        await settle(app, pilot)
        await pilot.press("r", "r")
        await pilot.pause()
        assert "my_mlp.py is not valid Python" in seen(app)


async def test_part_1_ends_beside_the_textbook_and_goes_on_to_part_2(workshop: Workshop) -> None:
    app = Host(workshop)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(app, pilot)
        assert workshop.step == "momentum"
        await pilot.press("up")
        await settle(app, pilot)
        assert "Yours: 87.50% of the digits" in seen(app) and "The textbook's: 87.50%." in seen(app)
        assert "↓ to its first step, momentum" in seen(app)
        await pilot.press("t")
        await pilot.pause()
        assert app.told == [OwnNetworkWanted(str(workshop.path_of("train")))]


async def test_the_files_are_made_by_one_key_and_another_folder_is_opened(
    tmp_path: Path, checker: FakeChecker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = Host(Workshop(None, None, checker))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.keys >= {"i", "o"} and not app.keys & {"h", "e", "t", "r"}
        assert "i makes my_mlp.py and challenges.py in" in seen(app)
        await pilot.press("i")
        await settle(app, pilot)
        made = tmp_path / "mlp-workshop"
        assert (made / "my_mlp.py").read_text("utf-8") == stub(1, "en")
        assert app.told == [WorkshopOpened(made)]
        assert "Written: my_mlp.py, challenges.py." in seen(app)
        assert "i" not in app.keys
        await pilot.press("o")
        app.query_one(Input).value = str(tmp_path / "other")
        await pilot.press("enter")
        await settle(app, pilot)
        assert app.told[1:] == [WorkshopOpened(tmp_path / "other")]
        assert "other is not there. i makes it, with" in text_of(app)
        await pilot.press("i")
        await settle(app, pilot)
        assert (tmp_path / "other" / "challenges.py").exists()


async def test_the_editor_is_opened_at_the_line(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    @contextmanager
    def suspend() -> Iterator[None]:
        yield

    def run(command: list[str], **_options: object) -> None:
        commands.append(command)
        if command[0] == "nowhere":
            raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setenv("VISUAL", "vim")
    app = Host(workshop)
    async with app.run_test(size=(80, 24)) as pilot:
        monkeypatch.setattr(app, "suspend", suspend)
        workshop.look_at("relu")
        await settle(app, pilot)
        await pilot.press("e")
        assert commands == [["vim", "+13", str(workshop.path_of("relu"))]]
        monkeypatch.setenv("VISUAL", "nowhere")
        await pilot.press("e")
        assert "nowhere cannot be started: No such file" in seen(app)


async def test_lessons_lead_to_their_steps_and_back(workshop: Workshop) -> None:
    app = Host(workshop, "lessons")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.press("down", "down")
        assert "w goes on in the workshop: backward_output, backward_hidden" in seen(app)
        await pilot.press("w")
        await pilot.pause()
        assert app.panel.active == "workshop" and workshop.step == "backward_output"
        assert "l opens the lesson that prepares it: Backpropagation by hand" in seen(app)
        app.page.take_focus()  # as the main screen sees to
        await pilot.press("l")
        await pilot.pause()
        assert "Backpropagation by hand (step 1 of 4)" in seen(app)


def test_every_lesson_and_every_step_has_its_other() -> None:
    assert list(STEPS_OF) == lesson_names()
    assert sorted(step for steps in STEPS_OF.values() for step in steps) == sorted(BY_NAME)


async def test_it_speaks_chinese_where_nothing_is_cut(workshop: Workshop, checker: FakeChecker) -> None:
    use_language("zh")
    checker.results["relu"] = WRONG
    app = Host(workshop)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        assert "ReLU 及其导数 ✗ 未通过" in seen(app)
        assert lines(app)[-1].rstrip().endswith("o 文件夹")


async def test_the_app_opens_on_the_workshop_and_leaves_no_check_behind(
    opened: Open, workshop: Workshop, checker: FakeChecker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checker.holds = {"parameters"}
    monkeypatch.setattr("engine.workshop.checking.check_texts", checker)
    async with opened(workshop=tmp_path) as stage:
        await stage.see("Part 1: the network")
        await stage.until(lambda: bool(checker.stops))
        assert stage.app.settings.workshop == str(tmp_path)
        assert {"Hint", "Editor", "Train", "Stub"} <= {k.binding.description for k in stage.app.local_keys()}
        await stage.app.switch_language("zh")
        await stage.see("第一部分")
        assert not checker.stops[0].is_set
        await stage.press("t")
        assert stage.sent[-1] == StartRun(Hyperparameters(), str(tmp_path / "my_mlp.py"))
        assert stage.app.main_screen.tabs.active == "train"
    assert checker.stops[0].is_set


def difference(first: tuple[int, ...] | None, rows: int = 10, columns: int = 12) -> Difference:
    numbers = tuple(tuple(float(10 * row + column) for column in range(columns)) for row in range(rows))
    return Difference("x", Sentence("a case"), (rows, columns), (rows, columns), numbers, numbers, first)


def test_numbers_are_cut_to_where_the_first_one_differs() -> None:
    shown = difference_lines(difference((9, 10)), rows=3, columns=4)
    assert shown[1:5] == [
        "  …",
        "…        77          78          79          80 …",
        "…        87          88          89          90 …",
        "…        97          98          99         100* …",
    ]
    assert difference_lines(difference((0, 1)), rows=2, columns=2)[1:4] == [
        "          0           1* …",
        "         10          11 …",
        "  …",
    ]
    assert not any("*" in line for line in difference_lines(difference(None)))
