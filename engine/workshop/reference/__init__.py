"""What is right in each step, and what comes out with a known mistake."""
