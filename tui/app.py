"""The app: who hears of what. What is shown stands in the panels, what is known in `RunState`."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import App, ComposeResult, SystemCommand
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
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
from tui.desk import Desk, fitting
from tui.keys import BINDINGS, commands, label, refusal, tab_titles
from tui.language import _
from tui.messages import CellOpened, FieldChanged, Happened
from tui.panels.drawer import FormDrawer
from tui.panels.help import HelpPanel
from tui.panels.status import StatusPanel
from tui.panels.train import TrainPanel
from tui.run_state import Phase, RunState
from tui.sentences import sentence
from tui.steering import Steering, WorkerFactory, training_worker
from tui.widgets.footer import KeyFooter
from tui.widgets.tab_bar import TabBar

if TYPE_CHECKING:
    from tui.panels.confusion import ConfusionPanel
    from tui.panels.mistakes import MistakesPanel

REDRAWS_PER_SECOND = 5


class MlpApp(App[None], inherit_bindings=False):
    """The terminal app. It paints first; form, data and NumPy follow."""

    TITLE = "mlp-tui"
    CSS_PATH = Path(__file__).with_name("app.tcss")
    BINDINGS = BINDINGS
    AUTO_FOCUS = None
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide"), (150, "-roomy")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012

    def __init__(
        self,
        hyperparameters: Hyperparameters | None = None,
        *,
        data: Path | None = None,
        log: Path | None = None,
        worker_factory: WorkerFactory | None = None,
    ) -> None:
        """Open on these hyperparameters; the worker reads `data` and writes what it prints to `log`."""
        super().__init__()
        self.theme = "tokyo-night"
        self.animation_level = "none"  # a key answers at once, and little crosses an SSH connection
        self.state = RunState()
        self._steering = Steering(self.state, worker_factory or training_worker(data, log), self._hear)
        self._drawer = FormDrawer(hyperparameters or Hyperparameters())
        self._help = HelpPanel()
        self._mistakes: MistakesPanel | None = None
        self._panels: dict[str, TrainPanel | ConfusionPanel | MistakesPanel] = {}
        self._tabs = TabBar(tab_titles(), "train")
        self._dirty = True

    # What is on the screen

    def get_default_screen(self) -> Screen[None]:
        """Return the screen that everything stands on."""
        size = shutil.get_terminal_size()
        widths, heights = self.HORIZONTAL_BREAKPOINTS, self.VERTICAL_BREAKPOINTS
        return Desk(id="_default", classes=f"{fitting(widths, size.columns)} {fitting(heights, size.lines)}")

    def compose(self) -> ComposeResult:
        """Yield what is there at the first paint; the rest is mounted after it."""
        yield StatusPanel()
        with Horizontal(id="desk"):
            yield self._drawer
            with Vertical(id="tabs"):
                yield self._tabs
                with ContentSwitcher(initial="train"):
                    self._panels["train"] = TrainPanel(id="train")
                    yield self._panels["train"]
        yield KeyFooter(self._footer_label)

    def on_mount(self) -> None:
        """Show the empty panels, then furnish the rest."""
        self._leave_on_signals()
        self.set_interval(1 / REDRAWS_PER_SECOND, self._redraw_if_dirty)
        self._redraw()
        self.call_after_refresh(self._furnish)

    async def _furnish(self) -> None:
        """Start the worker and mount what the first paint could do without."""
        self._steering.start()
        with contextlib.suppress(MountError):  # someone left before it was furnished
            await self._drawer.furnish(self.state)
            self.call_after_refresh(self._furnish_tabs)

    async def _furnish_tabs(self) -> None:
        from tui.panels.confusion import ConfusionPanel
        from tui.panels.mistakes import MistakesPanel

        self._mistakes = MistakesPanel(id="mistakes")
        panels: dict[str, ConfusionPanel | MistakesPanel] = {
            "confusion": ConfusionPanel(id="confusion"),
            "mistakes": self._mistakes,
        }
        for panel in panels.values():
            panel.display = False
        with contextlib.suppress(MountError):
            switcher = self.query_one(ContentSwitcher)
            await switcher.mount(*panels.values())
            self._panels.update(panels)
            switcher.current = self._tabs.active
            if self.default_screen.focused is None:
                self._focus_tab()
        self._redraw()

    def on_unmount(self) -> None:
        """Leave no process behind."""
        self._steering.close()

    def _redraw_if_dirty(self) -> None:
        if self._dirty:
            self._redraw()

    def _redraw(self) -> None:
        """Show the state in what can be seen of it."""
        self._dirty = False
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

    def action_run(self) -> None:
        """Start a run, at once or as soon as the data is there."""
        if self._possible("run"):
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

    def on_predictions_wanted(self) -> None:
        """Ask for the predictions behind the newest matrix."""
        self._steering.fetch_predictions()

    def on_cell_opened(self, message: CellOpened) -> None:
        """Show the images of a cell of the confusion matrix."""
        if self._mistakes is not None:
            self._mistakes.show(self.state)
            self._mistakes.show_cell(message.true, message.predicted)
        self.action_show_tab("mistakes")

    # Where to look

    def action_show_tab(self, tab: str) -> None:
        """Show a tab, and give the keys to what is on it."""
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
        if self._help.is_attached:
            self._help.display = not self._help.display
        else:
            await self.query_one("#desk").mount(self._help)
        self._help.show(self, self.default_screen)

    def on_descendant_focus(self) -> None:
        """Let the help follow the focus."""
        self._help.show(self, self.default_screen)

    def on_descendant_blur(self) -> None:
        """Give the keys back to the tab when nothing else has them."""
        if self.app_focus and self.default_screen.focused is None:
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

    def _footer_label(self, action: str, description: str) -> str | None:
        """Return what the footer calls an action, or None where it can do nothing now."""
        return None if refusal(action, self.state) else label(action, description, self.state)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Return every action of the keys, then what Textual has to offer."""
        return commands(self, self.state, super().get_system_commands(screen))

    def action_help_quit(self) -> None:
        """Say how to leave to someone who pressed ctrl+c."""
        self.notify(_("ctrl+q leaves."), markup=False)

    def _leave_on_signals(self) -> None:
        """Leave on SIGTERM, and at once on SIGHUP, where there are such signals.

        After SIGHUP the terminal is gone: Textual would wait for ever to write its farewell to it.
        """
        with contextlib.suppress(AttributeError, NotImplementedError, RuntimeError, ValueError):
            leave = partial(self.exit, return_code=143)
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leave)
            signal.signal(signal.SIGHUP, self._hung_up)

    def _hung_up(self, *_signal: object) -> None:
        self._steering.close()
        os._exit(129)
