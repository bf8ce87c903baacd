"""A dataset that is held under terms: bound by a person, and with it everything that is made from it."""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diapason.engines.evidence.canonical import digest
from diapason.engines.usage import Terms, contract_number, policy, read
from diapason.errors import DataError, NotFound, Refused
from diapason.ports.workspace import Workspace
from diapason.services.approve import demand
from diapason.services.exchange.signed import keep, kept
from diapason.services.standing.index import indexed
from diapason.services.workspace import require
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef

__all__ = ["Bound", "bind", "bound", "due", "number", "place_of", "terms_of"]

LARGEST = 1_000_000
"""Bytes of a policy."""
_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class Bound:
    """Terms under which a dataset is held; `of` is the dataset that was bound, itself or one that it was made from."""

    of: str
    contract: str
    terms: Terms
    digest: str
    person: str
    at: str
    seq: int


def bind(ws: Workspace, name: str, file: Path) -> dict[str, Any]:
    """Hold a dataset under the terms of a policy from now on; each later use is decided by it and written down.

    Terms that are there already are replaced only where a second person has signed that.

    Raises:
        NotFound: no such dataset or file.
        DataError: the policy says something that is not kept here.
        Refused: who acts is no approver and no administrator, or a second person must sign first.
    """
    require(ws, "administrator", "approver")
    base = ws.lake.version(VersionRef(VersionRef.parse(name).name)).ref.name
    terms = terms_of(file)
    told = policy(terms, target=_target(ws, base))
    before = _own(ws, base)
    if before is not None and before.digest == digest(told):
        return {"dataset": base, "contract": before.contract, "policy": told, "new": False}
    if before is not None:
        words = Text(
            f"put {base} under other terms than {before.contract}", f"以其他条款取代 {base} 的 {before.contract}"
        )
        demand(ws, "licence", base, {"from": before.digest, "to": digest(told)}, words)
    contract = number(ws)
    keep(ws, "agreement", base, {"contract": contract, "dataset": base, "policy": told, "digest": digest(told)})
    return {"dataset": base, "contract": contract, "policy": told, "new": True}


def bound(ws: Workspace, name: str) -> list[Bound]:
    """All terms under which a dataset is held: its own, and those of every dataset that it was made from."""
    bare = VersionRef.parse(name).name
    found = {each: terms for each in _above(ws, bare) if (terms := _own(ws, each)) is not None}
    return list(found.values())


def due(ws: Workspace) -> list[dict[str, Any]]:
    """Datasets that must be deleted by a day and are here still."""
    today, told = ws.clock().date(), list[dict[str, Any]]()
    for name in ws.lake.datasets():
        for one in bound(ws, name):
            if one.terms.delete_by is not None:
                day = one.terms.delete_by
                told.append({"dataset": name, "by": day.isoformat(), "late": day < today, "contract": one.contract})
    return told


def terms_of(file: Path) -> Terms:
    """The terms in a file.

    Raises:
        NotFound: there is none.
        DataError: it is no JSON, is too large, or says something that is not kept here.
    """
    if not file.is_file():
        raise NotFound(
            Text(f"there is no file {file}", f"没有文件 {file}"),
            at=str(file),
            fix=Text("see docs/exchange.md for a policy to copy", "可复制的条款示例见 docs/exchange.md"),
        )
    try:
        if file.stat().st_size > LARGEST:
            raise ValueError(f"more than {LARGEST:,} bytes")
        told = json.loads(file.read_text(encoding="utf-8-sig"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise DataError(
            Text(f"this is no policy: {error}", f"不是条款文件：{error}"),
            at=str(file),
            fix=Text("give JSON; see docs/exchange.md", "请提供 JSON；见 docs/exchange.md"),
        ) from error
    return read(told, at=file.name)


def number(ws: Workspace) -> str:
    """A contract number of this workspace; entity and area as diapason.toml gives them, else zeros.

    Raises:
        DataError: `entity` or `area` in `[exchange]` cannot be.
    """
    part = ws.settings.get("exchange", {})
    said = part if isinstance(part, Mapping) else {}
    entity, area = str(said.get("entity", "0" * 18)), str(said.get("area", "0000"))
    signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    random = "".join(secrets.choice(signs) for _ in range(8))
    return contract_number(entity=entity, area=area, at=ws.clock(), random=random)


def place_of(ws: Workspace) -> str:
    """Where this workspace is, as diapason.toml says; "" = not said.

    Raises:
        DataError: `place` in `[exchange]` is no code.
    """
    part = ws.settings.get("exchange", {})
    place = str(part.get("place", "")) if isinstance(part, Mapping) else ""
    if place and not _PLACE.fullmatch(place):
        raise DataError(
            Text(f"place cannot be '{place}'", f"place 不能是“{place}”"),
            at=f"{ws.folder / 'diapason.toml'}, [exchange]",
            fix='place = "CN-31"',
        )
    return place


def _own(ws: Workspace, name: str) -> Bound | None:
    """The newest terms of a dataset itself.

    Raises:
        Refused: they were kept in a form that is not read any more; nothing is allowed by guess.
    """
    newest = None
    for newest in kept(ws, "agreement", name):  # noqa: B007  # the last one is wanted
        pass
    if newest is None:
        return None
    entry, said = newest
    try:
        terms = read(said["policy"], at=str(said["contract"]))
    except DataError as error:
        raise Refused(
            Text(f"the terms of {name} can't be read: {error.said('en')['what']}", f"{name} 的条款无法读取"),
            at=f"ledger entry {entry.seq}",
            fix=f"diapason offer {name} --bind FILE",
        ) from error
    return Bound(name, str(said["contract"]), terms, str(said["digest"]), str(said["person"]), entry.at, entry.seq)


def _above(ws: Workspace, name: str) -> list[str]:
    """A dataset and every dataset whose rows went into it, by the runs that wrote its versions."""
    claims = indexed(ws).claims
    runs = {c.id: c.on for c in claims if c.kind == "run"}
    made: dict[str, set[str]] = {}
    for claim in claims:
        if claim.kind == "dataset":
            below = {g for run in claim.on for g in runs.get(run, ()) if g.startswith("dataset:")}
            own = claim.id.removeprefix("dataset:").partition("@")[0]
            made.setdefault(own, set()).update(g.removeprefix("dataset:").partition("@")[0] for g in below)
    queue = [name]
    for one in queue:  # grows while it is walked
        queue += sorted(made.get(one, set()) - set(queue))
    return queue


def _target(ws: Workspace, name: str) -> str:
    from urllib.parse import quote

    return f"urn:diapason:dataset:{quote(ws.name)}:{quote(name)}"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON in which each key stands once: the second would hide the first."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
