"""The Learn tab: lessons, and the workshop in which a person writes the network."""

from tui.panels.learn.panel import LearnPanel

__all__ = ["LearnPanel"]
