"""Runs as `python -m tailer`; the packaged program starts here too."""

import sys

from tailer.cli import main

sys.exit(main())
