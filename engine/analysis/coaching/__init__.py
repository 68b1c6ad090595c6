"""The coach's rules: what goes wrong in a run, what shows it, and which one change mends it.

The thresholds were found on runs of MNIST and of slices of it, and lie between what healthy runs showed and
what sick ones did. `tests/engine/analysis/test_diagnostics.py` trains networks into each trouble and, by the
proposed change, out of it.
"""
