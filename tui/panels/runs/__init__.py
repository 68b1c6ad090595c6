"""The Runs tab: every stored run, to be looked at again, compared, and gone on with."""

from tui.panels.runs.panel import RunsPanel

__all__ = ["RunsPanel"]
