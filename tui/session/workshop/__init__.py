"""The workshop in the app: its files, their checks, and how the steps stand."""

from tui.session.workshop.workshop import StepState, StepStatus, Workshop, default_folder

__all__ = ["StepState", "StepStatus", "Workshop", "default_folder"]
