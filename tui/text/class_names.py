"""The names of classes where a class is shown."""

from collections.abc import Sequence

from tui.text.cell_widths import cut

SHORT = 8
"""Cells of a name under a small image."""


def class_name(names: Sequence[str], label: int) -> str:
    """Return what a class is called: by its number, where it has no name."""
    return names[label] if 0 <= label < len(names) else str(label)


def short_name(names: Sequence[str], label: int) -> str:
    """Return what a class is called under a small image."""
    return cut(class_name(names, label), SHORT)


def name_or_none(names: Sequence[str], label: int | None) -> str | None:
    """Return what a class is called, None for none."""
    return None if label is None else class_name(names, label)
