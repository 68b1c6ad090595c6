"""Reusable widgets that know nothing of runs: a chart, a digit, a grid, a form."""
