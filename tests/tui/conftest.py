"""A worker whose events a test sends by hand, and the app on top of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import textual.app
import textual.constants
import textual.pilot
from textual._compositor import Compositor
from textual._context import active_app
from textual.app import ScreenStackError
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot

from engine.commands import Command, EstimateDuration, FetchWeights
from engine.data.location import Location
from engine.events import DataLoaded, Event, Weights
from engine.hyperparameters import Hyperparameters
from tests.runs import TrainedRun
from tests.tui.screen_text import MNIST, seen
from tui.app.app import MlpApp
from tui.panels.tab_titles import TABS
from tui.text.language import use_language

SOON = 0.02
"""Seconds: Textual's timers of the screen are due within these."""


async def nothing_is_due(min_sleep: float = 0, max_sleep: float = 5) -> None:
    """Wait until no task is ready and no timer is due soon.

    In place of Textual's own wait, which looks in steps of 20 ms whether the process was idle: that is half
    the time of these tests, and takes a process that gets no turn on a busy machine for one that is done.
    """
    loop = asyncio.get_running_loop()
    assert isinstance(loop, asyncio.BaseEventLoop)
    end = loop.time() + max_sleep
    is_drawn = False
    await asyncio.sleep(min_sleep)
    while loop.time() < end:
        await asyncio.sleep(0)
        timers = [timer.when() for timer in loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
        wait = min(timers, default=end) - loop.time()
        if loop._ready:  # type: ignore[attr-defined]
            continue
        if wait <= SOON:
            await asyncio.sleep(max(wait, 0))
        elif is_drawn:
            return
        else:  # what waits for the next drawing, such as the focus, is due as well
            is_drawn = True
            with contextlib.suppress(ScreenStackError, LookupError):
                active_app.get().screen._on_timer_update()


textual.constants.TEXTUAL_ANIMATIONS = "none"  # type: ignore[misc]  # as in the app, so in any host
textual.app.wait_for_idle = textual.pilot.wait_for_idle = nothing_is_due  # type: ignore[attr-defined]

SHARED_RULES: dict[tuple[object, ...], list[RuleSet]] = {}
PARSE_RULES, RENDER_UPDATE = Stylesheet._parse_rules, Compositor.render_update


def parse_rules_once(self: Stylesheet, *arguments: Any, **named: Any) -> list[RuleSet]:
    """Return the rules of some CSS, which the app of another test has parsed already."""
    key = (tuple(self._variables.items()), *arguments, *named.items())
    if key not in SHARED_RULES:
        SHARED_RULES[key] = PARSE_RULES(self, *arguments, **named)
    return SHARED_RULES[key]


def nothing_to_display(self: Compositor, full: bool = False, *arguments: Any, **named: Any) -> Any:
    """Draw nothing for a terminal that is not there: what a test looks at is drawn when it looks.

    A third of the time of these tests was drawing that nobody saw.
    """
    if full:
        return RENDER_UPDATE(self, full, *arguments, **named)
    self._dirty_regions.clear()
    return None


Stylesheet._parse_rules = parse_rules_once  # type: ignore[method-assign]
Compositor.render_update = nothing_to_display  # type: ignore[method-assign]


@pytest.fixture
def draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw every change at once, as for a terminal that is there."""
    monkeypatch.setattr(Compositor, "render_update", RENDER_UPDATE)


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    """Speak English after a test that did not."""
    yield
    use_language("en")


@dataclass
class ScriptedWorker:
    """Keeps the commands, and says what the test has it say."""

    on_event: Callable[[Event], None]
    commands: list[Command] = field(default_factory=list)
    starts: int = 0
    is_alive: bool = False
    data: Location | None = None
    weights: Weights | None = None
    """The answer to `FetchWeights`."""

    def start(self) -> None:
        self.starts += 1
        self.is_alive = True

    def send(self, command: Command) -> None:
        self.commands.append(command)
        if isinstance(command, FetchWeights) and self.weights is not None:
            self.on_event(replace(self.weights))  # as it comes through a pipe

    def close(self) -> None:
        self.is_alive = False


@dataclass
class Stage:
    """The app, its scripted worker, and the hands at its keyboard."""

    app: MlpApp
    pilot: Pilot[None]

    @property
    def worker(self) -> ScriptedWorker:
        worker = self.app.training._worker
        assert isinstance(worker, ScriptedWorker)
        return worker

    @property
    def sent(self) -> list[Command]:
        """The commands, but for the question that follows a change of the form a while later."""
        return [command for command in self.worker.commands if not isinstance(command, EstimateDuration)]

    async def happen(self, *events: Event) -> None:
        """Send events, and wait until they are on the screen."""
        for event in events:
            self.worker.on_event(event)
        await self.pilot.pause()
        self.app.redraw()
        await self.pilot.pause()

    async def trained(self, run: TrainedRun, *, ended: bool = True) -> None:
        """Have a run happen that was really trained, or all but its end."""
        self.worker.weights = run.weights
        await self.happen(DataLoaded(run.dataset.summary()), *(run.events if ended else run.events[:-1]))

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, condition: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until `condition` holds."""
        for _ in range(int(seconds / 0.02)):
            if condition():
                return
            await self.pilot.pause(0.02)
        raise AssertionError(f"waited in vain; on the screen:\n{self.screen}")

    async def see(self, text: str) -> None:
        """Wait until `text` stands on the screen, and what came with it, such as the focus, is there too."""
        await self.until(lambda: text in self.screen)
        await self.pilot.pause()

    @property
    def told(self) -> list[str]:
        """What the notifications say, oldest first."""
        return [str(notification.message) for notification in self.app._notifications]

    @property
    def screen(self) -> str:
        return seen(self.app)


Open = Callable[..., AbstractAsyncContextManager[Stage]]


@asynccontextmanager
async def open_app(
    size: tuple[int, int] = (120, 40),
    hyperparameters: Hyperparameters | None = None,
    *,
    loaded: bool = True,
    home: Path | None = None,
    data: Location | None = None,
    workshop: Path | None = None,
) -> AsyncIterator[Stage]:
    """Open the app on a scripted worker, with all its panels there and (if `loaded`) the data too.

    home: where the stored runs are; data: where the images are; workshop: the folder to open on
    """
    app = MlpApp(hyperparameters, home=home, data=data, workshop=workshop, worker_factory=ScriptedWorker)
    async with app.run_test(size=size, notifications=True) as pilot:
        while len(app.main_screen.tabs.panels) < len(TABS):
            await pilot.pause(0.01)
        stage = Stage(app, pilot)
        if loaded:
            await stage.happen(DataLoaded(MNIST))
        yield stage
        stage.app.screen._compositor.render_strips()


@pytest.fixture
def opened() -> Open:
    return open_app
