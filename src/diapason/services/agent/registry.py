"""The registry as the ledger knows it: each version signed by its owner, and whether it is in force today."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from diapason.engines.evidence import dsse
from diapason.errors import BrokenEvidence, DiapasonError, NotFound, Refused
from diapason.ports import find as found
from diapason.ports.workspace import Signer, Workspace
from diapason.services import attest, standing
from diapason.services.workspace.people import checked_key
from diapason.vocabulary.acting import Autonomy, Manifest
from diapason.vocabulary.evidence import Entry
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text

__all__ = [
    "AGENT",
    "STATES",
    "Registered",
    "find",
    "holder",
    "in_force",
    "manifest",
    "registered",
    "signer",
    "versions",
]

AGENT = "urn:diapason:predicate:agent:v1"
"""Type of the statement by which an owner registers or retires an agent."""

STATES = {
    "in force": Text("in force", "有效"),
    "expired": Text("expired", "已到期"),
    "retired": Text("retired", "已停用"),
    "fallen": Text("fallen", "已失效"),
    "replaced": Text("replaced", "已被新版本取代"),
}
"""What may have become of a version."""


@dataclass(frozen=True, slots=True)
class Registered:
    """One version of an agent, and where the ledger says so."""

    manifest: Manifest
    said: Mapping[str, Any]  # what was signed
    entry: Entry
    state: str
    why: Text | None = None  # why it is not in force

    @property
    def ref(self) -> str:
        """`boiler-watch@2`."""
        return f"{self.manifest.name}@{self.manifest.version}"


def find(ws: Workspace, text: str) -> Manifest:
    """The manifest of an agent that is in force; by `name`, or `name@version`.

    Raises:
        NotFound: nobody registered it; names those there are.
        Refused: it is expired, retired, replaced, or what it stands on has fallen.
        BrokenEvidence: it was not signed by its owner.
    """
    one = registered(ws, text)
    if one.state != "in force":
        why = one.why or STATES[one.state]
        raise Refused(
            Text(f"{one.ref} is {STATES[one.state].en}: {why.en}", f"{one.ref} {STATES[one.state].zh}：{why.zh}"),
            at=one.ref,
            fix=Text(
                f"its owner registers it anew: diapason agent new {one.manifest.name}",
                f"由责任人重新登记：diapason agent new {one.manifest.name}",
            ),
        )
    return one.manifest


def in_force(ws: Workspace) -> tuple[Manifest, ...]:
    """The manifests of all agents that are in force, by name; what can't be verified is left out."""
    newest = {one.manifest.name: one for one in versions(ws) if one.state != "replaced"}
    return tuple(newest[name].manifest for name in sorted(newest) if newest[name].state == "in force")


def registered(ws: Workspace, text: str) -> Registered:
    """One version, whatever its state; by name alone the newest.

    Raises:
        NotFound: nobody registered it; names those there are.
        BrokenEvidence: it was not signed by its owner.
    """
    name, _, number = text.partition("@")
    mine = [one for one in versions(ws, name) if number in ("", str(one.manifest.version))]
    if mine:
        return mine[-1]
    for entry in ws.ledger.entries(kind="agent"):
        if entry.subject.partition("@")[0] == name:
            raise BrokenEvidence(
                Text(f"{entry.subject} was not signed by its owner", f"{entry.subject} 没有责任人的有效签名"),
                at=f"ledger entry {entry.seq}",
                fix="diapason doctor",
            )
    known = sorted({one.manifest.name for one in versions(ws)})
    raise NotFound(
        Text(f"no agent '{text}' is registered", f"没有登记智能体“{text}”"),
        at=text,
        fix=Text("choose one of: ", "可选：") + ", ".join(known[:20])
        if known
        else f"diapason agent new {name} --model MODEL@VERSION --asset ASSET",
    )


def versions(ws: Workspace, name: str = "") -> list[Registered]:
    """Every version whose signature holds, oldest first, with its state today."""
    said = list(_signed(ws, name))
    if not said:
        return []
    gone, grades = standing.fallen(ws), _grades(ws)
    retired = {entry.subject for entry, body in said if body["act"] == "retire"}
    newest = {entry.subject.partition("@")[0]: entry.subject for entry, body in said if body["act"] == "register"}
    made = []
    for entry, body in said:
        if body["act"] == "register":
            one = manifest(body["manifest"])
            one = replace(one, grade=grades.get(f"{one.name}@{one.version}", ""))
            state, why = _state(entry.subject, one, ws.clock(), gone, retired, newest)
            made.append(Registered(one, body, entry, state, why))
    return made


def manifest(said: Mapping[str, Any]) -> Manifest:
    """A manifest from its plain form.

    Raises:
        BrokenEvidence: it has another form.
    """
    try:
        made: Manifest = msgspec.convert(said, Manifest, dec_hook=_level)
    except msgspec.ValidationError as error:
        raise BrokenEvidence(Text(f"this is no manifest: {error}", f"这不是清单：{error}"), at="manifest") from error
    return made


def signer(ws: Workspace, name: str) -> Signer:
    """The agent's own key, to sign in its own name.

    Raises:
        NotFound: nobody registered it.
        Missing: the private half is not here (raised when it is asked to sign).
        BrokenEvidence: the key on disk is another one.
    """
    keyid = registered(ws, name).manifest.keyid
    made: Signer = checked_key(found("stores", "keys")(ws.folder / "keys"), holder(name.partition("@")[0]), keyid)
    return made


def holder(name: str) -> str:
    """The name under which the keys know an agent."""
    return f"agents/{name}"


def _level(shape: type, value: Any) -> Any:
    return Autonomy(value) if shape is Autonomy else value


def _signed(ws: Workspace, name: str) -> Iterator[tuple[Entry, Mapping[str, Any]]]:
    """Entries about agents that were signed by the person whom they name."""
    keys, hands = {}, {}
    for entry in ws.ledger.entries(kind="person"):
        keyid = str(entry.body["keyid"])
        keys[keyid], hands[keyid] = bytes.fromhex(str(entry.body["public"])), str(entry.body["person"])
    for entry in ws.ledger.entries(kind="agent"):
        if name not in ("", entry.subject.partition("@")[0]):
            continue
        try:
            keyid, text = dsse.checked(entry.body, keys)
            said = dsse.read(text).predicate
            if hands[keyid] == said["person"] and said["ref"] == entry.subject:
                yield entry, said
        except (DiapasonError, KeyError):
            continue


def _state(  # roomy: all that decides it
    ref: str,
    one: Manifest,
    now: datetime,
    gone: Mapping[str, Text],
    retired: set[str],
    newest: Mapping[str, str],
) -> tuple[str, Text | None]:
    if newest[one.name] != ref:
        return "replaced", Text(f"{newest[one.name]} is in its place", f"现为 {newest[one.name]}")
    why = gone.get(ground("agent", ref))
    if ref in retired:
        return "retired", why
    if datetime.fromisoformat(one.expires) < now:
        return "expired", Text(f"its last day was {one.expires[:10]}", f"有效期至 {one.expires[:10]}")
    return ("fallen", why) if why is not None else ("in force", None)


def _grades(ws: Workspace) -> dict[str, str]:
    """The newest grade of each version, from runs of `qualify` that stand."""
    found_: dict[str, str] = {}
    for run in attest.results(ws, "qualify"):
        if not run["result"].get("quick"):  # a quick run counts for nothing
            found_[str(run["dataset"])] = str(run["result"].get("grade", ""))
    return found_
