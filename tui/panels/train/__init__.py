"""The Train tab: loss and accuracy as they come, early stopping, the latest events."""
