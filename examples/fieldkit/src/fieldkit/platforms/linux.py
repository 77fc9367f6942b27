"""Linux: what /etc and /proc say."""

from __future__ import annotations

import os
from pathlib import Path

NAME = "linux"


def describe() -> dict[str, str]:
    return {"distribution": _distribution(), "kernel": os.uname().release, "machine": os.uname().machine}


def _distribution() -> str:
    try:
        lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return "unknown"
    values = dict(line.split("=", 1) for line in lines if "=" in line)
    return values.get("PRETTY_NAME", "unknown").strip('"')
