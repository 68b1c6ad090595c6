"""Lines from bytes that come piece by piece: none is longer than a limit, whoever writes them."""

MAX_LINE = 2**20
"""Bytes; of a longer line nothing is read."""


class Lines:
    """Takes bytes, and gives back whole lines as text. A line that is too long is given as None."""

    def __init__(self) -> None:
        self._partial = bytearray()
        self._skips = False

    def take(self, content: bytes) -> list[str | None]:
        """Return the lines that end with these bytes."""
        found: list[str | None] = []
        *ended, rest = content.split(b"\n")
        for part in ended:
            if self._skips or len(self._partial) + len(part) > MAX_LINE:
                found.append(None)
            else:
                found.append(_text(self._partial + part))
            self._partial.clear()
            self._skips = False
        if self._skips or len(self._partial) + len(rest) > MAX_LINE:
            self._partial.clear()
            self._skips = True
        else:
            self._partial += rest
        return found

    @property
    def partial(self) -> str:
        """The line that has not ended yet."""
        return _text(self._partial)

    def clear(self) -> None:
        """Forget the line that has not ended yet."""
        self._partial.clear()
        self._skips = False


def _text(line: bytes | bytearray) -> str:
    return line.decode("utf-8", "replace").lstrip("\ufeff").strip()
