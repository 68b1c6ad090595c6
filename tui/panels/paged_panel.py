"""A tab of several pages: a line of their titles, and the open page below it."""

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import ContentSwitcher

from engine.sentences import N_
from tui.panels.page import Page
from tui.session.run_state import RunState
from tui.text.language import _
from tui.widgets.tab_bar import TabBar


class PagedPanel(Vertical):
    """Pages, each mounted when it is first opened: many widgets on the screen make every redraw slower."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("full_stop", "turn(1)", N_("Next page"), key_display=", .", tooltip=N_("The next page")),
        Binding("comma", "turn(-1)", N_("Page before"), show=False, tooltip=N_("The page before")),
    ]
    DEFAULT_CSS = """
    PagedPanel {
        & > TabBar { background: $background; }
        & > ContentSwitcher { height: 1fr; }
    }
    """

    def __init__(
        self,
        pages: Mapping[str, Page],
        active: str | None = None,
        *,
        id: str | None = None,  # noqa: A002
    ) -> None:
        """Hold `pages` by their names, and open on `active`, or on the first."""
        super().__init__(id=id)
        self.pages = dict(pages)
        for name, page in pages.items():
            page.id = name
        self._state = RunState()
        first = active if active in self.pages else next(iter(self.pages))
        titles = {name: partial(_, page.TITLE) for name, page in self.pages.items()}
        self._bar = TabBar(titles, first, numbered=False)

    def compose(self) -> ComposeResult:
        """Yield the line of titles and the open page."""
        yield self._bar
        with ContentSwitcher(initial=self.active):
            yield self.page

    @property
    def active(self) -> str:
        """The open page."""
        return self._bar.active

    @property
    def page(self) -> Page:
        """The open page."""
        return self.pages[self.active]

    def show(self, state: RunState) -> None:
        """Show the state in the open page, as soon as that is there."""
        self._state = state
        if self.page.is_mounted:
            self.page.show(state)
        else:
            self.call_after_refresh(self._show_again, self.page)

    def _show_again(self, page: Page) -> None:
        """Show the state in a page that has just been mounted."""
        if page is self.page and page.is_mounted:
            with self.app.batch_update():
                page.show(self._state)

    def open(self, name: str) -> None:
        """Open a page, and give it the keys, if this panel had them."""
        if name not in self.pages or name == self.active:
            return
        self._bar.active = name
        self._switch()

    def _switch(self) -> None:
        switcher, page, had_keys = self.query_one(ContentSwitcher), self.page, self.has_focus_within
        if page.is_attached:
            switcher.current = page.id
            self._opened(page, had_keys)
        else:
            page.display = False
            switcher.mount(page)
            self.call_after_refresh(self._mounted, page, had_keys)

    def _mounted(self, page: Page, had_keys: bool) -> None:
        if page is self.page and page.is_attached:
            self.query_one(ContentSwitcher).current = page.id
            self._opened(page, had_keys)

    def _opened(self, page: Page, had_keys: bool) -> None:
        with self.app.batch_update():
            page.show(self._state)
            if had_keys:
                self.screen.set_focus(None)
            page.take_focus()

    def action_turn(self, by: int) -> None:
        """Open the page that is so many further on, and after the last the first."""
        names = list(self.pages)
        self.open(names[(names.index(self.active) + by) % len(names)])

    def on_tab_bar_chosen(self, message: TabBar.Chosen) -> None:
        """Open the page whose title was clicked."""
        message.stop()
        self.open(message.tab)
