"""Lists of offers and requests: written to a signed file, read from those of others, held against one another."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Annotated, Any

import msgspec

from diapason.engines.evidence import dsse
from diapason.engines.evidence.canonical import canonical, digest
from diapason.engines.usage import PURPOSES, Offered, Wanted, match, proper_number, read
from diapason.errors import BrokenEvidence, DataError, DiapasonError, NotFound
from diapason.knowledge.loader import Strict, check
from diapason.knowledge.sectors import sectors
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.services.exchange.binding import number
from diapason.services.exchange.offering import offers
from diapason.services.exchange.signed import keep, kept
from diapason.services.workspace import require
from diapason.vocabulary.evidence import Statement, Subject
from diapason.vocabulary.language import Text
from diapason.vocabulary.wire import plain

__all__ = ["exported", "imported", "listed", "want"]

LIST = "urn:diapason:predicate:exchange-list:v1"
LARGEST = 10_000_000
"""Bytes of a list."""
_Short = Annotated[str, msgspec.Meta(max_length=4000)]
_Word = Annotated[str, msgspec.Meta(max_length=80)]
_Count = Annotated[int, msgspec.Meta(ge=0)]


class _Request(Strict, frozen=True):
    id: _Word
    title: _Short
    meanings: Annotated[list[_Word], msgspec.Meta(max_length=100)] = msgspec.field(default_factory=list)
    purposes: list[_Word] = msgspec.field(default_factory=list)
    sector: _Word = ""
    rows: _Count = 0
    derive: bool = False


class _Offer(Strict, frozen=True):
    id: _Word
    dataset: _Word
    version: _Count
    rows: _Count
    said: dict[_Word, _Short]
    columns: _Count
    meanings: Annotated[list[_Word], msgspec.Meta(max_length=1000)]
    units: Annotated[list[_Word], msgspec.Meta(max_length=1000)]
    policy: dict[str, Any]
    digest: _Word


class _List(Strict, frozen=True):
    workspace: _Short
    at: _Word
    offers: Annotated[list[_Offer], msgspec.Meta(max_length=10_000)]
    requests: Annotated[list[_Request], msgspec.Meta(max_length=10_000)]


def want(  # roomy: what is asked for, one argument each
    ws: Workspace,
    title: str,
    *,
    meanings: Sequence[str] = (),
    purposes: Sequence[str] = (),
    sector: str = "",
    rows: int = 0,
    derive: bool = False,
) -> dict[str, Any]:
    """Ask for data: what it must measure, what it is for; others see it in the next list.

    Raises:
        DataError: no title, an unknown purpose or sector.
    """
    require(ws, "administrator", "approver", "trainer")
    odd = [p for p in purposes if p not in PURPOSES]
    if not title.strip() or odd or (sector and sector not in sectors()) or rows < 0:
        what = Text("a request needs a title", "请求需要标题")
        fix = Text('diapason exchange --want "furnace temperatures"', 'diapason exchange --want "炉温数据"')
        if odd:
            what, fix = (
                Text(f"no purpose '{odd[0]}'", f"没有用途“{odd[0]}”"),
                Text(", ".join(PURPOSES), "、".join(PURPOSES)),
            )
        elif title.strip() and rows >= 0:
            what = Text(f"no sector '{sector}'", f"没有行业“{sector}”")
            fix = Text("choose one of: ", "可选：") + ", ".join(sectors())
        raise DataError(what, at="--want", fix=fix)
    own = {"meanings": list(meanings), "purposes": list(purposes), "sector": sector, "rows": rows, "derive": derive}
    body = {"id": number(ws), "title": title.strip(), **own}
    keep(ws, "request-data", "exchange", body)
    return body


def exported(ws: Workspace, to: Path) -> dict[str, Any]:
    """Write own offers and requests into one file signed by this workspace; no row and no column name is in it."""
    require(ws, "administrator", "approver")
    told = {
        "workspace": ws.name,
        "at": ws.clock().astimezone(UTC).isoformat(timespec="seconds"),
        "offers": [{k: o[k] for k in _Offer.__struct_fields__} for o in offers(ws)],
        "requests": _requests(ws),
    }
    signer = ws.signer
    made = Statement((Subject("exchange-list", digest(told)),), LIST, told)
    envelope = dsse.sign(made, signer.keyid, signer.sign)
    write_whole(to, canonical({"public": signer.public.hex(), "envelope": envelope}))
    ws.ledger.append("exchange", subject="exchange", body={"digest": digest(told), "file": to.name, "by": ws.person})
    return {"file": str(to), "signer": signer.keyid, "offers": len(told["offers"]), "requests": len(told["requests"])}


def imported(ws: Workspace, file: Path, *, signer: str = "") -> dict[str, Any]:
    """Take in the list of another workspace; it replaces the one that came from the same key before.

    Args:
        signer: fingerprint of the key, as its owner told it by another way; without it the list is from whoever signed.

    Raises:
        NotFound: there is no such file.
        BrokenEvidence: it is not what was signed, or another key signed it.
        DataError: something in it is not as it must be.
    """
    require(ws, "administrator", "approver")
    keyid, told = _read(file, signer)
    if keyid == ws.signer.keyid:
        raise DataError(
            Text("this is the list of this workspace", "这是本工作区自己的清单"),
            at=str(file),
            fix=Text("take in those of others", "请导入他方的清单"),
        )
    body = {"from": keyid, "known": bool(signer), "list": told}
    keep(ws, "heard", f"exchange:{keyid[:16]}", body)
    counts = {part: len(told[part]) for part in ("offers", "requests")}
    return {"from": keyid, "known": bool(signer), "workspace": told["workspace"], **counts}


def listed(ws: Workspace) -> dict[str, Any]:
    """Own offers and requests, those of others, and which fit which: their offers for us, their requests for ours."""
    theirs = {str(said["from"]): said for _, said in kept(ws, "heard")}
    mine = {"offers": offers(ws), "requests": _requests(ws)}
    others = [{"from": key, "known": said["known"], **said["list"]} for key, said in theirs.items()]
    found = [m for o in others for r in mine["requests"] for x in o["offers"] if (m := _matched(ws, r, x, o))]
    asked = [m for o in others for r in o["requests"] for x in mine["offers"] if (m := _matched(ws, r, x, o))]
    return {"own": mine, "others": others, "found": _sorted(found), "asked_of_us": _sorted(asked)}


def _sorted(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda m: (not m["fits"], -m["share"]))


def _matched(ws: Workspace, request: Mapping[str, Any], one: Mapping[str, Any], other: Mapping[str, Any]) -> Any:
    """A request held against an offer; None where nothing that was asked for is there."""
    terms = read(one["policy"], at=str(one["id"]))
    wanted = Wanted(
        tuple(request["meanings"]), tuple(request["purposes"]), request["sector"], request["rows"], request["derive"]
    )
    offered = Offered(tuple(one["meanings"]), str(one["said"].get("sector", "")), int(one["rows"]), terms)
    made = match(wanted, offered, ws.clock().date())
    if made.share == 0:
        return None
    own = {"request": request["id"], "wanted": request["title"], "offer": one["id"], "dataset": one["dataset"]}
    who = {"workspace": other["workspace"], "from": other["from"], "known": other["known"]}
    return {**own, **who, "title": one["said"].get("title", ""), **plain(made)}


def _requests(ws: Workspace) -> list[dict[str, Any]]:
    return [{k: said[k] for k in _Request.__struct_fields__} for _, said in kept(ws, "request-data")]


def _read(file: Path, signer: str) -> tuple[str, dict[str, Any]]:
    """The key that signed a list, and the list, checked field by field."""
    if not file.is_file():
        raise NotFound(
            Text(f"there is no file {file}", f"没有文件 {file}"), at=str(file), fix="diapason exchange --help"
        )
    try:
        if file.stat().st_size > LARGEST:
            raise ValueError("too large")
        told = json.loads(file.read_bytes())
        public = bytes.fromhex(told["public"])
        keyid = dsse.verify(told["envelope"], {dsse.fingerprint(public): public})
        said = dsse.opened(told["envelope"])
    except (DiapasonError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise _broken(file, Text("it is no signed list, or was changed", "不是已签名的清单，或已被改动")) from error
    if said.predicate_type != LIST or (signer and signer.lower() != keyid):
        what = Text(f"it was signed by another key: {keyid}", f"签名密钥不符：{keyid}")
        raise _broken(file, what if said.predicate_type == LIST else Text("it is no list of offers", "不是提供清单"))
    held: dict[str, Any] = msgspec.to_builtins(check(dict(said.predicate), _List, at=file.name))
    for one in held["offers"]:
        read(one["policy"], at=f"{file.name}, {one['id']}")
        if not proper_number(one["id"]) or digest(one["policy"]) != one["digest"]:
            raise _broken(
                file, Text(f"offer {one['id']} is not what it says", f"提供项 {one['id']} 与其摘要或编号不符")
            )
    return keyid, held


def _broken(file: Path, what: Text) -> BrokenEvidence:
    return BrokenEvidence(
        what, at=str(file), fix=Text("ask for the file again, and for the fingerprint", "请重新索取文件，并核对指纹")
    )
