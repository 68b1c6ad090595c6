"""Starts the child process. It is run as a file: the program may lie where Python does not look by itself."""

import sys

if __name__ == "__main__":
    sys.path.append(sys.argv[1])

    from engine.workshop.child import main

    main()
