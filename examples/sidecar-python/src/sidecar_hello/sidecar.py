"""A program that a desktop host starts beside itself.

It says on standard output, a line each and flushed at once: BOOT with its name and version, READY when it may be used,
HEARTBEAT if that is asked for, and SHUTDOWN with the reason. Diagnostics belong on standard error.
"""

import argparse
import signal
import sys
import time
from importlib.metadata import version
from queue import Empty, SimpleQueue

NAME = "sidecar-hello"


def say(line: str) -> None:
    """Flushes: standard output is a pipe, and a pipe keeps what it gets until there is enough of it."""
    print(line, flush=True)


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__.splitlines()[0])
    parser.add_argument("--version", action="version", version=f"{NAME} {version(NAME)}")
    parser.add_argument("--heartbeat", type=float, metavar="SECONDS", help="say HEARTBEAT this often (default: never)")
    parser.add_argument("--seconds", type=float, metavar="N", help="end by itself after so long (default: when asked to)")
    return parser.parse_args(argv)


def listen_for_the_end() -> "SimpleQueue[str]":
    """The queue gets the reason when the system or the host asks for an end.

    A handler runs in between any two steps of what it interrupts, so it must take no lock that this may hold: `threading.Event`
    has one, and a signal while it begins to wait would never be heard. `SimpleQueue.put` may interrupt `get`.

    SIGTERM ends a program on POSIX. Windows has none: there Ctrl+Break reaches a program in a process group of its own.
    """
    asked: SimpleQueue[str] = SimpleQueue()

    def stop(number: int, _frame: object) -> None:
        asked.put(f"signal name={signal.Signals(number).name}")

    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)
    return asked


def live(asked: "SimpleQueue[str]", heartbeat: float | None, seconds: float | None) -> str:
    """Until an end is asked for, or the time is over. Returns why."""
    deadline = None if seconds is None else time.monotonic() + seconds
    while True:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            return "normal"
        try:
            # Never without a limit: on Windows a wait that has none hears no signal.
            return asked.get(timeout=min(left if left is not None else 1.0, heartbeat if heartbeat is not None else 1.0))
        except Empty:
            if heartbeat is not None:
                say("HEARTBEAT")


def main(argv: list[str] | None = None) -> int:
    arguments = parse(argv)
    asked = listen_for_the_end()
    say(f"BOOT sidecar={NAME} version={version(NAME)}")
    say("READY")
    try:
        say(f"SHUTDOWN reason={live(asked, arguments.heartbeat, arguments.seconds)}")
    except BrokenPipeError:
        # The host is gone, and nobody hears why.
        sys.stdout = None
    return 0


if __name__ == "__main__":
    sys.exit(main())
