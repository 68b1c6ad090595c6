"""Checkers without a process: what they say of a step stands in the text that they are given."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.sentences import Sentence
from engine.workshop.outline import functions_of
from engine.workshop.sandbox import StepResult, Stop
from engine.workshop.steps import BY_NAME, Step
from tui.session.workshop import StepState, Workshop


@dataclass
class FakeChecker:
    """Says that a step passes, unless its functions say `pass` or `wrong`; at `endless` it waits.

    calls: the steps that it was asked for each time; holds: the names of other steps at which it waits
    results: what it says of a step instead
    """

    calls: list[list[str]] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    holds: set[str] = field(default_factory=set)
    results: dict[str, StepResult] = field(default_factory=dict)
    error: OSError | None = None

    def __call__(
        self, folder: Path, texts: Mapping[str, str], steps: Sequence[Step], stop: Stop
    ) -> Iterator[StepResult]:
        self.calls.append([step.name for step in steps])
        self.stops.append(stop)
        if self.error is not None:
            raise self.error
        failed: set[str] = set()
        for step in steps:
            if failed.intersection(step.depends):
                failed.add(step.name)
                yield StepResult(step.name, False, None, Sentence("It waits."), checked=False)
                continue
            own = functions_of(step, texts[step.file])
            while (step.name in self.holds or "endless" in own) and not stop.is_set:
                time.sleep(0.001)
            if stop.is_set:
                return
            result = self.results.get(step.name) or self._result(step, own)
            if not result.passed:
                failed.add(step.name)
            yield result

    @staticmethod
    def _result(step: Step, own: str) -> StepResult:
        if step.functions and re.search(r"^\s*pass$", own, re.MULTILINE):
            return StepResult(step.name, False, "not_written", Sentence("It is empty."))
        if "wrong" in own:
            return StepResult(step.name, False, "wrong", Sentence("It is wrong."))
        accuracy = {"accuracy": 0.875} if step.name == "train" else {}
        return StepResult(step.name, True, None, Sentence("Right.", accuracy))


def settle(workshop: Workshop) -> None:
    """Poll until all is checked: what was saved is read at the second time."""
    quiet = 0
    for _ in range(6_000):
        quiet = 0 if workshop.poll() or workshop._check is not None else quiet + 1
        if quiet == 3:
            return
        time.sleep(0.001 if workshop._check is None else 0.005)
    raise AssertionError("it never comes to an end")


def states(workshop: Workshop, *names: str) -> list[StepState]:
    """Return how these steps stand."""
    statuses = workshop.statuses()
    return [statuses[name].state for name in names or BY_NAME]
