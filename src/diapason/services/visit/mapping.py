"""The provider's names and units onto the plant's table: by the same name, or as a person says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from diapason.engines.schema.converting import conversion
from diapason.engines.schema.units import unit_code
from diapason.errors import DataError, Unsure
from diapason.knowledge.columns import lexicon
from diapason.services.visit.bundles import Told, Wanted
from diapason.vocabulary.language import Text
from diapason.vocabulary.questions import Choice, Question
from diapason.vocabulary.tables import Column, Contract, Role

__all__ = ["Mapped", "mapped", "pairs", "renamed"]


@dataclass(frozen=True, slots=True)
class Mapped:
    """One column: the provider's name, the plant's, and how its values change."""

    theirs: str
    ours: str
    factor: float = 1.0
    offset: float = 0.0
    given: str = ""  # unit in the plant's table
    wanted: str = ""  # unit that the provider's side expects


def pairs(words: Sequence[str]) -> dict[str, str]:
    """`theirs=ours` or `theirs=ours:unit`, several in one word or in several.

    >>> pairs(["T_in=TI101:[degF],p=PI7"])
    {'T_in': 'TI101:[degF]', 'p': 'PI7'}
    """
    found: dict[str, str] = {}
    for part in (part for word in words for part in word.split(",")):
        theirs, equals, ours = part.partition("=")
        if not (theirs.strip() and equals and ours.strip()) or theirs.strip() in found:
            raise DataError(
                Text(f"'{part}' is not THEIRS=OURS", f"“{part}”不是 对方列名=本厂列名"),
                at="--map",
                fix=Text(
                    "write --map T_in=TI101, or with a unit --map T_in=TI101:bar",
                    "请写成 --map T_in=TI101 或 --map T_in=TI101:bar",
                ),
            )
        found[theirs.strip()] = ours.strip()
    return found


_SAME = Text("it is that unit", "就是该单位")


def mapped(told: Told, contract: Contract, said: Mapping[str, str]) -> tuple[Mapped, ...]:
    """Find each column that the bundle asks for in the plant's contract, and how its unit changes.

    Args:
        said: the provider's name to the plant's, with the plant's unit behind a colon where the contract has none.

    Raises:
        DataError: a name is unknown, or a column has another role or kind.
        Unsure: units differ and no conversion is known, or one of them isn't known: a person says.
    """
    strange = sorted(set(said) - {c.name for c in told.columns})
    if strange:
        raise DataError(
            Text(f"the bundle asks for no column '{strange[0]}'", f"包中没有要求列“{strange[0]}”"),
            at="--map",
            fix=Text("choose of: ", "可选：") + ", ".join(c.name for c in told.columns),
        )
    made = tuple(_one(wanted, contract, said.get(wanted.name, "")) for wanted in told.columns)
    ours = [m.ours for m in made]
    twice = next((o for o in ours if ours.count(o) > 1), "")
    if twice:
        raise DataError(
            Text(f"column '{twice}' would stand for two", f"列“{twice}”被用于两处"),
            at="--map",
            fix=Text("map each once", "每列只对应一次"),
        )
    return made


def renamed(frame: pl.DataFrame, contract: Contract, columns: Sequence[Mapped]) -> tuple[pl.DataFrame, Contract]:
    """The plant's table and contract under the provider's names and in its units; other columns keep theirs."""
    by = {m.ours: m for m in columns}
    taken = {m.theirs for m in columns} & {c.name for c in contract.columns if c.name not in by}
    if taken:
        aside = {name: f"{name} (plant)" for name in taken}
        frame = frame.rename(aside)
        contract = replace(
            contract, columns=tuple(replace(c, name=aside.get(c.name, c.name)) for c in contract.columns)
        )
    changed = [pl.col(m.ours) * m.factor + m.offset for m in columns if (m.factor, m.offset) != (1.0, 0.0)]
    frame = frame.with_columns(changed).rename({m.ours: m.theirs for m in columns})
    return frame, replace(contract, columns=tuple(_column(c, by) for c in contract.columns))


def _column(column: Column, by: Mapping[str, Mapped]) -> Column:
    m = by.get(column.name)
    return column if m is None else replace(column, name=m.theirs, unit=m.wanted or column.unit, low=None, high=None)


def _one(wanted: Wanted, contract: Contract, said: str) -> Mapped:
    name, _, unit = said.partition(":")
    ours = name or wanted.name
    column = next((c for c in contract.columns if c.name == ours), None)
    if column is None:
        raise DataError(
            Text(
                f"the table has no column '{ours}', which the bundle calls '{wanted.name}'",
                f"表中没有列“{ours}”（包中称为“{wanted.name}”）",
            ),
            at=contract.name,
            fix=Text(
                f"say which it is: --map {wanted.name}=COLUMN; there are: ", f"请指明：--map {wanted.name}=列名；现有："
            )
            + ", ".join(c.name for c in contract.columns),
        )
    role = Role(wanted.role)
    if column.role is not role:
        raise DataError(
            Text(
                f"'{ours}' is {column.role.value} here and {wanted.role} in the bundle",
                f"“{ours}”在此处为 {column.role.value}，在包中为 {wanted.role}",
            ),
            at=f"contracts/{contract.name}.yaml",
            fix=Text(
                "map another column, or change its role in the contract of the table",
                "请改用其他列，或在数据合约中修改其角色",
            ),
        )
    return _converted(wanted, column, unit)


def _converted(wanted: Wanted, column: Column, said: str) -> Mapped:
    """In the unit that the provider's side expects; a person is asked where that can't be known."""
    given = (unit_code(said, lexicon()) or said) if said else column.unit
    numeric = wanted.kind == column.kind == "number"
    if not numeric or not wanted.unit or given == wanted.unit:
        return Mapped(wanted.name, column.name, given=given, wanted=wanted.unit or given)
    change = conversion(given, wanted.unit) if given else None
    if change is None:
        here = given or Text("not known", "未知")
        raise _unsure(wanted, column, str(here), str(here) if given else "未知")
    return Mapped(wanted.name, column.name, *change, given=given, wanted=wanted.unit)


def _unsure(wanted: Wanted, column: Column, en: str, zh: str) -> Unsure:
    say = f"--map {wanted.name}={column.name}:{wanted.unit}"
    text = Text(
        f"the unit of '{column.name}' is {en}; the bundle expects {wanted.unit}",
        f"“{column.name}”的单位为 {zh}；包要求 {wanted.unit}",
    )
    question = Question("map", text, (Choice(f"{wanted.name}={column.name}:{wanted.unit}", _SAME),), column.name)
    return Unsure(
        text,
        at=column.name,
        fix=Text(f"say the unit of the plant's column: {say}", f"请说明本厂该列的单位：{say}"),
        questions=(question,),
    )
