"""What a delivery was judged to be, in one form for files and streams; a refusal is a signed run too."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import polars as pl

from diapason.engines.contracts import Judge
from diapason.errors import Refused
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.language import Text
from diapason.vocabulary.policy import Act
from diapason.vocabulary.tables import Contract
from diapason.vocabulary.wire import plain

__all__ = ["WHOLE", "digest_of", "judging", "no", "other_columns", "record", "refusing", "told", "verdict"]

WHOLE = "there"
"""The rule that the columns are those of the contract; it is of the table, not of one column."""
_NAMED = 4


def digest_of(contract: Contract) -> str:
    """Of the rules and the policy of a contract; "" where there is nothing to break."""
    if not contract.guarded:
        return ""
    rules = [[c.name, c.low, c.high, c.missing, c.values] for c in contract.columns]
    return sha256(repr([rules, contract.key, contract.relations, plain(contract.policy)]).encode()).hexdigest()


def judging(contract: Contract, schema: Mapping[str, pl.DataType]) -> Judge:
    """Who judges rows that are stored in this way.

    Raises:
        DataError: a relation of the contract is no condition on single rows of columns that are there.
    """
    if contract.relations:
        from diapason.engines.scan.relations import checked  # with it comes the compiled pass

        for said in contract.relations:
            checked(said, schema)
    return Judge.of(contract, schema)


def verdict(judge: Judge, *, sent: int, stored: int, quarantined: int, stream: bool = False) -> dict[str, Any]:
    """A delivery as it was judged; what is neither stored nor set aside was refused."""
    broken = judge.broken(stream=stream)
    refused = sent - stored - quarantined
    state = "refused" if sent and refused == sent else "quarantined" if quarantined else "passed"
    return {
        "state": state,
        "sent": sent,
        "stored": stored,
        "quarantined": quarantined,
        "refused": refused,
        "rules": len(judge.rules) + len(judge.untested),
        "tested": len(judge.rules),
        "broken": broken,
        "untested": [{"column": r.column, "rule": r.rule} for r in judge.untested],
    }


def other_columns(said: str, sent: int) -> dict[str, Any]:
    """The verdict on a delivery whose columns are not those of the contract."""
    broken = {"column": "*", "rule": WHOLE, "said": said, "act": Act.REFUSE.value, "count": 0, "of": 0, "first": []}
    counted = {"sent": sent, "stored": 0, "quarantined": 0, "refused": sent}
    return {"state": "refused", **counted, "rules": 1, "tested": 1, "broken": [broken], "untested": []}


def refusing(judge: Judge, stored: int) -> list[dict[str, Any]]:
    """The broken rules for which nothing of the delivery is stored; all of them where no row would be left."""
    broken = judge.broken()
    return [b for b in broken if b["act"] == Act.REFUSE.value] or ([] if stored or not judge.rows else broken)


def no(name: str, broken: Sequence[Mapping[str, Any]], sent: int, source: str) -> Refused:
    """Nothing was stored: what broke, how often, and the first rows."""
    said = [told(b) for b in broken[:_NAMED]]
    more = len(broken) - len(said)
    en, zh = "; ".join(s.en for s in said), "；".join(s.zh for s in said)
    en, zh = (f"{en}; {more} more", f"{zh}；另有 {more} 项") if more > 0 else (en, zh)
    return Refused(
        Text(f"{sent:,} rows sent, none stored: {en}", f"送入 {sent:,} 行，全部拒收：{zh}"),
        at=source,
        fix=Text(
            f"mend the rows, or change the rule or its policy in contracts/{name}.yaml; see: diapason guard {name}",
            f"请改正这些行，或修改 contracts/{name}.yaml 中的规则或处置方式；查看：diapason guard {name}",
        ),
    )


def record(ws: Workspace, name: str, source: str, digest: str, judged: Mapping[str, Any]) -> dict[str, Any]:
    """Sign a verdict on a delivery of which nothing was stored."""
    settings = {"source": source, "after": ws.ledger.head()[0]}  # the same file refused twice is two deliveries
    run = attest.begin(ws, Plan("guard", name, digest, "", "", "", (), 0, {}, 0.0, settings))
    entry = run.finish({**judged, "source": source, "version": None})
    return {**judged, "source": source, "version": None, "run": run.id, "seq": entry.seq, "at": entry.at}


_BROKE = {"missing": ("missing", "缺失"), "range": ("outside of", "超出"), "values": ("none of", "不属于")}
_BROKE |= {"relation": ("does not hold", "不成立")}
_BROKE |= {"kinds": ("of another kind", "类型不符"), "form": ("can't be read", "无法读取"), WHOLE: ("", "")}


def told(b: Mapping[str, Any]) -> Text:
    """A broken rule in words: the column, what it asks for, how many cells, and the first rows."""
    en, zh = _BROKE.get(b["rule"], (b["rule"], b["rule"]))
    rows = ", ".join(str(f["row"]) for f in b["first"])
    where = f"{b['count']:,}/{b['of']:,}" if b["of"] else ""
    words = [[b["column"].strip("*"), word, b["said"], where] for word in (en, zh)]
    en, zh = (" ".join(w for w in part if w) for part in words)
    return Text(en + (f" (rows {rows})" if rows else ""), zh + (f"（行 {rows}）" if rows else ""))
