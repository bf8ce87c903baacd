"""Cuallee on DuckDB, which reads the file itself in one query. FILE RULES ANSWERS.

A missing cell also breaks cuallee's range and set; those are taken off, so that each rule counts what the others count.
"""

import json
import sys
from pathlib import Path

import duckdb
from cuallee import Check, CheckLevel

file, rules, answers = sys.argv[1:]
said = json.loads(Path(rules).read_text())
check = Check(CheckLevel.WARNING, "contract", table_name=file)
for name in said["not_null"]:
    check.is_complete(name)
for name, (low, high) in said["between"].items():
    check.is_between(name, (low, high))
for name, values in said["in_set"].items():
    check.is_contained_in(name, tuple(values))
RULE = {"is_complete": "missing", "is_between": "range", "is_contained_in": "values"}
done = check.validate(duckdb.connect()).to_dict(orient="records")
counts = {f"{d['column']} {RULE[d['rule']]}": int(d["violations"]) for d in done}
exact = {k: n - (0 if k.endswith("missing") else counts[f"{k.split()[0]} missing"]) for k, n in counts.items()}
Path(answers).write_text(json.dumps(exact))
