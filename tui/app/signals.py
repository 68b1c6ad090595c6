"""How the app leaves when it is told to from outside."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable


def leave_on_signals(leave: Callable[[int], None], close: Callable[[], None]) -> None:
    """Leave on SIGINT and SIGTERM with their exit status, and at once on SIGHUP, where there are such.

    The key ctrl+c sends none: the terminal hands it to the app as a key.

    After SIGHUP the terminal is gone: Textual would wait for ever to write its farewell to it.
    """

    def hung_up(*_signal: object) -> None:
        close()
        os._exit(129)

    with contextlib.suppress(AttributeError, NotImplementedError, RuntimeError, ValueError):
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, leave, 128 + number)
        signal.signal(signal.SIGHUP, hung_up)
