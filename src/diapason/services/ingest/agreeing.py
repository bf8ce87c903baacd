"""The contract of a dataset: a person's word first, what was agreed before next, proposals last."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

import polars as pl

from diapason.engines.schema import SURE, Doubt, Proposal, propose, unit_code
from diapason.errors import DataError, Unsure
from diapason.knowledge.columns import lexicon
from diapason.knowledge.findings import sentence
from diapason.services.ingest.deriving import Derived, flags_of, life_column
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.language import Language, Text
from diapason.vocabulary.names import no_column
from diapason.vocabulary.policy import Act, Policy
from diapason.vocabulary.questions import Choice, Question
from diapason.vocabulary.tables import ROW, WORDED, Column, Contract, Role

__all__ = ["Agreement", "Asked", "agree", "beside"]

SAMPLE = 200_000
"""Rows from which roles are proposed."""
_GROUPS = {"number": "number", "flag": "number", "category": "text", "text": "text", "time": "time"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person has said on this call."""

    asset: str | None = None
    time: str | None = None
    target: str | None = None
    batch: str | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    run_to_failure: bool = False
    leak: tuple[str, ...] = ()  # columns that are known only after the target
    changes: bool = False  # other columns than before are accepted
    flags: tuple[str, ...] = ()  # joined to a class when the dataset was ingested before


@dataclass(frozen=True, slots=True)
class Agreement:
    """A contract, what is derived, and what a person could still say."""

    contract: Contract
    derived: Derived
    questions: tuple[Question, ...]
    changes: tuple[str, ...]  # what differs from the contract before, in words


def agree(
    name: str, rows: pl.DataFrame, facts: Mapping[str, Any], asked: Asked, known: Contract | None, language: Language
) -> Agreement:
    """The contract for these rows.

    Args:
        name: of the dataset.
        rows: the first batch.
        facts: what the connector has said of the source.
        asked: a person's word on this call.
        known: the contract before, if any.
        language: of the reasons that the contract keeps.

    Raises:
        Unsure: the columns are not those of the contract.
        DataError: a column or unit that was named does not exist.
    """
    names = [c for c in rows.columns if c != ROW]
    flags = tuple(_column(part, names, facts) for part in flags_of(asked.target, names))
    flags = flags or (asked.flags if not asked.target and set(asked.flags) <= set(names) else ())
    said = _said(asked, names, facts, flags)
    proposals, doubts = propose(
        rows.head(SAMPLE),
        lexicon(),
        said=_with_known(said, known, names),
        declared=_declared(facts, flags),
        units=facts.get("units", {}),
        file_column=str(facts.get("file_column", "")),
    )
    columns = [_proposed(p, language) for p in proposals]
    bare = {c for c in names if rows[c].null_count() == rows.height}  # nothing in them: they tell no other kind
    changes = _changes(known, columns, bare)
    if known is not None and not asked.changes and not _passed(known, changes):
        raise _changed(known.name, changes)
    columns = [_merged(c, known, said, language) for c in columns]
    units = {_column(word, names, facts): _unit(word, written) for word, written in asked.units.items()}
    columns = [replace(c, unit=units[c.name], sure=1.0) if c.name in units else c for c in columns]
    failing = asked.run_to_failure or bool(known and known.run_to_failure)
    contract = Contract(name, tuple(columns), failing)
    if known is not None:
        kept = {"key": known.key, "relations": known.relations, "regime": known.regime, "policy": known.policy}
        contract = replace(contract, **kept)  # type: ignore[arg-type]
    contract, derived = _derive(contract, asked, flags, known, language)
    return Agreement(contract, derived, _questions(doubts, contract, known), tuple(changes))


def _declared(facts: Mapping[str, Any], flags: Sequence[str]) -> dict[Role, list[str]]:
    """Roles that the source states; its target gives way to a class that a person makes of flags."""
    stated = {
        Role(r): [named] if isinstance(named, str) else list(named) for r, named in facts.get("roles", {}).items()
    }
    return {role: found for role, found in stated.items() if not (flags and role is Role.TARGET)}


