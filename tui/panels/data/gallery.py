"""Many small images with a cursor, and the one under it large beside them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message

from engine.sentences import N_
from tui.panels.page import Page
from tui.session.background import BackgroundThread
from tui.widgets.digit import Digit, Rendering
from tui.widgets.live_text import FixedText
from tui.widgets.thumbnails import Pictures, Thumbnails

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROOM_BESIDE = 56
"""Columns from which the large image stands beside the small ones."""


class Gallery(Horizontal):
    """It tells which image is looked at; who hears it shows that one large.

    In a narrow panel the large image takes the place of the others, and does so anywhere on request.
    """

    DEFAULT_CSS = """
    Gallery {
        height: 1fr;
        & > .gallery--beside { width: 44%; padding-left: 2; }
        & .gallery--larges { height: 1fr; }
        & .gallery--words { height: 5; }
        &.-narrow > .gallery--beside { display: none; }
        &.-large > Thumbnails { display: none; }
        &.-large > .gallery--beside { display: block; width: 1fr; padding-left: 0; }
    }
    """

    class Turned(Message):
        """Another image is looked at, or there are other images."""

    def __init__(self, *, wanted: int, larges: int, rendering: Rendering) -> None:
        """Have at least `wanted` small images in view, and so many `larges` for the one looked at."""
        super().__init__()
        self._grid = Thumbnails(wanted=wanted)
        self._larges = [Digit() for _number in range(larges)]
        self._rendering = rendering
        self._words = FixedText(classes="gallery--words")
        self._pictures: Pictures | None = None
        self.at = 0

    def compose(self) -> ComposeResult:
        """Yield the small images, the large ones and the words."""
        yield self._grid
        with Vertical(classes="gallery--beside"):
            with Horizontal(classes="gallery--larges"):
                yield from self._larges
            yield self._words

    @property
    def count(self) -> int:
        """How many images there are."""
        return len(self._pictures) if self._pictures is not None else 0

    def on_resize(self) -> None:
        """Put the large image where there is room for it."""
        self.set_class(self.size.width < ROOM_BESIDE, "-narrow")

    def show(self, pictures: Pictures, at: int = 0) -> None:
        """Show other images, and look at one of them."""
        self._pictures = pictures
        self.go_to(at)

    def show_large(self, images: "Sequence[NDArray[np.uint8] | None]", text: Content) -> None:
        """Show the image that is looked at, or several pictures of it, and what there is to say of it."""
        for digit, image in zip(self._larges, images, strict=True):
            digit.show(image, self._rendering)
        self._words.set_text(text)

    def go_to(self, at: int) -> None:
        """Look at another image; one that is not there is the last, or the first."""
        self.at = max(0, min(at, self.count - 1))
        self._grid.show(self._pictures, self.at)
        self.post_message(self.Turned())

    @property
    def row(self) -> int:
        """How many small images stand in a row."""
        return self._grid.columns

    @property
    def page(self) -> int:
        """How many small images are seen at once."""
        return self.row * self._grid.rows_in_view

    def toggle_large(self) -> None:
        """Show the image alone, or all of them again."""
        self.toggle_class("-large")

    def on_thumbnails_picked(self, message: Thumbnails.Picked) -> None:
        """Look at the image that was clicked; at the second click, show it alone."""
        message.stop()
        self.go_to(message.at)
        if message.twice:
            self.toggle_large()


class GalleryPage(Page):
    """A page with a gallery, and the keys to walk through it. The page takes them, whatever is on it."""

    WANTED: ClassVar[int] = 8
    """How many small images are in view, at the least."""
    LARGES: ClassVar[int] = 1
    """How many pictures there are of the one that is looked at."""
    RENDERING: ClassVar[Rendering] = Rendering.SHADES
    """How these are drawn."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,k", "go(-1)", N_("Previous"), tooltip=N_("The image before this one")),
        Binding("right,j", "go(1)", N_("Next"), tooltip=N_("The image after this one")),
        Binding("enter", "large", N_("Large"), tooltip=N_("Show this image alone, or all of them again")),
        Binding("up", "go_row(-1)", N_("Row up"), show=False, tooltip=N_("One row of the grid up")),
        Binding("down", "go_row(1)", N_("Row down"), show=False, tooltip=N_("One row of the grid down")),
        Binding("pageup", "go_page(-1)", N_("Page up"), show=False, tooltip=N_("One page of the grid up")),
        Binding(
            "pagedown", "go_page(1)", N_("Page down"), show=False, tooltip=N_("One page of the grid down")
        ),
        Binding("home", "go_to(0)", N_("First"), show=False, tooltip=N_("The first one")),
        Binding("end", "go_to(-1)", N_("Last"), show=False, tooltip=N_("The last one")),
    ]

    def __init__(self, background: BackgroundThread) -> None:
        super().__init__(background)
        self.gallery = Gallery(wanted=self.WANTED, larges=self.LARGES, rendering=self.RENDERING)

    def turn(self, at: int | None) -> None:
        """Show the image that is looked at large; None where there is none."""

    def on_gallery_turned(self, message: Gallery.Turned) -> None:
        """Show the image that is looked at now."""
        message.stop()
        self.turn(self.gallery.at if self.gallery.count else None)
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what would do something."""
        if action == "go":
            there = 0 <= self.gallery.at + int(str(parameters[0])) < self.gallery.count
            return True if there else None if self.gallery.count else False
        if action in ("go_row", "go_page", "go_to", "large"):
            return self.gallery.count > 0
        return True

    def action_go(self, by: int) -> None:
        """Go on by so many images."""
        self.gallery.go_to(self.gallery.at + by)

    def action_go_row(self, by: int) -> None:
        """Go on by so many rows of the grid."""
        self.action_go(by * self.gallery.row)

    def action_go_page(self, by: int) -> None:
        """Go on by as many images as are in view."""
        self.action_go(by * self.gallery.page)

    def action_go_to(self, at: int) -> None:
        """Look at the first image, or for -1 at the last."""
        self.gallery.go_to(at if at >= 0 else self.gallery.count - 1)

    def action_large(self) -> None:
        """Show the image alone, or all of them again."""
        self.gallery.toggle_large()
