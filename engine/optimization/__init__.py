"""Gradients in, steps out."""
