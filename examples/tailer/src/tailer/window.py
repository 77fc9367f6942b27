"""Owns the window: the log that is followed, the words that are searched, and how often each was seen."""

from __future__ import annotations

from pathlib import Path

from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.widgets import DataTable, Footer, Header, Input, RichLog

from tailer.follow import POLL_SECONDS, Follower
from tailer.search import Searcher


class TailerApp(App[None]):
    """Follows one file."""

    CSS_PATH = "window.tcss"
    TITLE = "tailer"
    BINDINGS = [("ctrl+q", "quit", "Quit"), ("ctrl+y", "copy_last", "Copy the last hit")]

    def __init__(self, path: Path, words: list[str]) -> None:
        super().__init__()
        self.path = path
        self.searcher = Searcher(words)
        self.counts: dict[str, int] = {}
        self.last_hit = ""
        self.line_count = 0
        self._follower = Follower(path, from_start=True)

    def compose(self) -> ComposeResult:
        yield Header()
        yield Input(value=", ".join(self.searcher.words), placeholder="words, separated by commas")
        with Horizontal():
            yield RichLog(id="log", max_lines=10_000)
            yield DataTable(id="counts", cursor_type="none")
        yield Footer()

    def on_mount(self) -> None:
        self.sub_title = str(self.path)
        self.query_one("#counts", DataTable).add_columns("word", "lines")
        self.take_new_lines()
        self.set_interval(POLL_SECONDS, self.take_new_lines)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        words = [word.strip() for word in event.value.split(",") if word.strip()]
        if words:
            self.searcher = Searcher(words)
            self.counts = {}
            self.show_counts()

    def take_new_lines(self) -> None:
        log = self.query_one("#log", RichLog)
        for line in self._follower.read_new_lines():
            self.line_count += 1
            log.write(line)
            for word in self.searcher.words_in(line):
                self.counts[word] = self.counts.get(word, 0) + 1
                self.last_hit = line
        self.show_counts()

    def show_counts(self) -> None:
        table = self.query_one("#counts", DataTable)
        table.clear()
        for word in self.searcher.words:
            table.add_row(word, str(self.counts.get(word, 0)))

    def action_copy_last(self) -> None:
        self.copy_to_clipboard(self.last_hit)


async def rehearse(path: Path, words: list[str], screenshot: Path | None) -> str:
    """Opens the window without a terminal, lets it read the file, types new words into it, and says what it showed."""
    app = TailerApp(path, words)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        before = ", ".join(f"{word} {app.counts.get(word, 0)}" for word in app.searcher.words)
        await pilot.click(Input)
        await pilot.press("end", *", disk", "enter")
        await pilot.pause()
        if screenshot is not None:
            screenshot.write_text(app.export_screenshot(), encoding="utf-8")
        width = app.query_one("#counts").styles.width
        return f"{app.line_count} lines; {before}; now {len(app.searcher.words)} words; counts are {width} wide"
