"""A network at work, one step after the other: each with its formula, its line of code, and its numbers."""

from engine.analysis.walkthrough.batch import BatchTracer, BatchWalkthrough
from engine.analysis.walkthrough.image import ImageTracer, ImageWalkthrough
from engine.analysis.walkthrough.stage import Calculation, Places, Score, Stage, Term

__all__ = [
    "BatchTracer",
    "BatchWalkthrough",
    "Calculation",
    "ImageTracer",
    "ImageWalkthrough",
    "Places",
    "Score",
    "Stage",
    "Term",
]
