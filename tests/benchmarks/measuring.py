"""Timing contenders against each other."""

import dataclasses
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table. `ratio` is compared with `goal`: at least it, or at most it where `at_most`."""

    case: str
    ours: str
    other: str
    ratio: float
    goal: float
    at_most: bool = False
    unit: str = "x"

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return self.ratio <= self.goal if self.at_most else self.ratio >= self.goal

    @property
    def ratio_text(self) -> str:
        """Return ratio, goal and verdict in a few words."""
        bound = "at most" if self.at_most else "at least"
        verdict = "met" if self.met else "NOT MET"
        return f"{self.ratio:.2f} {self.unit} ({bound} {self.goal:g}: {verdict})"

    def as_dict(self) -> dict[str, object]:
        """Return the row as JSON has it."""
        return dataclasses.asdict(self) | {"met": self.met}


def interleaved(contenders: Mapping[str, Callable[[], float | None]], rounds: int) -> dict[str, list[float]]:
    """Run every contender once a round, after one round that does not count.

    Returns the seconds of each: what the contender returned, or how long it took if that is None.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for round_number in range(rounds + 1):
        for name, run in contenders.items():
            started = time.perf_counter()
            told = run()
            elapsed = time.perf_counter() - started
            if round_number:
                seconds[name].append(elapsed if told is None else told)
    return seconds


def compare(
    case: str,
    contenders: Mapping[str, Callable[[], float | None]],
    rounds: int,
    goal: float,
    *,
    at_most: bool = False,
) -> Row:
    """Time ours (the first) against the other (the second).

    The ratio is the median over the rounds of the other's time over ours; with `at_most`, of ours over the
    other's.
    """
    (ours, mine), (other, theirs) = interleaved(contenders, rounds).items()
    ratios = [b / a for a, b in zip(mine, theirs, strict=True)]
    ratio = statistics.median(ratios)
    return Row(
        case,
        f"{ours} {statistics.median(mine):.4f} s",
        f"{other} {statistics.median(theirs):.4f} s",
        1 / ratio if at_most else ratio,
        goal,
        at_most,
    )


def table(rows: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| case | ours | against | ratio | goal | |", "|---|---|---|---|---|---|"]
    for row in rows:
        bound = "≤" if row.at_most else "≥"
        verdict = "met" if row.met else "**not met**"
        lines.append(
            f"| {row.case} | {row.ours} | {row.other} | {row.ratio:.2f} {row.unit} "
            f"| {bound} {row.goal:g} | {verdict} |"
        )
    return "\n".join(lines)
