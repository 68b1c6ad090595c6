"""Which characters the terminal can show: all, or with `--ascii` those that every font has."""

_ascii = False


def use_ascii(plain: bool) -> None:
    """Draw with ASCII alone from now on, or again with everything."""
    global _ascii
    _ascii = plain


def is_ascii() -> bool:
    """Whether only ASCII is drawn."""
    return _ascii


def glyph(fancy: str, plain: str) -> str:
    """Return the character for a mark: `fancy`, or `plain` where only ASCII is drawn. Ask when drawing."""
    return plain if _ascii else fancy
