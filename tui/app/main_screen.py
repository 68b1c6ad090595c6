"""The main screen: status line, form, tabs, help and footer, composed from the state of the run."""

import contextlib
from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import MountError, Widget

from tui.panels.form_drawer import FormDrawer
from tui.panels.help import HelpPanel
from tui.panels.local_keys import LocalKey, local_keys
from tui.panels.status import StatusPanel
from tui.panels.tabs import Tabs
from tui.panels.too_small import SMALLEST, TooSmall, is_too_small
from tui.session.available_actions import label, refusal
from tui.session.run_state import RunState
from tui.widgets.footer import KeyFooter
from tui.widgets.tab_bar import TabBar


class MainScreen(Screen[None]):
    """Everything that is on the screen; another language means another instance, from `recreate`.

    A move of the focus draws what changes by it alone: Textual's own screen draws everything anew, which
    takes longer than all else that a key does.
    """

    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-cramped"),
        (SMALLEST[0], "-narrow"),
        (110, "-wide"),
        (150, "-roomy"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-cramped"), (SMALLEST[1], "-short"), (32, "-tall")]  # noqa: RUF012

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    _focused_before: Widget | None = None

    def __init__(
        self,
        state: RunState,
        drawer: FormDrawer,
        tabs: Tabs,
        size: tuple[int, int],
        *,
        help_is_open: bool = False,
    ) -> None:
        """Show `state` in these tabs, beside this form.

        size: columns and lines of the terminal; the screen then need not be styled twice
        """
        widths, heights = self.HORIZONTAL_BREAKPOINTS, self.VERTICAL_BREAKPOINTS
        super().__init__(classes=f"{_fitting(widths, size[0])} {_fitting(heights, size[1])}")
        self.state = state
        self.drawer = drawer
        self.tabs = tabs
        self.status = StatusPanel()
        self.help = HelpPanel()
        self._help_is_open = help_is_open

    def compose(self) -> ComposeResult:
        """Yield what is there at the first paint; `mount_rest` mounts the rest after it."""
        yield self.status
        yield TooSmall()
        with Horizontal(id="main"):
            yield self.drawer
            yield self.tabs
        yield KeyFooter(self._footer_label)

    async def mount_rest(self) -> None:
        """Mount the form and the tabs that are not open."""
        with contextlib.suppress(MountError):  # the app may be closed meanwhile
            await self.drawer.mount_rest(self.state)
            if self._help_is_open:
                await self.toggle_help()
            self.call_after_refresh(self._mount_tabs)

    async def _mount_tabs(self) -> None:
        if self.tabs.is_attached:
            await self.tabs.mount_rest()
            self.draw()

    def recreate(self) -> "MainScreen":
        """Return a screen that goes on where this one stands, in the language in use by now.

        The values in the form, the open tab with its page, and the help stay.
        """
        return MainScreen(
            self.state,
            self.drawer.recreate(),
            self.tabs.recreate(),
            self.app.size,
            help_is_open=self.help.is_open,
        )

    def draw(self) -> bool:
        """Show the state in what can be seen of it; return False where nothing is there to show it yet."""
        if not self.status.is_attached:
            return False
        with self.app.batch_update():
            self.status.show(self.state)
            self.drawer.show(self.state)
            self.tabs.show(self.state)
        return True

    def _footer_label(self, action: str, description: str) -> str | None:
        """Return what the footer calls an action, or None where it can do nothing now."""
        return None if refusal(action, self.state) else label(action, description, self.state)

    @property
    def shows_train(self) -> bool:
        """Whether the Train tab is in view, so that a notification would only repeat what it says."""
        return self.tabs.active == "train" and not (self.drawer.covers_tabs or self.tabs.above)

    def _pop_result_callback(self) -> None:
        """Have nothing to call back: the screen that an app opens with fails here in Textual 8.2.8."""
        if self._result_callbacks:
            super()._pop_result_callback()

    # Tabs

    async def show_tab(self, tab: str) -> None:
        """Show a tab, and give it the focus."""
        if self.tabs.is_attached:
            with self.app.batch_update():
                await self.tabs.open(tab, self.state)

    async def show_page(self, tab: str, page: str) -> None:
        """Show a page of a tab."""
        if self.tabs.is_attached:
            with self.app.batch_update():
                await self.tabs.open_page(tab, page, self.state)

    async def on_tab_bar_chosen(self, message: TabBar.Chosen) -> None:
        """Show the tab that was clicked."""
        await self.show_tab(message.tab)

    # Help and the keys that it lists

    async def toggle_help(self) -> None:
        """Open or close the help."""
        if self.help.is_attached:
            self.help.display = not self.help.display
        else:
            await self.query_one("#main").mount(self.help)
        self._update_help()

    def _update_help(self) -> None:
        if self.help.is_open:
            self.help.show(self.app, self, self.local_keys())

    def local_keys(self) -> list[LocalKey]:
        """Return the keys of what has the focus, then of the tab that is open."""
        focused = self.focused
        around = [node for node in focused.ancestors_with_self if isinstance(node, Widget)] if focused else []
        return local_keys([*around, *self.tabs.inside()])

    def on_field_entered(self) -> None:
        """Let the help follow the field that has the focus."""
        self._update_help()

    # Focus

    def on_descendant_focus(self) -> None:
        """Let the help follow the focus."""
        self._update_help()

    def on_descendant_blur(self) -> None:
        """Give the focus back to the tab when nothing else has it."""
        cramped = self.has_class("-cramped")  # the focus comes back when there is room
        if self.app.app_focus and self.focused is None and not cramped:
            self.tabs.take_focus()

    def on_resize(self, event: events.Resize) -> None:
        """Give the focus back to what was hidden for want of room."""
        if is_too_small(event.size):
            self._focused_before = self.focused or self._focused_before
        elif self._focused_before is not None:
            widget, self._focused_before = self._focused_before, None
            self.call_after_refresh(self._give_back, widget)

    def _give_back(self, widget: Widget) -> None:
        around = (node for node in widget.ancestors_with_self if isinstance(node, Widget))
        if self.focused is None and widget.is_attached and all(node.display for node in around):
            self.set_focus(widget)
        elif self.focused is None:
            self.focus_next()


def _fitting(breakpoints: Sequence[tuple[int, str]], cells: int) -> str:
    """Return the class for a width or height: that of the last breakpoint not beyond it."""
    return [name for least, name in breakpoints if cells >= least][-1]
