"""Chooses the module that knows this operating system. It is found by name at run time, so no compiler sees the import."""

from __future__ import annotations

import importlib
import sys

_MODULES = {"linux": "linux", "darwin": "darwin", "win32": "windows"}


def describe() -> dict[str, str]:
    """What the operating system says of itself, label by label."""
    module = importlib.import_module(f"fieldkit.platforms.{_MODULES.get(sys.platform, 'linux')}")
    return {"platform": module.NAME, **module.describe()}
