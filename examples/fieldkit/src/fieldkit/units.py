"""Owns the conversion of readings."""

from __future__ import annotations

from collections.abc import Callable

_SYMBOLS = {"c": "°C", "f": "°F", "bar": "bar", "psi": "psi", "m": "m", "ft": "ft"}

_CONVERSIONS: dict[tuple[str, str], Callable[[float], float]] = {
    ("c", "f"): lambda value: value * 9 / 5 + 32,
    ("f", "c"): lambda value: (value - 32) * 5 / 9,
    ("bar", "psi"): lambda value: value * 14.503773773,
    ("psi", "bar"): lambda value: value / 14.503773773,
    ("m", "ft"): lambda value: value / 0.3048,
    ("ft", "m"): lambda value: value * 0.3048,
}


class UnknownUnitError(LookupError):
    pass


def convert(value: float, source: str, target: str) -> str:
    """`21.5, 'c', 'f'` gives `21.5 °C = 70.7 °F`."""
    pair = (source.lower(), target.lower())
    if pair not in _CONVERSIONS:
        known = ", ".join(f"{a} to {b}" for a, b in _CONVERSIONS)
        raise UnknownUnitError(f"cannot convert '{source}' to '{target}'; known: {known}")
    return f"{value:g} {_SYMBOLS[pair[0]]} = {_CONVERSIONS[pair](value):.1f} {_SYMBOLS[pair[1]]}"
