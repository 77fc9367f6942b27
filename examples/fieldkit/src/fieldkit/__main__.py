"""Runs the kit as `python -m fieldkit`."""

from fieldkit.cli import main

main()
