"""Proven gains and written costs, each with its interval; what is not proven counts for nothing; the page shows it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import diapason
from diapason.errors import DataError
from diapason.ports.workspace import Workspace
from diapason.services import attest, desk, standing

SINCE = date(2026, 10, 15)


@pytest.fixture(scope="session")
def kiln(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kiln whose energy fell in October by 40 a day, at 0.65 CNY each; hours and a licence were paid."""
    folder = tmp_path_factory.mktemp("kiln")
    days = [date(2026, 8, 1) + timedelta(days=i) for i in range(110)]
    draw = np.random.default_rng(0)
    load = draw.normal(100, 10, size=len(days))
    energy = 5 * load + draw.normal(0, 8, size=len(days)) - 40.0 * np.array([d >= SINCE for d in days])
    times = [f"{d.isoformat()} 12:00:00" for d in days]
    pl.DataFrame({"day": times, "load": load, "energy": energy}).write_csv(folder / "kiln.csv")
    plant = diapason.init(folder / "plant", person="wang")
    plant.ingest(str(folder / "kiln.csv"), name="kiln", time="day")
    worth = {"better": "lower", "daily": "sum", "worth": "0.65 CNY/kWh"}
    made = plant.effect("kiln", metric="energy", since=SINCE.isoformat(), covariates=("load",), **worth)
    assert made["shown"]
    plant.cost("kiln", kind="hours", amount=500, currency="CNY", give_or_take=50)
    plant.cost("kiln", kind="licence", amount=1200, currency="EUR", per="year")
    return folder / "plant"


@pytest.fixture
def ws(kiln: Path, tmp_path: Path) -> Workspace:
    import shutil

    shutil.copytree(kiln, tmp_path / "plant")
    return diapason.open_plant(tmp_path / "plant", person="wang").workspace


def _month(ws: Workspace) -> str:
    return f"{ws.clock().astimezone(UTC):%Y-%m}"


def _after(ws: Workspace) -> Workspace:
    """The same workspace when the month is over."""
    later = (ws.clock().astimezone(UTC).replace(day=28) + timedelta(days=10)).replace(day=2)
    return replace(ws, clock=lambda: later)


def test_a_month_adds_up(ws: Workspace, tmp_path: Path) -> None:
    """The gain of a year by days, costs once or by twelfths; intervals in squares; currencies apart or changed."""
    month, over = _month(ws), _after(ws)
    done = desk.statement(over, month, to=tmp_path / "s.html")
    gain = done["gains"][0]
    yearly = attest.result(ws, "effect", "kiln")["result"]["worth"]["yearly"]  # type: ignore[index]
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    days = ((first + timedelta(days=31)).replace(day=1) - first).days
    assert gain["days"] == days
    assert gain["share"]["value"] == pytest.approx(yearly["value"] * days / 365)
    cny, eur = done["net"]["CNY"], done["net"]["EUR"]
    assert cny["net"]["value"] == pytest.approx(gain["share"]["value"] - 500)
    assert cny["net"]["low"] == pytest.approx(
        cny["net"]["value"] - np.hypot(gain["share"]["value"] - gain["share"]["low"], 50)
    )
    assert eur["net"]["value"] == pytest.approx(-100)
    one = desk.statement(over, month, currency="CNY", exchange=["EUR=8"], to=tmp_path / "s.html")
    assert one["net"]["CNY"]["net"]["value"] == pytest.approx(cny["net"]["value"] - 800)
    priced = desk.statement(
        over, month, currency="CNY", exchange=["EUR=8"], price_per_hour=3600.0, to=tmp_path / "s.html"
    )
    seconds = next(c["seconds"] for c in priced["costs"] if c["kind"] == "computed")
    assert priced["net"]["CNY"]["net"]["value"] == pytest.approx(one["net"]["CNY"]["net"]["value"] - seconds, abs=0.1)


def test_the_same_month_is_one_run_and_another_figure_another(ws: Workspace, tmp_path: Path) -> None:
    first = desk.statement(ws, _month(ws), to=tmp_path / "a.html")
    assert desk.statement(ws, _month(ws), to=tmp_path / "b.html", language="zh")["run"] == first["run"]
    diapason.Plant(ws).cost("kiln", kind="hours", amount=1, currency="CNY")
    assert desk.statement(ws, _month(ws), to=tmp_path / "c.html")["run"] != first["run"]
    assert f"run:{first['gains'][0]['run']}" in first["on"]


