"""The table that rivals are measured on: the plant of `scanning` with planted faults, its rules, and the truth."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

from benchmarks.scanning import MACHINES, SEED, TAGS, machine
from diapason.engines.contracts import to_odcs
from diapason.vocabulary.tables import Column, Contract

__all__ = ["SEED", "rules_of", "truth", "written", "wrong"]

RANGE = (0.0, 100.0)
NAMES = tuple(f"pump-{number:02d}" for number in range(MACHINES))
GROUP = 250_000
NEAR = 0.02
"""Of the rows: how far from the middle a sketch's median may lie."""


def rules_of() -> dict[str, Any]:
    """The checks, as plain facts that each tool is told in its own words."""
    tags = [f"tag_{i:02d}" for i in range(TAGS)]
    columns = ["machine", *tags]
    return {
        "columns": columns,
        "not_null": columns,
        "between": {t: list(RANGE) for t in tags},
        "in_set": {"machine": list(NAMES)},
    }


def contract_of(rules: Mapping[str, Any]) -> Contract:
    """The same as a contract."""
    columns = []
    for name in rules["columns"]:
        low, high = rules["between"].get(name, (None, None))
        kind = "number" if name in rules["between"] else "category"
        missing = 0.0 if name in rules["not_null"] else None
        values = tuple(rules["in_set"].get(name, ()))
        columns.append(Column(name, kind, low=low, high=high, missing=missing, values=values))
    return Contract("plant", tuple(columns))


def planted(frame: pl.DataFrame, number: int) -> pl.DataFrame:
    """A machine's history with values that can't be in two of three tags, a wrong name, and names that are missing."""
    rng = np.random.default_rng([SEED, 77, number])
    rows, few = len(frame), max(1, len(frame) // 20_000)
    made = []
    for i in range(TAGS):
        if i % 3 == 2:
            continue
        values = frame[f"tag_{i:02d}"].to_numpy(writable=True)
        values[rng.integers(0, rows, few)] = rng.choice([-999.0, 9999.0], few)
        made.append(pl.Series(f"tag_{i:02d}", values, nan_to_null=True))
    names = frame["machine"].to_numpy(writable=True)
    names[rng.integers(0, rows, few)] = f"pump-{number}?"
    names[rng.integers(0, rows, few)] = None
    return frame.with_columns(*made, pl.Series("machine", names.tolist(), pl.String))


def written(folder: Path, rows: int) -> None:
    """`table.parquet`, `rules.json` for rivals, `contract.yaml` for us, `truth.json` as Polars counts it."""
    parts = folder / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    for number in range(MACHINES):
        planted(machine(rows // MACHINES, number), number).write_parquet(parts / f"{number:02d}.parquet")
    every = sorted(parts.glob("*.parquet"))
    table = folder / "table.parquet"
    pl.scan_parquet(every).sink_parquet(table, row_group_size=GROUP)
    for part in every:
        part.unlink()
    rules = rules_of()
    (folder / "rules.json").write_text(json.dumps(rules))
    document = to_odcs(contract_of(rules), version="1.0.0", identity="rivals")
    (folder / "contract.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    (folder / "truth.json").write_text(json.dumps(truth(table, rules)))


def truth(file: Path, rules: Mapping[str, Any]) -> dict[str, Any]:
    """Cells that break each rule, and the figures of each column, column by column."""
    broken: dict[str, int] = {}
    profile: dict[str, Any] = {}
    for name in rules["columns"]:
        column = pl.read_parquet(file, columns=[name])[name]
        known = column.drop_nulls()
        broken[f"{name} missing"] = profile[f"{name} missing"] = column.null_count()
        if name in rules["between"]:
            low, high = rules["between"][name]
            broken[f"{name} range"] = len(known) - known.is_between(low, high).sum()
            profile |= {f"{name} low": known.min(), f"{name} high": known.max(), f"{name} mean": known.mean()}
            profile[f"{name} deviation"] = known.std()
            profile[f"{name} median"] = [known.quantile(0.5 - NEAR), known.quantile(0.5 + NEAR)]
            profile[f"{name} distinct"] = known.n_unique()
        if name in rules["in_set"]:
            broken[f"{name} values"] = len(known) - known.is_in(rules["in_set"][name]).sum()
    return {"broken": broken, "profile": profile}


def wrong(answers: Mapping[str, float], asked: Mapping[str, Any]) -> list[str]:
    """Answers that are not the truth: counts and extremes to the last digit, means to rounding, sketches to their error.

    A rule that is not answered has no cell that breaks it; a figure that is not answered is wrong.
    """
    found = [f"{key}: {value:g}, and nothing was asked" for key, value in answers.items() if key not in asked]
    for key, value in asked.items():
        given = answers.get(key, 0 if isinstance(value, int) else float("nan"))
        if not _right(key.split()[-1], given, value):
            found.append(f"{key}: {given!r}, in truth {value!r}")
    return found


def _right(word: str, given: float, value: Any) -> bool:
    if word == "median":
        return bool(value[0] <= given <= value[1])
    if word == "distinct":  # three standard errors of a sketch
        return abs(given - value) <= 0.05 * value
    if word in ("mean", "deviation"):
        return abs(given - value) <= 1e-6 * abs(value)
    return given == value
