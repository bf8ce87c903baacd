"""What every command shares: common options, the open workspace, progress, output, errors."""

import json as json_text
import os
import sys
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO, TypeVar

from diapason.errors import DiapasonError
from diapason.faces.cli.arguments import Misused, Option
from diapason.faces.cli.columns import padded, width
from diapason.vocabulary.language import Language, Text

if TYPE_CHECKING:
    from diapason.services.workspace import Workspace

__all__ = ["GROUPS", "ORDER", "SECTIONS", "Command", "Face", "command", "common", "language_of"]

T = TypeVar("T")

SECTIONS: tuple[tuple[Text, tuple[str, ...]], ...] = (
    (Text("Begin", "开始"), ("demo", "init", "person")),
    (
        Text("Bring data in", "导入数据"),
        ("scan", "ingest", "join", "datasets", "describe", "contract", "guard", "quarantine", "assess", "score"),
    ),
    (Text("Live equipment", "在线设备"), ("plant serve", "connect", "record")),
    (Text("Learn", "学习"), ("learn", "evaluate", "feasible")),
    (Text("Mend the data", "修复数据"), ("mend", "resonate", "audit", "order", "adopt", "undo")),
    (Text("Put a model to work", "使用模型"), ("publish", "approve", "rollback", "predict")),
    (
        Text("Agents", "智能体"),
        (
            *("agent new", "agent list", "agent show", "agent card", "agent retire"),
            *("agent run", "agent status", "agent replay", "agent shadow", "agent level", "agent watch"),
            *("agent qualify", "agent drill", "agent serve", "ask"),
        ),
    ),
    (Text("What may be moved", "允许动作"), ("envelope", "mode", "refuse", "stop", "release")),
    (Text("What it pays", "经济效果"), ("effect", "cost", "payback")),
    (Text("Try what others bring", "试验外来方法"), ("visit",)),
    (Text("Where we stand", "现状与路线"), ("appraise", "roadmap", "declare")),
    (
        Text("The data officer's desk", "首席数据官工作台"),
        ("catalogue", "search", "inbox", "statement", "offer", "exchange"),
    ),
    (Text("Show and prove", "展示与证明"), ("report", "card", "classify", "evidence", "verify", "anchor")),
    (Text("What stands on what", "依据与效力"), ("vouch", "recall", "standing")),
    (Text("What must be shown", "合规与事件"), ("comply", "incident")),
    (Text("The programme", "专项行动"), ("map", "count")),
    (Text("Look after the workspace", "维护工作区"), ("status", "doctor", "backup", "restore", "forget")),
)
"""Commands by section, in the order in which a user meets them; a new command is declared here."""

_VERBS = {"ingest": "导入", "join": "关联", "adopt": "采纳", "mend": "修补", "undo": "撤回", "audit": "核对"}
_VERBS |= {"record": "录制"}
_VERBS |= {"refused": "拒收", "guard": "守护", "quarantine": "隔离", "release": "放行"}
"""What is written beside a dataset's version, in Chinese."""

ORDER = tuple(name for _, names in SECTIONS for name in names)

