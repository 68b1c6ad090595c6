"""What can be asked of a network or a run."""
