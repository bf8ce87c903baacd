"""What was found in the data: sentences by harm, and the signals they lie on."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from diapason.engines.drawing.series import Shade, signal
from diapason.knowledge.findings import sentence
from diapason.services.page.content import Cell, Figure, Runs, Section
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.language import Language, Text
from diapason.vocabulary.tables import ROW, Contract, Role

__all__ = ["HARM", "finding", "found", "signals"]

HARM = {"act": Text("act now", "立即处理"), "look": Text("look", "查看"), "know": Text("know", "知悉")}
MOST_ROWS, MOST_SIGNALS, MOST_SHADES, AROUND = 40, 4, 60, 4
"""Lines of the table; signals drawn; stretches shaded per finding; how far around a window is drawn, in its lengths."""


def finding(plain: Mapping[str, Any]) -> Finding:
    """A Finding out of its plain form."""
    where = dict(plain["where"])
    for key in ("columns", "rows", "window"):
        where[key] = tuple(where.get(key) or ())
    where["window"] = where["window"] or ("", "")
    known = {k: where[k] for k in ("columns", "rows", "count", "of", "window", "asset") if k in where}
    return Finding(plain["kind"], Where(**known), plain["sure"], plain.get("harm", "look"), plain.get("facts", {}))


def found(runs: Runs, figures: Sequence[Figure], language: Language) -> Section:
    """The section about defects; says so when nothing was looked for yet."""
    title = Text("What is wrong with the data", "数据有什么问题")(language)
    if not runs.run("assess"):
        lead = Text(f"Not assessed yet: diapason assess {runs.dataset}", f"尚未评估：diapason assess {runs.dataset}")
        return Section("found", title, lead(language))
    findings = [finding(f) for f in runs.result("assess").get("findings", ())]
    worst = sum(f.harm == "act" for f in findings)
    lead = Text(
        f"{len(findings)} findings, {worst} of them to act on. Each says where, how many and how sure.",
        f"共 {len(findings)} 项发现，其中 {worst} 项需要立即处理。每项都说明位置、数量与把握。",
    )
    shown = findings[:MOST_ROWS]
    note = Text(
        f"{len(findings) - len(shown)} more are in the run.", f"另有 {len(findings) - len(shown)} 项见该次运行。"
    )
    heads = [Text("state", "状态"), Text("finding", "发现"), Text("what to do", "怎么办"), Text("sure", "把握")]
    return Section(
        "found",
        title,
        lead(language),
        tuple(figures),
        tuple(h(language) for h in heads),
        tuple(_row(f, runs.run("assess"), language) for f in shown),
        note(language) if len(findings) > len(shown) else "",
    )


def _row(f: Finding, run: str, language: Language) -> tuple[Cell, ...]:
    return (
        Cell(HARM.get(f.harm, HARM["look"])(language), kind=f"state {f.harm}"),
        Cell(sentence(f, language)),
        Cell(sentence(f, language, part="advice")),
        Cell(f"{f.sure:.0%}", run=run, kind="n"),
    )


def signals(table: pl.LazyFrame, contract: Contract, runs: Runs, language: Language) -> list[Figure]:
    """The signals on which the worst findings lie, with the findings shaded; at most four.

    Args:
        table: the version that was assessed.
    """
    chosen: dict[str, list[Finding]] = {}
    for plain in runs.result("assess").get("findings", ()):
        f = finding(plain)
        column = f.where.columns[0] if f.where.columns else ""
        if f.where.rows and _numeric(contract, column) and (column in chosen or len(chosen) < MOST_SIGNALS):
            chosen.setdefault(column, []).append(f)
    return [_drawn(table, contract, column, findings, language) for column, findings in chosen.items()]


def _numeric(contract: Contract, column: str) -> bool:
    return any(c.name == column and c.kind == "number" for c in contract.columns)


def _drawn(
    table: pl.LazyFrame, contract: Contract, column: str, findings: Sequence[Finding], language: Language
) -> Figure:
    rows = np.array(sorted({r for f in findings for r in f.where.rows}), dtype=np.int64)
    low, high = int(rows.min()), int(rows.max())
    around = max((high - low) * AROUND // 2, 200)
    time = contract.first(Role.TIME)
    columns = [c for c in (ROW, column, time) if c]
    piece = table.select(columns).filter(pl.col(ROW).is_between(low - around, high + around)).sort(ROW).collect()
    shades = [s for f in findings for s in _shades(f, piece, language)]
    unit = contract.column(column).unit
    first, last = (str(piece[time or ROW][i]) for i in (0, -1)) if piece.height else ("", "")
    row = Text("row ", "行 ")(language) if not time and first else ""
    ends = (row + first, row + last)
    label = f"{column} [{unit}]" if unit else column
    values = piece[column].cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
    caption = " ".join(sentence(f, language) for f in findings[:2])
    return Figure(signal(values, shades, title=column, label=label, ends=ends), caption)


def _shades(f: Finding, piece: pl.DataFrame, language: Language) -> list[Shade]:
    """One shade per stretch of neighbouring rows."""
    places = np.searchsorted(piece[ROW].to_numpy(), np.array(sorted(f.where.rows), dtype=np.int64))
    places = np.unique(places[places < piece.height])
    stretches = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    words = sentence(f, language)
    return [Shade(int(s[0]), int(s[-1]), words, f.harm) for s in stretches[:MOST_SHADES] if len(s)]
