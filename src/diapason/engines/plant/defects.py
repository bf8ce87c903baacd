"""The menu of data defects: what can be wrong with a record while the plant itself is well."""

from dataclasses import dataclass

import numpy as np

from diapason.engines.plant.grades import GRADES
from diapason.engines.plant.tags import TAGS
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["DEFECTS", "Defect", "DefectKind", "defect_menu"]


@dataclass(frozen=True, slots=True)
class DefectKind:
    """What a defect is, in which table, and how strong it comes."""

    title: Text
    tables: tuple[str, ...]
    strength: tuple[float, float]
    unit: str
    days: tuple[float, float]
    rows: bool = False  # concerns whole rows: their time, order or number


_ANY = ("history", "lab")

DEFECTS = {
    "stuck": DefectKind(Text("Value is stuck", "数值卡死"), ("history",), (1, 1), "1", (0.3, 2)),
    "spike": DefectKind(Text("Spikes", "尖峰"), ("history",), (0.005, 0.03), "share of rows", (1, 6)),
    "unit": DefectKind(Text("Other unit for a while", "一段时间内单位不同"), ("history",), (1, 1), "1", (0.5, 5)),
    "scale": DefectKind(Text("Wrong by a power of ten", "数量级错误"), ("history",), (1000, 1000), "factor", (0.3, 3)),
    "bias": DefectKind(Text("Shifted by a constant", "恒定偏移"), ("history",), (2, 5), "standard deviations", (1, 6)),
    "drift": DefectKind(Text("Drifts away", "漂移"), ("history",), (3, 8), "standard deviations at the end", (5, 20)),
    "noise": DefectKind(Text("Much noisier", "噪声增大"), ("history",), (1, 3), "standard deviations", (0.5, 3)),
    "saturation": DefectKind(
        Text("Cut off at a ceiling", "饱和截断"), ("history",), (0.2, 0.5), "share of rows", (1, 5)
    ),
    "missing": DefectKind(Text("Block of missing values", "成段缺失"), _ANY, (1, 1), "1", (0.2, 2)),
    "swapped_tags": DefectKind(Text("Two tags swapped", "两个位号互换"), ("history",), (1, 1), "1", (1, 5)),
    "clock_offset": DefectKind(Text("Clock is off", "时钟偏差"), ("history",), (7, 45), "minutes", (0.5, 3), rows=True),
    "dst": DefectKind(Text("Daylight saving time", "夏令时"), ("history",), (60, 60), "minutes", (3, 8), rows=True),
    "clock_disorder": DefectKind(
        Text("Rows out of order", "时间乱序"), ("history",), (0.3, 0.8), "share of rows", (0.1, 0.5), rows=True
    ),
    "gap": DefectKind(Text("Rows are missing", "整行缺失"), ("history",), (1, 1), "1", (0.1, 1), rows=True),
    "duplicates": DefectKind(
        Text("Rows stored twice", "重复行"), _ANY, (0.05, 0.3), "share of rows", (0.5, 3), rows=True
    ),
    "wrong_lab": DefectKind(
        Text("Wrong lab values", "化验值错误"), ("lab",), (0.15, 0.3), "share of results", (20, 60)
    ),
    "swapped_lab": DefectKind(
        Text("Lab results of other samples", "化验结果张冠李戴"), ("lab",), (0.15, 0.3), "share of results", (20, 60)
    ),
    "lab_unit": DefectKind(
        Text("Lab reports a fraction, not %", "化验以分数而非百分数报告"), ("lab",), (0.01, 0.01), "factor", (4, 12)
    ),
    "lab_shift": DefectKind(
        Text("Lab results one sample late", "化验结果错位一个样"), ("lab",), (1, 1), "samples", (8, 20)
    ),
    "wrong_grade": DefectKind(
        Text("Wrong grade on the label", "牌号标错"), ("lab", "batches"), (0.1, 0.3), "share of rows", (20, 60)
    ),
    "leak": DefectKind(
        Text("A column that knows the target", "泄漏目标的列"),
        ("lab",),
        (0.02, 0.05),
        "standard deviations of noise",
        (1e4, 1e4),
    ),
}
"""The menu: kind of defect to what it is."""

