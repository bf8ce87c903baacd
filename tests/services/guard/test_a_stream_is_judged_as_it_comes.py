"""A stream is judged as it comes: what passes becomes versions, the rest is kept; it adds up, and it resumes."""

import io
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from diapason.errors import Conflict, DataError, NotFound, Refused
from diapason.services import guard, incident
from diapason.services.workspace import Workspace
from diapason.testing.killing import whole
from diapason.vocabulary.tables import VersionRef

Row = dict[str, Any]
Rows = Callable[[int, int], list[Row]]
SLOW = guard.Pace(version_seconds=999.0)


def jsonl(rows: list[Row]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def csv(rows: list[Row]) -> bytes:
    return pl.DataFrame(rows, infer_schema_length=None).write_csv().encode()


def adds_up(done: dict[str, Any]) -> bool:
    return bool(done["sent"] == done["stored"] + done["quarantined"] + done["refused"])


@pytest.mark.parametrize("form", [jsonl, csv])
@pytest.mark.parametrize("size", [7, 1000])
def test_rows_of_a_pipe_are_stored_set_aside_or_refused(form: Any, size: int, ws: Workspace, rows: Rows) -> None:
    """The same of any size of batch, as lines of JSON or CSV."""
    made = rows(400, 600)
    made[10]["T"], made[40]["grade"], made[60]["T"] = 900.0, "Z", -5.5
    made[50]["time"] = "2024-01-01T00:00:00Z"
    made[101] = made[100]
    data = form(made)
    data += b"{broken\n" if form is jsonl else b"1,2\n"
    data += b"\n" + (
        jsonl([made[0] | {"T": "hot"}]) if form is jsonl else csv([made[0] | {"T": "hot"}]).split(b"\n", 1)[1]
    )
    told: list[Any] = []
    done = guard.run(ws, "line", "-", pipe=io.BytesIO(data), pace=guard.Pace(rows=size), tell=told.append)
    assert (done["sent"], done["stored"], done["quarantined"], done["refused"]) == (402, 397, 3, 2)
    assert (done["late"], done["duplicates"]) == (1, 1)
    assert ws.lake.version(VersionRef("line")).rows == 600 + 397
    assert [r["because"] for r in guard.quarantine(ws, "line")["rows"]] == ["T:range", "grade:values", "T:range"]
    refused = ws.lake.scan(VersionRef("line.rejected")).collect()
    assert "'hot'" in refused["reason"][1]
    assert {i["rule"] for i in incident.listed(ws)} == {"T:range", "grade:values", "T:kinds", "*:form"}
    assert adds_up(told[0])
    assert whole(ws.folder) == []
    table = ws.lake.scan(VersionRef("line")).collect().tail(397)
    assert table["T"].to_list() == [r["T"] for i, r in enumerate(made) if i not in (10, 40, 60)]


def test_a_share_of_missing_cells_refuses_its_batch_alone(ws: Workspace, rows: Rows) -> None:
    """The batches before and after are stored; the refused rows are kept beside, as text."""
    path = ws.folder / "contracts" / "line.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("missing: 0.0", "missing: 0.05"), encoding="utf-8")
    made = rows(300, 600)
    for row in [made[3], *made[120:160]]:
        row["p"] = None
    done = guard.run(ws, "line", "-", pipe=io.BytesIO(jsonl(made)), pace=guard.Pace(rows=100))
    assert (done["stored"], done["quarantined"], done["refused"]) == (200, 0, 100)
    refused = ws.lake.scan(VersionRef("line.rejected")).collect()
    assert refused.height == 100
    assert json.loads(refused["raw"][0])["T"] == str(made[100]["T"])
    assert {(i["rule"], i["severity"]) for i in incident.listed(ws)} == {("p:missing", "act")}


def test_a_policy_may_let_columns_and_kinds_pass(ws: Workspace, rows: Rows, policy: Any) -> None:
    """What is not there or is of another kind is missing then; fractions make a column of whole numbers wider."""
    policy(columns="pass", kinds="pass", missing="pass")
    made = [*rows(20, 600), {"time": "2024-01-01T01:00:00+01:00", "machine": 1, "T": "hot", "n": 2.5, "more": 1}]
    done = guard.run(ws, "line", "-", pipe=io.BytesIO(jsonl(made)))
    assert (done["stored"], done["refused"]) == (21, 0)
    last = ws.lake.scan(VersionRef("line")).collect().row(-1, named=True)
    assert (last["T"], last["p"], last["n"], last["grade"]) == (None, None, 2.5, None)
    assert last["time"].isoformat() == "2024-01-01T00:00:00+00:00"


def test_a_header_of_other_columns_is_refused_before_any_row(ws: Workspace, rows: Rows) -> None:
    with pytest.raises(Refused, match="- p"):
        guard.run(
            ws, "line", "-", pipe=io.BytesIO(csv([{k: v for k, v in r.items() if k != "p"} for r in rows(5, 600)]))
        )
    assert {i["rule"] for i in incident.listed(ws)} == {"*:there"}
    assert len(ws.lake.versions("line")) == 1


def test_what_is_no_text_is_never_stored(ws: Workspace, rows: Rows, tmp_path: Path) -> None:
    """A binary file is refused by its first line; a line in another encoding, or with broken quotes, by itself."""
    (tmp_path / "bin").write_bytes(bytes(range(256)) * 9)
    with pytest.raises(DataError, match="first line"):
        guard.run(ws, "line", str(tmp_path / "bin"))
    lines = csv(rows(4, 600)).split(b"\n")
    lines[2] = lines[2][:-1] + "甲".encode("gb18030")
    lines[3] = lines[3].rsplit(b",", 1)[0] + b',"A'
    done = guard.run(ws, "line", "-", pipe=io.BytesIO(b"\n".join(lines)))
    assert (done["sent"], done["stored"], done["refused"]) == (4, 2, 2)
    done = guard.run(ws, "line", "-", pipe=io.BytesIO(jsonl(rows(1, 900))[:-4] + b'\xbc\xd7"}\n'))
    assert (done["sent"], done["refused"]) == (1, 1)


@pytest.mark.parametrize("form", [jsonl, csv])
def test_a_growing_file_is_followed_stopped_and_gone_on_with(
    form: Any, ws: Workspace, rows: Rows, tmp_path: Path
) -> None:
    """No row twice, none lost; a line that is not whole yet waits; another file of the same name begins anew."""
    file, made = tmp_path / "live", rows(300, 600)
    data = form(made)
    file.write_bytes(data[:-20])
    stop = threading.Event()
    done: dict[str, Any] = {}

    def follow() -> None:
        pace = guard.Pace(rows=50, seconds=0.05, version_seconds=0.2)
        done.update(
            guard.run(ws, "line", str(file), follow=True, pace=pace, stop=stop.is_set, tell=lambda _: stop.set())
        )

    thread = threading.Thread(target=follow)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    assert done["stopped"] is True
    assert done["sent"] <= 299
    with file.open("ab") as more:
        more.write(data[-20:])
    rest = guard.run(ws, "line", str(file))
    assert done["sent"] + rest["sent"] == 300
    assert guard.run(ws, "line", str(file))["sent"] == 0
    table = ws.lake.scan(VersionRef("line")).collect().tail(300)
    assert table["T"].to_list() == [r["T"] for r in made]
    file.write_bytes(form(rows(40, 2000)))
    assert guard.run(ws, "line", str(file))["sent"] == 40


def test_stop_keeps_what_a_pipe_has_handed_over(ws: Workspace, rows: Rows) -> None:
    """Ctrl-C while the other side goes on: what was read is judged and kept."""
    import os

    out, into = os.pipe()
    data = jsonl(rows(100, 600))
    os.write(into, data)
    begun = time.monotonic()
    with os.fdopen(out, "rb") as pipe:
        done = guard.run(ws, "line", "-", pipe=pipe, pace=SLOW, stop=lambda: time.monotonic() - begun > 0.5)
    os.close(into)
    assert (done["stopped"], done["sent"], done["stored"]) == (True, 100, 100)


def test_many_versions_of_a_long_stream_hold_its_rows_in_order(ws: Workspace, rows: Rows) -> None:
    made = rows(500, 600)
    done = guard.run(ws, "line", "-", pipe=io.BytesIO(jsonl(made)), pace=guard.Pace(rows=100, version_rows=200))
    assert len(done["versions"]) == 3
    table = ws.lake.scan(VersionRef("line")).collect().tail(500)
    assert table["p"].to_list() == [r["p"] for r in made]
    assert guard.view(ws, "line")["totals"]["sent"] == 500


def test_what_cannot_be_followed_is_said(ws: Workspace, tmp_path: Path) -> None:
    """No such dataset, no such file, a second guard of the same source."""
    with pytest.raises(NotFound):
        guard.run(ws, "nobody", "-", pipe=io.BytesIO())
    with pytest.raises(NotFound, match="no file"):
        guard.run(ws, "line", str(tmp_path / "no.jsonl"))
    (tmp_path / "live").touch()
    inside: list[type[Exception]] = []

    def second() -> bool:
        try:
            guard.run(ws, "line", str(tmp_path / "live"))
        except Conflict as error:
            inside.append(type(error))
        return True

    guard.run(ws, "line", str(tmp_path / "live"), follow=True, stop=second)
    assert inside == [Conflict]
    path = ws.folder / "contracts" / "line.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("derived: []", "derived: [n]"), encoding="utf-8")
    with pytest.raises(DataError, match="computed from whole files"):
        guard.run(ws, "line", "-", pipe=io.BytesIO())
