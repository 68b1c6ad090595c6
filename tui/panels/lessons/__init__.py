"""The Lessons tab."""

from tui.panels.lessons.page import LessonsPage

__all__ = ["LessonsPage"]
