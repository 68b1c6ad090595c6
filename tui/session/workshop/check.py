"""A check of steps that goes on while the screen is drawn."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from engine.workshop.steps import Step
from tui.session.workshop.files import Key

if TYPE_CHECKING:
    from engine.workshop.sandbox import StepResult, Stop

Checker = Callable[[Path, Mapping[str, str], Sequence[Step], "Stop"], "Iterator[StepResult]"]


class Check:
    """A check in a thread of its own, and the results that have come of it so far.

    left: the steps without a result, in their order; keys: what each result holds for
    """

    def __init__(
        self,
        checker: Checker,
        folder: Path,
        texts: Mapping[str, str],
        steps: Sequence[Step],
        keys: Mapping[str, Key],
    ) -> None:
        """Begin to check steps of these texts; `keys` say what each result holds for."""
        from engine.workshop.sandbox import Stop

        self.left = [step.name for step in steps]
        self.keys = {name: keys[name] for name in self.left}
        self.stop = Stop()
        self._results: SimpleQueue[StepResult | OSError | None] = SimpleQueue()

        def work() -> None:
            try:
                for result in checker(folder, texts, steps, self.stop):
                    self._results.put(result)
            except OSError as error:
                self._results.put(error)
            finally:
                self._results.put(None)

        threading.Thread(target=work, name="workshop", daemon=True).start()

    def results(self) -> "Iterator[StepResult | OSError | None]":
        """Yield what has come since the last time; None at the end."""
        while True:
            try:
                yield self._results.get_nowait()
            except Empty:
                return