def _said(asked: Asked, names: Sequence[str], facts: Mapping[str, Any], flags: Sequence[str]) -> dict[Role, list[str]]:
    roles = {Role.ASSET: asked.asset, Role.TIME: asked.time, Role.BATCH: asked.batch}
    roles |= {} if flags else {Role.TARGET: asked.target}
    said = {role: [_column(word, names, facts)] for role, word in roles.items() if word}
    said |= {Role.LEAK: [_column(word, names, facts) for word in asked.leak]} if asked.leak else {}
    for role, name in [(role, name) for role, found in said.items() for name in found]:
        other = next((r for r, found in said.items() if r is not role and name in found), None)
        if other is not None:
            raise DataError(
                Text(
                    f"column {name} cannot be both {role.value} and {other.value}",
                    f"列 {name} 不能同时是 {role.value} 和 {other.value}",
                ),
                at=f"--{role.value} {name}",
                fix=Text("name another column for one of them", "请为其中一个指定其他列"),
            )
    return said


def _column(word: str, names: Sequence[str], facts: Mapping[str, Any]) -> str:
    """The column that a person means: by name, or by its number in the file."""
    if word in names:
        return word
    found = list(facts.get("columns", ())) or list(names)
    name = found[int(word) - 1] if word.isdecimal() and 1 <= int(word) <= len(found) else word
    pair = facts.get("pair") or {}
    name = pair["name"] if name in (pair.get("date"), pair.get("clock")) else name
    if name in names:
        return str(name)
    raise no_column(word, names)


def _with_known(said: Mapping[Role, list[str]], known: Contract | None, names: Sequence[str]) -> dict[Role, list[str]]:
    """Roles that were agreed before, for columns that are still there, unless a person says otherwise now."""
    given = {role: list(found) for role, found in said.items()}
    taken = {name for found in given.values() for name in found}
    for column in known.columns if known is not None else ():
        free = column.role not in said and column.name not in taken
        if column.role in (Role.ASSET, Role.TIME, Role.BATCH, Role.TARGET) and column.name in names and free:
            given.setdefault(column.role, []).append(column.name)
    return given


def _proposed(proposal: Proposal, language: Language) -> Column:
    """A proposal as a column; what is unsure stays a feature, and its doubt is kept."""
    role = proposal.role if proposal.sure >= SURE or proposal.role is Role.IGNORED else Role.FEATURE
    why = "; ".join(sentence(finding, language) for finding in proposal.why)
    return Column(proposal.column, proposal.kind, role, proposal.unit, why, round(proposal.sure, 2))


def _merged(column: Column, known: Contract | None, said: Mapping[Role, list[str]], language: Language) -> Column:
    """A person's word now, else the contract before, else the proposal."""
    mine = next((role for role, found in said.items() if column.name in found), None)
    if mine is not None:
        return replace(column, role=mine, sure=1.0, why=_because("schema_said", column.name, language))
    before = next((c for c in known.columns if c.name == column.name), None) if known is not None else None
    if before is None:
        return column
    elsewhere = before.role in said and before.role not in (Role.FEATURE, Role.IGNORED, Role.LEAK)
    return replace(before, role=Role.FEATURE) if elsewhere else before


def _unit(word: str, written: str) -> str:
    code = unit_code(written, lexicon())
    if not code:
        known = [u.code for u in lexicon().units]
        near = get_close_matches(written, [*known, *(s for u in lexicon().units for s in u.spellings)], 3, 0.5)
        raise DataError(
            Text(f"the unit '{written}' is not known", f"未知单位“{written}”"),
            at=f"--units {word}={written}",
            fix=Text(
                f"did you mean {', '.join(near)}?" if near else "use a UCUM code: " + ", ".join(known[:20]) + " …",
                f"是不是 {'、'.join(near)}？" if near else "请用 UCUM 代码：" + "、".join(known[:20]) + " …",
            ),
        )
    return code


def _derive(
    contract: Contract, asked: Asked, flags: tuple[str, ...], known: Contract | None, language: Language
) -> tuple[Contract, Derived]:
    """Add what is computed: one class from flags, and the remaining life where nobody gives it."""
    classes, life = "", ""
    columns = list(contract.columns)
    if flags:
        classes = "class" if all(c.name != "class" for c in columns) else "class_"
        why = _because("schema_derived", classes, language, how=" + ".join(flags))
        columns = [replace(c, role=Role.LEAK, why=why, sure=1.0) if c.name in flags else c for c in columns]
        columns = [replace(c, role=Role.FEATURE) if c.role is Role.TARGET else c for c in columns]
        columns.append(_agreed(known, classes) or Column(classes, "category", Role.TARGET, "", why, 1.0))
    contract = replace(contract, columns=tuple(columns))
    if contract.run_to_failure and not flags and not _given_target(contract, asked, known):
        column = life_column(contract)
        why = _because("schema_derived", column.name, language, how="last time of the asset - time")
        columns = [replace(c, role=Role.FEATURE) if c.role is Role.TARGET else c for c in columns]
        columns.append(_agreed(known, column.name) or replace(column, why=why))
        life = column.name
    derived = Derived(life, contract.first(Role.ASSET) or "", contract.first(Role.TIME) or "", classes, flags)
    return replace(contract, columns=tuple(columns), derived=derived.names), derived


