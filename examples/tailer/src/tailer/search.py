"""Owns the search: many words at once, in one pass over each line (Aho-Corasick, a native module)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ahocorasick_rs import AhoCorasick, MatchKind


@dataclass(frozen=True)
class Hit:
    file: str
    line_number: int
    line: str
    words: tuple[str, ...]


class Searcher:
    """Finds any of `words`, without regard to case."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(dict.fromkeys(word.lower() for word in words))
        self._automaton = AhoCorasick(list(self.words), matchkind=MatchKind.LeftmostLongest)

    def words_in(self, line: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.words[index] for index, _, _ in self._automaton.find_matches_as_indexes(line.lower())))

    def search(self, path: Path) -> Iterator[Hit]:
        with path.open(encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, start=1):
                if words := self.words_in(line):
                    yield Hit(str(path), number, line.rstrip("\r\n"), words)


def count_words(hits: Iterable[Hit]) -> Counter[str]:
    return Counter(word for hit in hits for word in hit.words)
