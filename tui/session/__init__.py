"""What the app knows and can ask, without Textual: the run, the training process, the stored runs."""
