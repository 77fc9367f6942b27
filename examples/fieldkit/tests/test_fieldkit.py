"""The kit from its own source; that it survives packaging is what slipway.yaml checks."""

import json
from importlib.metadata import version

import pytest
from typer.testing import CliRunner

from fieldkit.cli import app


def run(*args: str):
    return CliRunner().invoke(app, list(args))


def test_version_is_that_of_the_metadata():
    assert run("--version").stdout == f"fieldkit {version('fieldkit')}\n"


def test_info_reads_the_machine():
    snapshot = json.loads(run("info", "--json").stdout)
    assert snapshot["memory_total"] > snapshot["memory_available"] > 0
    assert snapshot["process_count"] > 0 and snapshot["own_memory"] > 0


def test_certificates_are_loaded():
    assert int(run("certificates").stdout.split()[0]) > 100


def test_system_finds_its_platform_module():
    assert run("system").stdout.startswith("platform: ")


@pytest.mark.parametrize(
    ("args", "code", "text"),
    [
        (["convert", "21.5", "C", "F"], 0, "21.5 °C = 70.7 °F"),
        (["convert", "1", "c", "bar"], 3, "cannot convert 'c' to 'bar'"),
        (["profiles", "show", "power-meter"], 0, "at least 10 MΩ"),
        (["profiles", "show", "toaster"], 3, "no profile 'toaster'"),
        (["disk", "--min-free", "101"], 4, "% free"),
        (["watch", "--count", "1"], 0, "READY"),
    ],
)
def test_commands(args, code, text):
    result = run(*args)
    assert result.exit_code == code
    assert text in result.output
