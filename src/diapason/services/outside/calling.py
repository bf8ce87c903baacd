"""One call of one tool: the set must be the approved one, the arguments must fit, the answer is bounded data."""

import json
from collections.abc import Mapping
from typing import Any

from diapason.errors import DataError, NotFound
from diapason.ports.workspace import Workspace
from diapason.services.outside.pinning import same
from diapason.services.outside.proposing import Opener, action, propose
from diapason.services.outside.reading import READING, clean
from diapason.services.outside.toolset import Server, Tool, toolset
from diapason.vocabulary.language import Text

__all__ = ["LARGEST", "call", "started"]

LARGEST = 65_536
"""Bytes of an answer at most."""

_KINDS: Mapping[str, tuple[type, ...]] = {"string": (str,), "number": (int, float), "integer": (int,)}


def started(ws: Workspace, server: Server, tools: tuple[Tool, ...] | None = None) -> tuple[Tool, ...]:
    """The tools that a server may offer, if they are those that were approved.

    Raises:
        Refused: they are not.
    """
    mine = toolset(server) if tools is None else tools
    same(ws, server, mine)
    return mine


async def call(  # roomy: what a call consists of
    ws: Workspace,
    server: Server,
    name: str,
    given: Mapping[str, Any],
    *,
    tools: tuple[Tool, ...] | None = None,
    agent: str = "",
    opened: Opener | None = None,
) -> dict[str, Any]:
    """Do what a tool does.

    Args:
        tools: that the client was told of; they must still be the approved set.
        agent: in whose name proposals are made.
        opened: opens the agent's connection.

    Raises:
        Refused: the set of tools is not the approved one, or the gateway's door is closed for this agent.
        NotFound: the server has no such tool.
        DataError: an argument is missing, unknown, of another kind, or too large; or the answer would be.
    """
    known = {tool.name: tool for tool in started(ws, server, tools)}
    if name not in known:
        raise NotFound(
            Text(f"there is no tool '{name[:80]}'", f"没有工具“{name[:80]}”"), at="name", fix=", ".join(known)
        )
    _fits(known[name].takes, given)
    if server == "read":
        made = READING[name](ws, given)
    elif name == "diapason_propose":
        if opened is None:
            raise DataError(Text("no connection can be opened here", "此处无法打开连接"), at="connection")
        made = await propose(ws, agent, given, opened)
    else:
        made = action(ws, agent, given)
    told: dict[str, Any] = clean(made)
    if len(json.dumps(told, ensure_ascii=False).encode()) > LARGEST:
        raise DataError(Text("that is too much at once", "结果过大"), at=name, fix=Text("ask for less", "请缩小范围"))
    return told


def _fits(schema: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    fields = schema["properties"]
    for word in schema.get("required", ()):
        if word not in given:
            raise DataError(Text(f"{word} is missing", f"缺少 {word}"), at=word)
    for word, value in given.items():
        if word not in fields:
            raise DataError(
                Text(f"'{str(word)[:80]}' is no argument", f"没有参数“{str(word)[:80]}”"),
                at=str(word)[:80],
                fix=", ".join(fields),
            )
        _value(word, fields[word], value)


def _value(word: str, field: Mapping[str, Any], value: Any) -> None:
    right = isinstance(value, _KINDS[field["type"]]) and not isinstance(value, bool)
    if right and isinstance(value, str):
        right = len(value) <= field["maxLength"]
    elif right:
        right = field.get("minimum", value) <= value <= field.get("maximum", value)
        right = right and value > field.get("exclusiveMinimum", value - 1)
    if not right:
        raise DataError(
            Text(f"{word} can't be that", f"{word} 的取值不合要求"),
            at=word,
            fix=json.dumps(dict(field), ensure_ascii=False),
        )
