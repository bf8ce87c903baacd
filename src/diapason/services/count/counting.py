"""The story of a count: verify every ledger, judge, add, and sign what it comes to."""

from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from diapason.engines.acceptance.criteria import Rule
from diapason.engines.acceptance.rules import COUNTERS
from diapason.engines.acceptance.tally import Counted, Item, Source, Tally, settled, tallied
from diapason.errors import NotFound, Refused
from diapason.knowledge.targets import targets
from diapason.ports.workspace import Progress, Workspace, silent
from diapason.services import attest, maturity
from diapason.services.count.sources import Demand, demanded, known_signers, named_files, of_files, of_workspace
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.language import Text
from diapason.vocabulary.wire import plain

__all__ = ["SUBJECT", "explained", "gathered", "run"]

SUBJECT = "programme:count"
"""What the ledger says a count is about."""


def run(
    ws: Workspace | None,
    files: Iterable[str | Path] = (),
    *,
    rules: Sequence[str] = (),
    signers: Path | None = None,
    models: Sequence[str] = (),
    progress: Progress = silent,
) -> dict[str, Any]:
    """Count this workspace and bundles of others; here it ends in a signed run.

    Args:
        ws: the workspace here; without one only the files are counted, and nothing is signed.
        files: bundles, or folders with bundles.
        rules: such as "dataset@1"; the newest of each counter by default.
        signers: file with known fingerprints; bundles signed by others count as nothing then.
        models: of maturity, such as "annex2": whole workspaces are appraised anew by them.

    Returns:
        counts per counter (accepted, not_tested, refused, dead, duplicates, target), items, duplicates, broken,
        forked, unknown_rules, rules, ledgers, levels (per model how many workspaces are proven at each), run.

    Raises:
        NotFound: a file or a model is not there.
        DataError: a rule names nothing that is counted.
        Refused: there is nothing to count.
    """
    demand = demanded(rules)
    tally = gathered(ws, files, demand, signers, models, progress)
    result = _result(settled(tally), tally, demand)
    return result | ({"run": _signed(ws, result, tally, models)} if ws is not None else {"run": ""})


def explained(
    ws: Workspace | None,
    files: Iterable[str | Path],
    name: str,
    *,
    rules: Sequence[str] = (),
    signers: Path | None = None,
) -> dict[str, Any]:
    """Every candidate of that name with each criterion, its basis, and what evidence says; nothing is written.

    Args:
        name: `furnace`, `furnace@2`, a workspace, or a counter such as "dataset".

    Raises:
        NotFound: there is no candidate of that name; names those there are.
    """
    demand = demanded(rules)
    counted = settled(gathered(ws, files, demand, signers))
    items = [i for part in (counted.accepted, counted.untested, counted.refused, counted.dead) for i in part]
    items += [d.item for d in counted.duplicates]
    found = [i for i in items if name in _names(i)]
    if not found and name not in demand:
        known = sorted({i.verdict.name for i in items})
        raise NotFound(
            Text(f"there is no candidate '{name}'", f"没有候选项“{name}”"),
            at="--why",
            fix=Text("choose one of: ", "可选：") + ", ".join([*demand, *known][:20]),
        )
    counters = {i.verdict.counter for i in found} | ({name} & set(demand))
    listed = [r for c in COUNTERS if c in counters and isinstance(r := demand[c], Rule)]
    criteria = {r.name: [plain(c) for c in r.criteria] for r in listed}
    return {"name": name, "criteria": criteria, "items": [_item(i, full=True) for i in found]}


def gathered(
    ws: Workspace | None,
    files: Iterable[str | Path],
    demand: Demand,
    signers: Path | None = None,
    models: Sequence[str] = (),
    progress: Progress = silent,
) -> Tally:
    """The tally of this workspace and of every file.

    Raises:
        Refused: neither a workspace nor a file is given.
    """
    paths = named_files(files)
    if ws is None and not paths:
        raise Refused(
            Text(
                "there is nothing to count: no workspace here and no file named",
                "没有可计数的内容：此处无工作区，也未给出文件",
            ),
            fix=Text("name bundles: diapason count *.evidence", "请给出证据文件：diapason count *.evidence"),
        )
    today = ws.clock().date() if ws is not None else date.today()  # noqa: DTZ011  # the day where one sits
    by = [maturity.find(ws, name).model for name in models]
    own = [of_workspace(ws, demand, by)] if ws is not None else []
    return tallied([*own, *of_files(paths, demand, today, known_signers(signers), by, progress)])


def _names(item: Item) -> tuple[str, ...]:
    verdict = item.verdict
    return verdict.name, verdict.name.partition("@")[0], verdict.counter, item.source.workspace


