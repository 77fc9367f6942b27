"""Follows and searches log files."""
