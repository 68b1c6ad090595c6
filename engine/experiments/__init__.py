"""Experiments: many settings and seeds, what they lead to, and which differences are more than luck."""
