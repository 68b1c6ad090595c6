"""Lessons: TOML files with a goal, experiments that are really run, and a question about their results."""
