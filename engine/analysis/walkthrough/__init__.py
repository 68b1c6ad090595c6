"""Walkthroughs: a computation of the network stage by stage, with formula, code and all its numbers."""

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
