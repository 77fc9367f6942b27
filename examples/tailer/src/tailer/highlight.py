"""Owns the colours of a log line: a lexer for logs, and any lexer of pygments by its name."""

from __future__ import annotations

from pygments import highlight
from pygments.formatters import get_formatter_by_name
from pygments.lexer import RegexLexer, bygroups
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Number, String, Text


class LogLexer(RegexLexer):
    """Times, levels, numbers and quoted text."""

    name = "Log"
    aliases = ["log"]
    tokens = {
        "root": [
            (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?Z?", Comment),
            (r"\b(ERROR|FATAL|CRITICAL)\b", Generic.Error),
            (r"\b(WARN(?:ING)?|NOTICE)\b", Keyword),
            (r"\b(INFO|DEBUG|TRACE)\b", Generic.Subheading),
            (r'("[^"\n]*")', bygroups(String)),
            (r"\b\d+(?:\.\d+)?\b", Number),
            (r"\s+|.", Text),
        ]
    }


def colored(line: str, *, lexer: str = "log", style: str = "default") -> str:
    """The line with terminal colours. Raises `pygments.util.ClassNotFound` for an unknown lexer."""
    chosen = LogLexer() if lexer == "log" else get_lexer_by_name(lexer)
    return highlight(line, chosen, get_formatter_by_name("terminal256", style=style)).rstrip("\n")
