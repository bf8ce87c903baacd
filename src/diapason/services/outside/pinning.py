"""The tools of a server as a person approved them: one digest for the whole set, signed, in the ledger."""

from datetime import UTC
from typing import Any

from diapason.engines.evidence import dsse
from diapason.errors import DiapasonError, Refused
from diapason.ports.workspace import Workspace
from diapason.services.outside.toolset import Server, Tool, digest_of, toolset
from diapason.services.workspace import people, require, signer_of
from diapason.vocabulary.evidence import Statement, Subject
from diapason.vocabulary.language import Text

__all__ = ["PINNED", "approve_tools", "pinned", "same"]

PINNED = "urn:diapason:predicate:toolset:v1"
_ROLES = ("administrator", "approver", "safety")


def approve_tools(ws: Workspace, server: Server) -> dict[str, Any]:
    """Sign the set of tools that this version offers, so that the server may start.

    Raises:
        Refused: who acts is neither administrator, approver nor safety officer.
    """
    require(ws, *_ROLES)
    tools = toolset(server)
    now = digest_of(tools, server)
    at = ws.clock().astimezone(UTC).isoformat(timespec="seconds")
    said = {"server": server, "digest": now, "tools": [t.name for t in tools], "person": ws.person, "at": at}
    hand = signer_of(ws)
    body = dsse.sign(Statement((Subject(f"toolset/{server}", now),), PINNED, said), hand.keyid, hand.sign)
    entry = ws.ledger.append("toolset", subject=f"mcp:{server}", body=body)
    return {**said, "seq": entry.seq}


def pinned(ws: Workspace, server: Server) -> str:
    """The digest that was approved last, "" where nobody who may has signed one."""
    known = people(ws)
    keys = {p["keyid"]: bytes.fromhex(p["public"]) for p in known.values()}
    newest = ""
    for entry in ws.ledger.entries(kind="toolset", subject=f"mcp:{server}"):
        try:
            keyid, text = dsse.checked(entry.body, keys)
            said = dsse.read(text)
        except DiapasonError:
            continue
        person = known.get(str(said.predicate.get("person")))
        may = person is not None and person["keyid"] == keyid and set(person["roles"]) & set(_ROLES)
        if may and said.predicate_type == PINNED and said.predicate.get("server") == server:
            newest = str(said.predicate["digest"])
    return newest


def same(ws: Workspace, server: Server, tools: tuple[Tool, ...]) -> None:
    """Refuse unless these are exactly the tools that were approved.

    Raises:
        Refused: they are not, or none was approved.
    """
    if digest_of(tools, server) != pinned(ws, server):
        raise Refused(
            Text("these tools are not the set that was approved", "工具集与已批准的不一致"),
            at=f"mcp:{server}",
            fix=Text(
                f"look at them, then: diapason agent serve {server} --approve",
                f"核对后运行：diapason agent serve {server} --approve",
            ),
        )
