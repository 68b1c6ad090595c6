"""Images in, mini-batches out."""
