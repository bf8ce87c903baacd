"""Let out what the contract allows, after a second person has seen exactly that; signed, and remembered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from diapason.engines.evidence import dsse
from diapason.engines.evidence.canonical import canonical, digest
from diapason.errors import Refused
from diapason.knowledge.loader import check
from diapason.ports.disk import turn, write_whole
from diapason.ports.workspace import Workspace
from diapason.services import attest, permit
from diapason.services.visit.account import Account, Numbers, earlier, kept, numbers
from diapason.services.visit.boxes import RELEASE, box
from diapason.services.visit.bundles import Told
from diapason.services.visit.content import Rows, check_words, document
from diapason.services.visit.contract import Agreed, Terms, agreed, standing
from diapason.services.visit.counting import Counted
from diapason.services.visit.mapping import Mapped
from diapason.services.visit.running import material
from diapason.services.workspace import people, require, signer_of
from diapason.vocabulary.evidence import Entry, Statement, Subject
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef

__all__ = ["APPROVAL", "CONTENT", "prepare", "release"]

APPROVAL = "urn:diapason:predicate:visit-approval:v1"
CONTENT, SIGNED = "content.json", "approval.json"


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What would leave, and what the account would remember."""

    content: dict[str, Any]
    counts: Counted | None
    whole: Numbers

    @property
    def digest(self) -> str:
        """What a person approves."""
        return digest(self.content)


def prepare(ws: Workspace, run: str, contract: Path) -> dict[str, Any]:
    """Show exactly what would leave; nothing does.

    Raises:
        NotFound: no such run.
        Refused: the contract does not stand, is another one, or does not allow it.
    """
    found = agreed(contract)
    standing(ws, found)
    facts = _under(ws, run, found)
    released = _released(ws, run)
    if released is not None:
        return {
            "run": run,
            "content": released.body["content"],
            "digest": released.body["digest"],
            "released": True,
            "withheld": [],
        }
    made = _prepared(ws, facts, found)
    withheld = [] if made.counts is None else list(made.counts.withheld)
    return {"run": run, "content": made.content, "digest": made.digest, "released": False, "withheld": withheld}


def release(ws: Workspace, run: str, contract: Path, *, approve: str, to: Path, stays: str = "") -> dict[str, Any]:
    """Write what a person with the role approver, who did not run it, has seen and lets out.

    Args:
        approve: digest of the content that this person has seen, at least its first 12 digits.
        to: file.
        stays: why it may go although rules hold back what leaves the country: it does not. Kept in the ledger.

    Raises:
        Refused: another content than was seen, who acts ran it, or may not approve; or by what people have declared a
            rule stands against anything leaving.
    """
    require(ws, "approver")
    found = agreed(contract)
    standing(ws, found)
    facts = _under(ws, run, found)
    if not stays.strip():
        _may_leave(ws, str(facts["dataset"]))
    with turn(ws.folder / "release.lock"):
        entry = _released(ws, run) or _recorded(ws, facts, found, approve)
    _seen(approve, str(entry.body["digest"]))
    data = ws.vault.get(str(entry.body["file"]))
    if stays.strip():
        said = {"file": to.name, "sha256": entry.body["file"], "data": False, "models": False}
        name = VersionRef.parse(str(facts["dataset"])).name
        ws.ledger.append("handout", run=run, subject=name, body={**said, "stays": stays.strip(), "by": ws.person})
    write_whole(to, data)
    told = {"run": run, "file": str(to), "bytes": len(data), "digest": entry.body["digest"], "seq": entry.seq}
    return told | {"person": entry.body["by"], "content": entry.body["content"]}


def _under(ws: Workspace, run: str, found: Agreed) -> dict[str, Any]:
    """The finished run, if it was made under this contract."""
    facts = attest.finished(ws, run)
    if facts["verb"] != "visit" or facts["plan"]["settings"]["contract"] != found.digest:
        raise Refused(
            Text(f"{run} was not run under this contract", f"{run} 并非在本合同下运行"),
            at=str(found.path),
            fix=Text("name the contract of that run", "请给出该次运行所依据的合同"),
        )
    return facts


def _may_leave(ws: Workspace, dataset: str) -> None:
    name = VersionRef.parse(dataset).name
    permit.demand(ws, "let out", name, (ground("dataset", name), ground("dataset", dataset)))


