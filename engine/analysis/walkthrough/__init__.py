"""A network at work, one step after the other: each with its formula, its line of code, and its numbers."""

from engine.analysis.walkthrough.batch import BatchWalk, BatchWalker
from engine.analysis.walkthrough.image import ImageWalk, Walker
from engine.analysis.walkthrough.stage import Places, Score, Station, Term, Working

__all__ = [
    "BatchWalk",
    "BatchWalker",
    "ImageWalk",
    "Places",
    "Score",
    "Station",
    "Term",
    "Walker",
    "Working",
]
