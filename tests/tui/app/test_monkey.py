"""A monkey at the keyboard and the mouse, while a network learns: nothing it does may end or block the app.

`MONKEY_KEYS=5000 python -m pytest tests/tui/test_monkey.py` lets it press 5,000 times; the suite is content
with fewer. A failure names the last things it did; the seed decides all of them.
"""

import asyncio
import os
import random
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest
from textual import events
from textual.binding import Binding
from textual.pilot import Pilot

from engine.commands import Command, ExplainPrediction, FetchPredictions, StartRun
from engine.data.dataset import Dataset
from engine.data.location import Location
from engine.errors import EngineError, HyperparameterError
from engine.events import BatchEnded, DataLoaded, Event, Paused, Resumed, RunFailed
from engine.hyperparameters import Hyperparameters
from engine.training.trainer import Trainer
from tui.app.app import MlpApp
from tui.app.keys import BINDINGS
from tui.panels.tab_titles import TABS
from tui.session.run_state import Phase
from tui.session.settings import Settings

SEEDS = (1, 2, 3)
PRESSES = int(os.environ.get("MONKEY_KEYS", "300"))
SIZES = ((80, 24), (120, 40), (100, 30), (200, 60), (79, 23), (30, 8), (1, 1), (250, 70))
LARGEST_LAYER = 256

KEYS = (
    *(binding.key for binding in Binding.make_bindings(BINDINGS)),  # ctrl+q too
    *"abcdefghijklmnopqrstuvwxyz0123456789.,-+/#[]{}<>",
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "enter", "escape", "tab"),
    *("shift+tab", "backspace", "delete", "ctrl+left", "ctrl+right", "ctrl+home", "ctrl+end", "ctrl+a"),
    *("ctrl+u", "ctrl+k", "f6", "f7", "f8", "f9", "f10", "f11", "f12"),
)


class HandWorker:
    """A real `Trainer` that learns a little each time it is told to: no process, no thread, no waiting."""

    dataset: Dataset
    data: Location | None = None

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self.is_alive = False
        self._on_event = on_event
        self._commands: SimpleQueue[Command] = SimpleQueue()
        self._trainer: Trainer | None = None
        self._events: Iterator[Event] | None = None
        self._waits = False

    def start(self) -> None:
        self.is_alive = True
        self._on_event(DataLoaded(self.dataset.summary()))

    def send(self, command: Command) -> None:
        match command:
            case StartRun(hyperparameters):
                self._run(hyperparameters)
            case FetchPredictions() | ExplainPrediction() as question:
                if self._trainer is not None and (answer := self._trainer.answer(question)):
                    self._on_event(answer)
            case _:
                self._commands.put(command)

    def _run(self, hyperparameters: Hyperparameters) -> None:
        try:
            if max(hyperparameters.hidden, default=0) > LARGEST_LAYER:
                raise HyperparameterError("{name} is too much for a monkey.", name="hidden")
            self._commands = SimpleQueue()
            self._trainer = Trainer(hyperparameters, self.dataset, self._commands)
        except HyperparameterError as error:
            self._on_event(RunFailed(error.sentence, error.name))
        except EngineError as error:
            self._on_event(RunFailed(error.sentence))
        else:
            self._events, self._waits = iter(self._trainer), False

    def learn_a_little(self) -> None:
        """Send the next event, unless the run is paused and has nothing to obey."""
        if self._events is None or (self._waits and self._commands.empty()):
            return
        event = next(self._events, None)
        if event is None:
            self._events = None
            return
        if isinstance(event, Paused | Resumed | BatchEnded):  # one step of a paused run ends with `Paused`
            self._waits = isinstance(event, Paused)
        self._on_event(event)

    def close(self) -> None:
        self.is_alive = False
        self._events = None


class MonkeyApp(MlpApp):
    """Does not leave before the monkey is tired, and keeps its screenshots to itself."""

    tired = False

    async def action_quit(self) -> None:
        if self.tired:
            await super().action_quit()

    def deliver_screenshot(self, *_arguments: object, **_options: object) -> str | None:
        return None


