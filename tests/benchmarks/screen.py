"""The app in a pseudo-terminal of 120 x 40: what the screen costs, and how quickly it answers."""

import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from engine.data.dataset import load_dataset
from engine.events import RunEnded
from engine.hyperparameters import Hyperparameters
from engine.training.trainer import Trainer
from tests.benchmarks.measuring import Row

EMPTY_APP = """
from textual.app import App, ComposeResult
from textual.widgets import Label

class Empty(App):
    def compose(self) -> ComposeResult:
        yield Label("Train")

Empty().run()
"""
TWO_TABS = """
from textual.app import App, ComposeResult
from textual.widgets import Static, TabbedContent, TabPane

class TwoTabs(App):
    BINDINGS = [("1", "show('one')"), ("2", "show('two')")]

    def compose(self) -> ComposeResult:
        with TabbedContent():
            for name, words in (("one", "Early stopping"), ("two", "predicted")):
                with TabPane(name, id=name):
                    line = f"[bold]{words}[/] [red]{40 * '-'}[/]"
                    yield Static(chr(10).join(f"{line} {number}" for number in range(35)))

    def action_show(self, name: str) -> None:
        self.query_one(TabbedContent).active = name

TwoTabs().run()
"""
KEYS = 60


class Terminal:
    """A program in a pseudo-terminal, read as the bytes it writes."""

    def __init__(self, *command: str, home: Path) -> None:
        controller, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.controller = controller
        self.started = time.perf_counter()
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment |= {
            "TERM": "xterm-256color",
            "MLP_TUI_HOME": str(home),
            "COLORTERM": "truecolor",
        }
        self.process = subprocess.Popen(
            [sys.executable, *command],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env=environment,
            start_new_session=True,
        )
        os.close(terminal)
        self.written = 0

    def wait_for(self, pattern: str, timeout: float = 120.0) -> float:
        """Read until the output matches; return the moment. Older output is forgotten."""
        seen = b""
        until = time.perf_counter() + timeout
        while (left := until - time.perf_counter()) > 0:
            if select.select([self.controller], [], [], left)[0]:
                seen += self._read()
                if re.search(pattern.encode(), seen):
                    return time.perf_counter()
        raise TimeoutError(f"no {pattern!r} in {seen[-500:]!r}")

    def bytes_in(self, seconds: float) -> int:
        """Return how many bytes the program writes in a while."""
        before, until = self.written, time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            if select.select([self.controller], [], [], left)[0]:
                self._read()
        return self.written - before

    def busy(self) -> float | None:
        """Return the seconds of a core that its main thread has had; None where the system does not tell."""
        stat = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/stat")
        if not stat.exists():
            return None
        user, system = stat.read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def press(self, key: str) -> float:
        """Send a key; return the moment."""
        os.write(self.controller, key.encode())
        return time.perf_counter()

    def close(self) -> None:
        """End the program."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self.controller)

    def _read(self) -> bytes:
        data = os.read(self.controller, 1 << 16)
        self.written += len(data)
        return data


def measure(rounds: int, only: str = "") -> Iterator[Row]:
    """Yield first paint, training rate beside headless, busy time, answer to a key, bytes written."""
    if only and only not in "screen: first paint, rate, busy, keys, bytes":
        return
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        yield _first_paint(2 * rounds, home)
        yield _rate(rounds, home)
        yield from _keys_and_bytes(home)


def _first_paint(rounds: int, home: Path) -> Row:
    """Time from the command to a painted screen, beside a Textual app with one label."""
    seconds: dict[str, list[float]] = {"ours": [], "empty": []}
    for round_number in range(rounds + 1):
        for name, command in (("ours", ["-m", "tui.cli"]), ("empty", ["-c", EMPTY_APP])):
            terminal = Terminal(*command, home=home)
            painted = terminal.wait_for("Train") - terminal.started
            terminal.close()
            if round_number:
                seconds[name].append(painted)
    ours, empty = (statistics.median(values) for values in seconds.values())
    return Row(
        "screen: first paint",
        f"{ours:.3f} s",
        f"Textual app with one label {empty:.3f} s",
        ours / empty,
        1.5,
        at_most=True,
    )


def _rate(rounds: int, home: Path) -> Row:
    """Time of a whole run in the app beside the same run without a screen."""
    dataset = load_dataset(None)
    config = home / "rate.toml"
    config.write_text("epochs = 8\nearly_stopping = false\n")
    hyperparameters = Hyperparameters(epochs=8, early_stopping=False)
    terminal = Terminal("-m", "tui.cli", "--config", str(config), home=home)
    terminal.wait_for("test")
    time.sleep(3)  # the process loads its data
    ratios, shown, headless = [], [], []
    for _ in range(rounds):
        started = terminal.press("\x12")
        terminal.wait_for("epoch 8/8")
        shown.append(terminal.wait_for("■ Completed") - started)
        started = time.perf_counter()
        (ended,) = deque(Trainer(hyperparameters, dataset), maxlen=1)
        assert isinstance(ended, RunEnded)
        headless.append(time.perf_counter() - started)
        ratios.append(headless[-1] / shown[-1])
    terminal.close()
    return Row(
        "screen: rate of training, default network",
        f"in the app {statistics.median(shown):.2f} s",
        f"headless {statistics.median(headless):.2f} s",
        statistics.median(ratios),
        0.95,
    )


def _keys_and_bytes(home: Path) -> Iterator[Row]:
    """Time from a key to the changed screen while training; bytes a second, idle and training."""
    config = home / "keys.toml"
    config.write_text("epochs = 10000\nearly_stopping = false\n")
    terminal = Terminal("-m", "tui.cli", "--config", str(config), home=home)
    terminal.wait_for("test")
    while terminal.bytes_in(1.0):  # the form and the other tabs follow the first paint
        pass
    idle = terminal.bytes_in(5.0) / 5
    terminal.press("\x12")
    terminal.wait_for("Running")
    busy, began = terminal.busy(), time.perf_counter()
    training = terminal.bytes_in(15.0) / 15
    if busy is not None:
        share = ((terminal.busy() or 0.0) - busy) / (time.perf_counter() - began)
        yield Row(
            "screen: the main thread is busy, while training in view",
            f"{100 * share:.0f} %",
            "15 s",
            100 * share,
            20.0,
            at_most=True,
            unit="%",
        )
    median, late = _key_to_screen(terminal)
    terminal.close()
    terminal = Terminal("-c", TWO_TABS, home=home)
    terminal.wait_for("Early")
    terminal.bytes_in(1.0)
    median_there, late_there = _key_to_screen(terminal)
    terminal.close()
    yield Row(
        "screen: from a key to the changed screen, while training",
        f"median {median:.0f}, 95th percentile {late:.0f} ms",
        f"two tabs of text in Textual, nothing else running {median_there:.0f}, {late_there:.0f} ms",
        late,
        50.0,
        at_most=True,
        unit="ms",
    )
    yield Row("screen: bytes a second, idle", f"{idle:.0f}", "", idle, 100.0, at_most=True, unit="B/s")
    yield Row(
        "screen: bytes a second, training",
        f"{training:.0f}",
        "",
        training / 1000,
        100.0,
        at_most=True,
        unit="kB/s",
    )


def _key_to_screen(terminal: Terminal) -> tuple[float, float]:
    """Go to and fro between two tabs; return the median and the 95th percentile of the milliseconds."""
    waits = []
    for number in range(KEYS):
        key, pattern = (("2", "predicted"), ("1", "Early stopping"))[number % 2]
        pressed = terminal.press(key)
        waits.append(1000 * (terminal.wait_for(pattern, 10.0) - pressed))
        time.sleep(0.15)
    return statistics.median(waits), sorted(waits)[int(KEYS * 0.95)]
