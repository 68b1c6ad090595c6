"""The network that a form describes, in one line: "784-128-10, 101,770 parameters"."""

from collections.abc import Sequence
from itertools import groupby, pairwise

from rich.cells import cell_len

from engine.events import DataSummary
from tui.text.glyphs import glyph
from tui.text.language import _, plural


def parameter_count(sizes: Sequence[int], batch_norm: bool) -> int:
    """Return how many parameters an `MLP` of these sizes has, from pixels to classes."""
    dense = sum((inputs + 1) * outputs for inputs, outputs in pairwise(sizes))
    return dense + (2 * sum(sizes[1:-1]) if batch_norm else 0)


def network_line(hidden: Sequence[int], batch_norm: bool, data: DataSummary | None, width: int) -> str:
    """Return sizes and number of parameters; without data, what is known.

    Layers of one size in a row are put together, and those in the middle left out where `width` cells
    are too few.
    """
    if data is None:
        return _shortened([_("pixels"), *_runs(hidden), _("classes")], width)
    sizes = (data.height * data.width, *hidden, data.classes)
    count = parameter_count(sizes, batch_norm)
    text = plural("{count:,} parameter", "{count:,} parameters", count)
    return (
        _shortened([str(sizes[0]), *_runs(hidden), str(sizes[-1])], width - cell_len(text) - 2) + f", {text}"
    )


def _runs(hidden: Sequence[int]) -> list[str]:
    """Return the sizes as text, three or more equal ones in a row as "10x32" (ten of 32)."""
    texts = []
    for size, group in groupby(hidden):
        times = len(list(group))
        texts += [f"{times}{glyph('×', 'x')}{size}"] if times > 2 else [str(size)] * times
    return texts


def _shortened(parts: list[str], width: int) -> str:
    """Join the parts; leave out middle ones where there is no room."""
    whole = "-".join(parts)
    kept = parts[:-1]
    while cell_len(whole) > width and len(kept) > 1:
        kept = kept[:-1]
        whole = "-".join([*kept, glyph("…", "..."), parts[-1]])
    return whole
