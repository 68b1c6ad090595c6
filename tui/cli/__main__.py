"""`python -m tui.cli` is `mlp-tui`."""

from tui.cli.main import main

main()
