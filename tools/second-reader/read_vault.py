#!/usr/bin/python3
"""Lists, verifies and extracts the sets of a Lifeboat vault: `read_vault.py COMMAND --help`."""

import sys

from lifeboat_reader.main import main

if __name__ == "__main__":
    sys.exit(main())
