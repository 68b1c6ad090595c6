"""The app: who hears of what. What is shown stands in the panels, what is known in `RunState`."""

import asyncio
import contextlib
import shutil
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding
from textual.compose import compose
from textual.containers import Horizontal, Vertical
from textual.filter import LineFilter
from textual.screen import Screen
from textual.theme import Theme
from textual.widget import MountError, Widget
from textual.widgets import ContentSwitcher

from engine.events import (
    ChangeRejected,
    DataFailed,
    DataLoaded,
    Diverged,
    Event,
    HyperparameterChanged,
    RunEnded,
    RunFailed,
    RunStarted,
)
from engine.hyperparameters import Hyperparameters
from tui.columns import break_chinese_lines
from tui.desk import Desk, fitting
from tui.glyphs import is_ascii
from tui.keys import BINDINGS, label, question, refusal, tab_titles
from tui.language import LANGUAGES, _, translate, use_language
from tui.messages import CellOpened, ExplanationWanted, FieldChanged, Happened, PredictionsWanted
from tui.palette import LocalKey, Palette, commands, local_keys
from tui.panels.drawer import FormDrawer
from tui.panels.help import HelpPanel
from tui.panels.status import StatusPanel
from tui.panels.too_small import TooSmall
from tui.panels.train import TrainPanel
from tui.plain_lines import PlainLines
from tui.presets import DEFAULT_PRESET
from tui.run_state import Phase, RunState
from tui.sentences import sentence
from tui.settings import Settings
from tui.signals import leave_on_signals
from tui.steering import Steering, WorkerFactory, training_worker
from tui.themes import DEFAULT_THEME, THEMES
from tui.widgets.footer import KeyFooter
from tui.widgets.tab_bar import TabBar

if TYPE_CHECKING:
    from tui.panels.confusion import ConfusionPanel
    from tui.panels.mistakes import MistakesPanel

REDRAWS_PER_SECOND = 5
SECONDS_TO_AGREE = 10


