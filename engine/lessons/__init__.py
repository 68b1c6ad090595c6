"""Lessons: files that state a goal, run real experiments, and check an answer against what happened."""
