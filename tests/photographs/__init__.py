"""Photographs of handwritten digits, made by the computer, and how many of them a network reads."""