def test_what_fell_counts_for_nothing_and_the_statement_falls_too(ws: Workspace, tmp_path: Path) -> None:
    first = desk.statement(ws, _month(ws), to=tmp_path / "a.html")
    standing.recall(ws, first["gains"][0]["run"], because="the meter was wrong")
    assert f"run:{first['run']}" in standing.fallen(ws)
    then = desk.statement(ws, _month(ws), to=tmp_path / "b.html")
    assert not then["gains"][0]["counts"]
    assert "meter was wrong" in then["gains"][0]["why"]["en"]
    assert then["net"]["CNY"]["gains"]["value"] == 0
    assert "no proven gain" in then["verdict"]["en"]
    assert f"run:{first['gains'][0]['run']}" in {f["id"] for f in then["fallen"]}


def test_an_effect_that_is_not_shown_or_has_no_worth_is_told_and_not_counted(ws: Workspace, tmp_path: Path) -> None:
    plant = diapason.Plant(ws)
    plant.effect("kiln", metric="energy", since=SINCE.isoformat(), covariates=("load",))  # newer, and without a worth
    done = desk.statement(ws, _month(ws), to=tmp_path / "a.html")
    assert [g["counts"] for g in done["gains"]] == [False]
    assert "worth" in done["gains"][0]["why"]["en"]
    plant.effect("kiln", metric="load", since=SINCE.isoformat(), better="lower", daily="sum", worth="1 CNY")
    done = desk.statement(ws, _month(ws), to=tmp_path / "a.html")
    load = next(g for g in done["gains"] if g["metric"] == "load")
    assert (load["counts"], load["share"] is not None) == (False, True)
    assert "not shown" in (tmp_path / "a.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("month", ["2026-13", "November", "2026-11-01", "", "2099-01"])
def test_a_month_that_is_none_or_has_not_begun_is_refused(ws: Workspace, month: str) -> None:
    before = ws.ledger.head()
    with pytest.raises(DataError) as refused:
        desk.statement(ws, month)
    assert refused.value.at == "--month"
    assert ws.ledger.head() == before


def test_money_is_never_made_without_its_currency(ws: Workspace) -> None:
    for wrong in ({"price_per_hour": 3.0}, {"exchange": ["EUR=8"]}, {"currency": "RMBX"}, {"currency": "CNY"}):
        with pytest.raises(DataError):
            desk.statement(ws, _month(ws), **wrong)  # type: ignore[arg-type]


def test_every_number_on_the_page_opens_a_run_and_both_languages_say_the_same(ws: Workspace, tmp_path: Path) -> None:
    import re

    done = desk.statement(ws, _month(ws), to=tmp_path / "en.html")
    desk.statement(ws, _month(ws), to=tmp_path / "zh.html", language="zh")
    en, zh = ((tmp_path / f"{n}.html").read_text(encoding="utf-8") for n in ("en", "zh"))
    for page in (en, zh):
        opened = set(re.findall(r'href="#run-([^"]+)"', page))
        assert {done["run"], done["gains"][0]["run"]} <= opened
        assert opened <= set(re.findall(r'id="run-([^"]+)"', page))
    assert "数据损益表" in zh
    words = re.sub(r"<pre>.*?</pre>|<style>.*?</style>", "", en, flags=re.DOTALL)
    assert not re.search("[\u4e00-\u9fff]", words)


def test_the_page_is_printed_too(ws: Workspace, tmp_path: Path) -> None:
    desk.statement(ws, _month(ws), to=tmp_path / "s.pdf", language="zh")
    assert (tmp_path / "s.pdf").read_bytes().startswith(b"%PDF-1.7")


def test_the_command_says_the_verdict(ws: Workspace, tmp_path: Path, call: Any) -> None:
    place = ("-w", str(ws.folder))
    for language in ("en", "zh"):
        said = call("statement", "--month", _month(ws), "--to", str(tmp_path / "s.html"), "--lang", language, *place)
        assert said.exit_code == 0, said.stderr
        assert "CNY" in said.stdout
