"""Declared facts: signed by who says so, the newest wins, they end, they fall with their document."""

import csv
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from diapason.engines.evidence import dsse
from diapason.errors import DataError, NotFound, Refused
from diapason.services.declare import declare, from_sheet, listed, to_sheet
from diapason.services.declare.words import value
from diapason.services.facts import facts
from diapason.services.maturity import questions
from diapason.services.workspace import add_person, people


def test_a_word_becomes_a_fact_by_a_person_with_its_grounds(ws, tmp_path):
    paper = tmp_path / "appointment.pdf"
    paper.write_bytes(b"%PDF appointed")
    done = declare(ws, "annex2.7.c", "yes", evidence=paper, note="since March", until="2099-01-31")
    fact = facts(ws)["annex2.7.c"]
    assert (fact.value, fact.by) == (True, "person")
    assert fact.on == (f"entry:{done['seq']}", "person:wang")
    assert "wang" in fact.said.en
    assert "since March" in fact.said.zh
    assert ws.vault.get(done["evidence"]["sha256"]) == b"%PDF appointed"


def test_it_is_signed_by_the_persons_own_key(ws, as_person):
    declare(as_person("li"), "annex2.7.c", "yes")
    entry = ws.ledger.last(kind="declare")
    own = people(ws)["li"]
    assert dsse.verify(entry.body, {own["keyid"]: bytes.fromhex(own["public"])}) == own["keyid"]
    assert own["keyid"] != ws.signer.keyid
    assert entry.subject == "fact:annex2.7.c"


def test_the_newest_word_wins_and_a_dash_takes_it_back(ws, as_person):
    declare(ws, "annex2.7.d", "0.5")
    declare(as_person("li"), "annex2.7.d", "largely")
    assert facts(ws)["annex2.7.d"].value == 0.8
    declare(ws, "annex2.7.d", "-")
    assert "annex2.7.d" not in facts(ws)
    with pytest.raises(NotFound, match="nobody has declared"):
        declare(ws, "annex2.7.d", "-")


def test_a_word_ends_on_its_day(ws):
    day = (ws.clock() + timedelta(days=3)).date()
    declare(ws, "annex2.7.c", "yes", until=day.isoformat())
    assert facts(ws)["annex2.7.c"].value is True
    fact = facts(replace(ws, clock=lambda: ws.clock() + timedelta(days=5)))["annex2.7.c"]
    assert fact.value is None
    assert "ended on" in fact.said.en
    assert "到期" in fact.said.zh


def test_a_word_falls_with_its_document(ws, tmp_path):
    paper = tmp_path / "rule.txt"
    paper.write_text("rule")
    done = declare(ws, "annex2.7.c", "yes", evidence=paper)
    ws.vault.erase(done["evidence"]["sha256"])
    fact = facts(ws)["annex2.7.c"]
    assert fact.value is None
    assert "rule.txt" in fact.said.en


def test_a_word_that_was_forged_takes_all_words_along_and_no_count(ws):
    declare(ws, "annex2.7.c", "no")
    declare(ws, "my_own", "5")
    before = facts(ws)
    seq = ws.ledger.last(kind="declare").seq
    ws.ledger.close()
    with closing(sqlite3.connect(ws.folder / "ledger.db")) as file:
        file.execute("DROP TRIGGER entries_never_change")
        file.execute("UPDATE entries SET body = replace(body, 'sig', 'gis') WHERE seq = ?", (seq,))
        file.commit()
    after = facts(ws)
    for name in ("annex2.7.c", "my_own"):
        assert after[name].value is None
        assert f"entry {seq}" in after[name].said.en
    assert after["answers_declared"].value is None
    assert after["models_learnt"] == before["models_learnt"]


def test_nobody_signs_for_somebody_else(ws):
    """A true envelope under another fact's name, or by a key that is not the person's, is no word."""
    declare(ws, "annex2.7.c", "yes")
    entry = ws.ledger.last(kind="declare")
    ws.ledger.append("declare", subject="fact:annex2.7.d", body=dict(entry.body))
    assert "annex2.7.d" not in facts(ws)


@pytest.mark.parametrize(
    ("fact", "said", "more", "error", "words"),
    [
        ("models_learnt", "5", {}, Refused, "counted here"),
        ("annex2.7.d", "often", {}, DataError, "no answer here"),
        ("annex2.7.c", "0.5", {}, DataError, "no answer here"),
        ("annex2.7.c", "yes", {"until": "2001-01-01"}, DataError, "is past"),
        ("annex2.7.c", "yes", {"until": "soon"}, DataError, "no day"),
        ("annex2.7.c", "yes", {"evidence": "no-such.pdf"}, NotFound, "no document"),
        ("two words", "yes", {}, DataError, "no name of a fact"),
    ],
)
def test_what_cannot_be_declared_is_refused_and_nothing_is_kept(ws, fact, said, more, error, words):
    before = ws.ledger.head()
    with pytest.raises(error, match=words) as refused:
        declare(ws, fact, said, **more)
    assert refused.value.said("zh")["what"]
    assert ws.ledger.head() == before


