"""What ships with the program: the MNIST files, presets, catalogues of translations."""

from pathlib import Path

FOLDER = Path(__file__).parent
"""Where it lies."""
