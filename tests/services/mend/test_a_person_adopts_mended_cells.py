"""From a dirty file to a sheet, to a version in a person's name, and back; refused, killed, repeated."""

import asyncio
import csv
import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from diapason.errors import Conflict, DataError, NotFound, Refused
from diapason.services import adopt as adopting
from diapason.services import attest, ingest, mend, workspace
from diapason.testing.killing import kill_at, touches, whole
from diapason.vocabulary.tables import ROW, VersionRef

TOWNS = ["Aachen", "Bremen", "Dresden", "Leipzig", "Rostock", "Stuttgart"]


def written(folder: Path) -> Path:
    """Deliveries with three wrong towns and one wrong weight, in a column of numbers."""
    rng = np.random.default_rng(0)
    who = rng.integers(0, 30, 300)
    town, weight = [TOWNS[i % 6] for i in who], [str(x) for x in rng.choice([2, 4, 5, 8, 12, 16], 300)]
    town[5], town[60], town[61] = "Brxmen", "", "Leipzig"
    weight[7] = "1600000"
    rows = zip([f"C{100 + i}" for i in who], town, weight, strict=True)
    path = folder / "deliveries.csv"
    path.write_text("customer,town,weight\n" + "".join(",".join(r) + "\n" for r in rows), encoding="utf-8")
    return path


@pytest.fixture
def ws(tmp_path: Path) -> Any:
    workspace.init(tmp_path / "plant", person="li")
    opened = workspace.open_workspace(tmp_path / "plant", person="li")
    asyncio.run(ingest.run(opened, str(written(tmp_path)), name="deliveries"))
    return opened


def table(ws: Any, ref: str = "deliveries") -> pl.DataFrame:
    return ws.lake.scan(VersionRef.parse(ref)).collect()


def test_a_look_changes_nothing_and_says_why_in_both_languages(ws: Any) -> None:
    before = table(ws)
    done = mend.run(ws, "deliveries")
    assert table(ws).equals(before)
    at = {(c["column"], c["row"]): c for c in done["cells"]}
    assert {("town", 5), ("town", 60), ("weight", 7)} <= set(at)
    assert all(set(c["why"]) == {"en", "zh"} and "?" not in c["why"]["en"] for c in done["cells"])
    kept = attest.result(ws, "mend", "deliveries")
    assert kept is not None
    assert kept["run"] == done["run"]
    assert pl.read_csv(io.BytesIO(ws.vault.get(kept["kept"]["cells"]["sha256"]))).height == len(done["cells"])


def test_a_sheet_is_adopted_as_a_person_left_it_and_taken_back(ws: Any, tmp_path: Path) -> None:
    """One line changed, the others deleted; every other cell stays; the version is in the person's name."""
    path, before = tmp_path / "sheet.csv", table(ws)
    mend.write_sheet(mend.run(ws, "deliveries"), path, "zh", least=0.8)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    line = next(x for x in lines if (x["row"], x["column"]) == ("5", "town"))
    line |= {"do": "set", "proposed": "Bremen-Nord"}
    edited(path, [line])
    done = mend.adopt(ws, "deliveries", mend.read_sheet(path))
    assert (done["dataset"], done["before"], done["cells"], done["person"]) == ("deliveries@2", "deliveries@1", 1, "li")
    changed = ws.lake.difference(VersionRef.parse("deliveries@1"), VersionRef.parse("deliveries@2")).changed
    assert changed.rows() == [(5, "town", "Brxmen", "Bremen-Nord")]
    assert attest.finished(ws, done["run"])["result"]["person"] == "li"
    back = adopting.undo(ws, "deliveries", reason="wrong sheet")
    assert back["restored"] == "deliveries@1"
    assert table(ws).equals(before)


def test_sure_proposals_are_adopted_in_the_types_of_their_columns(ws: Any) -> None:
    done = mend.run(ws, "deliveries")
    kind = table(ws).schema["weight"]
    after = mend.adopt(ws, "deliveries", mend.proposals(done, 0.8), found=done["run"])
    now = table(ws, after["dataset"])
    assert now.schema["weight"] == kind
    assert now.filter(pl.col(ROW) == 5)["town"].item() == "Bremen"
    assert now.filter(pl.col(ROW) == 60)["town"].item() is not None
    assert now.height == 300


def edited(path: Path, lines: list[dict[str, str]]) -> None:
    """As a spreadsheet writes it, in the encoding of a Chinese office."""
    out = io.StringIO()
    writer = csv.DictWriter(out, lines[0])
    writer.writeheader()
    writer.writerows(lines)
    path.write_bytes(out.getvalue().encode("gb18030"))