def _agreed(known: Contract | None, derived: str) -> Column | None:
    """What a person may have made of a derived column."""
    there = known is not None and derived in known.derived and any(c.name == derived for c in known.columns)
    return known.column(derived) if known is not None and there else None


def _given_target(contract: Contract, asked: Asked, known: Contract | None) -> bool:
    """Whether the files hold the target: said now, agreed before, or called remaining life."""
    before = known.first(Role.TARGET) if known is not None else None
    found = contract.first(Role.TARGET)
    if asked.target or (before is not None and known is not None and before not in known.derived):
        return True
    return found is not None and (found.lower() == "rul" or "life" in found.lower() or "寿命" in found)


def _changes(known: Contract | None, columns: Sequence[Column], bare: Collection[str]) -> list[str]:
    """Which columns went, came, or hold something else than before."""
    if known is None:
        return []
    before = {c.name: c for c in known.columns if c.name not in known.derived}
    now = {c.name: c for c in columns}
    gone, new = [n for n in before if n not in now], [n for n in now if n not in before and not beside(n, now)]
    other = [
        f"{n}: {before[n].kind} -> {now[n].kind}"
        for n in now
        if n in before and n not in bare and _GROUPS[before[n].kind] != _GROUPS[now[n].kind]
    ]
    return [f"- {n}" for n in gone] + [f"+ {n}" for n in new] + [f"~ {o}" for o in other]


def beside(name: str, names: Collection[str]) -> bool:
    """Whether a column holds words that stood among the numbers of another: it comes and goes with them."""
    return name.endswith(WORDED) and name.removesuffix(WORDED) in names


def _passed(known: Contract, changes: Sequence[str]) -> bool:
    """Whether the policy of the dataset lets these changes pass."""
    policy = known.policy or Policy()
    return all((policy.kinds if c.startswith("~") else policy.columns) is Act.PASS for c in changes)


def _changed(name: str, changes: Sequence[str]) -> Unsure:
    shown = ", ".join(changes[:12]) + (f" … ({len(changes)})" if len(changes) > 12 else "")
    question = Question(
        "options.changes",
        Text(f"is this still {name}?", f"这还是 {name} 吗？"),
        (Choice("accept", Text("yes, its columns have changed", "是，列已变更")),),
    )
    return Unsure(
        Text(
            f"the columns are not those of {name} (- gone, + new, ~ other kind): {shown}",
            f"列与 {name} 不一致（- 缺少，+ 新增，~ 类型不同）：{shown}",
        ),
        at=f"contracts/{name}.yaml",
        fix=Text(
            f"if it is the same dataset: {question.flag()}; else choose another --name",
            f"如果是同一数据集：{question.flag()}；否则请换一个 --name",
        ),
        questions=(question,),
    )


def _because(kind: str, column: str, language: Language, **facts: str) -> str:
    return sentence(Finding(kind, Where((column,)), 1.0, facts=facts), language)


def _questions(doubts: Iterable[Doubt], contract: Contract, known: Contract | None) -> tuple[Question, ...]:
    """What is still open: roles that nobody has, units that nobody knows."""
    asked = []
    for doubt in doubts:
        about, _, column = doubt.about.partition(".")
        settled = known is not None and (about != "units" or any(c.name == column for c in known.columns))
        has = about != "units" and contract.first(Role(about)) is not None
        if settled or has or (column and contract.column(column).unit):
            continue
        text = Text(*(f"{column or about}: {sentence(doubt.why, language)}" for language in ("en", "zh")))
        asked.append(Question(doubt.about, text, tuple(Choice(c, Text(c, c)) for c in doubt.choices), column))
    return tuple(asked)
