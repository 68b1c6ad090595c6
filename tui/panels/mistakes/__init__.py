"""The Mistakes tab: the misclassified images, and why they are misclassified."""

from tui.panels.mistakes.panel import MistakesPanel

__all__ = ["MistakesPanel"]
