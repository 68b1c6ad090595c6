"""The checks, a function for each step."""
