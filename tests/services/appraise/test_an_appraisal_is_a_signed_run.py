"""`appraise` and `roadmap` on a real plant: signed, recalled, by file alone, in both languages."""

import json
import re
import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from diapason.engines.evidence import dsse
from diapason.errors import Conflict, DataError, NotFound
from diapason.services import attest
from diapason.services.appraise import again, listed, roadmap, run
from diapason.services.appraise.roads import working_day
from diapason.services.declare import declare
from diapason.services.maturity import find

HAN = re.compile("[\u4e00-\u9fff]")
EXAMPLE = Path(__file__).parents[3] / "examples" / "maturity" / "energy.yaml"


def test_it_is_signed_with_its_answers_and_grounds(ws):
    done = run(ws, "annex2")
    entry = next(e for e in ws.ledger.entries(kind="result") if e.run == done["run"])
    dsse.verify(entry.body, {ws.signer.keyid: ws.signer.public})
    kept = attest.finished(ws, done["run"])
    result = kept["result"]
    assert kept["dataset"] == "maturity:annex2"
    assert result["answers"]["models_learnt"]["value"] == 1
    assert result["on"] == done["on"]
    assert {"run:" + e.run for e in ws.ledger.entries(kind="plan") if e.run.startswith("assess")} <= set(result["on"])
    assert result["levels"]["whole"]["claimed"]["level"] == done["claimed"]["level"]
    text = ws.vault.get(kept["subjects"]["model/annex2"])
    assert text.decode().startswith("# The 29 items of Annex 2")
    assert "certified" not in json.dumps(done["claimed"])


def test_a_former_appraisal_follows_from_its_signed_answers(ws):
    """Whatever has happened since; also one of 2018, whose clauses stand in another file."""
    for name in ("annex2", "dcmm-2018", str(EXAMPLE)):
        done = run(ws, name)
        declare(ws, f"{done['dimensions'][0]['items'][0]['gaps'][0]['clause']}", "yes")
        back = again(ws, done["run"])
        assert back["follows"] is True
        assert back["claimed"] == done["claimed"]
        assert run(ws, name)["run"] != done["run"]
    with pytest.raises(NotFound, match="is no appraisal"):
        again(ws, next(e.run for e in ws.ledger.entries(kind="result")))


def test_where_nothing_has_changed_the_same_run_stands(ws):
    first, second, third = (run(ws, "dcmm")["run"] for _ in range(3))
    assert first != second, "the first is the first appraisal on record, which the second sees"
    assert second == third
    declare(ws, "dcmm_2025.7.1.c", "yes")
    assert run(ws, "dcmm")["run"] not in (first, second)


def test_what_is_claimed_and_what_is_proven_come_apart(ws):
    before = run(ws, "annex2", item="27")
    declare(ws, "annex2.27.c", "fully")
    after = run(ws, "annex2", item="27")
    assert (before["item"]["claimed"]["level"], after["item"]["claimed"]["level"]) == (2, 3)
    assert after["item"]["proven"] == before["item"]["proven"]
    assert after["item"]["proven"]["level"] == 2
    assert after["declared"] > before["declared"]
    assert after["item"]["counted"] == before["item"]["counted"]
    told = {c["clause"]: c for c in after["item"]["clauses"]}
    assert (told["annex2.27.c"]["by"], told["annex2.27.c"]["proven"]) == ("person", None)


@pytest.mark.parametrize("name", ["annex2", "dcmm", "dcmm-2018", "cmmm", "siri"])
def test_every_model_answers_in_both_languages(ws, name):
    done = run(ws, name)
    for dimension in done["dimensions"]:
        for item in dimension["items"]:
            assert HAN.search(item["title"]["zh"])
            for gap in item["gaps"]:
                assert HAN.search(gap["text"]["zh"])
                assert HAN.search(gap["why"]["zh"])
                assert not HAN.search(gap["text"]["en"] + gap["why"]["en"])
    assert done["steps"]
    assert all(step["effort_days"] > 0 for step in done["steps"])


