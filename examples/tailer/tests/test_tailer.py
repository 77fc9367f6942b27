"""The program from its own source; that it survives packaging is what slipway.yaml checks."""

from importlib.resources import files
from pathlib import Path

import pytest

from tailer.cli import main
from tailer.follow import Follower

LOG = (files("tailer") / "sample.log").read_text(encoding="utf-8")


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TAILER_SETTINGS", str(tmp_path / "settings.toml"))
    path = tmp_path / "app.log"
    path.write_text(LOG, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("args", "code", "text"),
    [
        (["search", "LOG", "timeout"], 0, "4: 2026-01-05 10:00:03 ERROR timeout, für immer"),
        (["search", "LOG", "Error", "Timeout", "--count"], 0, "error 2\ntimeout 2"),
        (["search", "LOG", "full", "--color"], 0, "\x1b["),
        (["search", "LOG", "full", "--color", "--lexer", "json"], 0, "\x1b["),
        (["search", "@sample", "Timeout"], 0, "3: 2026"),
        (["search", "LOG", "nothing"], 1, ""),
        (["search", "LOG.missing", "x"], 2, ""),
        (["window", "LOG", "--rehearse"], 0, "5 lines; error 2, timeout 2; now 3 words; counts are 30 wide"),
        (["settings"], 0, "words = error, timeout"),
        (["set", "color", "red"], 2, ""),
    ],
)
def test_commands(log: Path, capsys: pytest.CaptureFixture[str], args: list[str], code: int, text: str):
    assert main([arg.replace("LOG", str(log)) for arg in args]) == code
    assert text in capsys.readouterr().out


def test_settings_keep_comments(log: Path, capsys: pytest.CaptureFixture[str]):
    settings = log.parent / "settings.toml"
    settings.write_text('# mine\nstyle = "default" # plain\n', encoding="utf-8")
    assert main(["set", "style", "monokai"]) == 0
    assert settings.read_text(encoding="utf-8") == '# mine\nstyle = "monokai" # plain\n'


def test_a_file_that_is_cut_is_read_from_its_start(log: Path):
    follower = Follower(log)
    log.write_text("new\n", encoding="utf-8")
    assert follower.read_new_lines() == ["new"]
    with log.open("a", encoding="utf-8") as file:
        file.write("half")
    assert follower.read_new_lines() == []
    with log.open("a", encoding="utf-8") as file:
        file.write(" whole\n")
    assert follower.read_new_lines() == ["half whole"]
