"""How fast the program is, as programs that anyone can run: `python -m tests.benchmarks --help`.

Everything is measured in one run, contender by contender in turn, round after round, so that a machine whose
speed drifts slows all of them alike; medians and ratios are what counts. Nothing here is run by the suite.
"""

import engine  # noqa: F401  # before NumPy, as in the program: it sets up BLAS
