"""The known mistakes, each with its sentence."""
