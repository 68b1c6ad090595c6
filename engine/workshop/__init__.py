"""The workshop: a person writes a network, step by step; each step is checked and its mistake is named."""
