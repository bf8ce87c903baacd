"""Pointblank on a Polars frame, without extracts of failing rows. FILE RULES ANSWERS."""

import json
import sys
from pathlib import Path

import pointblank as pb
import polars as pl

file, rules, answers = sys.argv[1:]
said = json.loads(Path(rules).read_text())
plan, keys = pb.Validate(data=pl.read_parquet(file)), []
for name in said["not_null"]:
    plan = plan.col_vals_not_null(columns=name)
    keys.append(f"{name} missing")
for name, (low, high) in said["between"].items():
    plan = plan.col_vals_between(columns=name, left=low, right=high, na_pass=True)
    keys.append(f"{name} range")
for name, values in said["in_set"].items():
    plan = plan.col_vals_in_set(columns=name, set=[*values, None])  # missing cells have a rule of their own
    keys.append(f"{name} values")
done = plan.interrogate(collect_extracts=False)
counts = {key: int(n) for key, n in zip(keys, done.n_failed().values(), strict=True)}
Path(answers).write_text(json.dumps(counts))
