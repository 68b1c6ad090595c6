"""Ctrl+C, SIGTERM and SIGHUP in the middle of a run: it is kept as interrupted, and can be gone on with."""

import contextlib
import os
import pty
import random
import signal
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from engine.hyperparameters import Hyperparameters
from engine.storage.presets import write_config
from engine.storage.runs import RunStore
from tests.faults.programs import ROOT, TIMEOUT, Program, differences, integrity, picture, write_data
from tests.faults.reporting import Trial

SETTINGS = Hyperparameters(
    hidden=(24, 12),
    epochs=100,
    batch_size=50,
    batch_norm=True,
    dropout=0.2,
    optimizer="adam",
    early_stopping=False,
    threads=1,
)
SIGNALS = {
    "SIGINT (Ctrl+C)": signal.SIGINT,
    "SIGTERM": signal.SIGTERM,
    "SIGHUP (the connection drops)": signal.SIGHUP,
}
HEADLESS_TIMES, APP_TIMES = 4, 2
"""How often each signal is sent."""


def signals(kills: int, seed: int) -> Iterator[Trial]:
    """Send each signal, to a headless run and to the app."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        data, settings = write_data(place / "data.npz"), place / "run.toml"
        write_config(settings, SETTINGS)
        options = ["--data", str(data), "--config", str(settings)]
        driver = _Driver(place, options, random.Random(seed))
        for name, number in SIGNALS.items():
            yield driver.headless(name, number)
        for name, number in SIGNALS.items():
            yield driver.app(name, number)


class _Driver:
    """Runs that are interrupted, held against one that is not."""

    def __init__(self, place: Path, options: list[str], rng: random.Random) -> None:
        self._place, self._options, self._rng = place, options, rng
        self._homes = 0
        home = self._home()
        program = Program(home, "train", *options)
        assert program.wait() == 0, program.complaint
        with closing(RunStore(home)) as store:
            self._wanted = picture(store, store.find("latest").id)

    def _home(self) -> Path:
        self._homes += 1
        return self._place / f"{self._homes}" / "home"

    def _wait_for_some_epochs(self, home: Path, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Wait until a run has learned up to half of its epochs, and then for a part of one."""
        wanted = self._rng.randrange(SETTINGS.epochs // 2)
        until = time.monotonic() + TIMEOUT
        with closing(RunStore(home)) as store:
            while not (records := store.records()) or records[0].epochs < wanted:
                if time.monotonic() > until:
                    raise TimeoutError(f"the run has not learned {wanted} epochs")
                meanwhile()
                time.sleep(0.005)
        time.sleep(self._rng.uniform(0.0, 0.02))

    def headless(self, name: str, number: signal.Signals) -> Trial:
        """Send a signal to `mlp-tui train`."""
        trial = Trial(f"{name} to a headless run")
        for _ in range(HEADLESS_TIMES):
            home = self._home()
            program = Program(home, "train", *self._options)
            program.wait_for("run_started")
            self._wait_for_some_epochs(home)
            program.process.send_signal(number)
            self._look(trial, home, number, program.wait())
        return trial

    def app(self, name: str, number: signal.Signals) -> Trial:
        """Send a signal to the app, in a pseudo-terminal."""
        trial = Trial(f"{name} to the app")
        for _ in range(APP_TIMES):
            home = self._home()
            with closing(_Terminal(home, self._options)) as terminal:
                terminal.read_until("2,000")  # the data is there
                terminal.press("\x12")
                terminal.read_until("Running")
                self._wait_for_some_epochs(home, meanwhile=terminal.read)
                if number == signal.SIGHUP:
                    terminal.hang_up()
                else:
                    terminal.process.send_signal(number)
                status = terminal.wait()
                if number != signal.SIGHUP:
                    trial.check(terminal.is_as_before(), "the terminal is not as it was")
                    trial.check(b"\x1b[?1049l" in terminal.seen, "the app's screen is still there")
            self._look(trial, home, number, status)
        return trial

    def _look(self, trial: Trial, home: Path, number: int, status: int) -> None:
        """Look at what an interrupted program left, and go on with its run."""
        failures = len(trial.failures)
        trial.check(status == 128 + number, f"exit status {status}")
        with closing(RunStore(home)) as store:
            records = store.records()
        if not records:
            trial.failures.append("the run is not there")
            return
        (record,) = records
        trial.check(integrity(home) == "ok", "the database is damaged")
        trial.check(record.state == "interrupted", f"the run shows as {record.state}")
        program = Program(home, "resume", record.id)
        trial.check((status := program.wait()) == 0, f"to go on: {status}, {program.complaint}")
        with closing(RunStore(home)) as store:
            for what in differences(picture(store, record.id), self._wanted):
                trial.failures.append(f"{what} differs from the undisturbed run")
        if len(trial.failures) == failures:
            trial.outcomes[f"exit status {128 + number}, interrupted, gone on with to the same bits"] += 1


class _Terminal:
    """The app in a pseudo-terminal of its own."""

    def __init__(self, home: Path, options: list[str]) -> None:
        home.mkdir(parents=True)
        self._controller, self._terminal = pty.openpty()
        self._before = termios.tcgetattr(self._terminal)
        self.seen = b""
        self.process = subprocess.Popen(
            [sys.executable, "-c", _APP, *options],
            cwd=ROOT,
            stdin=self._terminal,
            stdout=self._terminal,
            stderr=self._terminal,
            env=os.environ | {"TERM": "xterm-256color", "MLP_TUI_HOME": str(home), "LANGUAGE": "en"},
            start_new_session=True,
        )
        os.set_blocking(self._controller, False)

    def read_until(self, text: str) -> None:
        """Read what the app draws until it has drawn `text`."""
        until = time.monotonic() + TIMEOUT
        while text.encode() not in self.seen:
            if time.monotonic() > until or self.process.poll() is not None:
                raise TimeoutError(f"{text} was not drawn; {self.seen[-300:]!r}")
            self.read()

    def press(self, key: str) -> None:
        os.write(self._controller, key.encode())

    def hang_up(self) -> None:
        """Close the terminal, as a lost SSH connection does."""
        os.close(self._terminal)
        os.close(self._controller)
        self._controller = self._terminal = -1

    def wait(self) -> int:
        """Read on until the app has ended; return its exit status."""
        until = time.monotonic() + TIMEOUT
        while self.process.poll() is None and time.monotonic() < until:
            self.read()
        self.read()
        return self.process.wait(1)

    def is_as_before(self) -> bool:
        """Whether the terminal echoes and waits for whole lines as it did."""
        return termios.tcgetattr(self._terminal) == self._before

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for number in (self._controller, self._terminal):
            if number >= 0:
                os.close(number)

    def read(self) -> None:
        """Read what the app has drawn, so that it can go on drawing."""
        time.sleep(0.01)
        if self._controller >= 0:
            with contextlib.suppress(BlockingIOError, OSError):
                self.seen += os.read(self._controller, 1 << 16)


_APP = """
import fcntl, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # the controlling terminal: closing it sends SIGHUP
from tui.cli.main import main
main()
"""
