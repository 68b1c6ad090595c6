"""The guide and the pages that it shows."""

import re
from pathlib import Path

import pytest
from textual.app import App
from textual.widgets import MarkdownViewer

from tests.tui.screen_text import seen
from tui.panels.guide import PAGES, Guide, first_page
from tui.text.language import use_language

ROOT = Path(__file__).parents[3]
DOCUMENTS = [ROOT / "README.md", *sorted(PAGES.rglob("*.md"))]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_it_opens_on_the_tour_goes_along_a_link_and_back(size: tuple[int, int]) -> None:
    app: App[None] = App()
    async with app.run_test(size=size) as pilot:
        guide = Guide()
        await app.push_screen(guide)
        await pilot.pause()
        assert "Five minutes" in seen(app)
        assert "escape closes it" in seen(app)
        await guide.query_one(MarkdownViewer).go("command_line.md")
        await pilot.pause()
        assert "mlp-tui train" in seen(app)
        await pilot.press("left")
        await pilot.pause()
        assert "Five minutes" in seen(app)
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is not guide


def test_the_first_page_is_in_the_language_in_use() -> None:
    use_language("zh")
    assert "导览" in first_page().read_text("utf-8")
    use_language("en")
    assert first_page() == PAGES / "tour.md"


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
