"""What a fault driver tells: line by line, what was tried, how often, and how it came out."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Trial:
    """One thing that was tried, again and again.

    outcomes: how often each good end was reached; failures: what went wrong, a line each; told: figures
    """

    what: str
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    told: str = ""

    @property
    def times(self) -> int:
        """How often it was tried."""
        return self.outcomes.total() + len(self.failures)

    def check(self, is_so: bool, complaint: str) -> None:
        """Note a failure unless `is_so`."""
        if not is_so:
            self.failures.append(complaint)

    def __str__(self) -> str:
        ends = [f"{count:,} {outcome}" for outcome, count in sorted(self.outcomes.items())]
        ends += [f"{len(self.failures)} FAILED"] if self.failures else []
        lines = [f"  {self.what}: {', '.join(ends + [self.told] * bool(self.told))}"]
        return "\n".join(lines + [f"    FAILED: {failure}" for failure in self.failures[:10]])
