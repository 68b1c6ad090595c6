"""What stands on the screen: mounted piece by piece, drawn from the state, made anew for another language."""

import asyncio
import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.compose import compose
from textual.containers import Horizontal
from textual.filter import LineFilter
from textual.screen import Screen
from textual.theme import Theme
from textual.widget import MountError, Widget

from engine.hyperparameters import Hyperparameters
from tui.app.ascii_filter import PlainLines
from tui.app.main_screen import Desk, fitting
from tui.app.palette import LocalKey, local_keys
from tui.app.themes import DEFAULT_THEME, THEMES
from tui.panels.form_drawer import FormDrawer
from tui.panels.help import HelpPanel
from tui.panels.keys import label, refusal
from tui.panels.status import StatusPanel
from tui.panels.tabs import Tabs
from tui.panels.too_small import TooSmall
from tui.session.background import Laboratory
from tui.session.run_state import RunState
from tui.session.settings import Settings
from tui.session.stored_runs import Archive
from tui.text.cell_widths import break_chinese_lines
from tui.text.glyphs import is_ascii
from tui.text.language import translate, use_language
from tui.widgets.footer import KeyFooter


class Shell(App[None], inherit_bindings=False):
    """An app that shows a `RunState`: status, form, tabs, help, footer. What happens to it is `MlpApp`'s."""

    TITLE = "mlp-tui"
    CSS_PATH = Path(__file__).with_name("app.tcss")
    AUTO_FOCUS = None
    ALLOW_SELECT = False  # Textual 8.2.8 fails on a click at a widget that `rebuild` has just taken away

    def __init__(
        self,
        hyperparameters: Hyperparameters,
        preset: str,
        settings: Settings,
        home: Path | None,
        data: Path | None = None,
    ) -> None:
        """Open on these hyperparameters, which began with `preset`, in the theme of the settings.

        home: the folder of the stored runs; data: where the images are, None for MNIST
        """
        super().__init__()
        break_chinese_lines()
        self.settings = settings
        for theme in THEMES:
            self.register_theme(theme)
        chosen = settings.theme
        self.theme = chosen if chosen in self.available_themes else DEFAULT_THEME
        self.animation_level = "none"  # a key answers at once, and little crosses an SSH connection
        self._laboratory = Laboratory(data)
        self._archive = Archive(home, self._laboratory)
        self.state = RunState(look_up=self._archive.look_up)
        self._status = StatusPanel()
        self._drawer = FormDrawer(hyperparameters, preset)
        self._help = HelpPanel()
        self._tabs = Tabs(self._archive, self._laboratory)
        self._dirty = True
        self._is_standing = True
        self._rebuilding = asyncio.Lock()

    def get_default_screen(self) -> Screen[None]:
        """Return the screen that everything stands on."""
        size = shutil.get_terminal_size()
        widths, heights = Desk.HORIZONTAL_BREAKPOINTS, Desk.VERTICAL_BREAKPOINTS
        return Desk(id="_default", classes=f"{fitting(widths, size.columns)} {fitting(heights, size.lines)}")

    def compose(self) -> ComposeResult:
        """Yield what is there at the first paint; the rest is mounted after it."""
        yield self._status
        yield TooSmall()
        with Horizontal(id="desk"):
            yield self._drawer
            yield self._tabs
        yield KeyFooter(self._footer_label)

    async def _furnish(self) -> None:
        """Mount the form and the tabs that are not open."""
        with contextlib.suppress(MountError):  # someone left before it was furnished
            await self._drawer.furnish(self.state)
            self.call_after_refresh(self._furnish_tabs, self._tabs)

    async def _furnish_tabs(self, tabs: Tabs) -> None:
        if self._is_standing and tabs.is_attached and tabs is self._tabs:
            await tabs.furnish()
            self._redraw()

    async def rebuild(self) -> None:
        """Make all that is on the screen anew from the state, as after a change of the language.

        Values of the form, the open tab and the help stay; so does the theme, and a run notices nothing.
        """
        async with self._rebuilding:
            await self._rebuild()

    async def _rebuild(self) -> None:
        self._is_standing = False
        self._drawer, drawer = self._drawer.made_anew(), self._drawer
        self._help, help_was_open = HelpPanel(), self._help.is_open
        self._status = StatusPanel()
        self._tabs = self._tabs.made_anew()
        async with self.default_screen.batch():  # `recompose` would take the palette, where that is open
            await self.default_screen.query("*").exclude(".-textual-system").remove()
            await self.default_screen.mount_all(compose(self))
        self._is_standing = True
        self._drawer.set_class(drawer.has_class("-open"), "-open")
        self._drawer.set_class(drawer.has_class("-closed"), "-closed")
        await self._furnish()
        if help_was_open:
            await self.action_help()
        self._redraw()

    # Drawn

    def _redraw_if_dirty(self) -> None:
        if self._dirty:
            self._redraw()

    def _redraw(self) -> None:
        """Show the state in what can be seen of it, unless that is being made anew or taken away."""
        self._dirty = not (self._is_standing and self._status.is_attached)
        if self._dirty:
            return
        with self.batch_update():
            self._status.show(self.state)
            self._drawer.show(self.state)
            self._tabs.show(self.state)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what lines go through on their way to the terminal."""
        return [*super().get_line_filters(), *([PlainLines()] if is_ascii() else [])]

    def get_key_display(self, binding: Binding) -> str:
        """Return what a key is called: by its name where its sign cannot be drawn."""
        display = super().get_key_display(binding)
        return display if display.isascii() or not is_ascii() else binding.key

    def _footer_label(self, action: str, description: str) -> str | None:
        """Return what the footer calls an action, or None where it can do nothing now."""
        return None if refusal(action, self.state) else label(action, description, self.state)

    # Where to look

    def action_show_tab(self, tab: str) -> None:
        """Show a tab, and give the keys to what is on it."""
        if self._is_standing:
            with self.batch_update():
                self._tabs.open(tab, self.state)

    def open_page(self, tab: str, page: str) -> None:
        """Show a page of a tab."""
        if self._is_standing:
            with self.batch_update():
                self._tabs.open_page(tab, page, self.state)

    # The help and the keys that it tells

    async def action_help(self) -> None:
        """Open or close the help."""
        if not self._is_standing:
            return
        if self._help.is_attached:
            self._help.display = not self._help.display
        else:
            await self.query_one("#desk").mount(self._help)
        self._show_help()

    def _show_help(self) -> None:
        if self._help.is_open:
            self._help.show(self, self.default_screen, self.local_keys())

    def local_keys(self) -> list[LocalKey]:
        """Return the keys of what has the focus, then of the tab that is open."""
        focused = self.default_screen.focused
        around = [node for node in focused.ancestors_with_self if isinstance(node, Widget)] if focused else []
        return local_keys([*around, *self._tabs.inside()])

    # What is chosen for good

    async def speak(self, language: str) -> None:
        """Go on in another language, and keep the choice."""
        use_language(language)
        await self.rebuild()
        self._keep(language=language)

    def _keep_theme(self, theme: Theme) -> None:
        """Keep the choice for the next time."""
        if theme.name != (self.settings.theme or DEFAULT_THEME):
            self._keep(theme=theme.name)

    def _keep(self, **choices: str) -> None:
        complaint = self.settings.keep(**choices)
        if complaint is not None:
            self.notify(translate(complaint), severity="warning", markup=False)
