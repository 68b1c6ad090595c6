"""Runs, Experiments: what is planned, what is computed, and what came of it."""

from tui.panels.experiments.page import ExperimentsPage

__all__ = ["ExperimentsPage"]
