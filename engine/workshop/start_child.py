"""Starts a child process. It is run as a file: the program may lie where Python does not look by itself."""

import sys
from importlib import import_module

if __name__ == "__main__":
    sys.path.append(sys.argv[1])
    import_module(sys.argv[2]).main()
