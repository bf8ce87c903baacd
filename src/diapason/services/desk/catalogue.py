"""The catalogue: each dataset with who answers for it, its origin, what stands on it, and whether it is used."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from diapason.engines.contracts import rules
from diapason.errors import DataError, DiapasonError, NotFound
from diapason.ports.lake import Version
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.describe import KEYS, described
from diapason.services.exchange import bound
from diapason.services.facts.data import BESIDE
from diapason.services.facts.described import DAYS, IDLE, NEEDED
from diapason.services.ingest import contract
from diapason.services.standing.claims import Claim
from diapason.services.standing.drawing import fall_now
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef

__all__ = ["catalogue", "entries", "used"]


def catalogue(
    ws: Workspace,
    name: str = "",
    *,
    where: Sequence[str] = (),
    missing: bool = False,
    unused: bool = False,
) -> dict[str, Any]:
    """Every dataset, or those that fit, or one.

    Args:
        where: "grade=core", "owner=Works 2": words of `describe` that must be said so; "licence=" where nobody said it.
        missing: only those of which something that the catalogue needs is not said.
        unused: only those that no run has read within 90 days.

    Returns:
        datasets (one record each), counts over those that fit, and what is missing by key.

    Raises:
        NotFound: there is no such dataset.
        DataError: a condition is none.
    """
    wanted = [_condition(text) for text in where]
    found = entries(ws)
    if name:
        base = VersionRef.parse(name).name
        found = [e for e in found if e["name"] == base]
        if not found:
            known = ", ".join(n for n in ws.lake.datasets() if not n.endswith(BESIDE)) or "–"
            raise NotFound(
                Text(f"there is no dataset '{base}'", f"没有数据集“{base}”"),
                at=str(ws.folder),
                fix=Text("choose one of: ", "可选：") + known,
            )
    fit = [
        e
        for e in found
        if all(e["said"].get(k, "").casefold() == v.casefold() for k, v in wanted)
        and (not missing or e["missing"])
        and (not unused or not e["use"]["runs"])
    ]
    return {"datasets": fit, **_counted(fit), "of": len(found), "needed": list(NEEDED), "days": DAYS}


def entries(ws: Workspace, *, since: datetime | None = None, until: datetime | None = None) -> list[dict[str, Any]]:
    """A record of each dataset; use is counted between two moments, by default over the last 90 days."""
    index, fall = fall_now(ws)
    claims = list(index.named().values())
    end = until or ws.clock().astimezone(UTC)
    use = used(claims, since or end - timedelta(days=DAYS), end)
    told, gone = described(ws), set(fall.ids())
    sources = {VersionRef.parse(f["dataset"]).name: f for f in attest.results(ws, "ingest")}
    looks = {VersionRef.parse(f["dataset"]).name: f for f in attest.results(ws, "assess")}
    lines = _lineage(claims)
    found = []
    for name in ws.lake.datasets():
        if name.endswith(BESIDE):
            continue
        versions, said = ws.lake.versions(name), dict(told.get(name, {}))
        newest = versions[-1]
        found.append(
            {
                "name": name,
                "version": newest.ref.version,
                "versions": len(versions),
                "rows": newest.rows,
                "changed": newest.at,
                "why": newest.note,
                "stands": ground("dataset", newest.ref) not in gone,
                "said": said,
                "missing": [key for key in NEEDED if key not in said],
                "unsaid": [key for key in KEYS if key not in said],
                "contract": _contract(ws, name),
                "terms": [{"contract": b.contract, "of": b.of, "name": b.terms.attribution} for b in bound(ws, name)],
                "findings": _findings(looks.get(name), newest),
                "lineage": _up_and_down(name, lines, sources.get(name), gone),
                "use": use.get(name, {"runs": 0, "people": 0, "last": "", "verbs": {}}),
            }
        )
    return found


def used(claims: Iterable[Claim], since: datetime, until: datetime) -> dict[str, dict[str, Any]]:
    """Finished runs that read each dataset between two moments, and by how many people; bringing in is no use."""
    found: dict[str, dict[str, Any]] = {}
    people: dict[str, set[str]] = {}
    for claim in claims:
        if claim.kind != "run" or claim.verb in IDLE or not since <= datetime.fromisoformat(claim.at) <= until:
            continue
        names = {g.removeprefix("dataset:").partition("@")[0] for g in claim.on if g.startswith("dataset:")}
        for name in names | ({VersionRef.parse(claim.about).name} if "@" in claim.about else set()):
            one = found.setdefault(name, {"runs": 0, "people": 0, "last": "", "verbs": {}})
            one["runs"] += 1
            one["verbs"][claim.verb] = one["verbs"].get(claim.verb, 0) + 1
            one["last"] = max(one["last"], claim.at)
            people.setdefault(name, set()).update(g for g in claim.on if g.startswith("person:"))
    return {name: {**one, "people": len(people[name])} for name, one in found.items()}


def _condition(text: str) -> tuple[str, str]:
    key, is_, value = text.partition("=")
    if not is_ or key.strip() not in KEYS:
        raise DataError(
            Text(f"'{text}' is no condition", f"“{text}”不是条件"),
            at="--where",
            fix=Text("write KEY=VALUE with one of: ", "请写成 键=值，键可选：") + ", ".join(KEYS),
        )
    return key.strip(), value.strip()


def _counted(fit: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "count": len(fit),
        "complete": sum(not e["missing"] for e in fit),
        "used": sum(e["use"]["runs"] > 0 for e in fit),
        "rows": sum(e["rows"] for e in fit),
        "missing": {key: n for key in NEEDED if (n := sum(key in e["missing"] for e in fit))},
    }


def _contract(ws: Workspace, name: str) -> dict[str, Any]:
    """How far the columns are agreed on; a contract that can't be read says why."""
    try:
        agreed = contract(ws, name)
    except DiapasonError as error:
        why = {"en": error.said("en")["what"], "zh": error.said("zh")["what"]}
        return {"columns": 0, "rules": 0, "confirmed": 0, "units": 0, "numbers": 0, "why": why}
    numbers = [c for c in agreed.columns if c.kind == "number"]
    return {
        "columns": len(agreed.columns),
        "rules": rules(agreed),
        "confirmed": sum(c.sure >= 1 for c in agreed.columns),
        "units": sum(bool(c.unit) for c in numbers),
        "numbers": len(numbers),
        "why": None,
    }


