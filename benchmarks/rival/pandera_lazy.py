"""Pandera on a lazy Polars frame, which is read for each check anew: less memory, more work. FILE RULES ANSWERS."""

import json
import os
import sys
from pathlib import Path

# By default nothing but names and types of a lazy frame are checked.
os.environ["PANDERA_VALIDATION_DEPTH"] = "SCHEMA_AND_DATA"

import pandera.polars as pa
import polars as pl

file, rules, answers = sys.argv[1:]
said = json.loads(Path(rules).read_text())
columns = {}
for name in said["columns"]:
    checks = []
    if name in said["between"]:
        checks.append(pa.Check.in_range(*said["between"][name]))
    if name in said["in_set"]:
        checks.append(pa.Check.isin(said["in_set"][name]))
    columns[name] = pa.Column(checks=checks, nullable=name not in said["not_null"])
counts = {}
try:
    pa.DataFrameSchema(columns).validate(pl.scan_parquet(file), lazy=True)
except pa.errors.SchemaErrors as errors:
    RULE = {"not_nullable": "missing", "in_range": "range", "isin": "values"}
    found = errors.failure_cases.group_by("column", "check").len()
    counts = {f"{column} {RULE[check.split('(')[0]]}": n for column, check, n in found.iter_rows()}
Path(answers).write_text(json.dumps(counts))
