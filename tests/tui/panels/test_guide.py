"""The guide and the pages that it shows."""

import asyncio
import re
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot

from tests.tui.conftest import Open
from tests.tui.screen_text import lines, seen
from tui.panels.guide import NAMES, PAGES, Guide, PageViewer, page
from tui.text.language import use_language

ROOT = Path(__file__).parents[3]
DOCUMENTS = [ROOT / "README.md", *sorted(PAGES.rglob("*.md"))]


class GuideHost(App[None]):
    """An app with nothing but the guide."""

    def __init__(self) -> None:
        super().__init__()
        self.opened_in_browser: list[str] = []

    def on_mount(self) -> None:
        self.push_screen(Guide())

    def open_url(self, url: str, *, new_tab: bool = True) -> None:
        self.opened_in_browser.append(url)

    @property
    def viewer(self) -> PageViewer:
        return self.screen.query_one(PageViewer)


async def click(pilot: Pilot[None], app: App[None], words: str) -> None:
    """Click these words where they stand on the screen."""
    row, line = next((row, line) for row, line in enumerate(lines(app)) if words in line)
    await pilot.click(offset=(line.index(words) + 1, row))
    await pilot.pause()


async def test_it_opens_on_the_tour_goes_along_a_link_and_back() -> None:
    app = GuideHost()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        guide = app.screen
        assert "Five minutes" in seen(app)
        assert "escape closes it" in seen(app)
        await pilot.press("pagedown")
        await pilot.pause()
        assert "A tour" not in seen(app)
        await pilot.press("home")
        await pilot.pause()
        await click(pilot, app, "Command line")
        assert "mlp-tui train" in seen(app)
        assert app.opened_in_browser == []
        await pilot.press("left")
        await pilot.pause()
        assert "Five minutes" in seen(app)
        await pilot.press("right")
        await pilot.pause()
        assert "mlp-tui train" in seen(app)
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is not guide


async def test_a_comma_and_a_full_stop_turn_its_pages_each_from_its_beginning() -> None:
    app = GuideHost()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        for name in (*NAMES[1:], NAMES[0]):
            await pilot.press("end", "full_stop")
            await pilot.pause()
            assert app.viewer.name_of_page == name
            title = page(name).read_text("utf-8").splitlines()[0].removeprefix("# ")
            assert title in seen(app)
        await pilot.press("comma")
        assert app.viewer.name_of_page == NAMES[-1]


async def test_a_picture_opens_nothing() -> None:
    app = GuideHost()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await click(pilot, app, "The confusion matrix of the test set")
        assert app.viewer.name_of_page == "tour.md"
        assert app.opened_in_browser == []
        assert "Five minutes" in seen(app)


async def test_a_page_is_in_the_language_in_use_wherever_the_link_stands() -> None:
    use_language("zh")
    app = GuideHost()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "五分钟" in seen(app)
        await click(pilot, app, "命令行")
        assert "mlp-tui train" in seen(app)
        await click(pilot, app, "Tour")
        assert "五分钟" in seen(app)


async def test_it_opens_from_the_help_by_its_key_and_from_the_palette(opened: Open) -> None:
    async with opened((80, 24)) as stage:
        await stage.press("f1")
        await click(stage.pilot, stage.app, "Guide (f7)")
        assert isinstance(stage.app.screen, Guide)
        await stage.press("escape", "f1", "f7")
        assert isinstance(stage.app.screen, Guide)
        await stage.press("escape")
        assert not isinstance(stage.app.screen, Guide)
        commands = {command.title: command for command in stage.app.get_system_commands(stage.app.screen)}
        await commands["Guide"].callback()
        await stage.pilot.pause()
        assert isinstance(stage.app.screen, Guide)


def test_the_guide_turns_every_page_there_is() -> None:
    assert {path.name for path in PAGES.rglob("*.md")} == set(NAMES)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[\w-]+)?\)", path.read_text("utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []
    assert links


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_file_that_is_named_is_there(path: Path) -> None:
    named = re.findall(r"`((?:engine|tui|tests|assets)/[\w/.-]+\.(?:py|toml|md))`", path.read_text("utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_readme_is_short() -> None:
    assert len(DOCUMENTS[0].read_text("utf-8").splitlines()) <= 250


async def test_f1_closes_the_guide_and_leaves_the_help_under_it_as_it_was(opened: Open) -> None:
    async with opened() as stage:
        await stage.press("f7")
        assert stage.app.screen is not stage.app.main_screen
        await stage.press("f1")
        assert stage.app.screen is stage.app.main_screen
        assert not stage.app.main_screen.help.is_open
        await stage.press("f1")
        assert stage.app.main_screen.help.is_open


async def test_it_may_be_closed_at_any_moment_of_its_opening() -> None:
    app = App[None]()
    async with app.run_test() as pilot:
        for turns in range(0, 60, 3):
            app.push_screen(Guide())
            for _ in range(turns):
                await asyncio.sleep(0)
            app.pop_screen()
            await pilot.pause()
    assert app._exception is None
