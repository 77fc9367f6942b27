"""Owns the device profiles: TOML files in the package's own data folder."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files


class UnknownProfileError(LookupError):
    pass


@dataclass(frozen=True)
class Profile:
    title: str
    supply: str
    limits: dict[str, str]

    def as_text(self) -> str:
        return "\n".join([self.title, f"supply: {self.supply}", *(f"{key}: {value}" for key, value in self.limits.items())])


def names() -> list[str]:
    folder = files("fieldkit") / "profiles"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load(name: str) -> Profile:
    if name not in names():
        raise UnknownProfileError(f"no profile '{name}'; known: {', '.join(names())}")
    raw = tomllib.loads((files("fieldkit") / "profiles" / f"{name}.toml").read_text(encoding="utf-8"))
    return Profile(title=raw["title"], supply=raw["supply"], limits=dict(raw["limits"]))
