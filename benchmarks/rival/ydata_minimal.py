"""Report of a table by ydata-profiling, in the mode that its documentation gives for large tables. FILE RULES ANSWERS."""

import json
import sys
from pathlib import Path

import pandas as pd
from ydata_profiling import ProfileReport

file, rules, answers = sys.argv[1:]
said = json.loads(Path(rules).read_text())
report = ProfileReport(pd.read_parquet(file), minimal=True, progress_bar=False)
told = report.get_description().variables
TOLD = {
    "missing": "n_missing",
    "low": "min",
    "high": "max",
    "mean": "mean",
    "deviation": "std",
    "median": "50%",
    "distinct": "n_distinct",
}
figures = {f"{name} {k}": float(told[name][key]) for name in said["between"] for k, key in TOLD.items()}
figures |= {f"{name} missing": float(told[name][TOLD["missing"]]) for name in said["in_set"]}
Path(answers).write_text(json.dumps(figures))
