"""Two runs side by side: what differs, the figures, whether it is luck, the images that tell them apart."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from engine.sentences import N_
from engine.storage.run_comparison import Comparison
from tui.text.ascii_art import ascii_art, braille_art
from tui.text.cell_widths import cut
from tui.text.class_names import class_name
from tui.text.glyphs import is_ascii
from tui.text.language import _, plural
from tui.text.run_comparison import Row, comparison_names, figure_rows, remarks, setting_rows, verdict
from tui.widgets.live_text import LiveText

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ART = (14, 7)
"""Characters of a small image: 28 x 28 dots of braille."""
WIDEST_VALUE = 28
MOST_PICTURES = 40
"""Images of each kind that are drawn; the command line names all of them."""

Part = str | tuple[str, str]


class ComparisonView(VerticalScroll, can_focus=True):
    """Text and small images, which scroll as one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_up", N_("Up"), show=False, tooltip=N_("One line up")),
        Binding("down", "scroll_down", N_("Down"), show=False, tooltip=N_("One line down")),
    ]
    DEFAULT_CSS = """
    ComparisonView {
        display: none;
        height: 1fr;
        scrollbar-size-vertical: 1;
        & > LiveText { height: auto; width: 1fr; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._words = LiveText()
        self._comparison: Comparison | None = None

    def compose(self) -> ComposeResult:
        """Yield the text."""
        yield self._words

    def wait(self, first: str, second: str) -> None:
        """Say that the comparison is being made."""
        self._comparison = None
        text = _("Comparing {first} with {second}: both predict all test images …")
        self._words.set_text(Content(text.format(first=first, second=second)))
        self.scroll_home(animate=False)

    def complain(self, sentence: str) -> None:
        """Say why there is no comparison."""
        self._comparison = None
        self._words.set_text(Content(sentence))

    def show(self, comparison: Comparison) -> None:
        """Show what there is to say of two runs."""
        self._comparison = comparison
        self._draw()
        self.scroll_home(animate=False)

    def on_resize(self) -> None:
        """Put as many images into a row as there is room for."""
        self._draw()

    def _draw(self) -> None:
        if self._comparison is not None:
            width = max(ART[0], self.scrollable_content_region.width or self.size.width)
            self._words.set_text(Content.assemble(*_parts(self._comparison, width)))


def _parts(comparison: Comparison, width: int) -> list[Part]:
    """Return the whole, piece by piece, each with its style."""
    settings = setting_rows(comparison)
    if not settings:
        settings = [(_("All hyperparameters are the same."), "", "")]
    first, *rest = verdict(comparison)
    parts: list[Part] = [
        *_table(("", *comparison_names(comparison)), settings, figure_rows(comparison)),
        "\n",
    ]
    parts += [(first + "\n", "bold"), *(f"{line}\n" for line in rest)]
    parts += [(f"{line}\n", "$text-warning") for line in remarks(comparison)]
    images, names = comparison.images, comparison.first.started.data.class_names
    if images is None or comparison.pictures is None:
        return parts
    for name, places, wrong in (
        (comparison_names(comparison)[0], images.first_only, images.second_predicted),
        (comparison_names(comparison)[1], images.second_only, images.first_predicted),
    ):
        text = plural(
            "{count:,} image that {{name}} alone predicts correctly",
            "{count:,} images that {{name}} alone predicts correctly",
            len(places),
        ).format(name=name)
        if len(places) > MOST_PICTURES:
            text += _(", the first {count}:").format(count=MOST_PICTURES)
        parts += ["\n", (text + "\n", "bold")]
        shown = places[:MOST_PICTURES].tolist()
        captions = [
            _("{true} predicted {predicted}").format(
                true=class_name(names, int(images.labels[place])),
                predicted=class_name(names, int(wrong[place])),
            )
            for place in shown
        ]
        parts.append(_gallery([comparison.pictures[place] for place in shown], captions, width))
    return parts


def _table(head: Row, settings: Sequence[Row], figures: Sequence[Row]) -> list[Part]:
    """Return rows in columns of cells: what differs, then the figures."""
    rows = [head, *settings, *figures]
    columns = list(zip(*rows, strict=True))
    widths = [
        min(max(map(cell_len, column)), 40 if at == 0 else WIDEST_VALUE) for at, column in enumerate(columns)
    ]
    if any(row[1] == "" for row in settings):
        widths[0] = max(cell_len(row[0]) for row in figures)

    def line(row: Row) -> str:
        if not any(row[1:]):
            return row[0] + "\n"
        return "  ".join(_cut(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n"

    parts: list[Part] = [(line(head), "bold"), *map(line, settings), "\n"]
    return [*parts, *map(line, figures)]


def _cut(cell: str, width: int) -> str:
    return set_cell_size(cut(cell, width), width)


def _gallery(pictures: "Sequence[NDArray[np.uint8]]", captions: Sequence[str], width: int) -> str:
    """Return small images side by side, with a caption below each."""
    wide, high = ART
    draw = ascii_art if is_ascii() else braille_art
    a_row = max(1, (width + 1) // (wide + 1))
    lines = []
    for start in range(0, len(pictures), a_row):
        arts = [draw(picture, wide, high) for picture in pictures[start : start + a_row]]
        lines += [
            " ".join(set_cell_size(art[y] if y < len(art) else "", wide) for art in arts)
            for y in range(max(map(len, arts)))
        ]
        under = captions[start : start + a_row]
        lines.append(" ".join(_cut(caption, wide) for caption in under))
    return "".join(f"{line.rstrip()}\n" for line in lines)
