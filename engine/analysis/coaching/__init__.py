"""The coach's rules: each detects one problem of a run, shows the evidence, and proposes one change.

The thresholds were found on runs of MNIST and of slices of it, and lie between what healthy runs showed and
runs with problems did. `tests/engine/analysis/test_coach.py` trains networks into each problem and, by
the proposed change, out of it.
"""
