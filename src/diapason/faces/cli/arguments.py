"""What may stand after a command's name: declared by annotations, split by getopt, then typed."""

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from getopt import GetoptError, getopt, gnu_getopt
from math import inf
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from diapason.errors import DiapasonError
from diapason.vocabulary.language import Text

__all__ = ["Argument", "Misused", "Option", "Parameter", "gathered", "given", "nearest", "parameters", "read", "typed"]


class Misused(DiapasonError):
    """The words of a command line do not fit the command; exit code 2."""


@dataclass(frozen=True, slots=True)
class Argument:
    """A word that is known by its place: what it means, in both languages."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Option:
    """A word that is known by its flags.

    Args:
        flags: `--task`, `--workspace -w`; for a yes or no with an opposite `--open/--no-open`.
        en: what it means.
        zh: the same in Chinese.
        least: smallest number allowed.
        most: largest number allowed.
        variable: environment variable that speaks where the flag is absent.
    """

    flags: str
    en: str
    zh: str
    least: float | None = None
    most: float | None = None
    variable: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a command's function, as a user meets it."""

    name: str
    kind: type
    many: bool
    default: Any
    said: Argument | Option

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is inspect.Parameter.empty

    @property
    def flags(self) -> tuple[str, ...]:
        """Its flags without the opposite; none where it is known by its place."""
        return () if isinstance(self.said, Argument) else tuple(self.said.flags.partition("/")[0].split())

    @property
    def opposite(self) -> str:
        """The flag that says no."""
        return "" if isinstance(self.said, Argument) else self.said.flags.partition("/")[2]

    @property
    def called(self) -> str:
        """How messages name it."""
        return self.flags[0] if self.flags else self.name.upper()

    @property
    def help(self) -> Text:
        """What it means."""
        return Text(self.said.en, self.said.zh)


def parameters(story: Callable[..., Any]) -> list[Parameter]:
    """The annotated parameters of a function, in its order; others, such as the face, are left out.

    Many of them may stand as fields of one dataclass: its fields are then taken in its place.
    """
    made = []
    for one in inspect.signature(story, eval_str=True).parameters.values():
        if get_origin(one.annotation) is Annotated:
            kind, said = get_args(one.annotation)[:2]
            many, kind = _plain(kind)
            made.append(Parameter(one.name, kind, many, one.default, said))
        elif isinstance(one.annotation, type) and is_dataclass(one.annotation):
            made += parameters(one.annotation)
    return made


