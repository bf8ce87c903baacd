"""Profile of a table by whylogs. FILE RULES ANSWERS."""

import json
import sys
from pathlib import Path

import pandas as pd
import whylogs as why

file, rules, answers = sys.argv[1:]
said = json.loads(Path(rules).read_text())
view = why.log(pd.read_parquet(file)).view().to_pandas()
TOLD = {
    "missing": "counts/null",
    "low": "distribution/min",
    "high": "distribution/max",
    "mean": "distribution/mean",
    "deviation": "distribution/stddev",
    "median": "distribution/median",
    "distinct": "cardinality/est",
}
figures = {f"{name} {k}": float(view.loc[name, column]) for name in said["between"] for k, column in TOLD.items()}
figures |= {f"{name} missing": float(view.loc[name, TOLD["missing"]]) for name in said["in_set"]}
Path(answers).write_text(json.dumps(figures))
