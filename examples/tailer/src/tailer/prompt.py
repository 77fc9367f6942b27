"""Owns the prompt: searches typed one after another, with completion and a history."""

from __future__ import annotations

from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.history import InMemoryHistory

from tailer.search import Searcher


def run_prompt(path: Path, words: list[str]) -> int:
    """Reads words until an empty line or the end of the input; prints the lines that hold them."""
    session: PromptSession[str] = PromptSession(completer=WordCompleter(words, ignore_case=True), history=InMemoryHistory())
    while True:
        try:
            typed = session.prompt("search> ").strip()
        except (EOFError, KeyboardInterrupt):
            return 0
        if not typed:
            return 0
        hits = list(Searcher(typed.split()).search(path))
        for hit in hits:
            print(f"{hit.line_number}: {hit.line}")
        print(f"{len(hits)} lines")
