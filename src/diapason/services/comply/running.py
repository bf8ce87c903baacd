"""The story of a compliance page: what is known, which duties follow, what is shown, what is missing; signed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from diapason.engines.compliance.duties import Verdict, blocks
from diapason.engines.compliance.risk import Classed
from diapason.errors import DataError
from diapason.knowledge.facts import facts as questions
from diapason.knowledge.risk import LegalClass, risk
from diapason.knowledge.rules import rules
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.comply.boxes import due, flows, speak_to
from diapason.services.comply.questions import read_sheet, store, write_sheet
from diapason.services.comply.rows import LIGHTS, REGIMES, ROLES, Seen, clauses_of, rows
from diapason.services.page import write
from diapason.services.permit import (
    BEYOND,
    UPTO,
    Known,
    Shown,
    answers,
    conflicts,
    judged,
    known,
    rules_of,
    seen,
    shown,
)
from diapason.services.permit.seen import incidents
from diapason.services.standing.drawing import fall_now
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.facts import Fact
from diapason.vocabulary.language import Language, Text
from diapason.vocabulary.wire import plain

__all__ = ["ROLES", "answer", "ask", "look", "page", "run"]


def run(  # roomy: one page has that many sides
    ws: Workspace,
    *,
    regimes: Sequence[str] = ("cn", "eu"),
    role: str = "supplier",
    days: int = 90,
    to: Path | None = None,
    language: Language = "en",
) -> dict[str, Any]:
    """What must be shown, what is, what is missing, by when and by whom; signed with all it stands on.

    Args:
        regimes: "cn", "eu", "iso"; a light for each.
        role: supplier, provider, deployer or owner.
        days: how far ahead to look.
        to: write the page as HTML as well.

    Returns:
        verdict, rows (at most twelve), lights, level, classes, flows, due, committees, permissions, questions, run.

    Raises:
        DataError: no such regime or role.
    """
    said = answers(ws)
    done = look(ws, said, regimes=regimes, role=role, days=days)
    attested = attest.begin(ws, _plan(ws, regimes, role, days))
    attested.keep("rows", _table(done["rows"]))
    attested.finish({key: done[key] for key in done if key != "questions"})
    done = {**done, "run": attested.id}
    return done if to is None else {**done, "file": page(ws, done, to, language)}


def page(ws: Workspace, done: Mapping[str, Any], to: Path, language: Language) -> str:
    """Write what `run` found as one page, HTML or, by its name, PDF/A."""
    from diapason.services.comply.content import content

    return str(write(content(ws, done, _behind(ws, done), language), to, language, ws.clock()))


def look(  # roomy: as `run`
    ws: Workspace, said: Mapping[str, Fact], *, regimes: Sequence[str], role: str, days: int
) -> dict[str, Any]:
    """The page as plain values, from these answers and the ledger; nothing is written."""
    _proper(regimes, role)
    today, (index, fall) = ws.clock().date(), fall_now(ws)
    machine = seen(ws, index)
    what = known(said, machine, role)
    verdicts, have = judged(what, regimes), shown(index, fall, what.facts)
    open_ = any(not i["closed"] for i in incidents(ws).values())
    target = next((c.about for c in reversed(index.claims) if c.kind == "model"), "")
    view = Seen(verdicts, have, tuple(regimes), today, open_, target, what.facts)
    made = rows(view)
    names = {c.id for c in index.claims}
    return {
        "role": role,
        "regimes": list(regimes),
        "day": today.isoformat(),
        "verdict": plain(_verdict(made, role)),
        "rows": made,
        "level": _level(what),
        "classes": {
            "ai_act": _classes(what.ai_act, risk().ai_act),
            "machinery": _classes(what.machinery, risk().machinery),
        },
        "flows": flows(ws, what, verdicts, have, today),
        "permissions": _permissions(judged(what), verdicts, have, today),
        "due": due(index.claims, verdicts, regimes, today, days),
        "days": days,
        "committees": speak_to(made),
        "conflicts": conflicts(said, machine),
        "answered": len(said),
        "questions": _questions(made, what, regimes, verdicts),
        "on": sorted({g for g in _on(what, made) if g in names}),
        "clauses": {a: clauses_of([a], ("cn", "iso", "eu")) for a in have.proven},
    }


def ask(ws: Workspace, to: Path, *, regimes: Sequence[str] = ("cn", "eu"), role: str = "supplier") -> dict[str, Any]:
    """Write the sheet of questions that are open for these regimes; those that decide most come first."""
    found = look(ws, answers(ws), regimes=regimes, role=role, days=0)
    return {"sheet": str(to), "questions": write_sheet(found["questions"], to), "answered": found["answered"]}


def answer(ws: Workspace, sheet: Path) -> dict[str, Any]:
    """Take in a filled sheet: all of it, or nothing; each answer signed by who acts."""
    told = read_sheet(sheet, ws.clock().date())
    stored = store(ws, told)
    return {"sheet": str(sheet), "stored": len(stored), "answers": stored, "person": ws.person}


def _proper(regimes: Sequence[str], role: str) -> None:
    odd = [r for r in regimes if r not in REGIMES]
    if odd or not regimes:
        raise DataError(
            Text(f"no regime '{', '.join(odd)}'", f"没有法域“{'、'.join(odd)}”")
            if odd
            else Text("no regime", "未给出法域"),
            at="--regimes",
            fix=Text("choose of: " + ", ".join(REGIMES), "可选：" + "、".join(REGIMES)),
        )
    if role not in ROLES:
        raise DataError(
            Text(f"no role '{role}'", f"没有角色“{role}”"),
            at="--role",
            fix=Text("choose one of: " + ", ".join(ROLES), "可选：" + "、".join(ROLES)),
        )


def _verdict(made: Sequence[Mapping[str, Any]], role: str) -> Text:
    """Counts of rows by their gravest light; never a score."""
    order = list(LIGHTS)
    worst = [min(r["lights"].values(), key=order.index) for r in made]
    count = {light: worst.count(light) for light in LIGHTS}
    if not made:
        return Text(f"Nothing applies to this {ROLES[role].en}.", f"对该{ROLES[role].zh}无适用要求。")
    if count["green"] == len(made):
        return Text(f"All {len(made)} rows are proven.", f"{len(made)} 行全部已证明。")
    parts = [(count[light], words) for light, words in _COUNTED.items() if count[light]]
    en = "; ".join(f"{n} {one if n == 1 else more}" for n, ((one, more), _) in parts)
    zh = "，".join(f"{n} 行{said}" for n, (_, said) in parts)
    return Text(f"Of {len(made)} rows, {en}.", f"共 {len(made)} 行：{zh}。")


_COUNTED = {
    "red": (("blocks something or is due", "block something or are due"), "阻断或已到期"),
    "amber": (("lacks something that is not yet due", "lack something that is not yet due"), "缺失但未到期"),
    "grey": (
        ("hangs on questions nobody has answered", "hang on questions nobody has answered"),
        "取决于尚未回答的问题",
    ),
    "green": (("is proven", "are proven"), "已证明"),
}


def _level(what: Known) -> dict[str, Any]:
    """The risk level with its reasons."""
    span, titles = what.level.span, {x.number: x.title for x in risk().levels}
    low, high = int(span.low), int(span.high)
    reasons = []
    for name in ("scene", "autonomy"):
        chosen = next((c for c in questions()[name].choices if c.id == what.facts.get(name)), None)
        if chosen:
            title = questions()[name].title
            reasons.append({"en": f"{title.en}: {chosen.title.en}", "zh": f"{title.zh}：{chosen.title.zh}"})
    for step, truth in zip(risk().grading.raises, what.level.raised, strict=True):
        if truth is True:
            reasons.append({"en": f"+{step.by}: {step.why.en}", "zh": f"+{step.by}：{step.why.zh}"})
    return {
        "low": low,
        "high": high,
        "title": {"en": titles[high].en, "zh": titles[high].zh},
        "known": what.level.known,
        "reasons": reasons,
        "ask": list(what.level.ask),
        "ours": True,
    }


def _classes(told: Sequence[Classed], named: Sequence[LegalClass]) -> list[dict[str, Any]]:
    """Classes that hold, or may hold."""
    by = {c.id: c for c in named}
    return [
        {
            "id": c.id,
            "holds": c.holds,
            "title": {"en": by[c.id].title.en, "zh": by[c.id].title.zh},
            "means": {"en": by[c.id].means.en, "zh": by[c.id].means.zh},
            "basis": by[c.id].basis,
            "ask": list(c.ask),
        }
        for c in told
        if c.holds is not False
    ]


def _permissions(every: Sequence[Verdict], asked: Sequence[Verdict], have: Shown, today: date) -> list[dict[str, Any]]:
    """Actions that wait, and for what: by the rules of all regimes, as the gate; open is what was asked about."""
    found = []
    for action in (*UPTO["publish"], "transfer", "output"):
        closed = blocks(every, have.proven, today, {action})
        open_ = [v.duty.id for v in asked if v.duty.before == action and v.applies is None]
        found.append(
            {
                "action": action,
                "allowed": False if closed else None if open_ else True,
                "blocked_by": [{"rule": b.verdict.duty.id, "missing": list(b.missing)} for b in closed],
                "unknown": open_,
            }
        )
    return found


def _questions(
    made: Iterable[Mapping[str, Any]], what: Known, regimes: Sequence[str], verdicts: Sequence[Verdict]
) -> list[str]:
    """Open questions: those on which most duties hang first, then those that only decide a class."""
    counts: dict[str, int] = {}
    asked = {a for row in made for a in row["ask"]}
    for v in verdicts:
        for name in v.ask:
            counts[name] = counts.get(name, 0) + (name in asked)
    names = [n for n in counts if n in asked]
    names.sort(key=lambda n: (-counts[n], list(questions()).index(n)))
    classes = [a for c in (*what.ai_act, *what.machinery) for a in c.ask] if "eu" in regimes else []
    lacking = {m["id"] for row in made for m in row["missing"]}
    drills = [f for a, facts in BEYOND.items() if a in lacking for f in facts]
    return [
        n
        for n in dict.fromkeys([*names, *what.level.ask, *drills, *classes])
        if n not in what.said and n not in _told_of_incidents()
    ]


def _told_of_incidents() -> set[str]:
    """Facts on which only clocks hang: an incident tells them, not the sheet."""
    named: dict[bool, set[str]] = {True: set(), False: set()}
    for duty in rules_of():
        tests = (*duty.when, *(t for group in duty.any_of for t in group))
        named[bool(rules()[duty.id].clocks)] |= {t.fact for t in tests}
    return named[True] - named[False]


def _on(what: Known, made: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for fact in what.said.values():
        yield from fact.on
    for row in made:
        yield from (p["by"] for p in row["proven"])


def _plan(ws: Workspace, regimes: Sequence[str], role: str, days: int) -> Plan:
    settings = {"regimes": list(regimes), "role": role, "days": days, "rules": len(rules())}
    return Plan("comply", ws.name, "", "what must be shown, is shown", "", "", (), 0, {}, 0.0, settings)


def _table(made: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """The rows as a table that is kept and can be checked."""
    lines = [
        {
            "row": r["id"],
            **{f"light_{regime}": light for regime, light in r["lights"].items()},
            "proven": " ".join(p["id"] for p in r["proven"]),
            "missing": " ".join(m["id"] for m in r["missing"]),
            "days": float(r["days"]),
            "deadline": r["deadline"]["day"],
            "rules": " ".join(r["rules"]),
            "ask": " ".join(r["ask"]),
        }
        for r in made
    ]
    return pl.DataFrame(lines) if lines else pl.DataFrame({"row": []}, schema={"row": pl.String})


def _behind(ws: Workspace, done: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The page's own run, and every run that proves something on it."""
    named = [done["run"], *(p["run"] for row in done["rows"] for p in row["proven"] if p["run"])]
    return [attest.finished(ws, run) for run in dict.fromkeys(named)]
