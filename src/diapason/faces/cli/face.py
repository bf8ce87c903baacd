"""What every command shares: common options, the open workspace, progress, output, errors."""

import inspect
import json as json_text
import os
import sys
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from diapason.errors import DiapasonError
from diapason.vocabulary.language import Language, Text

if TYPE_CHECKING:
    from diapason.services.workspace import Workspace

__all__ = ["ORDER", "Command", "Face", "command"]

T = TypeVar("T")

ORDER = [
    "demo",
    "init",
    "person",
    "ingest",
    "join",
    "datasets",
    "assess",
    "learn",
    "evaluate",
    "resonate",
    "audit",
    "adopt",
    "undo",
    "publish",
    "approve",
    "rollback",
    "predict",
    "report",
    "evidence",
    "verify",
    "anchor",
    "status",
    "doctor",
    "backup",
    "restore",
    "forget",
]
"""Commands in the order in which a user meets them; a new command is declared here."""


@dataclass(slots=True)
class Face:
    """One call of one command: how it speaks, and where it works."""

    json: bool
    language: Language
    folder: Path
    person: str
    _shown: float = 0.0
    _line: bool = False

    def open(self) -> "Workspace":
        """The workspace here or above, opened and reconciled."""
        from diapason.services import workspace

        return workspace.open_workspace(self.folder, person=self.person, language=self.language, progress=self.progress)

    def run(self, story: Coroutine[Any, Any, T]) -> T:
        """Run an asynchronous service to its end."""
        import asyncio

        return asyncio.run(story)

    def progress(self, what: Text, share: float, note: str) -> None:
        """One line on the error stream, rewritten in place on a terminal, at most four times a second."""
        if self.json or not sys.stderr.isatty():
            return
        now = time.monotonic()
        if share < 1 and now - self._shown < 0.25:
            return
        self._shown, self._line = now, True
        done = f"{share:4.0%} " if share >= 0 else ""
        typer.echo(f"\r\x1b[2K{done}{what(self.language)} {note}", err=True, nl=False)

    def say(self, text: Text | str) -> None:
        """A sentence for a reader; silent under --json."""
        if not self.json:
            self._clear()
            typer.echo(text if isinstance(text, str) else text(self.language))

    def table(self, heads: Sequence[Text | str], rows: Sequence[Sequence[object]]) -> None:
        """A plain table that holds at 80 columns and without colour; silent under --json."""
        heads_said = [h if isinstance(h, str) else h(self.language) for h in heads]
        cells = [heads_said] + [[str(c) for c in row] for row in rows]
        widths = [max(_width(row[i]) for row in cells) for i in range(len(heads_said))]
        for row in cells:
            self.say("  ".join(c + " " * (w - _width(c)) for c, w in zip(row, widths, strict=True)).rstrip())

    def result(self, facts: Mapping[str, Any]) -> None:
        """The result for programs: one JSON document on standard output; silent without --json."""
        if self.json:
            typer.echo(json_text.dumps(facts, ensure_ascii=False, indent=2, default=str))

    def fail(self, error: DiapasonError) -> None:
        """What, where and the fix, on the error stream; the same as JSON under --json."""
        self._clear()
        said = error.said(self.language)
        if self.json:
            typer.echo(json_text.dumps(said, ensure_ascii=False), err=True)
            return
        at, fix = Text("at: ", "位置:"), Text("fix:", "办法:")
        typer.echo(said["what"], err=True)
        for head, part in ((at, said["at"]), (fix, said["fix"])):
            if part:
                typer.echo(f"  {head(self.language)} {part}", err=True)

    def _clear(self) -> None:
        if self._line:
            typer.echo("\r\x1b[2K", err=True, nl=False)
            self._line = False


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two."""
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


_COMMON: dict[str, Any] = {
    "json": (Annotated[bool, typer.Option("--json", help="Print one JSON document / 输出 JSON")], False),
    "lang": (Annotated[str, typer.Option("--lang", envvar="DIAPASON_LANG", help="en or zh / 语言")], ""),
    "workspace": (
        Annotated[Path, typer.Option("--workspace", "-w", envvar="DIAPASON_WORKSPACE", help="Folder / 工作区")],
        Path(),
    ),
    "person": (Annotated[str, typer.Option("--as", envvar="DIAPASON_PERSON", help="Who is acting / 操作人")], ""),
}


def _language(asked: str) -> Language:
    asked = asked or os.environ.get("LANG", "en")
    return "zh" if asked[:2] == "zh" else "en"


@dataclass(frozen=True, slots=True)
class Command:
    """A command's function with its help in both languages and a good and a bad example."""

    story: Callable[..., None]
    help: Text
    good: str
    bad: str

    @property
    def name(self) -> str:
        """The word the user types."""
        return self.story.__name__.rstrip("_")

    @property
    def module(self) -> str:
        """Where it is defined."""
        return self.story.__module__

    def join(self, app: typer.Typer, language: Language) -> None:
        """Register with the common options added."""
        examples = Text(f"Good: {self.good}\n\nBad:  {self.bad}", f"正例：{self.good}\n\n反例：{self.bad}")
        app.command(self.name, help=self.help(language), epilog=examples(language))(self._wrapped())

    def _wrapped(self) -> Callable[..., None]:
        def call(*, json: bool, lang: str, workspace: Path, person: str, **own: Any) -> None:
            face = Face(json, _language(lang), workspace, person)
            try:
                self.story(face, **own)
            except DiapasonError as error:
                face.fail(error)
                raise typer.Exit(1) from None
            except KeyboardInterrupt:
                face.say(Text("Stopped. What was done is kept.", "已停止，已完成的部分都已保留。"))
                raise typer.Exit(130) from None

        own = [*inspect.signature(self.story, eval_str=True).parameters.values()][1:]
        common = [
            inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY, annotation=a, default=d)
            for n, (a, d) in _COMMON.items()
        ]
        own = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
        call.__signature__ = inspect.Signature(own + common)  # type: ignore[attr-defined]
        call.__annotations__ = {p.name: p.annotation for p in own + common}
        return call


def command(help: Text, *, good: str, bad: str) -> Callable[[Callable[..., None]], Command]:  # noqa: A002
    """Make a command of a function whose first argument is a Face.

    Args:
        help: one sentence in both languages: what the user can do with it.
        good: a call that works.
        bad: a call that fails, and after " -> " what is said then.
    """

    def made(story: Callable[..., None]) -> Command:
        return Command(story, help, good, bad)

    return made
