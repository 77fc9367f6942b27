"""Windows: what its version call and its environment say."""

from __future__ import annotations

import os
import sys

NAME = "windows"


def describe() -> dict[str, str]:
    version = sys.getwindowsversion()
    return {
        "release": f"{version.major}.{version.minor}.{version.build}",
        "machine": os.environ.get("PROCESSOR_ARCHITECTURE", "unknown"),
    }