def gathered(story: Callable[..., Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as the function takes them: those of a dataclass together in one."""
    left = dict(values)
    for one in inspect.signature(story, eval_str=True).parameters.values():
        kind = one.annotation
        names = [p.name for p in parameters(kind)] if isinstance(kind, type) and is_dataclass(kind) else []
        if names:
            left[one.name] = kind(**{name: left.pop(name) for name in names})
    return left


def given(words: Any) -> dict[str, Any]:
    """What was said of the fields of a dataclass of options: those that are neither empty nor absent nor "no"."""
    values = ((f.name, getattr(words, f.name)) for f in fields(words))
    return {name: value for name, value in values if value not in (None, "") and value is not False}


def _plain(kind: Any) -> tuple[bool, type]:
    """Whether it may be said again and again, and the type of one word."""
    if get_origin(kind) in (Union, UnionType):
        kind = next(k for k in get_args(kind) if k is not type(None))
    return (True, get_args(kind)[0]) if get_origin(kind) is list else (False, kind)


def read(
    wanted: Sequence[Parameter], words: Sequence[str], *, leading: bool = False
) -> tuple[dict[str, list[str]], list[str]]:
    """Split words into what each flag was given and the words without a flag.

    Args:
        leading: stop at the first word without a flag, which is the command's name.

    Returns:
        The values by parameter, `"yes"` and `"no"` for flags without a value, and the other words in order.

    Raises:
        Misused: a flag is unknown or lacks its value.
    """
    by_flag = {flag: one for one in wanted for flag in (*one.flags, one.opposite) if flag}
    valued = {flag for flag, one in by_flag.items() if one.kind is not bool}
    short = "".join(f[1] + ":" * (f in valued) for f in by_flag if not f.startswith("--"))
    long = [f[2:] + "=" * (f in valued) for f in by_flag if f.startswith("--")]
    try:
        pairs, rest = (getopt if leading else gnu_getopt)(list(words), short, long)
    except GetoptError as error:
        raise _refused(error, by_flag) from None
    given: dict[str, list[str]] = {}
    for flag, value in pairs:
        one = by_flag[flag]
        if value in by_flag and value.startswith("--"):
            raise _lacks(flag)
        yes = "no" if flag == one.opposite else "yes"
        given.setdefault(one.name, []).append(yes if one.kind is bool else value)
    return given, rest


def _refused(error: GetoptError, by_flag: Mapping[str, Parameter]) -> Misused:
    """What getopt complains about, in our words."""
    flag = ("-" if len(error.opt) == 1 else "--") + error.opt
    if flag not in by_flag:
        fix = nearest(flag, [f for f in by_flag if f.startswith("--")])
        return Misused(Text(f"there is no option {flag}", f"没有选项 {flag}"), fix=fix)
    if by_flag[flag].kind is bool:
        what = Text(f"{flag} takes no value", f"{flag} 不带值")
        return Misused(what, at=flag, fix=Text(f"write {flag} alone", f"只写 {flag}"))
    return _lacks(flag)


def _lacks(flag: str) -> Misused:
    what = Text(f"{flag} needs a value", f"{flag} 需要一个值")
    return Misused(what, at=flag, fix=Text(f"write the value after {flag}", f"请在 {flag} 之后写出值"))


def typed(wanted: Sequence[Parameter], given: Mapping[str, list[str]], rest: Sequence[str]) -> dict[str, Any]:
    """Values for a function, from its flags, words by place, environment and defaults.

    Raises:
        Misused: a word is missing, too many, or not of its type.
    """
    left, values = list(rest), {}
    for one in wanted:
        said = given.get(one.name, [])
        if isinstance(one.said, Argument):
            taken = len(left) if one.many else 1  # a list takes all that is left
            said, left = left[:taken], left[taken:]
        elif not said and one.said.variable and os.environ.get(one.said.variable):
            said = [os.environ[one.said.variable]]
        if not said and one.required:
            raise Misused(
                Text(f"{one.called} is missing", f"缺少 {one.called}"),
                at=one.called,
                fix=Text(f"{one.called}: {one.said.en}", f"{one.called}：{one.said.zh}"),
            )
        made = [_value(one, word) for word in said]
        values[one.name] = one.default if not made else made if one.many else made[-1]
    if left:
        places = [one.called for one in wanted if not one.flags]
        fix = Text(f"it takes {' '.join(places) or 'no word'}", f"可接受：{' '.join(places) or '无'}")
        quote = Text("; put words with spaces in quotes", "；含空格的词请加引号")
        raise Misused(
            Text(f"one word too many: '{left[0]}'", f"多出一个词：“{left[0]}”"),
            fix=Text(fix.en + quote.en, fix.zh + quote.zh),
        )
    return values


def _value(one: Parameter, word: str) -> Any:
    """One word as its type."""
    if one.kind is bool:
        return word == "yes"
    if one.kind is Path and not word.strip():  # an unset variable of a shell would mean the folder here
        raise Misused(
            Text(f"{one.called} is empty", f"{one.called} 为空"),
            at=one.called,
            fix=Text("name a file or a folder; . is the folder here", "请给出文件或文件夹；. 表示当前文件夹"),
        )
    try:
        value = one.kind(word)
    except ValueError:
        raise _untyped(one, word) from None
    least, most = _range(one)
    if isinstance(value, int | float) and not least <= value <= most:  # nan is in no range
        raise _untyped(one, word)
    return value


def _untyped(one: Parameter, word: str) -> Misused:
    what = Text(f"{one.called} cannot be '{word}'", f"{one.called} 不能是“{word}”")
    if issubclass(one.kind, Enum):
        return Misused(what, at=one.called, fix=nearest(word, [str(v.value) for v in one.kind]))
    least, most = _range(one)
    between = Text("", "")
    if most < inf:
        between = Text(f" from {least:g} to {most:g}", f"{least:g} 到 {most:g} 之间的")
    elif least > -inf:
        between = Text(f" not below {least:g}", f"不小于 {least:g} 的")
    number = Text("a whole number", "整数") if one.kind is int else Text("a number", "数")
    return Misused(what, at=one.called, fix=Text(f"give {number.en}{between.en}", f"请给出{between.zh}{number.zh}"))


def _range(one: Parameter) -> tuple[float, float]:
    """Smallest and largest number allowed."""
    said = one.said
    least, most = (said.least, said.most) if isinstance(said, Option) else (None, None)
    return -inf if least is None else least, inf if most is None else most


def nearest(word: str, known: Sequence[str]) -> Text:
    """Did you mean …, else all that is known."""
    from difflib import get_close_matches

    bare = {k.lstrip("-"): k for k in known}
    close = [bare[k] for k in get_close_matches(word.lstrip("-"), bare, 2)] or [k for k in known if k.startswith(word)][
        :2
    ]
    if close:
        return Text(f"did you mean {' or '.join(close)}?", f"是否想写 {' 或 '.join(close)}？")
    return Text(f"choose one of: {', '.join(known)}", f"可选：{'、'.join(known)}")