def test_who_has_no_role_has_no_say(ws, as_person):
    add_person(ws, "zhou", ["operator"])
    add_person(ws, "zhou", [])
    with pytest.raises(Refused, match="zhou is not"):
        declare(as_person("zhou"), "annex2.7.c", "yes")


@pytest.mark.parametrize(
    ("scale", "said", "wanted"),
    [
        ("yes-no", "是", True),
        ("dcmm", "部分", 0.5),
        ("dcmm", "no", 0.0),
        ("share", "80%", 0.8),
        ("number", "1,200", 1200.0),
    ],
)
def test_answers_are_read_as_people_write_them(scale, said, wanted):
    from diapason.services.maturity import Question
    from diapason.vocabulary.language import Text

    assert value(said, Question("f", "m", Text("", ""), Text("", ""), scale), at="") == wanted


def _filled(path, answers):
    lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    for line in lines[1:]:
        if line[0] in answers:
            line[5:9] = (answers[line[0]] + ["", "", "", ""])[:4]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)


def test_a_sheet_goes_out_and_comes_back(ws, tmp_path):
    sheet = tmp_path / "answers.csv"
    told = to_sheet(ws, sheet, model="annex2")
    asked = {n for n, q in questions(ws, "annex2").items() if not q.counted}
    assert told["questions"] == len(asked) > 60
    (tmp_path / "cdo.txt").write_text("appointed")
    _filled(sheet, {"annex2.7.c": ["yes", "2099-01-01", "cdo.txt", "a note"], "annex2.7.d": ["0.8"]})
    done = from_sheet(ws, sheet)
    assert (done["declared"], done["unchanged"], done["empty"]) == (2, 0, len(asked) - 2)
    found = facts(ws)
    assert (found["annex2.7.c"].value, found["annex2.7.d"].value) == (True, 0.8)
    assert "cdo.txt" in found["annex2.7.c"].said.en
    assert to_sheet(ws, tmp_path / "rest.csv", model="annex2")["questions"] == len(asked) - 2
    assert {line["fact"] for line in listed(ws)} == {"annex2.7.c", "annex2.7.d"}


def test_the_same_sheet_twice_is_signed_once(ws, tmp_path):
    sheet = tmp_path / "answers.csv"
    to_sheet(ws, sheet, model="annex2")
    _filled(sheet, {"annex2.7.c": ["yes", "2099-01-01"]})
    from_sheet(ws, sheet)
    head = ws.ledger.head()
    assert from_sheet(ws, sheet)["unchanged"] == 1
    assert ws.ledger.head() == head


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("annex2.7.d,,,,,sometimes,,,", "'sometimes' is no answer"),
        ("annex2.77.z,,,,,yes,,,", "no model here asks"),
        ("annex2.7.c,,,,,no,,,", "answered twice"),
        ("annex2.7.d,,,,,0.5,2001-01-01,,", "is past"),
        ("annex2.7.d,,,,,0.5,,lost.pdf,", "no document"),
        ("annex2.7.d,,,,,0.5,,,,,,", "more cells"),
    ],
)
def test_a_bad_line_is_named_and_no_line_is_kept(ws, tmp_path, bad, words):
    sheet, before = tmp_path / "answers.csv", ws.ledger.head()
    head = "fact,model,item,question,answers,value,until,evidence,note"
    sheet.write_text(f"{head}\nannex2.7.c,,,,,yes,,,\n{bad}\n", encoding="utf-8")
    with pytest.raises((DataError, NotFound), match=words) as refused:
        from_sheet(ws, sheet)
    assert refused.value.at.endswith("line 3")
    assert ws.ledger.head() == before


def test_a_sheet_saved_by_a_chinese_spreadsheet_is_read(ws, tmp_path):
    sheet = tmp_path / "answers.csv"
    sheet.write_bytes("fact,value,note\r\nannex2.7.c,是,已任命\r\n".encode("gb18030"))
    assert from_sheet(ws, sheet)["declared"] == 1
    assert "已任命" in facts(ws)["annex2.7.c"].said.zh


def test_a_sheet_without_its_head_line_is_refused(ws, tmp_path):
    sheet = tmp_path / "answers.csv"
    sheet.write_text("annex2.7.c,yes\n")
    with pytest.raises(DataError, match="no column fact, value"):
        from_sheet(ws, sheet)
    sheet.write_text("")
    with pytest.raises(DataError, match="no column"):
        from_sheet(ws, sheet)


def test_a_sheet_of_a_model_that_is_a_file_comes_back_too(ws, tmp_path):
    model = str(Path(__file__).parents[3] / "examples" / "maturity" / "energy.yaml")
    sheet = tmp_path / "answers.csv"
    assert to_sheet(ws, sheet, model=model)["questions"] == 2
    _filled(sheet, {"energy.P1.a": ["yes"]})
    with pytest.raises(DataError, match="no model here asks"):
        from_sheet(ws, sheet)
    assert from_sheet(ws, sheet, model=model)["declared"] == 1


def test_a_broken_model_of_the_workspace_keeps_nobody_from_answering_another(ws):
    (ws.folder / "models").mkdir()
    (ws.folder / "models" / "mine.yaml").write_text("id: [")
    assert declare(ws, "annex2.7.c", "yes")["asked"] is True