GROUPS = {word: tuple(n for n in ORDER if n.startswith(f"{word} ")) for name in ORDER for word in name.split(" ")[:-1]}
"""First words of commands of two words, with those commands: "agent new" is the function `agent_new` of that module."""


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
        _write(sys.stderr, f"\r\x1b[2K{done}{what(self.language)} {note}", end="")

    def say(self, text: Text | str) -> None:
        """A sentence for a reader; silent under --json."""
        if not self.json:
            self._clear()
            _write(sys.stdout, text if isinstance(text, str) else text(self.language))

    def aside(self, text: Text | str) -> None:
        """A sentence beside the result, on the error stream; silent under --json."""
        if not self.json:
            self._clear()
            _write(sys.stderr, text if isinstance(text, str) else text(self.language))

    def ask(self, words: Text) -> str:
        """What a person types on the terminal; leaving stops the command."""
        self._clear()
        try:
            return input(f"{words(self.language)}: ").strip()
        except EOFError:  # the person has left
            raise KeyboardInterrupt from None

    def table(self, heads: Sequence[Text | str], rows: Sequence[Sequence[object]]) -> None:
        """A plain table that holds at 80 columns and without colour; silent under --json."""
        heads_said = [h if isinstance(h, str) else h(self.language) for h in heads]
        cells = [heads_said] + [[str(c) for c in row] for row in rows]
        widths = [max(width(row[i]) for row in cells) for i in range(len(heads_said))]
        for row in cells:
            self.say(padded(row, widths))

    def versions(self, found: Sequence[Mapping[str, Any]]) -> None:
        """A table of dataset versions: when each was written, and by which verb."""
        heads = [Text("dataset", "数据集"), Text("rows", "行数"), Text("written", "写入"), Text("why", "原因")]
        rows = []
        for d in found:
            note = d["note"].partition(" [")[0]  # what stands behind is for programs
            verb, _, rest = note.partition(" ")
            why = f"{_VERBS.get(verb, verb)} {rest}".strip() if self.language == "zh" else note
            rows.append([f"{d['name']}@{d['version']}", f"{d['rows']:,}", d["at"][:16].replace("T", " "), why])
        self.table(heads, rows)

    def quoted(self, path: Path | str) -> str:
        """A path as it must be typed in a shell."""
        import re
        from shlex import quote

        return str(path) if re.fullmatch(r"[\w@%+=:,./-]+", str(path)) else quote(str(path))

    def result(self, facts: Mapping[str, Any]) -> None:
        """The result for programs: one JSON document on standard output; silent without --json."""
        if self.json:
            _write(sys.stdout, json_text.dumps(facts, ensure_ascii=False, indent=2, default=str))

    def fail(self, error: DiapasonError) -> None:
        """What, where and the fix, on the error stream; the same as JSON under --json."""
        self._clear()
        said = error.said(self.language)
        if self.json:
            _write(sys.stderr, json_text.dumps(said, ensure_ascii=False))
            return
        at, fix = Text("at: ", "位置:"), Text("fix:", "办法:")
        _write(sys.stderr, said["what"])
        for head, part in ((at, said["at"]), (fix, said["fix"])):
            if part:
                _write(sys.stderr, f"  {head(self.language)} {part}")

    def _clear(self) -> None:
        if self._line:
            _write(sys.stderr, "\r\x1b[2K", end="")
            self._line = False


def _write(stream: TextIO, text: str, end: str = "\n") -> None:
    stream.write(text + end)
    stream.flush()


def common(
    *,
    json: Annotated[bool, Option("--json", "Print one JSON document", "输出一个 JSON 文档")] = False,
    lang: Annotated[str, Option("--lang", "en or zh", "en 或 zh", variable="DIAPASON_LANG")] = "",
    workspace: Annotated[
        Path, Option("--workspace -w", "Folder of the workspace", "工作区文件夹", variable="DIAPASON_WORKSPACE")
    ] = Path(),
    person: Annotated[str, Option("--as", "Who is acting", "操作人", variable="DIAPASON_PERSON")] = "",
) -> Face:
    """The options of every command, before or after its name, as a Face.

    Raises:
        Misused: the language is none of ours.
    """
    return Face(json, language_of(lang), workspace, person)


def language_of(asked: str) -> Language:
    """The language asked for, else that of the machine.

    Raises:
        Misused: it is none of ours.
    """
    if asked and asked[:2].lower() not in ("en", "zh"):
        fix = Text("choose one of: en, zh", "可选：en、zh")
        raise Misused(Text(f"no language '{asked}' here", f"没有语言“{asked}”"), at="--lang", fix=fix)
    return "zh" if (asked or os.environ.get("LANG", ""))[:2].lower() == "zh" else "en"


@dataclass(frozen=True, slots=True)
class Command:
    """A command's function with its help in both languages and a good and a bad example."""

    story: Callable[..., int | None]
    help: Text
    good: str
    bad: Text

    @property
    def name(self) -> str:
        """The word or two that the user types."""
        return self.story.__name__.rstrip("_").replace("_", " ")


def command(
    help: Text,  # noqa: A002
    *,
    good: str,
    bad: Text,
) -> Callable[[Callable[..., int | None]], Command]:
    """Make a command of a function whose first argument is a Face and which may return an exit code.

    Args:
        help: one sentence in both languages: what the user can do with it.
        good: a call that works.
        bad: a call that fails, and after " -> " what is said then.
    """

    def made(story: Callable[..., int | None]) -> Command:
        return Command(story, help, good, bad)

    return made
