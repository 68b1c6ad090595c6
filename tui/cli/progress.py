"""What a command says while it works: lines on stderr, and on a terminal one line that is drawn anew."""

import io
import sys
import time
from collections.abc import Callable

import click

BAR = 20
"""Cells of a bar."""
SECONDS_TO_REDRAW = 0.1


class Progress:
    """Writes lines to stderr, in place of the line that shows the progress; JSON goes to stdout alone."""

    def __init__(self, *, as_json: bool) -> None:
        if as_json and isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # in any locale
        self._is_live = sys.stderr.isatty() and not as_json
        self.is_open = False
        """Whether the line that shows the progress is on the screen."""
        self._drawn_at = 0.0

    def write_line(self, text: str) -> None:
        """Write a line."""
        self.write(text + "\n")

    def write(self, text: str) -> None:
        """Write what may be a part of a line."""
        click.echo(("\r\x1b[K" if self.is_open else "") + text, err=True, nl=False)
        self.is_open = False

    def redraw(self, text: Callable[[], str]) -> None:
        """Draw the line anew, on a terminal and ten times a second."""
        now = time.monotonic()
        if self._is_live and now - self._drawn_at >= SECONDS_TO_REDRAW:
            self._drawn_at = now
            click.echo(f"\r\x1b[K{text()}", err=True, nl=False)
            self.is_open = True


def bar(share: float) -> str:
    """Return a bar of which so much is full."""
    return ("━" * round(share * BAR)).ljust(BAR, "╌")
