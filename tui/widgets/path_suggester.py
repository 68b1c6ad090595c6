"""Suggests the rest of a path while it is typed."""

from pathlib import Path

from textual.suggester import Suggester

MOST_ENTRIES = 10_000
"""Entries of a folder that are looked at."""


class PathSuggester(Suggester):
    """Suggests the first name of the folder that begins as what is typed; a folder ends with a slash."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """Return the path in full, or None where no name begins so."""
        typed = value[value.rfind("/") + 1 :]
        if not typed:
            return None
        try:
            folder = Path(value[: len(value) - len(typed)] or ".").expanduser()
            entries = [entry for entry, _number in zip(folder.iterdir(), range(MOST_ENTRIES), strict=False)]
            first = min((entry for entry in entries if entry.name.startswith(typed)), default=None)
            if first is None:
                return None
            return value + first.name[len(typed) :] + ("/" if first.is_dir() else "")
        except (OSError, RuntimeError, ValueError):
            return None
