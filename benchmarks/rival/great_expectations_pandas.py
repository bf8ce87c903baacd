"""Great Expectations: a suite over one batch, a Parquet file as a data asset of pandas. FILE RULES ANSWERS."""

import json
import sys
from pathlib import Path

import great_expectations as gx
import great_expectations.expectations as gxe

file, rules, answers = sys.argv[1:]
said = json.loads(Path(rules).read_text())
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}
suite = gx.ExpectationSuite(name="contract")
for name in said["not_null"]:
    suite.add_expectation(gxe.ExpectColumnValuesToNotBeNull(column=name))
for name, (low, high) in said["between"].items():
    suite.add_expectation(gxe.ExpectColumnValuesToBeBetween(column=name, min_value=low, max_value=high))
for name, values in said["in_set"].items():
    suite.add_expectation(gxe.ExpectColumnValuesToBeInSet(column=name, value_set=values))
asset = context.data_sources.add_pandas("plant").add_parquet_asset("history", path=file)
batch = asset.add_batch_definition("whole").get_batch()
done = batch.validate(suite, result_format="BASIC")
RULE = {
    "expect_column_values_to_not_be_null": "missing",
    "expect_column_values_to_be_between": "range",
    "expect_column_values_to_be_in_set": "values",
}
counts = {}
for one in done.results:
    asked = one.expectation_config
    if one.exception_info.get("raised_exception"):
        sys.exit(f"{asked.type} of {asked.kwargs['column']}: {one.exception_info}")
    counts[f"{asked.kwargs['column']} {RULE[asked.type]}"] = int(one.result["unexpected_count"])
Path(answers).write_text(json.dumps(counts))
