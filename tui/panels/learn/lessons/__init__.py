"""The page Lessons."""

from tui.panels.learn.lessons.page import LessonsPage

__all__ = ["LessonsPage"]
