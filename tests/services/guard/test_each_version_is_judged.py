"""Each new version is judged by its contract: refused, set aside or passed; it adds up; an incident has an owner."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from diapason.errors import DataError, NotFound, Refused, Unsure
from diapason.services import facts, guard, incident, workspace
from diapason.services.ingest import contract
from diapason.services.workspace import Workspace
from diapason.testing.killing import whole
from diapason.vocabulary.tables import VersionRef

Rows = Callable[[int, int], list[dict[str, Any]]]


def bring(ws: Workspace, folder: Path, rows: list[dict[str, Any]], name: str = "b.csv", **said: Any) -> dict[str, Any]:
    pl.DataFrame(rows, infer_schema_length=None).write_csv(folder / name)
    return asyncio.run(guard.bring(ws, str(folder / name), name="line", append=True, **said))


def spoilt(rows: Rows) -> list[dict[str, Any]]:
    """Three rows that break a rule of rows."""
    made = rows(300, 600)
    made[5]["T"], made[6]["grade"], made[7]["T"], made[7]["grade"] = 500.0, "Z", -400.0, "Q"
    return made


def numbers(ws: Workspace) -> set[str]:
    return {i["rule"] for i in incident.listed(ws) if i["state"] == "open"}


def test_rows_that_break_a_rule_are_set_aside_and_the_rest_is_stored(ws: Workspace, rows: Rows, tmp_path: Path) -> None:
    done = bring(ws, tmp_path, spoilt(rows))
    assert (done["seen"], done["rows"], done["quarantined"], done["rejected"]) == (300, 297, 3, 0)
    assert done["guard"]["state"] == "quarantined"
    assert {(b["column"], b["rule"], b["count"]) for b in done["guard"]["broken"]} == {
        ("T", "range", 2),
        ("grade", "values", 2),
    }
    kept = guard.quarantine(ws, "line")
    assert [(r["number"], r["because"]) for r in kept["rows"]] == [
        (0, "T:range"), (1, "grade:values"), (2, "T:range; grade:values"),
    ]  # fmt: skip
    told = facts.facts(ws)
    assert told["rows_add_up"].value is True
    assert told["deliveries_add_up"].value is True
    assert told["datasets"].value == 1, "what is kept beside a dataset is none"
    assert whole(ws.folder) == []


def test_one_incident_for_each_rule_while_it_is_open(ws: Workspace, rows: Rows, tmp_path: Path) -> None:
    """No flood; after a person has closed it, the next break opens another, an old one does not."""
    first = bring(ws, tmp_path, spoilt(rows))
    assert len(first["incidents"]) == 2
    assert bring(ws, tmp_path, spoilt(rows), "c.csv")["same"] is True
    again = spoilt(rows)
    again[0]["p"] = 2.001
    assert bring(ws, tmp_path, again, "d.csv")["incidents"] == []
    opened = {i["rule"]: i for i in incident.listed(ws)}
    assert opened.keys() == {"T:range", "grade:values"}
    assert {(i["owner"], i["severity"]) for i in opened.values()} == {("wang", "look")}
    incident.close(ws, opened["T:range"]["id"], because="the sensor was changed")
    assert [i["rule"] for i in guard.view(ws, "line")["incidents"]] == ["grade:values"]
    told = facts.facts(ws)
    assert told["contract_incidents"].value == 2
    assert 0 <= told["mean_hours_to_repair"].value < 0.1
    assert told["share_incidents_closed"].value == 1.0
    again[0]["p"] = 2.002
    assert len(bring(ws, tmp_path, again, "e.csv")["incidents"]) == 1


def test_a_declared_owner_answers_for_the_dataset(ws: Workspace, rows: Rows, tmp_path: Path) -> None:
    from diapason.services import describe

    describe.run(ws, "line", {"owner": "li"})
    bring(ws, tmp_path, spoilt(rows))
    assert {i["owner"] for i in incident.listed(ws)} == {"li"}


@pytest.mark.parametrize("act", ["refuse", "pass"])
def test_the_policy_of_a_person_is_obeyed(act: str, ws: Workspace, rows: Rows, tmp_path: Path, policy: Any) -> None:
    policy(range=act, values=act)
    if act == "pass":
        done = bring(ws, tmp_path, spoilt(rows))
        assert (done["rows"], done["quarantined"], done["guard"]["state"]) == (300, 0, "passed")
        assert {i["severity"] for i in incident.listed(ws)} == {"know"}
    else:
        with pytest.raises(Refused, match=r"300 rows sent, none stored: T outside of .* 2/300 \(rows 5, 7\)"):
            bring(ws, tmp_path, spoilt(rows))
        assert len(ws.lake.versions("line")) == 1
        assert guard.view(ws, "line")["totals"] == {"sent": 300, "stored": 0, "quarantined": 0, "refused": 300}
        assert {i["severity"] for i in incident.listed(ws)} == {"act"}
    assert contract(ws, "line").policy is not None, "what a person wrote stays"
    assert whole(ws.folder) == []


def test_a_share_of_missing_cells_refuses_or_sets_aside(ws: Workspace, rows: Rows, tmp_path: Path, policy: Any) -> None:
    """A tenth may be missing: a fifth refuses all of it, or sets those rows aside; a twentieth does neither."""
    path = ws.folder / "contracts" / "line.yaml"
    text = path.read_text(encoding="utf-8")
    at = text.index("name: p,")
    path.write_text(text[:at] + text[at:].replace("missing: 0.0", "missing: 0.1", 1), encoding="utf-8")
    bad, few = rows(300, 600), rows(300, 1200)
    for row in bad[:60] + few[:15]:
        row["p"] = None
    with pytest.raises(Refused, match="p missing"):
        bring(ws, tmp_path, bad)
    policy(missing="quarantine")
    done = bring(ws, tmp_path, bad, "c.csv")
    assert (done["rows"], done["quarantined"]) == (240, 60)
    done = bring(ws, tmp_path, few, "d.csv")
    assert (done["rows"], done["quarantined"], done["guard"]["state"]) == (300, 0, "passed")


def test_other_columns_are_refused_counted_and_said(ws: Workspace, rows: Rows, tmp_path: Path, policy: Any) -> None:
    """Unless a person will be asked, or the policy lets them pass."""
    less = [{k: v for k, v in row.items() if k != "p"} for row in rows(300, 600)]
    with pytest.raises(Unsure, match="- p"):
        bring(ws, tmp_path, less, asking=True)
    assert incident.listed(ws) == []
    with pytest.raises(Unsure, match="- p"):
        bring(ws, tmp_path, less)
    view = guard.view(ws, "line")
    assert (view["totals"]["sent"], view["totals"]["refused"]) == (300, 300)
    assert numbers(ws) == {"*:there"}
    policy(columns="pass")
    done = asyncio.run(guard.bring(ws, str(tmp_path / "b.csv"), name="line"))
    assert (done["version"], done["rows"]) == (2, 300)


def test_a_dataset_whose_every_row_breaks_its_contract_is_left_as_it_was(
    ws: Workspace, rows: Rows, tmp_path: Path
) -> None:
    hot = [row | {"T": 999.0} for row in rows(50, 600)]
    with pytest.raises(Refused, match="none stored"):
        asyncio.run(guard.bring(ws, str(_csv(tmp_path, hot)), name="line"))
    assert len(ws.lake.versions("line")) == 1
    assert ws.lake.versions("line.quarantine") == ()


def _csv(folder: Path, rows: list[dict[str, Any]]) -> Path:
    pl.DataFrame(rows).write_csv(folder / "hot.csv")
    return folder / "hot.csv"


def test_without_any_rule_nothing_is_judged(rows: Rows, tmp_path: Path) -> None:
    workspace.init(tmp_path / "bare", person="wang")
    ws = workspace.open_workspace(tmp_path / "bare", person="wang")
    pl.DataFrame(rows(50, 0)).write_csv(tmp_path / "a.csv")
    pl.DataFrame([r | {"T": 900.0 + r["T"]} for r in rows(50, 50)]).write_csv(tmp_path / "b.csv")
    asyncio.run(guard.bring(ws, str(tmp_path / "a.csv"), name="line"))
    done = asyncio.run(guard.bring(ws, str(tmp_path / "b.csv"), name="line", append=True))
    assert (done["rows"], done["guard"], done["faults"], done["incidents"]) == (50, None, [], [])
    assert guard.view(ws, "line")["guarded"] is False
    ws.ledger.close()


def test_released_rows_come_back_as_they_were(ws: Workspace, rows: Rows, tmp_path: Path) -> None:
    """Every cell, by a person with a reason; what is dropped or released does not wait any more."""
    bad = spoilt(rows)
    bad[5]["p"], bad[5]["grade"] = None, None
    path = ws.folder / "contracts" / "line.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("missing: 0.0", "missing: 1.0"), encoding="utf-8")
    bring(ws, tmp_path, bad)
    for wrong, met in (("7", NotFound), ("0-", DataError), ("2-1", DataError), ("", DataError)):
        with pytest.raises(met):
            guard.decide(ws, "line", "release", wrong, because="x")
    with pytest.raises(DataError, match="say why"):
        guard.decide(ws, "line", "release", "0", because=" ")
    done = guard.decide(ws, "line", "release", "0,2", because="a real trip")
    assert (done["count"], done["version"], done["waiting"]) == (2, 3, 1)
    table = ws.lake.scan(VersionRef("line")).collect()
    sent = pl.read_csv(tmp_path / "b.csv", try_parse_dates=True).filter(pl.int_range(pl.len()).is_in([5, 7]))
    assert table.tail(2).drop("_row", "time").rows() == sent.drop("time").rows()
    assert [t.isoformat() for t in table.tail(2)["time"]] == [bad[i]["time"].replace("Z", "+00:00") for i in (5, 7)]
    assert guard.decide(ws, "line", "drop", "all", because="noise")["waiting"] == 0
    look = guard.quarantine(ws, "line")
    assert (look["waiting"], look["released"], look["dropped"]) == (0, 2, 1)
    assert ws.lake.version(VersionRef("line.quarantine")).rows == 3, "what was decided can be looked up"
    with pytest.raises(NotFound):
        guard.quarantine(ws, "nobody")


def test_new_faults_are_told_and_alarm_where_the_policy_says_so(
    ws: Workspace, rows: Rows, tmp_path: Path, policy: Any
) -> None:
    """A clock that goes back: it passes with a finding, or opens an incident; what was there before is no news."""

    def back(begin: int, name: str) -> dict[str, Any]:
        made = rows(300, begin)
        made[100]["time"] = made[50]["time"].replace("2024", "2023")
        return bring(ws, tmp_path, made, name)

    kinds = {(f["rule"], f["act"]) for f in back(600, "b.csv")["faults"]}
    assert ("clock_backwards", "pass") in kinds
    assert incident.listed(ws) == []
    policy(clock="alarm")
    made = rows(300, 1000)
    for i in range(10, 200, 9):
        made[i]["time"] = rows(1, 0)[0]["time"]
    found = bring(ws, tmp_path, made, "c.csv")
    assert "clock_backwards" in {f["rule"] for f in found["faults"] if f["act"] == "alarm"}
    assert "time:clock_backwards" in numbers(ws)
    assert guard.view(ws, "line")["verdicts"][-1]["faults"] != []


@pytest.mark.parametrize("said", ["{range: maybe}", "{ranges: pass}", "{columns: quarantine}", "7"])
def test_a_policy_that_means_nothing_is_refused_with_its_file(said: str, ws: Workspace) -> None:
    path = ws.folder / "contracts" / "line.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("columns:", f"policy: {said}\ncolumns:"), encoding="utf-8")
    with pytest.raises(DataError) as met:
        guard.view(ws, "line")
    assert "line.yaml" in str(met.value.at)
