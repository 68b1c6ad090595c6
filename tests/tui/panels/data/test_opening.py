"""The line that opens another data set: what is offered, what is refused, and what is told."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from engine.data.location import DataLocation, ReadingOptions
from engine.events import StorageFailed
from engine.sentences import Sentence
from tests.tui.screen_text import SIZES, epoch_ended, matrix_of, predictions, ready, running, seen
from tui.panels.data import data_panel
from tui.panels.messages import DataOpened
from tui.session.background import BackgroundThread
from tui.session.run_state import Phase, RunState
from tui.session.settings import Settings
from tui.widgets.file_prompt import FilePrompt


class Host(App[None]):
    """The Data tab alone, and what it told of data that were opened."""

    AUTO_FOCUS = None

    def __init__(self, background: BackgroundThread, state: RunState, settings: Settings) -> None:
        super().__init__()
        self.panel = data_panel(background, settings, "samples")
        self.state, self.opened = state, list[DataOpened]()

    def compose(self) -> ComposeResult:
        yield self.panel

    def on_mount(self) -> None:
        self.panel.show(self.state)

    def on_data_opened(self, message: DataOpened) -> None:
        self.opened.append(message)

    @property
    def prompts(self) -> int:
        return len(self.panel.query(FilePrompt))

    async def see(self, pilot: Pilot[None], text: str) -> None:
        """Wait until a text is there; where a line ends does not matter."""
        for _ in range(1_000):
            if text in " ".join(seen(self).split()):
                return
            await pilot.pause(0.02)
        raise AssertionError(seen(self))

    async def enter(self, pilot: Pilot[None], text: str) -> None:
        """Write a text into the line, and press enter."""
        self.panel.action_open_data()
        await pilot.pause()
        self.panel.query_one("Input").value = text  # type: ignore[attr-defined]
        await pilot.press("enter")
        await pilot.pause()


@pytest.fixture
def background(small_npz: Path) -> Iterator[BackgroundThread]:
    thread = BackgroundThread(small_npz)
    yield thread
    thread.close()


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Twelve images of 2 x 3 pixels."""
    path = tmp_path / "rows of six.csv"
    np.savetxt(path, [[n % 2, *range(n, n + 6)] for n in range(12)], "%d", ",")
    return path


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_wrong_is_told_and_how_to_read_it_can_be_said(
    background: BackgroundThread, rows: Path, size: tuple[int, int]
) -> None:
    host = Host(background, ready(), Settings())
    async with host.run_test(size=size) as pilot:
        await host.enter(pilot, str(rows.parent / "nothing.csv"))
        await host.see(pilot, "does not exist;")
        await host.enter(pilot, f"{rows} --shape 2x")
        await host.see(pilot, "“2x” is not allowed; a height and a width")
        await host.enter(pilot, str(rows))
        await host.see(pilot, "say --shape HEIGHTxWIDTH.")
        assert (host.opened, host.prompts, host.panel.active) == ([], 1, "samples")
        await host.enter(pilot, f"{rows} --shape 2x3")
        while not host.opened:
            await pilot.pause(0.02)
        (message,) = host.opened
        assert message.place == DataLocation(rows, ReadingOptions(shape=(2, 3)))
        assert (message.data.height, message.data.width, message.data.classes) == (2, 3, 2)
        assert (host.prompts, host.panel.active) == (0, "overview")


async def test_names_are_completed_and_escape_leaves_everything(
    background: BackgroundThread, rows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(rows.parent)  # a whole path may be longer than the line
    host = Host(background, ready(), Settings())
    async with host.run_test() as pilot:
        host.panel.action_open_data()
        await pilot.pause()
        line = host.panel.query_one("Input")
        line.value = "row"  # type: ignore[attr-defined]
        await host.see(pilot, "rows of six.csv")
        await pilot.press("tab")
        assert line.value == "rows of six.csv"  # type: ignore[attr-defined]
        await pilot.press("escape")
        await pilot.pause()
        assert (host.prompts, host.opened) == (0, [])
        assert host.focused is not None
        assert host.panel.page in host.focused.ancestors_with_self


async def test_what_was_opened_last_and_the_data_inside_are_offered(
    background: BackgroundThread, small_npz: Path, rows: Path
) -> None:
    settings = Settings(recent_data=(f"{rows} --shape 3x2", str(small_npz)))
    host = Host(background, ready(), settings)
    async with host.run_test(size=(120, 40)) as pilot:
        host.panel.action_open_data()
        await host.see(pilot, "MNIST, in the program itself")
        assert "--shape 3x2" in seen(host)
        await pilot.press("down", "enter")
        while not host.opened:
            await pilot.pause(0.02)
        assert host.opened[0].place == DataLocation(rows, ReadingOptions(shape=(3, 2)))
        host.panel.action_open_data()
        await pilot.pause()
        await pilot.press("down", "up", "enter")  # the last of the list
        while len(host.opened) < 2:
            await pilot.pause(0.02)
        assert host.opened[1].place is None
        assert host.opened[1].data.training_images == 60_000


async def test_a_run_is_not_pushed_aside(background: BackgroundThread, small_npz: Path) -> None:
    host = Host(background, running(), Settings())
    async with host.run_test(notifications=True) as pilot:
        host.panel.action_open_data()
        await pilot.pause()
        assert [str(told.message) for told in host._notifications] == [
            "Another data set can be opened when the run that is active has ended; f4 stops it."
        ]
        assert host.prompts == 0
        host.clear_notifications()  # they would stand over the line
        host.state.fold(epoch_ended(1, matrix_of(predictions({}, split="validation"))))
        host.state.fold(StorageFailed(Sentence("The disk is full.")))
        host.state.phase = Phase.ENDED
        await host.enter(pilot, str(small_npz))
        await host.see(pilot, "The disk is full. enter again opens them all the same.")
        assert host.opened == []
        await pilot.press("enter")
        while not host.opened:
            await pilot.pause(0.02)
