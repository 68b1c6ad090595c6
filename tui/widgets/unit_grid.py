"""Weights as small images: a grid of units, each character a sign that reads without colour."""

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar, Protocol

from rich.segment import Segment

from tui.widgets.thumbnails import Thumbnails

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WEAK, STRONG = 0.2, 0.55
"""From which shares of the largest weight on a sign is drawn, and drawn strong."""
FOR, AGAINST = "+#", "-="
"""What is drawn where weights are above zero, weakly and strongly, and where they are below."""


class SignedPictures(Protocol):
    """Images whose values have a sign."""

    def __len__(self) -> int: ...

    def signed(self, at: int) -> "NDArray[np.float32]":
        """Return one image: `(rows, columns)`."""

    def picture(self, at: int) -> "NDArray[np.uint8]":
        """Return it without its signs."""

    def caption(self, at: int) -> str:
        """Return what stands under it."""


def signed_art(image: "NDArray[np.float32]", width: int, height: int) -> list[str]:
    """Return an image as lines of `+#` and `-=`, in at most `width` by `height` characters."""
    from engine.data.resampling import averaged
    from tui.text.ascii_art import fitted_size

    rows, columns = fitted_size(image.shape[0], image.shape[1], width, height)
    if not rows or not columns:
        return []
    small = averaged(image, rows, columns)
    small /= float(abs(small).max()) or 1.0

    def sign(value: float) -> str:
        if abs(value) < WEAK:
            return " "
        return (FOR if value > 0 else AGAINST)[abs(value) >= STRONG]

    return ["".join(map(sign, line)) for line in small.tolist()]


class UnitGrid(Thumbnails):
    """Thumbnails of images with signs, in two colours besides."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"unit-grid--for", "unit-grid--against"}
    DEFAULT_CSS = """
    UnitGrid {
        & > .unit-grid--for { color: $text-error; }
        & > .unit-grid--against { color: $text-primary; }
    }
    """

    def drawn(self, at: int, width: int, height: int) -> list[str]:
        """Return the lines of an image."""
        pictures = self._pictures
        signed = getattr(pictures, "signed", None)
        image = signed(at) if signed is not None else None
        return super().drawn(at, width, height) if image is None else signed_art(image, width, height)

    def segments(self, line: str) -> Iterable[Segment]:
        """Return a line in the colours of its signs."""
        styles = {
            **dict.fromkeys(FOR, self.get_component_rich_style("unit-grid--for")),
            **dict.fromkeys(AGAINST, self.get_component_rich_style("unit-grid--against")),
        }
        for style, characters in groupby(line, key=lambda character: styles.get(character, self._base)):
            yield Segment("".join(characters), style)
