"""The proposing tools: in the name of one registered agent, under the same gateway as our own."""

import math
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from diapason.errors import DataError, NotFound, Refused
from diapason.ports.line import Line
from diapason.ports.workspace import Workspace
from diapason.services import agent, gateway
from diapason.vocabulary.acting import Manifest, Proposal, Right
from diapason.vocabulary.language import Text

__all__ = ["Opener", "action", "propose"]

Opener = Callable[[Workspace, str], Awaitable[Line]]
"""Opens a connection by its name, for reading: an outside agent never has one for writing."""

_MINUTE = 60_000_000


async def propose(ws: Workspace, name: str, given: Mapping[str, Any], opened: Opener) -> dict[str, Any]:
    """Make a proposal of the agent, signed by its key, and hand it to the gateway.

    Raises:
        Refused: the agent is not in force, may not propose this, or would act alone: then its own process must do it.
        DataError: the value is no number.
    """
    mine, asset, tag = agent.find(ws, name), str(given["asset"]), str(given["tag"])
    _may(ws, mine, asset, tag)
    new = given["new"]
    if isinstance(new, bool) or not isinstance(new, int | float) or not math.isfinite(new):
        raise DataError(Text("the value must be a finite number", "目标值须为有限数"), at="new")
    line = await opened(ws, mine.connection)
    try:
        old = await _present(line, tag)
        now = round(ws.clock().timestamp() * 1e6)
        ends = now + round(float(given.get("minutes", 15)) * _MINUTE)
        why = str(given["reason"])[:200]
        key = str(given.get("key") or f"{name}-{uuid.uuid4().hex[:12]}")
        again = gateway.find(ws, key)
        if again is not None:
            return _told(_own(name, again, key))
        wish = Proposal(key, name, asset, tag, old, float(new), str(given["unit"]), now, ends, Text(why, why))
        return _told(await gateway.submit(ws, wish, line))
    finally:
        await line.close()


def action(ws: Workspace, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What became of a proposal of this agent; those of others are not there for it.

    Raises:
        NotFound: it made none of that key.
    """
    key = str(given["key"])
    return _told(_own(name, gateway.find(ws, key), key))


def _own(name: str, found: gateway.Action | None, key: str) -> gateway.Action:
    if found is None or found.proposal.agent != name:
        raise NotFound(Text(f"{name} made no proposal '{key}'", f"{name} 没有提案“{key}”"), at="key")
    return found


def _may(ws: Workspace, mine: Manifest, asset: str, tag: str) -> None:
    rights = [p for p in mine.permissions if (p.asset, p.tag) == (asset, tag) and p.right is not Right.READ]
    if not rights:
        raise Refused(
            Text(f"{mine.name} may not propose {tag} of {asset}", f"{mine.name} 无权就 {asset} 的 {tag} 提出建议"),
            at="tag",
            fix=Text("its owner adds the permission to its manifest", "由责任人在清单中增加权限"),
        )
    if gateway.level(ws, mine.name, asset, tag) > 3:
        raise Refused(
            Text("it acts alone here; no proposal is taken from outside", "其在此处可自主动作，不接受外部提案"),
            at="tag",
            fix=f"diapason agent demote {mine.name}",
        )


async def _present(line: Line, tag: str) -> float:
    packet = await line.read((tag,))
    return float(packet.values[0])


def _told(found: gateway.Action) -> dict[str, Any]:
    said = {"en": found.said.en, "zh": found.said.zh}
    refused = str(found.verdict.get("refused_by", "")) if found.verdict else ""
    return {"key": found.key, "state": found.state, "said": said, "refused_by": refused, "digest": found.digest}
