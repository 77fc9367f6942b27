"""Owns the clipboard: whichever tool of the system pyperclip finds."""

from __future__ import annotations

import pyperclip


class NoClipboardError(RuntimeError):
    pass


def copy(text: str) -> None:
    try:
        pyperclip.copy(text)
    except pyperclip.PyperclipException as error:
        raise NoClipboardError("this machine has no clipboard that a program can reach") from error
