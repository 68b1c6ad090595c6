"""A network at work, one step after the other: each with its formula, its line of code, and its numbers."""

from engine.analysis.walk.batch import BatchWalk, BatchWalker
from engine.analysis.walk.image import ImageWalk, Walker
from engine.analysis.walk.station import Places, Score, Station, Term, Working

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
