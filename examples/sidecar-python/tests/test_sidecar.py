"""The sidecar from its own source; that it survives packaging is what slipway.yaml checks."""

import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "src"


def start(*arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-m", "sidecar_hello.sidecar", *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


class Sidecar(unittest.TestCase):
    def test_says_why_it_ends_by_itself(self):
        output, _ = start("--seconds", "0.3", "--heartbeat", "0.1").communicate(timeout=30)
        lines = output.splitlines()
        self.assertRegex(lines[0], r"^BOOT sidecar=sidecar-hello version=")
        self.assertEqual(lines.count("READY"), 1)
        self.assertIn("HEARTBEAT", lines)
        self.assertEqual(lines[-1], "SHUTDOWN reason=normal")

    @unittest.skipIf(os.name == "nt", "Windows has no SIGTERM")
    def test_ends_when_it_is_asked_to(self):
        with start() as sidecar:
            while sidecar.stdout.readline() != "READY\n":
                pass
            sidecar.send_signal(signal.SIGTERM)
            output, _ = sidecar.communicate(timeout=30)
        self.assertEqual(output, "SHUTDOWN reason=signal name=SIGTERM\n")
        self.assertEqual(sidecar.returncode, 0)

    @unittest.skipIf(os.name == "nt", "a pipe is closed another way there")
    def test_a_host_that_went_away_is_no_crash(self):
        with start("--heartbeat", "0.05") as sidecar:
            while sidecar.stdout.readline() != "READY\n":
                pass
            sidecar.stdout.close()
            self.assertEqual(sidecar.wait(timeout=30), 0)


if __name__ == "__main__":
    unittest.main()