def test_a_new_model_is_a_file_alone(ws):
    by_path = run(ws, str(EXAMPLE))
    assert by_path["model"]["id"] == "energy"
    told = {i["code"]: i["claimed"]["level"] for d in by_path["dimensions"] for i in d["items"]}
    assert told == {"D1": 2, "D2": 2, "P1": 0}
    assert by_path["claimed"]["score"] == 0
    (ws.folder / "models").mkdir()
    (ws.folder / "models" / "energy.yaml").write_bytes(EXAMPLE.read_bytes())
    declare(ws, "energy.P1.a", "yes")
    by_name = run(ws, "energy")
    assert by_name["claimed"]["score"] == 1
    assert by_name["proven"]["score"] == 0


def test_a_model_that_cannot_be_used_is_refused(ws, tmp_path):
    with pytest.raises(NotFound, match="no model of maturity 'dcmn'"):
        run(ws, "dcmn")
    with pytest.raises(NotFound, match="has no item '99'"):
        run(ws, "annex2", item="99")
    with pytest.raises(NotFound, match="no file"):
        run(ws, str(tmp_path / "mine.yaml"))
    mine = tmp_path / "mine.yaml"
    mine.write_text(EXAMPLE.read_text(encoding="utf-8").replace("id: energy", "id: annex2"), encoding="utf-8")
    with pytest.raises(Conflict, match="comes along"):
        run(ws, str(mine))
    mine.write_bytes("id: 能源".encode("gb18030"))
    with pytest.raises(DataError, match="not UTF-8"):
        run(ws, str(mine))
    assert not list(ws.ledger.entries(kind="result", subject="maturity:annex2"))


def test_a_clause_that_asks_for_an_unknown_fact_is_not_tested(ws, tmp_path):
    mine = tmp_path / "mine.yaml"
    text = EXAMPLE.read_text(encoding="utf-8").replace("fact: datasets,", "fact: wishes_granted,")
    mine.write_text(text, encoding="utf-8")
    clause = run(ws, str(mine), item="D1")["item"]["clauses"][0]
    assert (clause["state"], clause["proven"]) == ("not tested", None)
    assert "wishes_granted" in clause["why"]["en"]


def test_six_in_ten_items_are_tested_by_count_on_a_plant_that_went_the_whole_way(ws):
    for name in ("annex2", "dcmm"):
        items = [i for d in run(ws, name)["dimensions"] for i in d["items"]]
        assert sum(i["counted"] > 0 for i in items) >= 0.6 * len(items)


def test_the_road_is_dated_within_its_budget_and_leads_up(ws):
    told = roadmap(ws, model="annex2", budget=10)
    assert 0 < told["effort_days"] <= 10
    assert told["to"]["claimed"]["score"] > told["from"]["claimed"]["score"]
    begins = [date.fromisoformat(s["begins"]) for s in told["steps"]]
    assert begins == sorted(begins)
    assert all(day.weekday() < 5 for day in begins)
    assert all(s["counts_from"] >= s["ends"] >= s["begins"] for s in told["steps"])
    assert roadmap(ws, model="annex2", budget=0.01)["steps"] == []


def test_a_sector_changes_the_order(ws):
    plain, steel, food = (
        [s["clause"] for s in roadmap(ws, model="annex2", sector=code, budget=15)["steps"]]
        for code in ("", "RM1", "cg3")
    )
    assert plain != steel
    assert steel != food
    with pytest.raises(NotFound, match="no sector 'RM9'"):
        roadmap(ws, sector="RM9")
    with pytest.raises(DataError, match="budget"):
        roadmap(ws, budget=0)


