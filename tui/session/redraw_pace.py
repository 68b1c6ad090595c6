"""Decides when the screen of a run may be drawn again: never beside a key, and in a share of the time."""

import time
from collections.abc import Callable

SHARE = 0.2
"""How much of the main thread's time drawing may take while nobody presses a key."""
SHORTEST = 0.2
"""Seconds from one drawing to the next at least: more often is not seen."""
LONGEST = 1.0
"""Seconds after which the screen is drawn whatever keys are pressed: someone may hold one down."""
QUIET = 0.1
"""Seconds after a key in which another may follow."""


class RedrawPace:
    """The next drawing comes when the last has taken no more than its share of the time since it began."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = self._pressed = float("-inf")
        self._wait = SHORTEST

    def press(self) -> None:
        """Take note of a key, or of the mouse."""
        self._pressed = self._clock()

    def begin(self) -> None:
        """Take note that the screen is drawn now."""
        self._began = self._clock()

    def end(self, seconds: float) -> None:
        """Take note of how long the main thread was busy with it."""
        self._wait = max(SHORTEST, seconds / SHARE)

    @property
    def is_due(self) -> bool:
        """Whether the screen may be drawn now."""
        now = self._clock()
        wait = self._wait if now - self._pressed >= QUIET else max(self._wait, LONGEST)
        return now - self._began >= wait
