"""Owns the settings file: TOML whose comments and order survive a change."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import tomlkit

DEFAULTS: dict[str, object] = {"lexer": "log", "style": "default", "words": ["error", "timeout"]}


def settings_path() -> Path:
    if named := os.environ.get("TAILER_SETTINGS"):
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", str(Path.home()))) / "tailer" / "settings.toml"
    return Path(os.environ.get("XDG_CONFIG_HOME", str(Path.home() / ".config"))) / "tailer" / "settings.toml"


def read_settings() -> dict[str, object]:
    path = settings_path()
    written = tomlkit.parse(path.read_text(encoding="utf-8")).unwrap() if path.is_file() else {}
    return {**DEFAULTS, **written}


def write_setting(key: str, value: str) -> None:
    """Raises KeyError for an unknown key. `words` takes a comma-separated list."""
    if key not in DEFAULTS:
        raise KeyError(key)
    path = settings_path()
    document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.is_file() else tomlkit.document()
    if not path.is_file():
        document.add(tomlkit.comment("settings of tailer"))
    document[key] = [word.strip() for word in value.split(",")] if key == "words" else value
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(tomlkit.dumps(document), encoding="utf-8")