def _findings(look: Mapping[str, Any] | None, newest: Version) -> dict[str, Any]:
    """Open findings of the newest assessment: none of the newest version is "not tested", never zero."""
    if look is None:
        return {"state": "not tested", "act": None, "look": None, "run": "", "of": ""}
    told = look["result"]["findings"]
    state = "current" if look["dataset"] == str(newest.ref) else "older"
    counted = {harm: sum(f["harm"] == harm for f in told) for harm in ("act", "look")}
    return {"state": state, **counted, "run": look["run"], "of": look["dataset"]}


def _lineage(claims: Sequence[Claim]) -> dict[str, list[tuple[str, str]]]:
    """By dataset: what was made of it (a ground, and the claim that says so); and under "<name" what it was made of."""
    runs = {c.id: c for c in claims if c.kind == "run"}
    found: dict[str, list[tuple[str, str]]] = {}
    for claim in claims:
        if claim.kind not in ("model", "dataset"):
            continue
        below = {g for g in claim.on if g.startswith("dataset:")}
        for run in (g for g in claim.on if g in runs and claim.kind == "dataset"):
            below |= {g for g in runs[run].on if g.startswith("dataset:")}
        own = claim.id.partition(":")[2].partition("@")[0]
        for version in below:
            other = version.removeprefix("dataset:").partition("@")[0]
            if claim.kind == "model" or other != own:
                found.setdefault(other, []).append((claim.id, claim.kind))
            if claim.kind == "dataset" and other != own:
                found.setdefault(f"<{own}", []).append((version, "dataset"))
    return found


def _up_and_down(
    name: str, lines: Mapping[str, list[tuple[str, str]]], source: Mapping[str, Any] | None, gone: set[str]
) -> dict[str, Any]:
    made = list(dict.fromkeys(lines.get(name, ())))
    told = None if source is None else source["plan"]["settings"].get("source")
    return {
        "source": str(told or ""),
        "from": sorted({g.partition(":")[2] for g, _ in lines.get(f"<{name}", ())}),
        "models": [g.partition(":")[2] for g, kind in made if kind == "model"],
        "fallen": [g.partition(":")[2] for g, kind in made if kind == "model" and g in gone],
        "datasets": sorted({g.partition(":")[2] for g, kind in made if kind == "dataset"}),
    }
