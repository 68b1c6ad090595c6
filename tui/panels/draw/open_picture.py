"""A picture file that is open in place of a drawing, and which of its digits is shown."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tui.panels.draw.drawing import Drawing, Pixels

if TYPE_CHECKING:
    from engine.data.photographs import FoundDigit


@dataclass(frozen=True, eq=False)
class OpenPicture:
    """The digits that were found, in the order of reading; none, while no picture is open.

    place: of the digit that is shown, from 0
    """

    name: str = ""
    digits: "tuple[FoundDigit, ...]" = ()
    place: int = 0

    def __len__(self) -> int:
        return len(self.digits)

    def at(self, by: int) -> "OpenPicture":
        """Return it with a digit shown that many after this one; after the last comes the first."""
        return replace(self, place=(self.place + by) % len(self.digits))

    @property
    def pixels(self) -> Pixels:
        """The cleaned image of the digit that is shown."""
        return self.digits[self.place].prepared.image

    @property
    def cleaning(self) -> tuple[str, ...]:
        """What was done to it, as short names."""
        return self.digits[self.place].cleaning

    def is_shown(self, drawing: Drawing) -> bool:
        """Return whether its digit is on the canvas, as it was found."""
        return bool(self.digits) and bool((drawing.pixels == self.pixels).all())


def digits_of(path: Path, rows: int, columns: int) -> OpenPicture:
    """Find the digits of a picture file, each as an image of `rows` x `columns`.

    Raises:
        EngineError: when it cannot be read, or there is none.
    """
    from engine.data.photographs import digits_of_file

    return OpenPicture(path.name, digits_of_file(path, rows, columns).digits)