def test_working_days_leave_out_saturdays_and_sundays():
    friday = date(2026, 11, 27)
    days = [working_day(friday, n).isoformat() for n in range(7)]
    assert days == ["2026-11-27", "2026-11-30", "2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04", "2026-12-07"]
    assert working_day(date(2026, 11, 29), 0).isoformat() == "2026-11-30"


def test_every_fact_is_listed_with_its_meaning(ws):
    rows = {f["name"]: f for f in listed(ws)["facts"]}
    assert rows["models_published"]["value"] == 1
    assert rows["share_promises_kept"]["value"] is None
    assert rows["share_promises_kept"]["said"]["zh"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_command_line_says_it_within_80_columns(ws, call, language):
    from diapason.faces.cli.columns import width

    plant = ("-w", str(ws.folder), "--lang", language)
    for words in (["appraise", "annex2"], ["appraise", "dcmm", "--item", "11.2"], ["roadmap", "--sector", "RM1"]):
        said = call(*words, *plant)
        assert said.exit_code == 0, said.output
        assert max(width(line) for line in said.stdout.splitlines() if "diapason " not in line) <= 80
        assert bool(HAN.search(said.stdout)) == (language == "zh")
    assert call("declare", "annex2.7.c", "yes", *plant).exit_code == 0
    assert "annex2.7.c" in call("declare", *plant).stdout
    assert json.loads(call("appraise", "annex2", "--json", *plant).stdout)["claimed"]["level"] >= 1
    assert json.loads(call("appraise", "--facts", "--json", *plant).stdout)["facts"]


def test_an_appraisal_is_quick(ws):
    run(ws, "dcmm")
    begin = time.process_time()
    run(ws, "dcmm")
    assert time.process_time() - begin < 1.5


def _on(ws, day):
    return replace(ws, clock=lambda: ws.clock() + timedelta(days=day))


def _clauses(done):
    return {c["clause"].rpartition(".")[2]: (c["by"], c["proven"], c["state"]) for c in done["item"]["clauses"]}


def test_figures_kept_over_time_are_counted_from_signed_appraisals(ws):
    """Four days over ninety or more; not tested before; what is better than at first is counted, and never asked."""
    told = {}
    for day in (0, 31, 62, 93, 94):
        later = _on(ws, day)
        told[day] = _clauses(run(later, "dcmm", item="12.3"))
    assert told[62]["w"] == ("", None, "not tested")
    assert told[94]["w"] == ("machine", 1.0, "met")
    assert told[94]["y"] == ("machine", 0.0, "not met")
    for_half_a_year = _clauses(run(_on(ws, 190), "dcmm", item="12.3"))
    assert for_half_a_year["b"][2] == "met"
    assert _clauses(run(_on(ws, 191), "dcmm", item="12.3"))["y"] == ("machine", 1.0, "met")


def test_what_falls_is_named_and_signed(ws):
    """An assessment that grew old; once told it is not told again."""
    assert run(ws, "dcmm")["fell"] == []
    done = run(_on(ws, 62), "dcmm")
    assert "dcmm_2025.11.2.c" in {f["code"] for f in done["fell"]}
    assert attest.finished(ws, done["run"])["result"]["fell"] == [f["code"] for f in done["fell"]]
    assert "dcmm_2025.11.2.c" not in {f["code"] for f in run(_on(ws, 63), "dcmm")["fell"]}


def test_an_own_clause_stands_in_the_place_of_a_common_one(ws):
    """Once each; a machine counts it where the item has evidence of its own, a person is asked where it has none."""
    by_item = {i.code: i for i in find(ws, "dcmm").model.items()}
    for code, counted in (("11.4", True), ("14.1", True), ("12.1", False)):
        mine = [c for c in by_item[code].clauses if c.code.endswith(".x")]
        assert [c.test.ask is None for c in mine] == [counted], code
    common = [c for i in by_item.values() for c in i.clauses if c.code[-1] in "wxyz"]
    assert len(common) == 4 * len(by_item)
    assert sum(c.test.ask is not None for c in common) < len(common) / 2
