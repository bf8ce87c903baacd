"""How a fleet is shown on a terminal: the sentence, what changed, the worst, where every reading went."""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from diapason.errors import DataError
from diapason.faces.cli.ahead import ahead_line
from diapason.faces.cli.face import Face
from diapason.vocabulary.language import Text

__all__ = ["Screen", "decision_line", "live", "options_of", "said", "sentence", "state_lines", "tell_end"]

_WHAT = {
    "alarm": Text("ALARM", "报警"),
    "clear": Text("normal", "恢复"),
    "untrusted": Text("no trust", "不可信"),
    "trusted": Text("trusted", "可信"),
}
_MARK = {"alarm": "●", "clear": "○", "untrusted": "?", "trusted": "○"}
_COLOUR = {"alarm": "31", "untrusted": "33"}


class Screen(Protocol):
    """Where a fleet at work is shown."""

    def state(self, facts: dict[str, Any]) -> None:
        """The present state, about once a second."""
        ...

    def decision(self, facts: dict[str, Any]) -> None:
        """A decision, as it is told."""
        ...

    def end(self) -> None:
        """Nothing more comes."""
        ...


def live(face: Face) -> Screen:
    """JSON lines for programs, a view that rewrites itself on a terminal, else one line for each decision."""
    if face.json:
        return _Lines()
    return _View(face) if sys.stdout.isatty() else _Log(face)


def said(facts: Mapping[str, Any]) -> str:
    """One line of JSON."""
    return json.dumps(facts, ensure_ascii=False, default=str)


def sentence(facts: Mapping[str, Any]) -> Text:
    """What a person must know first."""
    n, alarms, lost = facts["agents"], facts["alarms"], facts["untrusted"] + facts["silent"]
    waiting = facts["waiting"]
    if alarms:
        head = Text(f"{alarms:,} of {n:,} agents in alarm", f"{n:,} 个智能体中有 {alarms:,} 个报警")
    elif waiting == n:
        head = Text(f"{n:,} agents wait for their first readings", f"{n:,} 个智能体正在等待首批读数")
    else:
        head = Text(f"{n:,} agent{'s' * (n != 1)} at work, no alarm", f"{n:,} 个智能体运行中，无报警")
    if lost:
        head = Text(f"{head.en}; {lost:,} can't see", f"{head.zh}；{lost:,} 个无可信输入")
    broken = [name or "line" for name, line in facts["lines"].items() if not line["connected"]]
    if broken:
        head = Text(f"{head.en}; no connection to {', '.join(broken)}", f"{head.zh}；{'、'.join(broken)} 连接中断")
    if facts["journal"]["trouble"]:
        why = facts["journal"]["trouble"]
        head = Text(f"{head.en}; the journal can't be written: {why}", f"{head.zh}；账本无法写入：{why}")
    return Text(f"{head.en}.", f"{head.zh}。")


def state_lines(facts: Mapping[str, Any], face: Face) -> list[str]:
    """The state below the sentence, at most 80 columns wide."""
    zh = face.language == "zh"
    readings, late, cpu = facts["readings"], facts["latency_ms"], facts["cpu_s"]
    lines = [""]
    for one in facts["worst"]:
        bar = "#" * min(30, round(10 * one["score"])) if one["score"] > 0 else ""
        mark = "●" if one["alarm"] else " "
        lines.append(f"{mark} {one['agent'][:24]:24} {one['score']:6.2f} {bar}")
    if ahead := [line for one in facts.get("outlook", ()) if (line := ahead_line(one, face))]:
        lines += ["", *ahead]
    names = ("用于判断", "迟到", "非本组", "等待", "已收") if zh else ("used", "late", "not ours", "waiting", "taken")
    used, lost, other, wait, taken = (readings[k] for k in ("used", "late", "unknown", "waiting", "taken"))
    lines += [
        "",
        f"{names[0]} {used:,} + {names[1]} {lost:,} + {names[2]} {other:,} + {names[3]} {wait:,}"
        f" = {taken:,} {names[4]}",
    ]
    p50, p99 = ("-" if late[k] is None else f"{late[k]:.0f}" for k in ("p50", "p99"))
    spent = f"CPU {cpu['process']:.1f} s"
    head = f"延迟 p50 {p50} ms，p99 {p99} ms" if zh else f"latency p50 {p50} ms, p99 {p99} ms"
    lines.append(f"{head} · {spent}")
    if facts["proposals"]:
        made = ", ".join(f"{k} {v}" for k, v in facts["proposals"].items())
        lines.append(f"{'建议' if zh else 'proposals'}: {made}")
    return lines


def decision_line(facts: Mapping[str, Any], face: Face) -> str:
    """One decision in a line: when, what, who, why."""
    moment = time.strftime("%H:%M:%S", time.localtime(facts["at"] / 1e6))
    what = _WHAT[facts["what"]](face.language)
    return f"{moment} {_MARK[facts['what']]} {what} {facts['agent']}: {facts['why'][face.language]}"


def tell_end(face: Face, facts: Mapping[str, Any]) -> None:
    """The state when a fleet has ended."""
    face.say(sentence(facts))
    for line in state_lines(facts, face):
        face.say(line)
    face.say("")
    face.say(Text("What was decided: diapason agent status", "查看判断记录：diapason agent status"))


def options_of(texts: Sequence[str]) -> dict[str, str]:
    """Options written as key=value.

    Raises:
        DataError: one is not.
    """
    found = {}
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign:
            raise DataError(
                Text(f"'{text}' is not an option", f"'{text}' 不是选项"),
                at="-o",
                fix=Text(
                    "write it as key=value: -o topic=plant/{asset}/data", "写作 key=value：-o topic=plant/{asset}/data"
                ),
            )
        found[key] = value
    return found


class _Lines:
    """For programs: a line for each state and each decision."""

    def state(self, facts: dict[str, Any]) -> None:
        sys.stdout.write(said({"state": facts}) + "\n")
        sys.stdout.flush()

    def decision(self, facts: dict[str, Any]) -> None:
        sys.stdout.write(said({"decision": facts}) + "\n")
        sys.stdout.flush()

    def end(self) -> None:
        """Nothing to clear."""


class _Log:
    """Where output goes to a file: the sentence when it changes, and each decision."""

    def __init__(self, face: Face) -> None:
        self._face, self._said = face, ""

    def state(self, facts: dict[str, Any]) -> None:
        now = sentence(facts)(self._face.language)
        if now != self._said:
            self._said = now
            self._face.say(now)

    def decision(self, facts: dict[str, Any]) -> None:
        self._face.say(decision_line(facts, self._face))

    def end(self) -> None:
        """Nothing to clear."""


class _View:
    """On a terminal: one screen that rewrites itself."""

    def __init__(self, face: Face) -> None:
        self._face, self._lines, self._last = face, 0, list[str]()

    def state(self, facts: dict[str, Any]) -> None:
        now = [sentence(facts)(self._face.language), *state_lines(facts, self._face), "", *self._last]
        self.end()
        sys.stdout.write("\n".join(line[:100] for line in now) + "\n")
        sys.stdout.flush()
        self._lines = len(now)

    def decision(self, facts: dict[str, Any]) -> None:
        line, colour = decision_line(facts, self._face), _COLOUR.get(facts["what"])
        self._last = [*self._last, f"\x1b[{colour}m{line[:90]}\x1b[0m" if colour else line][-8:]

    def end(self) -> None:
        """Take the screen away."""
        if self._lines:
            sys.stdout.write(f"\x1b[{self._lines}A\x1b[J")
            self._lines = 0