class Monkey:
    """Presses, clicks and resizes at random."""

    def __init__(self, pilot: Pilot[None], seed: int) -> None:
        self._pilot = pilot
        self._app = pilot.app
        self._random = random.Random(seed)
        self.done: deque[str] = deque(maxlen=20)

    async def act(self) -> None:
        """Do one thing, and let the app do a little of what comes of it."""
        chance = self._random.random()
        if chance < 0.02:
            await self._resize()
        elif chance < 0.025:
            self._note("rebuild")
            assert isinstance(self._app, MlpApp)
            await self._app.replace_screen()
        elif chance < 0.15:
            self._mouse()
        else:
            self._press(self._random.choice(KEYS))
        for _ in range(self._random.randrange(8)):
            await asyncio.sleep(0)

    def _note(self, deed: str) -> None:
        self.done.append(deed)

    def _press(self, key: str) -> None:
        self._note(key)
        self._send(events.Key(key, key if len(key) == 1 else None))

    async def _resize(self) -> None:
        width, height = self._random.choice(SIZES)
        self._note(f"{width}x{height}")
        await self._pilot.resize_terminal(width, height)

    def _mouse(self) -> None:
        width, height = self._app.size
        x, y = self._random.randrange(max(1, width)), self._random.randrange(max(1, height))
        kinds: tuple[type[events.MouseEvent], ...] = self._random.choice(
            (
                (events.MouseMove, events.MouseDown, events.MouseUp),
                (events.MouseMove, events.MouseScrollDown),
                (events.MouseMove, events.MouseScrollUp),
                (events.MouseDown, events.MouseMove),
            )
        )
        self._note(f"{kinds[-1].__name__} at {x}, {y}")
        for kind in kinds:
            self._send(kind(None, x, y, 0, 0, 1, False, False, False))

    def _send(self, event: events.Event) -> None:
        driver = self._app._driver
        assert driver is not None
        event.set_sender(self._app)
        driver.send_message(event)


@pytest.mark.usefixtures("draws")
@pytest.mark.parametrize("seed", SEEDS)
async def test_nothing_a_monkey_does_ends_or_blocks_the_app(
    seed: int, small_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where it may make a workshop
    monkeypatch.setattr(HandWorker, "dataset", small_dataset, raising=False)
    start = Hyperparameters(hidden=(16,), epochs=5, batch_size=50, threads=1, early_stopping=False)
    app = MonkeyApp(start, worker_factory=HandWorker, settings=Settings())
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        monkey = Monkey(pilot, seed)
        for number in range(PRESSES // len(SEEDS)):
            await monkey.act()
            worker = app.training._worker
            if isinstance(worker, HandWorker):
                worker.learn_a_little()
            if number % 10 == 0:
                await pilot.pause()
            assert app._exception is None, f"after {list(monkey.done)}: {app._exception!r}"
        await _is_as_good_as_new(app, pilot)
    assert app.return_code == 0


async def _is_as_good_as_new(app: MonkeyApp, pilot: Pilot[None]) -> None:
    """Leave what the monkey has opened; then a run starts, tabs switch, and ctrl+q leaves."""
    await pilot.resize_terminal(80, 24)
    while len(app.screen_stack) > 1:
        await pilot.press("escape")
    worker = app.training._worker
    assert isinstance(worker, HandWorker)
    await pilot.press("escape", "escape", "f4")
    while app.state.active:
        worker.learn_a_little()
        await pilot.pause()
    assert app.main_screen.drawer._form is not None
    app.main_screen.drawer._form.set_hyperparameters(Hyperparameters(hidden=(16,), epochs=2, threads=1))
    await pilot.press("ctrl+r")
    await pilot.pause()
    assert app.state.phase is Phase.READY or app.state.active
    for _ in range(20):
        worker.learn_a_little()
    await pilot.pause()
    assert app.state.ended is not None
    assert app.state.ended.reason == "completed"
    await pilot.press("escape")
    for key, tab in zip("234567891", [*list(TABS)[1:], "train"], strict=True):
        await pilot.press(key)
        await pilot.pause()
        assert app.main_screen.tabs.active == tab
    app.tired = True
    await pilot.press("ctrl+q")
