"""A rival is asked what we are asked: the same counts on planted faults; one that fails is a line, not a crash."""

import json
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest

from benchmarks import rivals
from benchmarks.rivals import RIVALS, Run, bars, environment, ran, ratio, told
from benchmarks.rivals_table import written, wrong
from diapason.services.scan import files

ROWS = 4_000
PACKAGE = {"pandera": "pandera", "cuallee": "cuallee", "pointblank": "pointblank", "great": "great_expectations"}
SCRIPTS = Path(rivals.__file__).parent / "rival"


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rivals") / "table"
    written(folder, ROWS)
    return folder


@pytest.fixture(scope="module")
def truth(table):
    return json.loads((table / "truth.json").read_text())


def test_the_planted_faults_are_the_truth(table, truth):
    """One cell of each of twenty machines: in two of three tags, and twice among the names."""
    frame, broken = pl.read_parquet(table / "table.parquet"), truth["broken"]
    assert len(frame) == ROWS
    assert len(broken) == 108
    assert [broken[f"tag_{i:02d} range"] for i in range(53)] == [0 if i % 3 == 2 else 20 for i in range(53)]
    assert broken["machine missing"] == frame["machine"].null_count() == 20
    assert broken["machine values"] == frame["machine"].str.contains("?", literal=True).sum()


def test_we_answer_the_truth(table, truth):
    done = files.run(str(table / "table.parquet"), contract=table / "contract.yaml")
    assert wrong(rivals._broken(done["contract"]), truth["broken"]) == []
    assert wrong(rivals._profile(done), truth["profile"]) == []


def test_a_wrong_answer_is_seen(truth):
    broken, profile = truth["broken"], truth["profile"]
    off = {k: v[0] if isinstance(v, list) else v for k, v in profile.items()}
    assert wrong(broken, broken) == wrong(off, profile) == []
    assert len(wrong({}, broken)) == sum(v > 0 for v in broken.values())
    assert len(wrong({**broken, "tag_00 range": 19}, broken)) == 1
    assert len(wrong({**broken, "other range": 1}, broken)) == 1
    assert len(wrong({**off, "tag_00 mean": off["tag_00 mean"] * 1.001, "tag_01 high": 1.0}, profile)) == 2
    assert len(wrong({k: v for k, v in off.items() if k != "tag_00 median"}, profile)) == 1


def package(script):
    """What a script imports."""
    return PACKAGE.get(script.split("_")[0], script.split("_")[0])


@pytest.mark.parametrize("rival", [r for r in RIVALS if find_spec(package(r.script))], ids=lambda r: r.script)
def test_a_rival_answers_the_truth(rival, table, truth, tmp_path):
    """Those that are installed here; the benchmark makes an environment for each of the others."""
    answers = tmp_path / "answers.json"
    script = SCRIPTS / f"{rival.script}.py"
    subprocess.run([sys.executable, script, table / "table.parquet", table / "rules.json", answers], check=True)
    assert wrong(json.loads(answers.read_text()), truth["profile" if rival.profiler else "broken"]) == []


def test_every_script_belongs_to_a_rival():
    of_fleets = {f.stem for f in SCRIPTS.glob("fleet_*.py")}  # belong to `benchmarks.fleet_alone`
    assert {f.stem for f in SCRIPTS.glob("*.py")} - of_fleets == {r.script for r in RIVALS}


@pytest.mark.parametrize(
    ("code", "limit", "share", "said"),
    [
        ("raise ValueError('a reason')", 60, 0.85, "ended with 1: ValueError: a reason"),
        ("import time; time.sleep(60)", 0.3, 0.85, "not done after 0 s"),
        ("import time; time.sleep(60)", 60, 1e-9, "of memory"),
    ],
)
def test_a_process_that_fails_says_why(code, limit, share, said, tmp_path, monkeypatch):
    monkeypatch.setattr(rivals, "SHARE", share)
    run = ran([sys.executable, "-c", code], tmp_path / "answers.json", limit=limit)
    assert said in run.failed


def test_a_process_is_measured_as_the_system_counts_it(tmp_path):
    code = "x = bytearray(300_000_000)\nfor _ in range(3_000_000): pass"
    run = ran([sys.executable, "-c", code], tmp_path / "answers.json")
    assert not run.failed
    assert 290 < run.peak < 900
    assert 0.02 < run.cpu < run.wall + 1


def test_an_environment_that_cannot_be_made_is_a_line_of_the_table(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    _, why = environment(replace(RIVALS[0], needs=("./not-there",)))
    assert why.startswith("can't be installed: ERROR")
    assert "not-there" in why
    (line,) = told(RIVALS[0], 10, {"failed": why})
    assert (line.id, line.holds) == ("rivals.pandera.fails", None)


def _found(cpu, peak, *, bad=0):
    mine = {"wall": 2.0, "cpu": 3.0, "peak": 100.0}
    return {
        "agree": {"of": 108, "broken": 40, "ours": 0, "theirs": bad},
        "ours": [mine] * 3,
        "theirs": [{"wall": w, "cpu": cpu, "peak": peak} for w in (4.0, 6.0, 60.0)],
        "start": [[dict.fromkeys(mine, 1.0), dict.fromkeys(mine, 2.0)]],
    }


def test_ratios_are_medians_with_and_without_the_start():
    found = _found(9.0, 900.0)
    assert ratio(found, "wall") == 3
    assert ratio(found, "wall", started=True) == 4
    assert ratio(found, "cpu", started=True) == 3.5
    assert [r.value for r in told(RIVALS[0], 10, found)] == [108, 3, 3, 9]


def test_the_bar_is_of_the_fastest_that_answers_right():
    found = {"pandera": _found(12.0, 900.0), "cuallee": _found(6.0, 100.0, bad=1), "cuallee-duckdb": _found(9.0, 300.0)}
    lines = {r.id: (r.value, r.holds) for r in bars({**found, "pointblank": {"failed": "no memory"}}, 10)}
    assert lines == {
        "rivals.fastest.cpu": (3.0, True),
        "rivals.fastest.peak": (3.0, False),
        "rivals.fastest-polars.cpu": (4.0, True),
        "rivals.fastest-polars.peak": (9.0, True),
    }


def test_a_rule_that_we_do_not_test_stops_the_comparison():
    with pytest.raises(SystemExit, match="not tested"):
        rivals._broken({"broken": [], "untested": [{"column": "tag_00", "rule": "range"}]})


def test_a_slow_one_is_shown_at_the_largest_size_that_it_finishes(monkeypatch):
    slow = next(r for r in RIVALS if not r.fast)
    done = {10: _found(9.0, 1.0), 100: _found(9.0, 1.0), 1000: {"failed": "more than 20 GB of memory"}}
    monkeypatch.setattr(rivals, "_kept", lambda bench, rival, rows: done[rows])
    lines = rivals._climbed(None, slow, tuple(done))
    assert [r.what.split(" rows")[0] for r in lines] == ["100"] * 4 + ["1,000"]
    assert [r.holds for r in lines] == [True, False, None, None, None]


def test_a_run_carries_what_it_cost():
    assert rivals._figures(Run(1.0, 2.0, 3.0, "", {"a": 1})) == {"wall": 1.0, "cpu": 2.0, "peak": 3.0}