SWAPS = (("TI-202", "TI-203"), ("VI-101", "VI-301"), ("FI-301", "FI-302"), ("TIC-103.PV", "TI-202"))
"""Pairs of tags that somebody might mix up."""

_RESULTS = ("residual", "by_product", "solvent", "purity")


@dataclass(frozen=True, slots=True)
class Defect:
    """One defect: in which table and column, from day `start` of the history for `days`.

    `column` is empty for kinds that concern whole rows; for "swapped_tags" it is "A|B".
    """

    kind: str
    table: str
    column: str
    start: float
    days: float
    strength: float

    def __post_init__(self) -> None:
        known = DEFECTS.get(self.kind)
        if known is None:
            raise _unknown(Text(f"no defect '{self.kind}'", f"没有缺陷“{self.kind}”"), tuple(DEFECTS))
        if self.table not in known.tables:
            what = Text(f"{self.kind} cannot be in {self.table}", f"{self.kind} 不能出现在 {self.table}")
            raise _unknown(what, known.tables)


def _unknown(what: Text, choices: tuple[str, ...]) -> DataError:
    known = ", ".join(choices)
    return DataError(what, at="defect menu", fix=Text(f"choose one of: {known}", f"可选：{known}"))


def defect_menu(seed: int, days: float, *, kinds: tuple[str, ...] = tuple(DEFECTS)) -> tuple[Defect, ...]:
    """One defect of each kind, each on a column of its own; those of whole rows in windows of their own."""
    rng = np.random.default_rng([seed, 5])
    tags = _shuffled([t.name for t in TAGS if not t.name.endswith((".SP", ".OP"))], rng)
    results = _shuffled(list(_RESULTS), rng)
    row_kinds = [k for k in kinds if DEFECTS[k].rows]
    slots = _shuffled([str(i) for i in range(len(row_kinds))], rng)
    made = []
    for kind in kinds:
        known = DEFECTS[kind]
        table = known.tables[int(rng.integers(len(known.tables)))]
        low, high = (min(d, 0.5 * days) for d in known.days)
        long, strength = float(rng.uniform(low, high)), float(rng.uniform(*known.strength))
        start = float(rng.uniform(0.02 * days, max(0.97 * days - long, 0.02 * days)))
        if known.rows and table == "history":
            room = 0.9 * days / len(row_kinds)
            long = min(long, 0.8 * room)
            start = 0.05 * days + room * int(slots.pop()) + float(rng.uniform(0, room - long))
        if kind == "leak":
            start, long = 0.0, days
        made.append(Defect(kind, table, _column(kind, table, tags, results, rng), start, long, strength))
    return tuple(made)


def _shuffled(names: list[str], rng: np.random.Generator) -> list[str]:
    return [names[i] for i in rng.permutation(len(names))]


def _column(kind: str, table: str, tags: list[str], results: list[str], rng: np.random.Generator) -> str:
    if DEFECTS[kind].rows:
        return ""
    if kind == "wrong_grade":
        return "grade"
    if kind == "leak":
        return "LIMS.INDEX"
    if table == "lab":
        return results.pop() if results else _RESULTS[0]
    if kind == "swapped_tags":
        free = [pair for pair in SWAPS if pair[0] in tags and pair[1] in tags] or [SWAPS[0]]
        pair = free[int(rng.integers(len(free)))]
        tags[:] = [t for t in tags if t not in pair]
        return "|".join(pair)
    fitting = [t for t in tags if kind != "unit" or _unit(t) in ("Cel", "bar")]
    tags.remove(fitting[0])
    return fitting[0]


def _unit(name: str) -> str:
    return next(t.unit for t in TAGS if t.name == name)


OTHER_GRADES = {g.name: [o.name for o in GRADES if o is not g] for g in GRADES}
"""For each grade the ones it may be mistaken for."""
