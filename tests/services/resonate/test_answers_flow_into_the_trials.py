"""An audit sheet is filled in as people do it; answers are kept, refused with the line, and used by the next run."""

import asyncio
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from diapason.errors import DataError, DiapasonError, NotFound
from diapason.services import adopt, attest, ingest, resonate, workspace
from diapason.services.resonate import answering
from diapason.vocabulary.tables import VersionRef


def classes(n=500, share=0.25, seed=0):
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(n, 4))
    right = (X[:, 0] + X[:, 1] > 0).astype(int) + (X[:, 2] > 1).astype(int)
    given, bad = right.copy(), draw.choice(n, int(share * n), replace=False)
    given[bad] = (right[bad] + draw.integers(1, 3, len(bad))) % 3
    names = np.array(["A", "B", "C"])
    frame = pl.DataFrame({f"x{i}": X[:, i] for i in range(4)}).with_columns(grade=pl.Series(names[given]))
    return frame, names[right], bad


@pytest.fixture(scope="module")
def tried(tmp_path_factory, without_controls):
    folder = tmp_path_factory.mktemp("answers")
    frame, right, bad = classes()
    workspace.init(folder / "plant", person="li")
    ws = workspace.open_workspace(folder / "plant", person="li")
    frame.write_csv(folder / "parts.csv")
    asyncio.run(ingest.run(ws, str(folder / "parts.csv"), name="parts", target="grade"))
    first = resonate.run(ws, "parts", budget="1s", task="classification")
    sheet = resonate.audit_sheet(ws, "parts", to=folder / "parts.audit.csv")
    return ws, folder, first, sheet, right, set(bad.tolist())


def filled(folder, right, bad, **changed):
    table = pl.read_csv(folder / "parts.audit.csv", infer_schema=False)
    lines = []
    for i, line in enumerate(table.iter_rows(named=True)):
        row = int(line["row"])
        wrong = row in bad
        said = {"is_wrong": "是" if wrong else "no", "right_value": right[row] if wrong else "", "who": "王"}
        lines.append({**line, **said, **(changed if i == 0 else {})})
    path = folder / "filled.csv"
    pl.DataFrame(lines).write_csv(path)
    return path


def test_a_sheet_that_nobody_filled_in_is_refused(tried):
    ws, folder, *_ = tried
    with pytest.raises(DataError, match="no line"):
        resonate.audit_answers(ws, "parts", folder / "parts.audit.csv")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"is_wrong": "maybe"}, "neither yes nor no"),
        ({"is_wrong": "yes", "right_value": "Z"}, "no class"),
        ({"row": "999999"}, "not on the sheet"),
    ],
)
def test_a_slip_is_told_with_its_line_and_nothing_is_stored(tried, changed, said):
    ws, folder, *_, right, bad = tried
    before = sum(1 for _ in attest.results(ws, "audit", "parts"))
    with pytest.raises(DataError, match=said) as caught:
        resonate.audit_answers(ws, "parts", filled(folder, right, bad, **changed))
    assert "line 2" in caught.value.said("en")["at"]
    assert sum(1 for _ in attest.results(ws, "audit", "parts")) == before


@pytest.mark.parametrize("answers", [1, 5, 40])
def test_answers_that_all_say_the_same_prove_no_more_than_so_few_can(answers):
    """Five rows that are all right don't show that all rows are: the error stays open."""
    for wrong in (False, True):
        table = pl.DataFrame({"inclusion": [0.05] * answers, "wrong": [wrong] * answers, "right": [None] * answers})
        said = answering._summary(table)
        assert said["share"] == float(wrong)
        assert 2 * said["error"] > 1.5 / (answers + 4)


def test_no_sheet_no_answers(tried):
    with pytest.raises(NotFound):
        resonate.audit_answers(tried[0], "nothing", "x.csv")


def test_answers_estimate_teach_and_can_be_adopted(tried):
    """The share of wrong labels is estimated, the next run uses the answers, and what people corrected is adopted."""
    ws, folder, first, sheet, right, bad = tried
    done = resonate.audit_answers(ws, "parts", filled(folder, right, bad))
    assert done["answered"] == sheet["rows"]
    assert abs(done["share"] - len(bad) / 500) < 4 * done["error"] + 0.02
    again = resonate.run(ws, "parts", budget="1s", task="classification")
    assert again["run"] != first["run"]
    sealed = attest.finished(ws, again["run"])["plan"]["settings"]["asked"]["answers"]
    assert len(sealed) == done["answered"]
    assert again["mended"]
    assert not {a[0] for a in sealed} & {a["row"] for a in again["audit"]}
    assert again["account"]["number"] == 2
    assert again["account"]["spent"] < again["account"]["total"]
    made = adopt.run(ws, "parts")
    rows = ws.lake.scan(VersionRef.parse(made["dataset"])).collect()
    told = dict(zip(rows["_row"].to_list(), rows["grade"].to_list(), strict=True))
    corrected = [r for r, wrong, *_ in sealed if wrong and r in told]
    assert all(told[r] == right[r] for r in corrected) or again["adopted"]


@pytest.mark.parametrize(
    ("slip", "said"),
    [
        (lambda ws: resonate.run(ws, "partz", budget="1s"), "parts"),
        (lambda ws: resonate.run(ws, "parts", budget="1s", task="cooking"), "classification, regression"),
        (lambda ws: resonate.audit_sheet(ws, "partz"), "parts"),
        (lambda ws: adopt.run(ws, "partz"), "parts"),
        (lambda ws: adopt.run(ws, "parts", candidate="gold"), "choose one of"),
    ],
)
def test_a_slip_in_a_name_is_told_with_what_exists(tried, slip, said):
    """Dataset, task and candidate: what is not there is named, and what is there is offered."""
    with pytest.raises(DiapasonError) as caught:
        slip(tried[0])
    assert said in caught.value.said("en")["fix"]
    assert caught.value.said("zh")["what"] != caught.value.said("en")["what"]


def test_the_task_of_earlier_trials_is_known(tried):
    """Whoever tried once with --task need not say it again."""
    ws = tried[0]

    def sealed(_what, share, _note):
        if share >= 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resonate.run(replace(ws, progress=sealed), "parts", budget="1s")
    plan = ws.ledger.last(kind="plan").body["plan"]
    assert plan["settings"]["asked"]["task"] == "classification"