LINE = {"row": "5", "column": "town", "value": "Brxmen", "do": "set", "proposed": "Bremen"}
BAD = [
    ({"value": "Brymen"}, "stands there now"),
    ({"row": "9999"}, "there is no row 9999"),
    ({"column": "city"}, "there is no column 'city'"),
    ({"column": "_row"}, "there is no column '_row'"),
    ({"do": "maybe"}, "line 2 cannot be read"),
    ({"do": "set", "proposed": ""}, "line 2 cannot be read"),
    ({"column": "weight", "row": "7", "value": "1600000", "proposed": "heavy"}, "is no value for this column"),
]


@pytest.mark.parametrize(("change", "what"), BAD, ids=[w for _, w in BAD])
def test_a_line_that_does_not_fit_is_refused_and_nothing_is_written(
    change: dict[str, str], what: str, ws: Any, tmp_path: Path
) -> None:
    path = tmp_path / "sheet.csv"
    edited(path, [LINE | change])
    with pytest.raises(DataError, match=what):
        mend.adopt(ws, "deliveries", mend.read_sheet(path))
    assert len(ws.lake.versions("deliveries")) == 1


def test_what_cannot_be_done_is_said(ws: Any, tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    edited(path, [LINE, LINE])
    with pytest.raises(DataError, match="twice"):
        mend.read_sheet(path)
    edited(path, [LINE | {"do": "ask"}])
    with pytest.raises(Refused, match="no line says"):
        mend.adopt(ws, "deliveries", mend.read_sheet(path))
    with pytest.raises(NotFound):
        mend.read_sheet(tmp_path / "none.csv")
    with pytest.raises(NotFound):
        mend.run(ws, "nobody")
    edited(path, [LINE])
    mend.adopt(ws, "deliveries", mend.read_sheet(path))
    with pytest.raises(DataError, match="'Bremen' stands there now"):
        mend.adopt(ws, "deliveries", mend.read_sheet(path))
    with pytest.raises((Conflict, NotFound)):
        adopting.undo(ws, "nobody")


COMMAND = ("diapason", "mend", "deliveries", "--from", "sheet.csv", "-w", "plant")


def test_a_killed_adoption_leaves_a_whole_workspace_and_can_be_done_again(ws: Any, tmp_path: Path) -> None:
    """Spread over the whole command; done again, there is one new version, one adoption, and it can be undone."""
    edited(tmp_path / "sheet.csv", [LINE])
    ws.ledger.close()
    counting = tmp_path / "counting"
    shutil.copytree(tmp_path / "plant", counting / "plant")
    shutil.copy(tmp_path / "sheet.csv", counting)
    count = touches(COMMAND, counting / "plant", cwd=counting)
    for part in (2, 4, 5, 6):
        place = tmp_path / f"kill-{part}"
        shutil.copytree(tmp_path / "plant", place / "plant")
        shutil.copy(tmp_path / "sheet.csv", place)
        kill_at(COMMAND, max(1, count * part // 6 - 1), place / "plant", cwd=place)
        assert whole(place / "plant") == []
        again = workspace.open_workspace(place / "plant", person="li")
        if not attest.results(again, "mend") or attest.result(again, "mend", "deliveries") is None:
            mend.adopt(again, "deliveries", mend.read_sheet(place / "sheet.csv"))
        assert [v.ref.version for v in again.lake.versions("deliveries")] == [1, 2]
        assert len(list(again.ledger.entries(kind="adopt"))) == 1
        assert table(again)["town"][5] == "Bremen"
        assert adopting.undo(again, "deliveries")["restored"] == "deliveries@1"
        again.ledger.close()


def test_the_command_says_what_it_found_and_what_comes_next(
    ws: Any, tmp_path: Path, call: Any, monkeypatch: Any
) -> None:
    ws.ledger.close()
    monkeypatch.chdir(tmp_path)
    said = call("mend", "deliveries", "-w", "plant", "--sheet", "s.csv")
    assert said.exit_code == 0, said.output
    assert "cells look wrong" in said.stdout.splitlines()[0]
    assert "Next: diapason mend deliveries --from s.csv" in said.stdout
    assert "个单元格" in call("mend", "deliveries", "-w", "plant", "--lang", "zh").stdout
    assert call("mend", "deliveries", "-w", "plant", "--from", "s.csv").exit_code == 0
    assert "taken back" in call("undo", "deliveries", "-w", "plant").stdout
