"""A change, its effect, its costs, its pay-back: sealed, recountable, in both languages, refused where it must be."""

import io
import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import diapason
from diapason.errors import BrokenEvidence
from diapason.services import attest
from diapason.services.verify import reproducing, verify
from diapason.vocabulary.evidence import Grade

HAN = re.compile("[\u4e00-\u9fff]")
FIRST = datetime(2025, 1, 1)  # noqa: DTZ001  # as a plant's file has it


def hourly(seed: int = 0, days: int = 300, cut: int = 220) -> pl.DataFrame:
    """A furnace by the hour: energy follows load, and falls by 3 kWh an hour from day `cut` on."""
    draw, n = np.random.default_rng(seed), days * 24
    day = np.arange(n) // 24
    load = 50 + np.repeat(draw.normal(scale=4, size=days), 24) + draw.normal(size=n)
    level = np.repeat(draw.normal(scale=1.0, size=days), 24)
    energy = 100 + 0.8 * load + level + draw.normal(size=n) - 3.0 * (day >= cut)
    shift = (np.arange(n) // 8) % 3
    advised = np.repeat(draw.permutation(days * 3) % 2, 8)
    yields = 90 + 1.5 * advised + np.repeat(draw.normal(scale=0.8, size=days * 3), 8) + draw.normal(size=n)
    return pl.DataFrame(
        {
            "time": [FIRST + timedelta(hours=i) for i in range(n)],
            "energy": energy,
            "load": load,
            "grade": np.array(["A", "B"])[(day // 3) % 2],
            "shift": [f"{d}-{s}" for d, s in zip(day, shift, strict=True)],
            "advised": np.array(["no", "yes"])[advised],
            "yield": yields,
        }
    )


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("effect")
    hourly().write_csv(folder / "furnace.csv")
    plant = diapason.init(folder / "plant", person="wang")
    plant.ingest(str(folder / "furnace.csv"), name="furnace", time="time", target="energy")
    return folder / "plant"


@pytest.fixture
def plant(ingested: Path, tmp_path: Path) -> diapason.Plant:
    import shutil

    shutil.copytree(ingested, tmp_path / "plant")
    return diapason.open_plant(tmp_path / "plant", person="wang")


SINCE = (FIRST + timedelta(days=220)).date().isoformat()
ASKED = {"metric": "energy", "since": SINCE, "covariates": ("load", "grade"), "better": "lower"}


@pytest.mark.parametrize("by", ["before-after", "matched"])
def test_an_effect_is_sealed_signed_and_can_be_recounted(plant: diapason.Plant, by: str) -> None:
    """The plan names metric, date, method and covariates before a value is read; weights give the effect."""
    made = plant.effect("furnace", **ASKED, by=by)
    assert made["shown"]
    assert made["standing"] == "better"
    assert made["effect"]["low"] <= -3 <= made["effect"]["high"] < 0
    assert made["on"] == ["dataset:furnace@1"]
    run = attest.finished(plant.workspace, made["run"])
    settings = run["plan"]["settings"]
    assert (settings["metric"], settings["since"], settings["by"]) == ("energy", SINCE, by)
    assert settings["covariates"] == ["load", "grade"]
    assert next(e for e in plant.workspace.ledger.entries(run=made["run"])).kind == "plan"
    days = pl.read_csv(io.BytesIO(plant.workspace.vault.get(run["kept"]["days"]["sha256"])))
    assert days.height == 300
    assert (days["weight"] * days["observed"]).sum() == pytest.approx(made["effect"]["value"])
    assert "fell by" in made["verdict"]["en"]
    assert "改善" in made["verdict"]["zh"]


def test_an_effect_is_reproduced_from_its_file_and_a_wrong_one_is_not(plant: diapason.Plant, tmp_path: Path) -> None:
    """A stranger runs the sealed plan on the data in the file; an interval that was stated otherwise is found out."""
    done = plant.effect("furnace", **ASKED)
    file = plant.evidence("furnace", to=tmp_path / "furnace.evidence", data=True)["file"]
    again = verify(Path(file), signer=plant.workspace.signer.keyid, grade=Grade.REPRODUCED)["reproduced"]
    assert [line["what"] for line in again[done["run"]]][:3] == ["effect, value", "effect, low", "effect, high"]
    stated = attest.finished(plant.workspace, done["run"])["result"]
    stated["effect"]["low"] += 0.5
    made = {"effect": done["effect"], "percent": done["percent"]}
    with pytest.raises(BrokenEvidence, match="effect, low was stated as"):
        list(reproducing._effects(stated, made, 1e-6, done["run"]))


def test_side_by_side_by_the_shift(plant: diapason.Plant) -> None:
    made = plant.effect("furnace", metric="yield", by="ab", group="advised", cluster="shift", better="higher")
    assert made["groups"] == ["no", "yes"]
    assert made["effect"]["low"] <= 1.5 <= made["effect"]["high"]
    assert made["effect"]["clusters"] == 900
    assert (made["effect"]["n"], made["standing"]) == (7200, "better")


def test_a_sum_of_days_is_worth_its_days(plant: diapason.Plant) -> None:
    """72 kWh a day at 0.5, on as many days a year as ran; a mean needs to be told of how much."""
    made = plant.effect("furnace", **ASKED, daily="sum", worth="0.5 CNY/unit")
    yearly = made["worth"]["yearly"]
    assert made["worth"]["times"] == 365
    assert yearly["low"] <= 72 * 0.5 * 365 <= yearly["high"]
    again = plant.effect("furnace", **ASKED, worth="0.5 CNY/kWh", yearly=8000)
    assert again["worth"]["yearly"]["value"] == pytest.approx(-again["effect"]["value"] * 4000)


def test_costs_are_added_shown_and_taken_back(plant: diapason.Plant) -> None:
    first = plant.cost("furnace", kind="hours", amount=12000.0, currency="cny", hours=80.0, note="tuning")
    plant.cost("furnace", kind="licence", amount=500.0, currency="CNY", per="month")
    shown = plant.cost("furnace")
    assert shown["sums"] == {"CNY": {"once": 12000.0, "month": 500.0, "year": 0.0}}
    assert shown["costs"][0] | {"person": "wang", "hours": 80.0, "note": "tuning"} == shown["costs"][0]
    plant.cost(withdraw=first["entry"], because="counted twice")
    assert plant.cost("furnace")["sums"] == {"CNY": {"once": 0.0, "month": 500.0, "year": 0.0}}
    kinds = [e.kind for e in plant.workspace.ledger.entries()]
    assert (kinds.count("cost"), kinds.count("withdrawal")) == (2, 1), "nothing is deleted"


def test_seconds_become_money_only_at_a_price(tmp_path: Path) -> None:
    hourly(days=5, cut=3).select("time", "energy", "load").write_csv(tmp_path / "days.csv")
    plant = diapason.init(tmp_path / "plant", person="wang")
    plant.ingest(str(tmp_path / "days.csv"), name="furnace", time="time", target="energy")
    plant.learn("furnace", task="regression")
    shown = plant.cost("furnace")
    assert [m["verb"] for m in shown["metered"]] == ["learn"]
    assert shown["seconds"] > 0
    assert (shown["priced"], shown["sums"]) == (None, {})
    priced = plant.cost("furnace", price_per_hour=3600.0, currency="CNY")
    assert priced["priced"]["amount"] == pytest.approx(priced["seconds"])


def test_pay_back_stands_on_an_effect_and_its_costs(plant: diapason.Plant) -> None:
    made = plant.effect("furnace", **ASKED, daily="sum", worth="0.5 CNY")
    once = plant.cost("furnace", kind="hardware", amount=10000.0, currency="CNY", give_or_take=500.0)
    running = plant.cost("furnace", kind="licence", amount=100.0, currency="EUR", per="year")
    paid = plant.payback("furnace", exchange=["EUR=8"], rate=0.08)
    left = made["worth"]["yearly"]["value"] - 800
    assert paid["state"] == "pays"
    assert paid["months"] == pytest.approx(12 * 10000 / left)
    assert paid["low"] < paid["months"] < paid["high"]
    assert paid["on"] == [f"run:{made['run']}", f"entry:{once['entry']}", f"entry:{running['entry']}"]
    assert attest.finished(plant.workspace, paid["run"])["plan"]["settings"]["exchange"] == {"EUR": 8.0}
    assert HAN.search(paid["verdict"]["zh"])
    dear = plant.cost("furnace", kind="hours", amount=1e6, currency="CNY", per="year")
    never = plant.payback("furnace", exchange=["EUR=8"])
    assert (never["state"], never["months"], never["high"]) == ("never", None, None)
    assert never["verdict"]["en"].startswith("It does not pay back")
    plant.cost(withdraw=dear["entry"], because="a slip")
    assert plant.payback("furnace", exchange=["EUR=8"])["months"] == pytest.approx(paid["months"])


def test_an_effect_that_is_not_shown_pays_nothing_for_sure(plant: diapason.Plant) -> None:
    plant.cost("furnace", kind="hours", amount=10.0, currency="CNY")
    plant.effect("furnace", metric="yield", since=SINCE, daily="sum", worth="1 CNY", better="higher")
    paid = plant.payback("furnace")
    assert not paid["shown"]
    assert paid["state"] in ("may-never", "never")
    assert paid["high"] is None
    assert "not shown" in paid["verdict"]["en"]
    assert "证实" in paid["verdict"]["zh"]


_SHIFTS = ("--cluster", "shift", "--covariates", "weekday")
REFUSED = [
    (("effect", "furnace", "--metric", "enrgy", "--since", SINCE), "no column 'enrgy'", "没有列"),
    (("effect", "furnace", "--metric", "energy", "--since", SINCE, "--covariates", "lod"), "no column 'lod'", "没有列"),
    (("effect", "furnace", "--metric", "grade", "--since", SINCE), "grade is no number", "不是数值列"),
    (("effect", "furnace", "--metric", "energy", "--since", "2031-01-01"), "lies outside of the data", "时间范围"),
    (("effect", "furnace", "--metric", "energy", "--since", "May"), "'May' is no day", "不是日期"),
    (("effect", "furnace", "--metric", "energy"), "the day of the change is missing", "缺少变更日期"),
    (("effect", "furnace", "--metric", "energy", "--since", "2025-01-09"), "there are 8 days before", "只有 8 天"),
    (("effect", "furnace", "--metric", "energy", "--since", "2025-10-20"), "there are 8 days from", "只有 8 天"),
    (("effect", "furnace", "--metric", "energy", "--since", SINCE, "--by", "matched"), "none is named", "未指定"),
    (("effect", "furnace", "--metric", "energy", "--by", "ab"), "who was treated", "处理组"),
    (("effect", "furnace", "--metric", "energy", "--by", "ab", "--group", "grade"), "which of them", "哪个是处理组"),
    (("effect", "furnace", "--metric", "energy", "--by", "ab", "--group", "shift"), "has 900 values", "900 个取值"),
    (("effect", "furnace", "--metric", "energy", "--since", SINCE, "--worth", "0.4 CNY/kWh"), "which way", "越高"),
    (
        (*("effect", "furnace", "--metric", "yield", "--by", "ab", "--group", "advised"), *_SHIFTS),
        "weekday needs days",
        "需要按日汇总",
    ),
    (("effect", "furnace", "--metric", "energy", "--since", SINCE, "--worth", "x"), "is no worth", "单位价值"),
    (("effect", "furnace", "--metric", "energy", "--since", SINCE, "--model", "m"), "no model 'm'", "没有模型"),
    (("effect", "furnac", "--metric", "energy", "--since", SINCE), "no dataset 'furnac'", "没有数据集"),
    (("cost", "add", "--of", "furnace", "--kind", "hours", "--amount", "-1", "--currency", "CNY"), "be '-1'", "不能是"),
    (("cost", "add", "--of", "furnace", "--kind", "hours", "--amount", "1", "--currency", "¥"), "no currency", "币种"),
    (("cost", "add", "--of", "furnace", "--kind", "hours", "--amount", "1"), "--currency is missing", "缺少"),
    (("cost", "withdraw", "1", "--because", "x"), "entry 1 is no cost", "不是费用"),
    (("cost", "show", "furnace", "--price-per-hour", "2"), "has no currency", "未注明币种"),
    (("payback", "furnace"), "no effect of furnace was measured", "尚未测量"),
]


@pytest.mark.parametrize(("words", "en", "zh"), REFUSED, ids=lambda w: " ".join(w) if isinstance(w, tuple) else "")
def test_what_cannot_be_answered_is_refused_with_the_way(words, en, zh, ingested: Path, call) -> None:
    """What, where and fix in both languages; nothing is sealed for it."""
    entries = diapason.open_plant(ingested).status()["ledger"]["entries"]
    said = call(*words, "-w", str(ingested))
    assert said.exit_code in (1, 2)
    assert en in said.stderr
    assert "at:" in said.stderr
    assert "fix:" in said.stderr
    assert zh in call(*words, "-w", str(ingested), "--lang", "zh").stderr
    assert diapason.open_plant(ingested).status()["ledger"]["entries"] == entries


def test_currencies_are_not_added_without_a_rate(plant: diapason.Plant, call) -> None:
    where = ("-w", str(plant.workspace.folder))
    plant.effect("furnace", **ASKED, daily="sum", worth="0.5 CNY")
    assert "no cost of furnace" in call("payback", "furnace", *where).stderr
    plant.cost("furnace", kind="tokens", amount=9.0, currency="USD")
    said = call("payback", "furnace", *where)
    assert "costs in USD beside a value in CNY, and no rate" in said.stderr
    assert "--exchange USD=" in said.stderr
    assert call("payback", "furnace", "--exchange", "USD=7", *where).exit_code == 0
    assert "is no exchange rate" in call("payback", "furnace", "--exchange", "USD", *where).stderr


def test_faces_tell_in_both_languages_within_eighty_columns(plant: diapason.Plant, call) -> None:
    where = ("-w", str(plant.workspace.folder))
    way = ("effect", "furnace", "--metric", "energy", "--since", SINCE, "--covariates", "load,weekday")
    worth = ("--better", "lower", "--daily", "sum", "--worth", "0.5 CNY")
    add = ("cost", "add", "--of", "furnace", "--kind", "hours", "--amount", "900", "--currency", "CNY")
    for words in ((*way, *worth), add, ("cost", "show"), ("payback", "furnace", "--rate", "0.08")):
        english, chinese = call(*words, *where), call(*words, *where, "--lang", "zh")
        assert english.exit_code == chinese.exit_code == 0, english.stderr
        assert not HAN.search(english.stdout)
        assert HAN.search(chinese.stdout)
        assert max(map(len, english.stdout.splitlines())) <= 80, english.stdout
    facts = json.loads(call(*way, *worth, *where, "--json").stdout)
    assert facts["doubts"] == [] or {"id", "value", "said"} <= set(facts["doubts"][0])
