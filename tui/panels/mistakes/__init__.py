"""The Mistakes tab: the images that the network misread, and why."""

from tui.panels.mistakes.panel import MistakesPanel

__all__ = ["MistakesPanel"]
