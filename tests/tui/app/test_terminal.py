"""The app in a real pseudo-terminal: it leaves nothing behind, however it ends."""

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

TIMEOUT = 60.0


class Terminal:
    """`mlp-tui` in a pseudo-terminal."""

    def __init__(self, home: Path) -> None:
        self.controller, terminal = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tui.cli"],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env=os.environ | {"TERM": "xterm-256color", "MLP_TUI_HOME": str(home)},
            preexec_fn=_own_terminal,
        )
        os.close(terminal)

    def read_until(self, text: str) -> None:
        """Read what the app draws until it has drawn `text`."""
        seen, until = b"", time.monotonic() + TIMEOUT
        while text.encode() not in seen:
            assert time.monotonic() < until, seen[-300:]
            seen += os.read(self.controller, 1 << 16)

    def press(self, key: str) -> None:
        os.write(self.controller, key.encode())

    def hang_up(self) -> None:
        """Close the terminal, as a lost SSH connection does."""
        os.close(self.controller)
        self.controller = -1


def _own_terminal() -> None:
    """Make the pseudo-terminal the controlling one, so that closing it sends SIGHUP."""
    os.setsid()
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.process.kill()
    terminal.process.wait()
    if terminal.controller >= 0:
        os.close(terminal.controller)


def training(terminal: Terminal) -> list[int]:
    """Start a run; return the process and its children."""
    terminal.read_until("60,000")  # the data is there
    terminal.press("\x12")
    terminal.read_until("Running")
    number = terminal.process.pid
    children = Path(f"/proc/{number}/task/{number}/children").read_text()
    assert children.strip()
    return [int(child) for child in children.split()]


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    """Whether a process has ended (a zombie has, though nobody asked for its status yet)."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are found in /proc")
@pytest.mark.parametrize(
    ("how", "status"),
    [
        (lambda terminal: terminal.press("\x11"), 0),
        (lambda terminal: terminal.hang_up(), 129),
        (lambda terminal: terminal.process.send_signal(signal.SIGTERM), 143),
        (lambda terminal: terminal.process.send_signal(signal.SIGINT), 130),
        (lambda terminal: terminal.process.kill(), -signal.SIGKILL),
    ],
    ids=["ctrl+q", "hang up", "SIGTERM", "SIGINT", "SIGKILL"],
)
def test_it_ends_in_the_middle_of_a_run_and_leaves_no_process(
    terminal: Terminal, how: Callable[[Terminal], None], status: int
) -> None:
    children = training(terminal)
    how(terminal)
    said = b""
    if terminal.controller >= 0:
        os.set_blocking(terminal.controller, False)

    def ended() -> bool:
        nonlocal said
        if terminal.controller >= 0:  # an unread terminal would stop the app at its last words
            with contextlib.suppress(BlockingIOError, OSError):
                said += os.read(terminal.controller, 1 << 16)
        return terminal.process.poll() is not None

    wait_until(ended)
    assert terminal.process.returncode == status
    wait_until(lambda: all(map(is_gone, children)))
    if status in (0, 143):  # the plain terminal tells of the run, honestly
        ended()
        _screen, exit_summary = said.split(b"\x1b[?1049l")
        assert b"784-128-10, 101,770 parameters, on MNIST" in exit_summary
        assert b" of 10; the test set was not evaluated" in exit_summary


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the state of a process is found in /proc")
def test_ctrl_z_suspends_it_and_its_run_until_it_is_continued(terminal: Terminal) -> None:
    training(terminal)
    terminal.press("\x1a")
    stat = Path(f"/proc/{terminal.process.pid}/stat")
    os.set_blocking(terminal.controller, False)

    def stopped() -> bool:
        with contextlib.suppress(BlockingIOError):
            os.read(terminal.controller, 1 << 16)
        return ") T " in stat.read_text()

    wait_until(stopped)
    os.set_blocking(terminal.controller, True)
    terminal.process.send_signal(signal.SIGCONT)
    terminal.read_until("Resumed after")


def test_it_runs_under_textuals_web_driver_which_needs_no_terminal(tmp_path: Path) -> None:
    """As `textual serve` starts it: pipes, and frames of a letter, a length and that many bytes."""
    driver = {"TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver", "COLUMNS": "120", "ROWS": "40"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tui.cli"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | driver | {"MLP_TUI_HOME": str(tmp_path)},
    )
    try:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == b"__GANGLION__\n"
        drawn = b""
        while b"Hyperparameters" not in drawn:
            head = process.stdout.read(5)
            drawn += process.stdout.read(int.from_bytes(head[1:], "big"))
        quit_ = b'{"type": "quit"}'
        process.stdin.write(b"M" + len(quit_).to_bytes(4, "big") + quit_)
        process.stdin.flush()
        while process.stdout.read(1 << 16):
            pass
        assert process.wait(TIMEOUT) == 0
    finally:
        process.kill()
        process.communicate()
