"""Owns the command line: arguments in, lines out. Each command imports what it alone needs.

Where a file is asked for, `@sample` is a short log that ships with the program.
"""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

NOTHING_FOUND = 1
BAD_INPUT = 2
NO_CLIPBOARD = 3


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except FileNotFoundError as error:
        print(f"tailer: no file '{error.filename}'", file=sys.stderr)
        return BAD_INPUT


def _file(text: str) -> Path:
    return Path(str(files("tailer") / "sample.log")) if text == "@sample" else Path(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tailer", description="Follows and searches log files.")
    parser.add_argument("--version", action="version", version=f"tailer {version('tailer')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    search = commands.add_parser("search", help="print the lines that hold any of the words")
    search.add_argument("file", type=_file, help="a log, or @sample")
    search.add_argument("words", nargs="+")
    search.add_argument("--count", action="store_true", help="print how many lines hold each word")
    search.add_argument("--color", action="store_true", help="colour the lines")
    search.add_argument("--lexer", help="a lexer of pygments instead of the one for logs")
    search.add_argument("--copy", action="store_true", help="put the lines on the clipboard")
    search.set_defaults(run=_search)

    follow = commands.add_parser("follow", help="print a file's last lines, then what is appended")
    follow.add_argument("file", type=_file, help="a log, or @sample")
    follow.add_argument("--last", type=int, default=10, help="how many lines to begin with")
    follow.add_argument("--ready", action="store_true", help="print READY first")
    follow.set_defaults(run=_follow)

    window = commands.add_parser("window", help="follow a file in a window of the terminal")
    window.add_argument("file", type=_file, help="a log, or @sample")
    window.add_argument("--rehearse", action="store_true", help="open it without a terminal and say what it showed")
    window.add_argument("--screenshot", type=Path, help="with --rehearse: write a picture (SVG)")
    window.set_defaults(run=_window)

    prompt = commands.add_parser("prompt", help="type searches one after another")
    prompt.add_argument("file", type=_file, help="a log, or @sample")
    prompt.set_defaults(run=_prompt)

    setting = commands.add_parser("set", help="change a setting")
    setting.add_argument("key")
    setting.add_argument("value")
    setting.set_defaults(run=_set)

    settings = commands.add_parser("settings", help="show the settings")
    settings.set_defaults(run=_settings)
    return parser


def _words() -> list[str]:
    from tailer.settings import read_settings

    words = read_settings()["words"]
    return [str(word) for word in words] if isinstance(words, list) else []


def _search(options: argparse.Namespace) -> int:
    from tailer.search import Searcher, count_words

    hits = list(Searcher(options.words).search(options.file))
    if options.count:
        for word, count in sorted(count_words(hits).items()):
            print(f"{word} {count}")
    elif options.color:
        from tailer.highlight import colored
        from tailer.settings import read_settings

        settings = read_settings()
        for hit in hits:
            print(colored(hit.line, lexer=options.lexer or str(settings["lexer"]), style=str(settings["style"])))
    else:
        for hit in hits:
            print(f"{hit.line_number}: {hit.line}")
    if options.copy:
        from tailer.clipboard import NoClipboardError, copy

        try:
            copy("\n".join(hit.line for hit in hits))
        except NoClipboardError as error:
            print(f"tailer: {error}", file=sys.stderr)
            return NO_CLIPBOARD
    return 0 if hits else NOTHING_FOUND


def _follow(options: argparse.Namespace) -> int:
    from tailer.follow import follow

    if options.ready:
        print("READY", flush=True)
    try:
        for line in follow(options.file, last=options.last, should_stop=lambda: False):
            print(line, flush=True)
    except KeyboardInterrupt:
        pass
    return 0


def _window(options: argparse.Namespace) -> int:
    from tailer.window import TailerApp, rehearse

    if not options.file.is_file():
        raise FileNotFoundError(2, "no such file", str(options.file))
    if options.rehearse:
        import asyncio

        print(asyncio.run(rehearse(options.file, _words(), options.screenshot)))
    else:
        TailerApp(options.file, _words()).run()
    return 0


def _prompt(options: argparse.Namespace) -> int:
    from tailer.prompt import run_prompt

    return run_prompt(options.file, _words())


def _set(options: argparse.Namespace) -> int:
    from tailer.settings import DEFAULTS, write_setting

    try:
        write_setting(options.key, options.value)
    except KeyError:
        print(f"tailer: no setting '{options.key}'; known: {', '.join(DEFAULTS)}", file=sys.stderr)
        return BAD_INPUT
    return 0


def _settings(_: argparse.Namespace) -> int:
    from tailer.settings import read_settings, settings_path

    print(f"# {settings_path()}")
    for key, value in read_settings().items():
        print(f"{key} = {', '.join(value) if isinstance(value, list) else value}")
    return 0
