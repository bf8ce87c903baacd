"""Drift, keys, waits and repairs reach the measures that speak of them; what nobody has measured is not tested."""

import asyncio
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest

from diapason.services import contract, guard, incident, ingest, score, standing, workspace
from diapason.services.scan import datasets
from diapason.services.workspace import Workspace

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
Write = Callable[[int, float], Path]
WATCHED = ("0303", "Cur-ML-1", "Tml-ML-1", "Ava-ML-1", "accuracy-4", "timeliness-1", "timeliness-2", "accessibility-2")


def _of(done: Mapping[str, Any], code: str) -> dict[str, Any]:
    every = [*done["indicators"], *done["sub_indicators"], *(m for f in done["families"] for m in f["measures"])]
    return next(m for m in every if m.get("code", m.get("id")) == code)


def _rows(count: int, shift: float = 0.0, begin: int = 0) -> list[dict[str, Any]]:
    draw = Random(begin)
    return [
        {
            "at": (BEGIN + timedelta(minutes=begin + i)).isoformat(),
            "machine": "ab"[i % 2],
            "flow": round(20 + draw.gauss(0, 1) + shift, 3),
            "level": round(5 + draw.gauss(0, 0.2), 3),
        }
        for i in range(count)
    ]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write(rows, shift)`: a file of minutes; the flow is off by the shift."""

    def made(count: int, shift: float) -> Path:
        path = tmp_path / f"line{shift}.csv"
        pl.DataFrame(_rows(count, shift)).write_csv(path)
        return path

    return made


@pytest.fixture
def line(tmp_path: Path, write: Write) -> Workspace:
    """A plant with one dataset of twelve thousand minutes."""
    workspace.init(tmp_path / "plant", person="wang")
    ws = workspace.open_workspace(tmp_path / "plant", person="wang")
    asyncio.run(ingest.run(ws, str(write(12_000, 0.0)), name="line", time="at", asset="machine"))
    return ws


def test_what_nobody_has_watched_is_not_tested(line: Workspace) -> None:
    """Neither good nor bad, with what to do; and no gate is passed on it."""
    done = score.run(line, "line")
    for code in WATCHED:
        told = _of(done, code)
        assert (told["state"], told["value"]) == ("not_tested", None), code
        assert told["todo"], code
    assert {g["dimension"]: g["ruling"] for g in done["gates"]}["03"] == "not_decidable"


@pytest.mark.parametrize(("shift", "steady"), [(0.0, 2), (4.0, 1)])
def test_drift_from_a_reference_counts_where_it_was_looked_for(
    line: Workspace, write: Write, shift: float, steady: int
) -> None:
    """Once scanned against a reference, from the kept states alone; the column that left it is named with the fits."""
    asyncio.run(ingest.run(line, str(write(3000, shift)), name="new", time="at", asset="machine"))
    assert _of(score.run(line, "new"), "Cur-ML-1")["state"] == "not_tested"
    datasets.run(line, "new", against="line")
    done = score.run(line, "new")
    told = _of(done, "Cur-ML-1")
    assert (told["met"], told["of"], told["on"]) == (steady, 2, ["dataset:new@1", "dataset:line@1"])
    assert done["fits"][0]["drift"] == [] if steady == 2 else ["flow"]
    for code in ("0303", "timeliness-1"):
        half = _of(done, code)
        assert half["lacking"] == 1, code
        assert (half["low"], half["high"]) == (pytest.approx(steady / 4), pytest.approx((steady / 2 + 1) / 2))


def test_rows_that_were_added_are_compared_without_those_of_the_reference(line: Workspace, tmp_path: Path) -> None:
    """A twelfth of the rows, two deviations off: unseen among the others, seen alone; from the state kept of them."""
    pl.DataFrame(_rows(1000, 2.0, begin=12_000)).write_csv(tmp_path / "more.csv")
    asyncio.run(ingest.run(line, str(tmp_path / "more.csv"), name="line", time="at", asset="machine", append=True))
    told = datasets.run(line, "line", against="line@1")
    assert (told["rows"], told["compared"]) == (13_000, 1000)
    verdicts = {d["column"]: d["verdict"] for d in told["drift"]}
    assert verdicts["flow"] == "drifted"
    assert datasets.run(line, "line", against="line@1")["drift"] == told["drift"]
    assert _of(score.run(line, "line"), "Cur-ML-1")["high"] == 0.5


def test_needs_name_the_reference_and_one_that_can_not_be_held_against_says_why(
    line: Workspace, write: Write, tmp_path: Path
) -> None:
    """Over what it was scanned against; itself, a missing or a fallen one leaves drift not tested."""
    asyncio.run(ingest.run(line, str(write(3000, 4.0)), name="new", time="at", asset="machine"))
    needs = tmp_path / "needs.yaml"
    for said, state in (("line@1", "counted"), ("new@1", "not_tested"), ("old@1", "not_tested")):
        needs.write_text(f"reference: {said}\n", encoding="utf-8")
        assert _of(score.run(line, "new", needs=needs), "Cur-ML-1")["state"] == state, said
    needs.write_text("reference: line@1\n", encoding="utf-8")
    run = ingest_run(line, "line")
    standing.recall(line, run, because="a wrong file")
    assert _of(score.run(line, "new", needs=needs), "Cur-ML-1")["state"] == "not_tested"


def ingest_run(ws: Workspace, name: str) -> str:
    """The run that brought a dataset in."""
    return str(ws.lake.versions(name)[-1].run)


def test_a_key_of_the_contract_counts_exactly(line: Workspace, tmp_path: Path) -> None:
    """Three rows that repeat a key, one without: the same three in every measure of repeats."""
    rows = pl.DataFrame(_rows(400))
    odd = pl.concat([rows, rows.head(3).with_columns(flow=pl.lit(1.0))])
    odd.write_csv(tmp_path / "keyed.csv")
    asyncio.run(ingest.run(line, str(tmp_path / "keyed.csv"), name="keyed", time="at", asset="machine"))
    path = line.folder / "contracts" / "keyed.yaml"
    path.write_text("key: [machine, at]\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    done = score.run(line, "keyed")
    for code, met in (("accuracy-4", 400), ("accuracy-3", 3), ("Con-ML-1", 3)):
        told = _of(done, code)
        assert (told["state"], told["met"], told["of"]) == ("counted", pytest.approx(met), 403), code
        assert told["low"] == told["value"] == told["high"]


def _guarded(ws: Workspace, *, because: str = "range: refuse") -> None:
    contract.run(ws, "line", proposed=True)
    path = ws.folder / "contracts" / "line.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("columns:", f"policy: {{{because}}}\ncolumns:", 1), encoding="utf-8")


def _stream(rows: list[dict[str, Any]]) -> io.BytesIO:
    return io.BytesIO("".join(json.dumps(r) + "\n" for r in rows).encode())


def test_rows_of_a_stream_are_timely_where_they_waited_no_longer(line: Workspace, tmp_path: Path) -> None:
    """Of streamed rows it is known; the rows of the file may have waited any time; refused rows count as bad cells."""
    _guarded(line)
    more = _rows(1000, begin=12_000)
    more[5]["flow"] = 900.0
    done = guard.run(line, "line", "-", pipe=_stream(more))
    assert (done["sent"], done["refused"]) == (1000, 1)
    assert _of(score.run(line, "line"), "Tml-ML-1")["state"] == "not_tested"
    needs, found = tmp_path / "needs.yaml", {}
    for seconds in (1e-3, 3600.0):
        needs.write_text(f"latency_seconds: {seconds}\n", encoding="utf-8")
        found[seconds] = score.run(line, "line", needs=needs)
    late, soon = (_of(found[s], "Tml-ML-1") for s in (1e-3, 3600.0))
    assert (late["value"], soon["value"]) == (0, 1)
    assert [(m["met"], m["of"]) for m in (late, soon)] == [(0, 1000), (1000, 1000)]
    assert (late["low"], late["high"]) == (0, pytest.approx(12_000 / 13_000))
    assert (soon["low"], soon["high"]) == (pytest.approx(1000 / 13_000), 1)
    assert soon["on"][0].startswith("run:guard-")
    assert _of(found[3600.0], "timeliness-2")["value"] == 1
    valid = _of(score.run(line, "line"), "0201")
    assert valid["of"] - valid["met"] == 4


def test_hours_until_a_break_is_put_right_are_hours_without(line: Workspace) -> None:
    """From the incident to its end; a day under guard is the least; a break that is open still counts until now."""
    _guarded(line)
    start = datetime.now(UTC)
    bad = _rows(10, begin=12_000)
    bad[0]["flow"] = 900.0
    guard.run(line, "line", "-", pipe=_stream(bad))
    soon = _of(score.run(replace(line, clock=lambda: start + timedelta(hours=2)), "line"), "Ava-ML-1")
    assert soon["state"] == "not_tested"
    open_ = _of(score.run(replace(line, clock=lambda: start + timedelta(hours=48)), "line"), "Ava-ML-1")
    assert open_["value"] == pytest.approx(0, abs=0.01)
    number = guard.view(line, "line")["incidents"][0]["id"]
    incident.close(replace(line, clock=lambda: start + timedelta(hours=12)), number, because="the sensor was changed")
    later = score.run(replace(line, clock=lambda: start + timedelta(hours=48)), "line")
    for code in ("Ava-ML-1", "accessibility-2"):
        told = _of(later, code)
        assert (told["state"], told["value"]) == ("counted", pytest.approx(0.75, abs=0.01)), code
        assert any(g.startswith("entry:") for g in told["on"])
