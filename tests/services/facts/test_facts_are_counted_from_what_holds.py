"""Facts come from signed entries that verify; what was changed, forged or taken away is unknown, and says why."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

import diapason
from diapason.engines.evidence import chain, dsse
from diapason.services.facts import facts, known, read
from diapason.services.workspace import add_person, backup, open_workspace
from diapason.vocabulary.evidence import Statement
from diapason.vocabulary.facts import ground


def _opened(ws):
    """The file of the ledger, with what guards it taken off."""
    ws.ledger.close()
    file = sqlite3.connect(ws.folder / "ledger.db")
    for name in ("entries_never_change", "entries_never_go", "entries_follow"):
        file.execute(f"DROP TRIGGER {name}")
    return closing(file)


def _forge(ws, seq, change, *, again=False):
    """Change the body of an entry; with `again` link the whole chain anew, as a forger with the file would."""
    with _opened(ws) as file:
        body = json.loads(file.execute("SELECT body FROM entries WHERE seq = ?", (seq,)).fetchone()[0])
        change(body)
        file.execute("UPDATE entries SET body = ? WHERE seq = ?", (json.dumps(body), seq))
        before = chain.START
        rows = file.execute("SELECT seq, at, kind, run, subject, body FROM entries ORDER BY seq").fetchall()
        for n, at, kind, run, subject, text in rows if again else ():
            fields = {"seq": n, "at": at, "kind": kind, "run": run, "subject": subject, "body": json.loads(text)}
            own = chain.link(before, fields)
            file.execute("UPDATE entries SET before = ?, hash = ? WHERE seq = ?", (before, own, n))
            before = own
        file.commit()


def _result(ws, verb):
    return next(e for e in ws.ledger.entries(kind="result") if e.run.startswith(verb))


def test_a_plant_that_went_the_whole_way_can_show_it(ws):
    found = facts(ws)
    wanted = {
        "datasets": 1,
        "rows": 120,
        "datasets_with_owner": 1,
        "share_datasets_assessed": 1.0,
        "quality_dimensions": 5,
        "models_learnt": 1,
        "models_with_interval": 1,
        "models_approved": 1,
        "models_published": 1,
        "published_with_acceptance": 1,
        "predictions": 1,
        "rows_predicted": 5,
        "share_predictions_published": 1.0,
        "people": 2,
        "approvers": 1,
        "duties_apart": True,
        "rows_add_up": True,
        "ledger_holds": True,
        "backups": 0,
        "runs_unfinished": 0,
    }
    got = {name: found[name].value for name in wanted}
    assert got | {"quality_dimensions": 5} == wanted
    assert got["quality_dimensions"] in (5, 6)
    assert found["datasets"].on == (ground("dataset", "furnace@1"),)
    assert found["models_learnt"].on == (ground("model", "furnace@1"),)
    assert all(f.by == "machine" and f.said and f.said.en and f.said.zh for f in found.values())
    assert "share_promises_kept" not in found, "no order was closed: there is nothing to take a share of"
    assert "days_since_backup" not in found


def test_every_fact_that_is_known_has_both_languages_and_a_name_of_its_own():
    assert len(known()) > 90
    assert all(f.said.en and f.said.zh and f.said.en != f.said.zh for f in known().values())


def test_files_lying_about_are_not_counted(ws):
    (ws.folder / "contracts" / "other.yaml").write_text("name: other")
    (ws.folder / "lake" / "other").mkdir()
    assert facts(ws)["datasets"].value == 1


def test_facts_follow_what_is_done(ws):
    backup(ws, ws.folder.parent / "plant.backup")
    add_person(ws, "zhao", ["trainer"])
    found = facts(ws)
    assert (found["backups"].value, found["days_since_backup"].value) == (1, 0)
    assert (found["people"].value, found["trainers"].value) == (3, 2)
    add_person(ws, "li", [])
    found = facts(ws)
    assert found["models_approved"].value == 0, "who is no approver any more approves nothing"
    assert found["duties_apart"].value is False


def test_a_changed_result_makes_what_is_counted_from_it_unknown_and_nothing_else(ws):
    before, entry = facts(ws), _result(ws, "assess")
    _forge(ws, entry.seq, lambda body: body.update(payload=body["payload"][:-8] + "AAAAAAA="))
    after = facts(open_workspace(ws.folder))
    unknown = {n for n, f in after.items() if f.value is None}
    assert {"assessments", "share_datasets_assessed", "days_since_assess"} <= unknown
    assert all(f"entry {entry.seq}" in after[n].said.en and f"{entry.seq}" in after[n].said.zh for n in unknown)
    assert after["assessments"].on == (ground("entry", entry.seq),)
    own = {"ledger_holds"}
    stays = {"datasets", "models_learnt", "models_published", "predictions", "people", "rows_add_up", "backups"}
    assert not stays & unknown
    assert {n: f for n, f in after.items() if n not in unknown | own} == {
        n: f for n, f in before.items() if n not in unknown | own
    }
    assert after["ledger_holds"].value is False


def test_a_forger_who_links_the_chain_anew_still_has_no_key(ws):
    entry = _result(ws, "learn")

    def better(body):
        statement = dsse.opened(body)
        said = json.loads(json.dumps(dict(statement.predicate)))
        said["result"]["honest"]["score"]["value"] = 0.0
        forged = dsse.sign(Statement(statement.subjects, statement.predicate_type, said), "x", lambda _: b"0" * 64)
        body.update(forged | {"signatures": body["signatures"]})

    _forge(ws, entry.seq, better, again=True)
    found = facts(open_workspace(ws.folder))
    assert found["models_with_interval"].value is None
    assert "signed by none" in found["models_with_interval"].said.en
    assert found["share_datasets_assessed"].value == 1.0


def test_a_true_statement_in_another_place_is_no_evidence(ws):
    """An assessment copied under another run is not a second assessment."""
    entry = _result(ws, "assess")
    ws.ledger.append("result", run="assess-0000000000-1", subject=entry.subject, body=dict(entry.body))
    found = facts(ws)["assessments"]
    assert found.value is None
    assert "stands under" in found.said.en


def test_a_result_whose_plan_was_not_sealed_before_is_not_counted(ws):
    entry = _result(ws, "predict")
    ws.ledger.append("result", run=entry.run, subject=entry.subject, body=dict(entry.body))
    assert facts(ws)["predictions"].value is None


def test_an_entry_that_was_taken_away_makes_all_unknown(ws):
    last = ws.ledger.head()[0]
    with _opened(ws) as file:
        file.execute("DELETE FROM entries WHERE seq = ?", (last - 3,))
        file.commit()
    found = facts(open_workspace(ws.folder))
    assert {f.value for f in found.values()} == {None}
    assert "not whole" in found["datasets"].said.en


def test_an_approval_by_a_key_of_nobody_is_not_counted(ws):
    entry = next(iter(ws.ledger.entries(kind="approve")))
    _forge(ws, entry.seq, lambda body: body["signatures"][0].update(sig="A" * 86 + "=="), again=True)
    found = facts(open_workspace(ws.folder))
    assert found["models_approved"].value is None
    assert found["models_published"].value == 1, "the publication is signed by the workspace"


def test_an_approval_ends_on_its_day(ws):
    later = replace(ws, clock=lambda: ws.clock() + timedelta(days=400))
    found = facts(later)
    assert (found["models_approved"].value, found["models_published"].value) == (0, 0)
    assert found["days_since_learn"].value == 400


def test_what_fell_is_left_out_of_every_count(ws):
    found = facts(ws, fallen={ground("dataset", "furnace@1"), ground("model", "furnace@1")})
    assert (found["datasets"].value, found["models_learnt"].value, found["predictions"].value) == (0, 0, 1)
    run = _result(ws, "predict").run
    assert facts(ws, fallen={ground("run", run)})["predictions"].value == 0


def test_what_was_deleted_is_counted_no_more(ws):
    plant = diapason.Plant(ws)
    plant.forget("furnace@1", reason="withdrawn", model=True)
    found = facts(ws)
    assert (found["models_learnt"].value, found["erasures"].value) == (0, 1)
    plant.forget("furnace", reason="withdrawn")
    assert facts(ws)["datasets"].value == 0


def test_a_run_that_never_ended_is_counted_as_such(ws):
    from diapason.services import attest
    from diapason.vocabulary.evidence import Plan

    plan = Plan("learn", "furnace@1", "", "", "", "", (), 7, {})
    run = attest.begin(ws, plan)
    assert facts(ws)["runs_unfinished"].value == 1
    run.abandon("the oven was cold")
    found = facts(ws)
    assert (found["runs_unfinished"].value, found["runs_abandoned"].value, found["share_runs_ended"].value) == (
        0,
        1,
        1.0,
    )


class _Counted:
    """A ledger that counts how often it is read from the start."""

    def __init__(self, ledger):
        self.ledger, self.reads = ledger, 0

    def entries(self, **wanted):
        self.reads += 1
        return self.ledger.entries(**wanted)


def test_the_ledger_is_read_in_one_pass(ws):
    counted = _Counted(ws.ledger)
    assert len(facts(replace(ws, ledger=counted))) > 80
    assert counted.reads == 1


@pytest.mark.parametrize("bad", ["", "{}", '{"payload": "x"}'])
def test_a_signed_entry_of_an_odd_form_is_named_not_fatal(ws, bad):
    ws.ledger.append("approve", subject="furnace@1", body=json.loads(bad or "{}"))
    assert facts(ws)["models_approved"].value is None
    assert read(ws).broken()
    shutil.rmtree(ws.folder)
