"""A line of text being edited: what stands in it, and where the cursor is. It draws nothing."""


class TextLine:
    """Text and a cursor. What was put there as a whole is selected: the first character replaces it."""

    def __init__(self, text: str = "") -> None:
        self.put(text)

    def put(self, text: str) -> None:
        """Replace everything."""
        self.text = text
        self.select_all()

    def select_all(self) -> None:
        """Select the text, so that typing replaces it."""
        self.cursor = len(self.text)
        self.selected = bool(self.text)

    def type(self, characters: str) -> None:
        """Insert characters at the cursor, or in place of what is selected."""
        if self.selected:
            self.clear()
        self.text = self.text[: self.cursor] + characters + self.text[self.cursor :]
        self.cursor += len(characters)

    def clear(self) -> None:
        """Leave nothing."""
        self.text, self.cursor, self.selected = "", 0, False

    def delete(self, to: int) -> None:
        """Delete what is selected, or else what lies between the cursor and `to`, relative to it."""
        if self.selected:
            self.clear()
            return
        start, end = sorted((self.cursor, min(max(0, self.cursor + to), len(self.text))))
        self.text, self.cursor = self.text[:start] + self.text[end:], start

    def move(self, by: int) -> None:
        """Move the cursor; from a selection, to the end of it that lies there."""
        if self.selected:
            by = -len(self.text) if by < 0 else len(self.text)
        self.place(self.cursor + by)

    def place(self, cursor: int) -> None:
        """Put the cursor before the character at this position."""
        self.cursor, self.selected = min(max(0, cursor), len(self.text)), False
