"""The page Workshop."""

from tui.panels.learn.workshop.page import WorkshopPage

__all__ = ["WorkshopPage"]