class MlpApp(App[None], inherit_bindings=False):
    """The terminal app. It paints first; form, data and NumPy follow."""

    TITLE = "mlp-tui"
    CSS_PATH = Path(__file__).with_name("app.tcss")
    BINDINGS = BINDINGS
    AUTO_FOCUS = None
    ALLOW_SELECT = False  # Textual 8.2.8 fails on a click at a widget that `rebuild` has just taken away

    def __init__(
        self,
        hyperparameters: Hyperparameters | None = None,
        *,
        preset: str = DEFAULT_PRESET,
        data: Path | None = None,
        log: Path | None = None,
        settings: Settings | None = None,
        worker_factory: WorkerFactory | None = None,
    ) -> None:
        """Open on these hyperparameters, which began with `preset`.

        The worker reads `data` and writes what it prints to `log`.
        """
        super().__init__()
        break_chinese_lines()
        self.settings = settings or Settings()
        for theme in THEMES:
            self.register_theme(theme)
        chosen = self.settings.theme
        self.theme = chosen if chosen in self.available_themes else DEFAULT_THEME
        self.animation_level = "none"  # a key answers at once, and little crosses an SSH connection
        self.state = RunState()
        self._steering = Steering(self.state, worker_factory or training_worker(data, log), self._hear)
        self._drawer = FormDrawer(hyperparameters or Hyperparameters(), preset)
        self._help = HelpPanel()
        self._panels: dict[str, TrainPanel | ConfusionPanel | MistakesPanel] = {}
        self._tabs = TabBar(tab_titles(), "train")
        self._dirty = True
        self._is_standing = True
        self._rebuilding = asyncio.Lock()
        self._agreed_to_lose: str | None = None

    # What is on the screen

    def get_default_screen(self) -> Screen[None]:
        """Return the screen that everything stands on."""
        size = shutil.get_terminal_size()
        widths, heights = Desk.HORIZONTAL_BREAKPOINTS, Desk.VERTICAL_BREAKPOINTS
        return Desk(id="_default", classes=f"{fitting(widths, size.columns)} {fitting(heights, size.lines)}")

    def compose(self) -> ComposeResult:
        """Yield what is there at the first paint; the rest is mounted after it."""
        yield StatusPanel()
        yield TooSmall()
        with Horizontal(id="desk"):
            yield self._drawer
            with Vertical(id="tabs"):
                yield self._tabs
                with ContentSwitcher(initial="train" if self._tabs.active == "train" else None):
                    self._panels["train"] = TrainPanel(id="train")
                    yield self._panels["train"]
        yield KeyFooter(self._footer_label)

    def on_mount(self) -> None:
        """Show the empty panels, then furnish the rest."""
        leave_on_signals(lambda status: self.exit(return_code=status), self._steering.close)
        self.theme_changed_signal.subscribe(self, self._keep_theme)
        self.set_interval(1 / REDRAWS_PER_SECOND, self._redraw_if_dirty)
        self._redraw()
        if self.settings.complaint is not None:
            self.notify(translate(self.settings.complaint), severity="warning", markup=False)
        self.call_after_refresh(self._begin)

    async def _begin(self) -> None:
        """Start the worker, then do what the first paint could do without."""
        self._steering.start()
        await self._furnish()

    async def _furnish(self) -> None:
        """Mount the form and the tabs that are not open."""
        with contextlib.suppress(MountError):  # someone left before it was furnished
            await self._drawer.furnish(self.state)
            self.call_after_refresh(self._furnish_tabs)

    async def _furnish_tabs(self) -> None:
        from tui.panels.confusion import ConfusionPanel
        from tui.panels.mistakes import MistakesPanel

        for tab, kind in (("confusion", ConfusionPanel), ("mistakes", MistakesPanel)):
            if self._is_standing and tab not in self._panels:
                panel = kind(id=tab)
                panel.display = False
                with contextlib.suppress(MountError):
                    await self.query_one(ContentSwitcher).mount(panel)
                if panel.is_attached:  # and not taken away again by `rebuild`
                    self._panels[tab] = panel
        if self._is_standing:
            self.query_one(ContentSwitcher).current = self._tabs.active
            if self.default_screen.focused is None:
                self._focus_tab()
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
        self._tabs = TabBar(tab_titles(), self._tabs.active)
        self._panels = {}
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

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what lines go through on their way to the terminal."""
        return [*super().get_line_filters(), *([PlainLines()] if is_ascii() else [])]

    def on_unmount(self) -> None:
        """Leave no process behind."""
        self._steering.close()

    def _redraw_if_dirty(self) -> None:
        if self._dirty:
            self._redraw()

    def _redraw(self) -> None:
        """Show the state in what can be seen of it, unless that is being made anew."""
        self._dirty = not self._is_standing
        if self._dirty:
            return
        panel = self._panels.get(self._tabs.active)
        with self.batch_update():
            self.query_one(StatusPanel).show(self.state)
            self._drawer.show(self.state)
            if panel is not None:
                panel.show(self.state)

    def on_tab_bar_chosen(self, message: TabBar.Chosen) -> None:
        """Show the tab that was clicked."""
        self.action_show_tab(message.tab)

    # What the worker says

    def _hear(self, event: Event) -> None:
        """Take an event from the worker's thread; never wait for the screen there."""
        self.post_message(Happened(event))

    def on_happened(self, message: Happened) -> None:
        """Take an event into the state, and tell a person what must not be missed."""
        event, before = message.event, (self.state.phase, self.state.starting)
        self.state.fold(event)
        self._dirty = True
        match event:
            case DataLoaded() if self._steering.run_wanted:
                self._run()
            case RunStarted():
                self._drawer.uncover()
            case RunEnded() | HyperparameterChanged():
                self.notify(sentence(event), markup=False)
            case ChangeRejected(name=name) | RunFailed(name=str() as name):
                self._complain(sentence(event))
                self._drawer.show_error(name, event.message)
            case Diverged() | DataFailed():
                self._complain(sentence(event))
            case RunFailed() if self.state.phase is Phase.FAILED:
                self._steering.run_wanted = False
                self._complain(sentence(event))
        if (self.state.phase, self.state.starting) != before:
            self._redraw()
            self.refresh_bindings()

    def _complain(self, words: str) -> None:
        self.notify(words, severity="error", timeout=10, markup=False)

    # What a person asks for

    def _possible(self, action: str) -> bool:
        """Whether `action` can do something now; if not, say why."""
        why = refusal(action, self.state)
        if why is not None:
            self.notify(why, severity="warning", markup=False)
        return why is None

    def _agreed(self, action: str) -> bool:
        """Whether nothing is lost by `action`, or it was asked for again after being told what."""
        words, run = question(action, self.state), self.state.started.run if self.state.started else None
        if words is None or run == self._agreed_to_lose:
            return True
        self._agreed_to_lose = run
        self.set_timer(SECONDS_TO_AGREE, self._disagree)
        self.notify(words, severity="warning", timeout=SECONDS_TO_AGREE, markup=False)
        return False

    def _disagree(self) -> None:
        self._agreed_to_lose = None

    def action_run(self) -> None:
        """Start a run, at once or as soon as the data is there."""
        if self._possible("run") and self._agreed("run"):
            self._steering.start()
            if self.state.phase is Phase.LOADING:
                self._steering.run_wanted = True
                self.notify(_("The run starts as soon as the data is there."), markup=False)
                self._redraw()
            else:
                self._run()

    def _run(self) -> None:
        """Start a run with what the form says, unless a field of it is not valid."""
        self._steering.run_wanted = False
        hyperparameters = self._drawer.hyperparameters()
        if hyperparameters is None:
            self._complain(_("The run does not start: a field of the form is not valid."))
            return
        self._steering.run(hyperparameters)
        self._redraw()
        self.refresh_bindings()

    def action_pause_or_resume(self) -> None:
        """Pause the run, or let it go on."""
        if self._possible("pause_or_resume"):
            self._steering.pause_or_resume()

    def action_stop(self) -> None:
        """End the run; the best weights are tested."""
        if self._possible("stop"):
            self._steering.stop()

    def action_step(self) -> None:
        """Learn one mini-batch, then wait."""
        if self._possible("step"):
            self._steering.step()

    def on_field_changed(self, message: FieldChanged) -> None:
        """Pass a change on to a run that can take it."""
        self._steering.change(message.name, message.value)

    def on_predictions_wanted(self, message: PredictionsWanted) -> None:
        """Ask for the predictions behind a matrix."""
        self._steering.fetch_predictions(message.split, message.epoch)

    def on_explanation_wanted(self, message: ExplanationWanted) -> None:
        """Ask why an image is read as it is."""
        self._steering.explain(message.split, message.index, message.other)

    def on_cell_opened(self, message: CellOpened) -> None:
        """Show the images of a cell of the confusion matrix."""
        mistakes = cast("MistakesPanel | None", self._panels.get("mistakes"))
        if mistakes is not None:
            mistakes.show(self.state)
            mistakes.show_cell(message.true, message.predicted, message.epoch)
        self.action_show_tab("mistakes")

    # Where to look

    def action_show_tab(self, tab: str) -> None:
        """Show a tab, and give the keys to what is on it."""
        if not self._is_standing:
            return
        panel = self._panels.get(tab)
        self._tabs.active = tab
        with self.batch_update():
            self.query_one(ContentSwitcher).current = tab if panel else None
            self._redraw()
            self._focus_tab()

    def _focus_tab(self) -> None:
        """Give the keys to what is on the tab."""
        panel = self._panels.get(self._tabs.active)
        inside = panel.walk_children(Widget, with_self=True) if panel else []
        seen = (widget for widget in inside if widget.focusable and widget.display)
        self.default_screen.set_focus(next(seen, None))

    def action_form(self) -> None:
        """Go to the form; from there, or where it covers the tabs, close it."""
        self._drawer.toggle()

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

    def on_field_entered(self) -> None:
        """Let the help follow the field that has the keys."""
        self._show_help()

    def on_descendant_focus(self) -> None:
        """Let the help follow the focus."""
        self._show_help()

    def on_descendant_blur(self) -> None:
        """Give the keys back to the tab when nothing else has them."""
        cramped = self.default_screen.has_class("-cramped")  # the focus comes back when there is room
        if self.app_focus and self.default_screen.focused is None and not cramped:
            self._focus_tab()

    async def action_leave(self) -> None:
        """Close the help; without it, leave the form."""
        if self._help.is_open:
            await self.action_help()
        else:
            self._drawer.leave()

    # Keys, footer, palette

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave letters and digits to a field that has the focus."""
        return not (action in ("unless_typing", "show_tab") and self._drawer.has_keys)

    async def action_unless_typing(self, action: str) -> None:
        """Do what a letter stands for."""
        await self.run_action(action)

    def get_key_display(self, binding: Binding) -> str:
        """Return what a key is called: by its name where its sign cannot be drawn."""
        display = super().get_key_display(binding)
        return display if display.isascii() or not is_ascii() else binding.key

    def _footer_label(self, action: str, description: str) -> str | None:
        """Return what the footer calls an action, or None where it can do nothing now."""
        return None if refusal(action, self.state) else label(action, description, self.state)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Return every action of the keys, then what Textual has to offer."""
        yield from commands(self, self.local_keys(), super().get_system_commands(screen))
        yield from self._drawer.commands()
        for code, name in LANGUAGES.items():
            yield SystemCommand(name, _("Language"), partial(self.speak, code))

    def local_keys(self) -> list[LocalKey]:
        """Return the keys of what has the focus, then of the tab that is open."""
        focused, panel = self.default_screen.focused, self._panels.get(self._tabs.active)
        around = [node for node in focused.ancestors_with_self if isinstance(node, Widget)] if focused else []
        return local_keys([*around, *(panel.walk_children(Widget, with_self=True) if panel else [])])

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

    def action_command_palette(self) -> None:
        """Open the palette."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    def action_help_quit(self) -> None:
        """Say how to leave to someone who pressed ctrl+c."""
        self.notify(_("ctrl+q leaves."), markup=False)
