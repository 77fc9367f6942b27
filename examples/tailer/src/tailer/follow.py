"""Owns following a file: its last lines, then what is appended, also when it is cut or replaced."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

POLL_SECONDS = 0.1


def last_lines(path: Path, count: int) -> list[str]:
    with path.open(encoding="utf-8", errors="replace") as lines:
        return [line.rstrip("\r\n") for line in deque(lines, maxlen=count)]


class Follower:
    """Reads what was appended since the last look. A file that got shorter, or another one, is read from its start."""

    def __init__(self, path: Path, *, from_start: bool = False) -> None:
        self._path = path
        self._rest = b""
        status = path.stat()
        self._identity = (status.st_dev, status.st_ino)
        self._position = 0 if from_start else status.st_size

    def read_new_lines(self) -> list[str]:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return []
        identity = (status.st_dev, status.st_ino)
        if identity != self._identity or status.st_size < self._position:
            self._identity, self._position, self._rest = identity, 0, b""
        with self._path.open("rb") as file:
            file.seek(self._position)
            data = file.read()
        self._position += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [line.rstrip(b"\r").decode("utf-8", "replace") for line in lines]


def follow(path: Path, *, last: int, should_stop: Callable[[], bool]) -> Iterator[str]:
    follower = Follower(path)
    yield from last_lines(path, last) if last else []
    while not should_stop():
        lines = follower.read_new_lines()
        yield from lines
        if not lines:
            time.sleep(POLL_SECONDS)
