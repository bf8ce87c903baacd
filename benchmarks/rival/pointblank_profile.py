"""Profile of a Polars frame by Pointblank. FILE RULES ANSWERS."""

import json
import sys
from pathlib import Path

import pointblank as pb
import polars as pl

file, rules, answers = sys.argv[1:]
said = json.loads(Path(rules).read_text())
told = {line["colname"]: line for line in pb.DataScan(data=pl.read_parquet(file)).summary_data.to_dicts()}
TOLD = {
    "missing": "n_missing",
    "low": "min",
    "high": "max",
    "mean": "mean",
    "deviation": "std",
    "median": "median",
    "distinct": "n_unique",
}
figures = {f"{name} {k}": float(told[name][key]) for name in said["between"] for k, key in TOLD.items()}
figures |= {f"{name} missing": float(told[name][TOLD["missing"]]) for name in said["in_set"]}
Path(answers).write_text(json.dumps(figures))
