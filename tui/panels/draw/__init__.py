"""The Draw tab."""

from tui.panels.draw.page import DrawPage

__all__ = ["DrawPage"]
