"""Papers that claims stand on: certificates, licences, contracts; vouched for by a person, until a day."""

from collections.abc import Mapping
from datetime import UTC, date
from hashlib import sha256
from pathlib import Path
from typing import Any

from diapason.engines.evidence import dsse
from diapason.errors import Conflict, DataError, NotFound
from diapason.ports.workspace import Workspace
from diapason.services.standing.index import indexed
from diapason.services.workspace import signer_of
from diapason.vocabulary.evidence import Statement, Subject
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text
from diapason.vocabulary.names import proper

__all__ = ["VOUCH", "named", "vouch"]

VOUCH = "urn:diapason:predicate:vouch:v1"


def vouch(  # roomy: who vouches says that much
    ws: Workspace, target: str, paper: str | Path, *, kind: str, until: str = "", replaces: str = "", note: str = ""
) -> dict[str, Any]:
    """Put a paper under a dataset, a version, a model or a person, in the name and with the key of who acts.

    From now on that thing, and all that stands on it, falls when the paper runs out or is recalled and no other paper
    of its kind is there. The file itself is kept in the vault.

    Args:
        target: `furnace` (all versions, also those to come), `furnace@2`, `model:furnace@1`, `person:li`.
        kind: "calibration", "licence", "contract", … one word.
        until: its last day, ISO 8601; empty = no limit.
        replaces: a recalled paper that this one stands in for.

    Raises:
        NotFound: there is no such file, target or replaced paper.
        DataError: the day is no day, or has passed.
        Conflict: who acts stands on that person, or is that person: nobody vouches for themselves.
    """
    path = Path(paper)
    if not path.is_file():
        raise NotFound(Text(f"there is no file {path}", f"没有文件 {path}"), at=str(path), fix="diapason vouch --help")
    day = _day(ws, until)
    below = _target(ws, target)
    _not_for_oneself(ws, below)
    data = path.read_bytes()
    known = {c.id for c in indexed(ws).claims if c.kind == "paper"}
    if replaces and replaces not in known:
        raise NotFound(
            Text(f"there is no paper '{replaces}'", f"没有文件依据“{replaces}”"),
            at="--replaces",
            fix=Text("choose one of: ", "可选：") + (", ".join(sorted(known)) or "–"),
        )
    name = _free(f"{proper(kind)}-{below.partition(':')[2]}", known)
    digest = ws.vault.put(data)
    said = {
        "id": name,
        "for": below,
        "kind": kind,
        "file": path.name,
        "sha256": digest,
        "until": day,
        "replaces": replaces,
        "note": note,
        "person": ws.person,
        "at": ws.clock().astimezone(UTC).isoformat(timespec="seconds"),
    }
    signer = signer_of(ws)
    signed = dsse.sign(
        Statement((Subject(f"paper/{path.name}", sha256(data).hexdigest()),), VOUCH, said), *_key(signer)
    )
    entry = ws.ledger.append("vouch", subject=name, body=signed)
    return {**said, "seq": entry.seq}


def named(text: str, known: Mapping[str, object]) -> str:
    """The full name of a claim or ground that a person has written: a run, `furnace@1`, or a full name.

    Raises:
        NotFound: there is none.
        DataError: it may be a dataset or a model; names both.
    """
    if text in known:
        return text
    found = [g for kind in ("run", "dataset", "model", "person", "entry", "paper") if (g := f"{kind}:{text}") in known]
    if len(found) == 1:
        return found[0]
    if found:
        raise DataError(
            Text(f"'{text}' is more than one thing", f"“{text}”不止指一项"),
            at=text,
            fix=Text("write one of: ", "请写明其一：") + ", ".join(found),
        )
    raise NotFound(
        Text(f"there is no claim or evidence '{text}'", f"没有编号为“{text}”的声明或证据"),
        at=text,
        fix="diapason standing",
    )


def _target(ws: Workspace, target: str) -> str:
    """The full name of what a paper is put under; a dataset without a version is all of its versions."""
    known = {c.id: c for c in indexed(ws).claims}
    bare = {c.id.partition("@")[0]: c for c in known.values() if c.kind == "dataset"}
    if ground("dataset", target) in bare:
        return ground("dataset", target)
    return target if target in bare else named(target, known)


def _not_for_oneself(ws: Workspace, target: str) -> None:
    """A paper stands on who vouches for it: put under that very person, or under one on whom they stand, it would
    stand on itself, and no claim of the workspace could be told to stand or fall any more.
    """
    mine = ground("person", ws.person)
    if target != mine and (not target.startswith("person:") or target not in _below(ws, mine)):
        return
    raise Conflict(
        Text(
            f"{ws.person} cannot vouch for {target}: it would stand on itself",
            f"{ws.person} 不能为 {target} 作保：将互为依据",
        ),
        at=target,
        fix=Text(
            "let somebody else vouch (--as NAME), or put the paper under a model or dataset",
            "请由他人作保（--as 姓名），或将文件登记在模型或数据集之下",
        ),
    )


def _below(ws: Workspace, name: str) -> set[str]:
    """Everything that something stands on, by way of papers and who vouched for them."""
    papers = [c for c in indexed(ws).claims if c.kind == "paper"]
    found, queue = set[str](), [name]
    for one in queue:  # grows while it is walked
        below = {g for c in papers if c.about == one for g in c.on} - found
        found |= below
        queue += sorted(below)
    return found


def _day(ws: Workspace, until: str) -> str:
    if not until:
        return ""
    try:
        day = date.fromisoformat(until)
    except ValueError:
        raise DataError(
            Text(f"'{until}' is no day", f"“{until}”不是日期"), at="--until", fix="--until 2027-01-31"
        ) from None
    if day < ws.clock().date():
        raise DataError(
            Text(f"{until} has passed", f"{until} 已过"),
            at="--until",
            fix=Text("vouch for a paper that holds today", "请提供当前有效的文件"),
        )
    return day.isoformat()


def _free(wanted: str, known: set[str]) -> str:
    number = 1
    while ground("paper", f"{wanted}-{number}") in known:
        number += 1
    return ground("paper", f"{wanted}-{number}")


def _key(signer: Any) -> tuple[str, Any]:
    return signer.keyid, signer.sign
