"""Training: from hyperparameters and data to the events of a run."""
