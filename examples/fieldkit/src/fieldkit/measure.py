"""Owns readings of the running machine, taken with psutil's native module."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import psutil


@dataclass(frozen=True)
class Snapshot:
    """One look at the machine. Sizes are bytes."""

    cpu_count: int
    memory_total: int
    memory_available: int
    process_count: int
    own_memory: int

    def as_dict(self) -> dict[str, int]:
        return asdict(self)

    def as_text(self) -> str:
        return "\n".join(
            [
                f"processors: {self.cpu_count}",
                f"memory: {self.memory_available // 2**20} of {self.memory_total // 2**20} MiB available",
                f"processes: {self.process_count}",
                f"this program: {self.own_memory / 2**20:.1f} MiB",
            ]
        )


@dataclass(frozen=True)
class RemoteHost:
    address: str
    connection_count: int


def take_snapshot() -> Snapshot:
    memory = psutil.virtual_memory()
    return Snapshot(
        cpu_count=psutil.cpu_count() or 1,
        memory_total=memory.total,
        memory_available=memory.available,
        process_count=len(psutil.pids()),
        own_memory=psutil.Process().memory_info().rss,
    )


def remote_hosts() -> list[RemoteHost]:
    """The peers of established connections, most connections first. Only our own processes where more is not allowed."""
    try:
        connections = psutil.net_connections(kind="inet")
    except psutil.AccessDenied:
        connections = psutil.Process().net_connections(kind="inet")
    peers = Counter(c.raddr.ip for c in connections if c.raddr and c.status == psutil.CONN_ESTABLISHED)
    return [RemoteHost(address, count) for address, count in sorted(peers.items(), key=lambda item: (-item[1], item[0]))]


def free_percent(path: str) -> float:
    return 100.0 - psutil.disk_usage(path).percent


def readings(interval_seconds: float, count: int) -> Iterator[str]:
    """A line per reading; `count` 0 never ends."""
    taken = 0
    while count == 0 or taken < count:
        load = psutil.cpu_percent(interval=None)
        yield f"{load:.0f} % busy, {psutil.virtual_memory().available // 2**20} MiB available"
        taken += 1
        if taken != count:
            time.sleep(interval_seconds)
