"""Hears a command line: finds the command, imports it alone, runs it, and says what went wrong with an exit code."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path

from diapason import __version__
from diapason.errors import DiapasonError
from diapason.faces.cli.arguments import Misused, Option, Parameter, gathered, nearest, parameters, read, typed
from diapason.faces.cli.face import GROUPS, ORDER, SECTIONS, Command, Face, common, language_of
from diapason.vocabulary.language import Language, Text

__all__ = ["called", "commands", "found"]

DONE, FAILED, MISUSED, STOPPED = 0, 1, 2, 130
"""Exit codes: done; an error or a bad verdict; words that do not fit; stopped by the person."""

COMMON = parameters(common)
_HELP = Parameter("help", bool, False, False, Option("--help -h", "", ""))
_VERSION = Parameter("version", bool, False, False, Option("--version", "", ""))


def called(words: Sequence[str]) -> int:
    """Do what a command line says; errors are told, never raised.

    Returns:
        The exit code.
    """
    face = _first_face(words)
    try:
        return _done(face, list(words))
    except Misused as error:
        face.fail(error)
        return MISUSED
    except DiapasonError as error:
        face.fail(error)
        return FAILED
    except KeyboardInterrupt:
        face.aside(Text("Stopped. What was done is kept.", "已停止，已完成的部分都已保留。"))
        return STOPPED
    except BrokenPipeError:  # whoever read our output has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:  # a face says in words what nobody foresaw
        if os.environ.get("DIAPASON_TRACE"):
            raise
        from diapason.faces.cli.mishaps import from_defect, from_system

        face.fail(from_system(error) if isinstance(error, OSError) else from_defect(error))
        return FAILED


def commands() -> list[Command]:
    """Every command, in the order in which a user meets them."""
    return [found(name) for name in ORDER]


def found(name: str) -> Command:
    """The command of that name, imported now.

    Raises:
        Misused: there is none.
    """
    if name not in ORDER:
        close = nearest(name, [*ORDER, *GROUPS])
        more = Text("; all of them: diapason --help", "；全部命令：diapason --help")
        what = Text(f"there is no command '{name}'", f"没有命令“{name}”")
        raise Misused(what, at=f"diapason {name}", fix=Text(close.en + more.en, close.zh + more.zh))
    word = name.replace(" ", "_")
    made: Command = getattr(import_module(f"diapason.faces.cli.{word}"), word)
    return made


def _named(words: Sequence[str]) -> tuple[str, list[str]]:
    """The command's name, of one word or two, and what follows it."""
    both = " ".join(words[:2])
    return (both, list(words[2:])) if both in ORDER else (words[0], list(words[1:]))


def _first_face(words: Sequence[str]) -> Face:
    """How to speak before the words are understood: whatever of --json and --lang can be seen."""
    after = [b for a, b in pairwise(words) if a == "--lang"]
    asked = (after or [w[7:] for w in words if w.startswith("--lang=")] or [os.environ.get("DIAPASON_LANG", "")])[-1]
    try:
        language = language_of(asked)
    except Misused:
        language = language_of("")
    return Face("--json" in words, language, Path(), "")


def _done(face: Face, words: list[str]) -> int:
    try:
        given, rest = read([*COMMON, _HELP, _VERSION], words, leading=True)
    except Misused as error:
        raise _before(error) from None
    if rest[:1] == ["help"]:
        return _done(face, [*words[: -len(rest)], *rest[1:], "--help"])
    if "version" in given:
        return _print_version(face)
    if not rest:  # nothing asked, or --help alone
        _become(face, given)
        _print_whole(face.language)
        return DONE
    name, rest = _named(rest)
    if name in GROUPS:
        return _group(face, name, given, rest)
    command, own = found(name), parameters(found(name).story)
    try:
        more, others = read([*own, *COMMON, _HELP, _VERSION], rest)
        given = {key: given.get(key, []) + more.get(key, []) for key in given | more}
        _become(face, given)
        if "version" in given:
            return _print_version(face)
        if "help" in given:
            _print_command(command, own, face.language)
            return DONE
        values = typed(own, given, others)
    except Misused as error:
        raise _with_example(error, command) from None
    return command.story(face, **gathered(command.story, values)) or DONE


def _group(face: Face, name: str, given: dict[str, list[str]], rest: list[str]) -> int:
    """The first word of several commands, alone or with a word that is none of theirs."""
    from diapason.faces.cli.helping import group_page

    more, others = read([*COMMON, _HELP, _VERSION], rest)
    _become(face, {key: given.get(key, []) + more.get(key, []) for key in given | more})
    if others:
        close = nearest(f"{name} {others[0]}", GROUPS[name])
        what = Text(f"there is no command '{name} {others[0]}'", f"没有命令“{name} {others[0]}”")
        more_text = Text(f"; all of them: diapason {name} --help", f"；全部命令：diapason {name} --help")
        raise Misused(what, at=f"diapason {name}", fix=Text(close.en + more_text.en, close.zh + more_text.zh))
    sys.stdout.write(group_page([found(one) for one in GROUPS[name]], face.language) + "\n")
    return DONE


def _become(face: Face, given: dict[str, list[str]]) -> None:
    """Let the common options take effect."""
    asked = common(**typed(COMMON, given, []))
    face.json, face.language, face.folder, face.person = asked.json, asked.language, asked.folder, asked.person


def _with_example(error: Misused, command: Command) -> Misused:
    """The same, with a call that works."""
    said = {language: error.said(language)["fix"] for language in _LANGUAGES}
    fix = Text(
        f"{said['en']}; for example: {command.good}; more: diapason {command.name} --help",
        f"{said['zh']}；例如：{command.good}；详见 diapason {command.name} --help",
    )
    return Misused(error.what, at=f"diapason {command.name}" + (f", {error.at}" if error.at else ""), fix=fix)


def _before(error: Misused) -> Misused:
    """The same, of a word before the command."""
    said = {language: error.said(language)["fix"] for language in _LANGUAGES}
    fix = Text(
        f"{said['en']}; options of one command stand after its name", f"{said['zh']}；某一命令的选项写在命令名之后"
    )
    return Misused(error.what, at=error.at or "diapason", fix=fix)


_LANGUAGES: tuple[Language, ...] = ("en", "zh")


def _print_version(face: Face) -> int:
    face.say(f"diapason {__version__}")
    face.result({"version": __version__})
    return DONE


def _print_whole(language: Language) -> None:
    from diapason.faces.cli.helping import whole_page

    sections = [(title, [found(name) for name in names]) for title, names in SECTIONS]
    sys.stdout.write(whole_page(sections, COMMON, language) + "\n")


def _print_command(command: Command, own: Sequence[Parameter], language: Language) -> None:
    from diapason.faces.cli.helping import command_page

    sys.stdout.write(command_page(command, own, COMMON, language) + "\n")