def _recorded(ws: Workspace, facts: Mapping[str, Any], found: Agreed, approve: str) -> Entry:
    """Prepare, compare with what was seen, sign twice, store, and only then enter it into the ledger."""
    made = _prepared(ws, facts, found)
    _seen(approve, made.digest)
    _second(ws, facts)
    content = canonical(made.content)
    signer = signer_of(ws)
    said = {"contract": found.digest, "at": ws.clock().astimezone(UTC).isoformat(timespec="seconds")}
    statement = Statement((Subject("content", made.digest),), APPROVAL, said)
    signed = {"public": signer.public.hex(), "envelope": dsse.sign(statement, signer.keyid, signer.sign)}
    members = {CONTENT: content, SIGNED: canonical(signed)}
    file = box(RELEASE, members, {"contract": found.digest, "content": made.digest}, ws.signer)
    told = () if made.counts is None else made.counts.told
    body = {
        "content": made.content,
        "digest": made.digest,
        "contract": found.digest,
        "file": ws.vault.put(file),
        "account": ws.vault.put(kept(made.whole, told)),
        "edges": {} if made.counts is None else dict(made.counts.edges),
        "epsilon": 0.0 if made.counts is None else made.counts.epsilon,
        "by": ws.person,
    }
    return ws.ledger.append("release", run=str(facts["run"]), subject=str(facts["dataset"]), body=body)


def _prepared(ws: Workspace, facts: Mapping[str, Any], found: Agreed) -> _Prepared:
    run, settings = str(facts["run"]), facts["plan"]["settings"]
    told, terms = check(settings["told"], Told, at=run), found.terms
    columns = [Mapped(**m) for m in settings["columns"]]
    ref = VersionRef.parse(facts["dataset"])
    examples = material(ws, facts["plan"], told, columns)
    ids = numbers(ws, ref, examples.rows)
    before = earlier(ws, ref.name, ids.content)
    head = {"contract": found.digest, "bundle": settings["bundle"], "plan": terms.plan, "runs": _runs(ws, found)}
    rows, papers = Rows(examples, ids, before), (terms, told, columns)
    content, counts = document(head, facts["result"], papers, rows, _secret(ws, run))
    _affordable(terms, before, counts)
    check_words(ws, content, papers, ref)
    return _Prepared(content, counts, ids)


def _runs(ws: Workspace, found: Agreed) -> dict[str, int]:
    """What became of every run under this contract."""
    own = {e.run for e in ws.ledger.entries(kind="plan") if e.body["plan"]["settings"].get("contract") == found.digest}
    states = [r["state"] for r in attest.runs(ws) if r["run"] in own and r["verb"] == "visit"]
    return {"sealed": len(states)} | {s: states.count(s) for s in ("finished", "abandoned", "unfinished")}


def _secret(ws: Workspace, run: str) -> bytes:
    """Bytes that only the holder of the plant's key can make, the same for the same run: noise can't be drawn again.

    Raises:
        Missing: the private key is not here (from the signer).
    """
    return ws.signer.sign(f"diapason-visit-noise/{run}".encode())


def _affordable(terms: Terms, before: Account, counts: Counted | None) -> None:
    """The noise budget, over all releases of the dataset."""
    if terms.noise is None or counts is None or before.epsilon + counts.epsilon <= terms.noise.total + 1e-9:
        return
    raise Refused(
        Text(
            f"counts would cost epsilon {counts.epsilon:g}, and {before.epsilon:g} of {terms.noise.total:g} is spent",
            f"计数需耗用 ε {counts.epsilon:g}，而 {terms.noise.total:g} 中已用 {before.epsilon:g}",
        ),
        at="noise.total",
        fix=Text(
            "release without counts or by fewer slices, or agree on a larger total",
            "请不放行计数或减少切片，或约定更大的总额",
        ),
    )


def _second(ws: Workspace, facts: Mapping[str, Any]) -> None:
    """Refuse who ran it."""
    ran = str(facts["plan"]["settings"]["person"])
    if ws.person == ran or people(ws)[ws.person]["keyid"] == people(ws).get(ran, {}).get("keyid"):
        raise Refused(
            Text(
                f"{ws.person} ran this trial and can't let its result out", f"{ws.person} 运行了该试验，不能放行其结果"
            ),
            at=f"person:{ws.person}",
            fix=Text("ask another approver: --as NAME", "请由另一位批准人操作：--as 姓名"),
        )


def _seen(approve: str, digest: str) -> None:
    if len(approve) >= 12 and digest.startswith(approve.lower()):
        return
    raise Refused(
        Text("this is not the content that was approved", "与所批准的内容不同"),
        at="--approve",
        fix=Text(
            f"look at what would leave, then approve it: --approve {digest[:12]}",
            f"请先查看将要离开的内容，再批准：--approve {digest[:12]}",
        ),
    )


def _released(ws: Workspace, run: str) -> Entry | None:
    return next((e for e in ws.ledger.entries(kind="release", run=run)), None)
