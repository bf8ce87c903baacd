"""Offers: what others may do with a dataset, told without a row of it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from diapason.engines.evidence.canonical import digest
from diapason.engines.schema.wording import named
from diapason.engines.usage import policy
from diapason.errors import DataError, NotFound
from diapason.knowledge.columns import lexicon
from diapason.ports.workspace import Workspace
from diapason.services.approve import GRADES, demand, grade_of
from diapason.services.describe import describe
from diapason.services.exchange.binding import bound, number, terms_of
from diapason.services.exchange.signed import keep, kept
from diapason.services.exchange.using import use
from diapason.services.workspace import require
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import Contract, VersionRef

__all__ = ["offer", "offers", "shown", "withdraw"]

_TOLD = ("title", "description", "keywords", "sector", "scene", "language", "contact")
"""What people have said that goes into an offer."""


def offer(ws: Workspace, name: str, file: Path, contract: Contract) -> dict[str, Any]:
    """Offer a dataset to others under terms; nothing of it but its description leaves, and that only when exported.

    Args:
        file: an ODRL policy of the kind Offer.
        contract: the columns as agreed; their number, quantities and units are told.

    Raises:
        NotFound: no such dataset or file.
        DataError: the policy says something that is not kept here, or is no offer.
        Refused: its own terms forbid to hand it on, who acts may not, or a second person must sign: the data is graded.
    """
    require(ws, "administrator", "approver")
    version = ws.lake.version(VersionRef(VersionRef.parse(name).name))
    base, terms = version.ref.name, terms_of(file)
    if terms.kind != "Offer":
        raise DataError(
            Text(f"this is no offer but a {terms.kind}", f"这不是 Offer，而是 {terms.kind}"),
            at=f"{file.name}, @type",
            fix=Text(
                'write "@type": "Offer"; an agreement is bound: --bind FILE', '请写 "@type": "Offer"；协议请用 --bind'
            ),
        )
    use(ws, "hand out", base)
    told = policy(replace(terms, uid=terms.uid), target=f"urn:diapason:dataset:{base}")
    grade = grade_of(ws, base)
    if grade in tuple(GRADES)[1:]:
        words = Text(f"offer {base} ({GRADES[grade].en}) to others", f"对外提供 {base}（{GRADES[grade].zh}数据）")
        demand(ws, "offer", base, {"policy": told, "grade": grade}, words)
    same = next((o for o in offers(ws) if o["dataset"] == base and o["digest"] == digest(told)), None)
    if same is not None:
        return {**same, "new": False}
    body = {
        "id": number(ws),
        "dataset": base,
        "version": version.ref.version,
        "rows": version.rows,
        "said": {k: v for k, v in describe(ws, base).items() if k in _TOLD},
        **_columns(contract),
        "policy": told,
        "digest": digest(told),
    }
    entry = keep(ws, "offer", base, body)
    return {**body, "seq": entry.seq, "person": ws.person, "new": True}


def offers(ws: Workspace) -> list[dict[str, Any]]:
    """Own offers that stand: the newest of each dataset that is here still, unless it was withdrawn."""
    newest: dict[str, dict[str, Any]] = {}
    for entry, said in kept(ws, "offer"):
        if said.get("withdrawn"):
            newest.pop(str(said["dataset"]), None)
        else:
            newest[str(said["dataset"])] = {**said, "seq": entry.seq}
    here = set(ws.lake.datasets())
    return [one for name, one in newest.items() if name in here]


def withdraw(ws: Workspace, name: str) -> dict[str, Any]:
    """Take the offer of a dataset back.

    Raises:
        NotFound: it is not offered.
    """
    require(ws, "administrator", "approver")
    base = VersionRef.parse(name).name
    one = next((o for o in offers(ws) if o["dataset"] == base), None)
    if one is None:
        raise NotFound(
            Text(f"{base} is not offered", f"{base} 未对外提供"), at=base, fix=f"diapason offer {base} --terms FILE"
        )
    entry = keep(ws, "offer", base, {"dataset": base, "id": one["id"], "withdrawn": True})
    return {"dataset": base, "id": one["id"], "withdrawn": True, "seq": entry.seq}


def shown(ws: Workspace, name: str) -> dict[str, Any]:
    """The terms under which a dataset is held and offered, and what was decided by them so far.

    Raises:
        NotFound: there is no such dataset.
    """
    base = ws.lake.version(VersionRef(VersionRef.parse(name).name)).ref.name
    held = bound(ws, base)
    uses = [
        dict(e.body) | {"at": e.at}
        for one in held
        for e in ws.ledger.entries(kind="use", subject=f"contract:{one.contract}")
    ]
    return {
        "dataset": base,
        "held": [
            {
                "of": one.of,
                "contract": one.contract,
                "policy": policy(one.terms, target=f"urn:diapason:dataset:{one.of}"),
                "by": one.person,
                "at": one.at,
                "granted": sum(u["granted"] for u in uses if u["contract"] == one.contract),
            }
            for one in held
        ],
        "offered": next((o for o in offers(ws) if o["dataset"] == base), None),
        "uses": sorted(uses, key=lambda u: str(u["at"])),
    }


def _columns(contract: Contract) -> Mapping[str, Any]:
    """How many columns there are, what they measure and in which units; no name of a column."""
    known = lexicon()
    quantity = {u.code: u.quantity for u in known.units}
    meanings = set[str]()
    for column in contract.columns:
        by_name = [q.name for q in known.quantities if named(column.name, q.words)]
        meanings |= {quantity[column.unit]} if column.unit in quantity else set(by_name)
    units = sorted({c.unit for c in contract.columns if c.unit})
    return {"columns": len(contract.columns), "meanings": sorted(meanings), "units": units}