def _result(counted: Counted, tally: Tally, demand: Demand) -> dict[str, Any]:
    unknown = [rule for rule in demand.values() if isinstance(rule, str)]
    duplicates = [
        _item(d.item) | {"of": f"{d.of.source.workspace} {d.of.verdict.name}", "why": plain(d.why)}
        for d in counted.duplicates
    ]
    parts = (counted.accepted, counted.untested, counted.refused, counted.dead)
    ledgers = [s for s in tally.sources.values() if s.broken is None]
    return {
        "counts": {counter: _counts(counter, counted, demand) for counter in demand},
        "items": [_item(i) for part in parts for i in part],
        "duplicates": duplicates,
        "broken": [{"file": s.file, "why": plain(s.broken)} for s in counted.broken],
        "forked": [{"workspace": a.workspace, "key": a.key, "files": [a.file, b.file]} for a, b in counted.forked],
        "unknown_rules": unknown,
        "levels": _levels(ledgers),
        "ledgers": len(ledgers),
        "workspaces": len({s.key for s in ledgers}),
        "on": sorted({g for i in counted.accepted if i.source.whole for g in i.verdict.on}),
    }


def _levels(ledgers: Iterable[Source]) -> dict[str, dict[str, int]]:
    """Per model of maturity how many workspaces are proven at each level, by the longest ledger of each."""
    longest: dict[str, Source] = {}
    for source in ledgers:
        known = longest.get(source.key, source)
        longest[source.key] = max(known, source, key=lambda s: (len(s.levels) > 0, s.seq, s.whole, s.id))
    found: dict[str, dict[str, int]] = {}
    for source in longest.values():
        for model, level in source.levels:
            if ":" not in model:
                told = found.setdefault(model, {})
                told[str(level)] = told.get(str(level), 0) + 1
    return {model: dict(sorted(told.items())) for model, told in sorted(found.items())}


def _counts(counter: str, counted: Counted, demand: Demand) -> dict[str, Any]:
    def many(items: Iterable[Item]) -> int:
        return sum(i.verdict.counter == counter for i in items)

    rule = demand[counter]
    target = next((t for t in targets() if t.counter == counter and t.where == "nation"), None)
    return {
        "accepted": counted.number(counter),
        "not_tested": many(counted.untested),
        "refused": many(counted.refused),
        "dead": many(counted.dead),
        "duplicates": many(d.item for d in counted.duplicates),
        "rule": rule.name if isinstance(rule, Rule) else rule,
        "target": None if target is None else {"low": target.low, "high": target.high, "by": target.by.isoformat()},
    }


def _item(item: Item, *, full: bool = False) -> dict[str, Any]:
    source, verdict = item.source, item.verdict
    said = {
        "counter": verdict.counter,
        "rule": verdict.rule,
        "workspace": source.workspace,
        "key": source.key,
        "name": verdict.name,
        "state": verdict.state.value,
        "why": plain(verdict.why),
    }
    return said | {"answers": plain(verdict.answers), "file": source.file} if full else said


def _signed(ws: Workspace, result: dict[str, Any], tally: Tally, models: Sequence[str]) -> str:
    """Seal what was counted, by which rules, and sign what it came to; every candidate is kept as a row."""
    sources = [s for s in tally.sources.values() if s.file and s.broken is None]
    rules = tuple(str(c["rule"]) for c in result["counts"].values())
    digest = sha256("\n".join(sorted(tally.sources)).encode()).hexdigest()
    plan = Plan(
        verb="count",
        dataset=SUBJECT,
        dataset_digest="",
        hypothesis="how many there are, by rules that anyone can run again",
        metric="number",
        split="",
        candidates=rules,
        seed=0,
        budget={},
        settings={
            "rules": list(rules),
            "models": list(models),
            "ledgers": digest,
            "day": ws.clock().date().isoformat(),
        },
    )
    done = attest.begin(ws, plan)
    done.keep("items", _table(result["items"]))
    for source in sources:
        done.subject(f"bundle/{Path(source.file).name}/{source.id[:12]}", source.id)
    kept = {k: v for k, v in result.items() if k != "items"}
    done.finish(kept | {"bundles": [_told(s) for s in sources], "rules": list(rules)})
    return done.id


def _told(source: Source) -> dict[str, Any]:
    return {"file": Path(source.file).name, "digest": source.id, "key": source.key, "entries": source.seq}


def _table(items: Sequence[dict[str, Any]]) -> pl.DataFrame:
    columns = ("counter", "rule", "workspace", "key", "name", "state")
    rows = {c: [str(i[c]) for i in items] for c in columns} | {"why": [str(i["why"]["en"]) for i in items]}
    return pl.DataFrame(rows, schema=dict.fromkeys((*columns, "why"), pl.String))
