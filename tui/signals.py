"""How the app leaves when it is told to from outside."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable


def leave_on_signals(leave: Callable[[int], None], close: Callable[[], None]) -> None:
    """Leave on SIGTERM with its exit status, and at once on SIGHUP, where there are such signals.

    After SIGHUP the terminal is gone: Textual would wait for ever to write its farewell to it.
    """

    def hung_up(*_signal: object) -> None:
        close()
        os._exit(129)

    with contextlib.suppress(AttributeError, NotImplementedError, RuntimeError, ValueError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leave, 143)
        signal.signal(signal.SIGHUP, hung_up)
