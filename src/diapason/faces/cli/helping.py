"""Pages of help: one for the whole, one for each command, each in one language."""

import inspect
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from diapason.faces.cli.arguments import Option, Parameter
from diapason.faces.cli.columns import width, wrapped
from diapason.vocabulary.language import Language, Text

if TYPE_CHECKING:
    from diapason.faces.cli.face import Command

__all__ = ["command_page", "group_page", "whole_page"]

ABOUT = Text(
    "Every claim about AI in manufacturing is a run that a stranger can repeat.",
    "制造业人工智能的每一个结论，都是他人可以重复的一次运行。",
)
START = Text("Start with: diapason demo", "从这里开始：diapason demo")
MORE = Text("diapason COMMAND --help tells more about one.", "diapason 命令 --help 查看某一命令的详情。")
USAGE = Text("diapason [options] COMMAND …", "diapason [选项] 命令 …")
HELP = Text("This page", "本页")
VERSION = Text("Which version this is", "版本号")
OWN, EVERYWHERE = Text("What it takes", "参数"), Text("Before or after any command", "任何命令前后均可")
GOOD, BAD = Text("Good: ", "正例："), Text("Bad:  ", "反例：")
WORDS = {
    int: Text("NUMBER", "整数"),
    float: Text("NUMBER", "数"),
    Path: Text("PATH", "路径"),
    str: Text("TEXT", "文本"),
}
MARGIN = 26


def whole_page(
    sections: Sequence[tuple[Text, Sequence["Command"]]], common: Sequence[Parameter], language: Language
) -> str:
    """All commands by section, in the order in which a user meets them."""
    lines = [USAGE(language), "", ABOUT(language), "", START(language), MORE(language)]
    for title, found in sections:
        lines += ["", title(language), *(_entry(f"  {c.name}", c.help(language), 14) for c in found)]
    rows = [_row(p, language) for p in common]
    rows += [("      --version", VERSION(language)), ("  -h, --help", HELP(language))]
    return "\n".join([*lines, "", EVERYWHERE(language), *(_entry(*row, MARGIN) for row in rows)])


def group_page(commands: Sequence["Command"], language: Language) -> str:
    """The commands that share a first word, and how to learn more of one."""
    rows = [_entry(f"  {c.name}", c.help(language), MARGIN) for c in commands]
    return "\n".join([USAGE(language), "", *rows, "", MORE(language)])


def command_page(command: "Command", own: Sequence[Parameter], common: Sequence[Parameter], language: Language) -> str:
    """What the command does, what it takes, and a good and a bad example."""
    usage = " ".join([f"diapason {command.name}", *(_usage(p, language) for p in own if not p.flags or p.required)])
    if any(p.flags and not p.required for p in own):
        usage += Text(" [options]", " [选项]")(language)
    lines = [wrapped(usage, 2), "", wrapped(command.help(language)), ""]
    if own:
        lines += [OWN(language), *(_entry(*_row(p, language), MARGIN) for p in own), ""]
    lines += [EVERYWHERE(language), *(_entry(*_row(p, language), MARGIN) for p in common)]
    lines += [_entry("  -h, --help", HELP(language), MARGIN), ""]
    lines += [f"{GOOD(language)}{command.good}", f"{BAD(language)}{command.bad(language)}"]
    return "\n".join(lines)


def _usage(one: Parameter, language: Language) -> str:
    word = f"{one.flags[0]} {_word(one)(language)}" if one.flags else one.called
    return word if one.required else f"[{word}]"


def _row(one: Parameter, language: Language) -> tuple[str, str]:
    """Flags on the left, meaning on the right."""
    long = [f for f in one.flags if f.startswith("--")] + ([one.opposite] if one.opposite else [])
    short = [f for f in one.flags if not f.startswith("--")]
    flags = ", ".join([*short, "/".join(long)] if short else ["    " + "/".join(long)])
    value = "" if one.kind is bool else " " + _word(one)(language)
    left = f"  {flags}{value}" if one.flags else f"  {one.called}"
    return left, one.help(language) + _notes(one)(language)


def _word(one: Parameter) -> Text:
    """What stands for the value."""
    if issubclass(one.kind, Enum):
        choices = "|".join(str(v.value) for v in one.kind)
        return Text(choices, choices)
    return WORDS[one.kind]


def _notes(one: Parameter) -> Text:
    """Whether it is needed, its default, its variable, and whether it may come again."""
    en, zh = [], []
    if one.flags and one.required:
        en, zh = ["required"], ["必填"]
    if one.many:
        en, zh = [*en, "may be repeated"], [*zh, "可重复"]
    if _telling(one.default):
        en, zh = [*en, f"default {one.default}"], [*zh, f"默认 {one.default}"]
    if isinstance(one.said, Option) and one.said.variable:
        en, zh = [*en, f"or {one.said.variable}"], [*zh, f"或 {one.said.variable}"]
    return Text(f" ({'; '.join(en)})" if en else "", f"（{'；'.join(zh)}）" if zh else "")


def _telling(default: object) -> bool:
    """Whether a default says something to a reader."""
    return default not in (inspect.Parameter.empty, None, "", False, True, Path())


def _entry(left: str, right: str, margin: int) -> str:
    """A name, and what it means beside it or below."""
    text = wrapped(right, margin)
    wide = width(left)
    return f"{left}\n{' ' * margin}{text}" if wide > margin - 2 else f"{left}{' ' * (margin - wide)}{text}"
