"""Hyperparameters and data in, events out."""
