"""Data sets, and the mini-batches made from them."""
