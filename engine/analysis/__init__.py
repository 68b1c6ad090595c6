"""Analyses of a trained network, a run or a data set."""
