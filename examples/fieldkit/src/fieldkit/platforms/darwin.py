"""macOS: what its version property list says."""

from __future__ import annotations

import os
import plistlib
from pathlib import Path

NAME = "macos"


def describe() -> dict[str, str]:
    with Path("/System/Library/CoreServices/SystemVersion.plist").open("rb") as file:
        version = plistlib.load(file)
    return {
        "product": f"{version['ProductName']} {version['ProductVersion']}",
        "kernel": os.uname().release,
        "machine": os.uname().machine,
    }
