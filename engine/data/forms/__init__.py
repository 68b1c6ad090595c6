"""The forms in which a data set can come, one file each, and what they share."""
