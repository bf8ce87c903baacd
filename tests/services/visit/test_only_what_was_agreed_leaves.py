"""What leaves: rounded, wordless, seen and let out by a second person, and never enough to subtract."""

import asyncio
import json
import re
import shutil
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diapason.errors import BrokenEvidence, Refused
from diapason.knowledge.loader import check
from diapason.services import attest, evidence, ingest, verify, visit, workspace
from diapason.services.comply.questions import Answer, store
from diapason.services.visit.bundles import Told
from diapason.services.visit.content import check_words
from diapason.services.visit.contract import FIELDS, agreed
from diapason.services.visit.mapping import Mapped
from diapason.testing.killing import kill_at, whole
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.tables import VersionRef

SECRET = ("Zirkon-Blau", "Zirkon-Rot", "TI101", "HV", "oven", "wang", "grade")


def papers(played):
    """Terms, plan and columns of the visit that was played."""
    plan = attest.finished(played.both.mill, played.done["run"])["plan"]
    told = check(plan["settings"]["told"], Told, at="test")
    return agreed(played.both.contract).terms, told, [Mapped(**m) for m in plan["settings"]["columns"]]


def recorded(both, done, contract, dataset="oven@1", rows=None):
    """A finished visit of another contract or version with the same result, sealed and signed without the trial."""
    first = attest.finished(both.mill, done["run"])
    found = agreed(contract)
    settings_ = {**first["plan"]["settings"], "contract": found.digest, "terms": found.plain}
    budget = {**first["plan"]["budget"], **({"rows": rows} if rows else {})}
    said = {**first["plan"], "settings": settings_, "dataset": dataset, "budget": budget}
    run = attest.begin(both.mill, Plan(**{**said, "candidates": tuple(said["candidates"])}))
    run.finish({**first["result"], **({"rows_used": rows} if rows else {})})
    return run.id


def test_no_word_of_the_plant_is_in_the_file(played):
    """Neither values, nor names of columns, dataset and people; and no row number, no minimum, no maximum."""
    data = played.file.read_bytes()
    told = data.decode("utf-8", "ignore")
    assert not [w for w in SECRET if re.search(rf"(?<![\w+/]){w}(?![\w+/=])", told)]  # signatures are letters too
    content = visit.prepare(played.both.mill, played.done["run"], played.both.contract)["content"]
    own = played.both.mill.lake.scan(VersionRef("oven")).collect()
    heat = (own["TI101"].to_numpy() - 32) / 1.8
    numbers = set(json.loads(json.dumps(content), parse_float=str, parse_int=str).__repr__().split("'"))
    assert not {repr(float(heat.min())), repr(float(heat.max()))} & numbers
    ranges = {r["column"]: r for r in content["ranges"]}
    assert ranges["heat"]["low"] > heat.min()
    assert ranges["heat"]["high"] < heat.max()
    assert set(content["fields"]) == set(FIELDS)


def test_gains_and_counts_are_rounded(played):
    content = visit.prepare(played.both.mill, played.done["run"], played.both.contract)["content"]
    assert content["counts"]["total"] % 5 == 0
    assert all(cell["rows"] is None or cell["rows"] % 5 == 0 for cell in content["counts"]["slices"])
    learner = content["trials"][0]["over_nothing"]
    assert all(len(f"{abs(learner[k]):g}".replace(".", "").lstrip("0")) <= 4 for k in ("value", "low", "high"))
    assert set(learner) == {"value", "low", "high", "unit", "level"}
    assert content["runs"] | {"abandoned": 0} == content["runs"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(SECRET[:5]), st.integers(0, 5))
def test_a_text_of_the_data_is_stopped_wherever_it_stands(played, word, where):
    """Whatever part of the system would put it there."""
    content = visit.prepare(played.both.mill, played.done["run"], played.both.contract)["content"]
    told = json.loads(json.dumps(content))
    spots = [
        lambda: told.update(task=word),
        lambda: told["trials"][0].update(name=word),
        lambda: told["trials"][0].update({word: 1}),
        lambda: told["counts"]["slices"][0].update(value=word),
        lambda: told["ranges"].append({"column": word}),
        lambda: told["findings"].append({"kind": f"stuck {word}"}),
    ]
    spots[where]()
    with pytest.raises(Refused, match=r"release|may leave|stands in the data"):
        check_words(played.both.mill, told, papers(played), VersionRef("oven", 1))


def test_a_field_beyond_the_contract_is_stopped(played):
    terms, told, columns = papers(played)
    content = visit.prepare(played.both.mill, played.done["run"], played.both.contract)["content"]
    less = msgspec.structs.replace(terms, may_leave=["trials"])
    with pytest.raises(Refused, match="is not in the contract"):
        check_words(played.both.mill, content, (less, told, columns), VersionRef("oven", 1))


def test_a_category_leaves_by_name_only_if_the_contract_lists_it(played):
    """And the other one is just 'all others'."""
    terms, told, columns = papers(played)
    content = visit.prepare(played.both.mill, played.done["run"], played.both.contract)["content"]
    with_name = {**content, "counts": {**content["counts"], "slices": [{"column": "heat", "value": "Zirkon-Blau"}]}}
    listed = msgspec.structs.replace(terms, words=["Zirkon-Blau"])
    check_words(played.both.mill, with_name, (listed, told, columns), VersionRef("oven", 1))
    with pytest.raises(Refused):
        check_words(played.both.mill, with_name, (terms, told, columns), VersionRef("oven", 1))


def test_who_ran_it_cannot_let_it_out_nor_can_anybody_without_the_role(played, tmp_path):
    """And only what was seen leaves."""
    both = played.both
    again = both.agree("again.yaml", purpose="again")
    run = recorded(both, played.done, again)
    seen = visit.prepare(both.mill, run, again)["digest"]
    with pytest.raises(Refused, match="not approver"):
        visit.release(both.mill, run, again, approve=seen, to=tmp_path / "a")
    workspace.add_person(both.mill, "wang", ["administrator", "trainer", "approver"])
    with pytest.raises(Refused, match="ran this trial"):
        visit.release(both.mill, run, again, approve=seen, to=tmp_path / "a")
    for wrong in ("0" * 64, seen[:6], ""):
        with pytest.raises(Refused, match="not the content that was approved"):
            visit.release(both.hands("li"), run, again, approve=wrong, to=tmp_path / "a")
    assert not (tmp_path / "a").exists()
    assert visit.release(both.hands("li"), run, again, approve=seen[:12], to=tmp_path / "a")["person"] == "li"
    twice = visit.release(both.hands("li"), run, again, approve=seen, to=tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert len(list(both.mill.ledger.entries(kind="release", run=run))) == 1
    assert twice["content"] == visit.prepare(both.mill, run, again)["content"]


def test_a_replayed_contract_lets_nothing_out(played, tmp_path):
    """One that ended, or another one than the run was made under."""
    both = played.both
    other = both.agree("another.yaml", purpose="another")
    with pytest.raises(Refused, match="not run under this contract"):
        visit.prepare(both.mill, played.done["run"], other)
    ended = both.agree("past.yaml", until=date(2020, 1, 1))
    run = recorded(both, played.done, ended)
    with pytest.raises(Refused, match="ended on 2020-01-01"):
        visit.release(both.hands("li"), run, ended, approve="0" * 12, to=tmp_path / "a")


def test_two_runs_that_differ_by_one_row_do_not_both_leave(played, tmp_path):
    """The file is read anew without one row in its middle, so that all rows move up: still the same rows."""
    both = played.both
    own = both.mill.lake.scan(VersionRef("oven", 1)).collect().drop("_row")
    for drop, name, allowed in ((1, "less.yaml", False), (30, "lesser.yaml", True)):
        keep = [i for i in range(own.height) if not 50 <= i < 50 + drop]
        own[keep].write_csv(tmp_path / "oven.csv")
        asyncio.run(ingest.run(both.mill, str(tmp_path / "oven.csv"), name="oven", target="HV"))
        version = both.mill.lake.version(VersionRef("oven")).ref
        contract = both.agree(name, purpose=name)
        run = recorded(both, played.done, contract, str(version), len(keep))
        if allowed:
            assert visit.prepare(both.mill, run, contract)["content"]["counts"]["total"] is not None
        else:
            with pytest.raises(Refused, match="fewer than 10"):
                visit.prepare(both.mill, run, contract)


def test_a_copy_under_another_name_is_no_new_data(played, tmp_path):
    """Without one row: the account knows rows by their content, whatever the dataset is called."""
    both = played.both
    own = both.mill.lake.scan(VersionRef("oven", 1)).collect().drop("_row")
    own[1:].write_csv(tmp_path / "copy.csv")
    units = {"TI101": "[degF]"}
    asyncio.run(ingest.run(both.mill, str(tmp_path / "copy.csv"), name="copy", target="HV", units=units))
    contract = both.agree("copy.yaml", purpose="copy")
    run = recorded(both, played.done, contract, "copy@1", own.height - 1)
    with pytest.raises(Refused, match="fewer than 10"):
        visit.prepare(both.mill, run, contract)


def test_noise_is_paid_for_and_the_same_for_the_same_run(played):
    """Three partitions at 0.5 fit into 2; what is not told can't be bought by asking again."""
    both = played.both
    noisy = both.agree("noisy.yaml", noise={"each": 0.5, "total": 2.0})
    run = recorded(both, played.done, noisy)
    first, second = (visit.prepare(both.mill, run, noisy) for _ in range(2))
    assert first["content"] == second["content"]
    assert first["content"]["counts"]["epsilon"] == 1.5
    dear = both.agree("dear.yaml", noise={"each": 1.0, "total": 2.0})
    with pytest.raises(Refused, match="would cost epsilon 3"):
        visit.prepare(both.mill, recorded(both, played.done, dear), dear)


def test_the_provider_reads_what_the_plant_signed_and_keeps_it(played, tmp_path):
    """Twice the same; as evidence that holds; nothing changed, nothing of another contract."""
    both = played.both
    told = visit.read(both.acme, played.file, both.contract)
    assert visit.read(both.acme, played.file, both.contract)["run"] == told["run"]
    assert told["content"]["trials"][0]["name"] == "linear"
    evidence.export(both.acme, told["name"], tmp_path / "x.evidence")
    held = verify.verify(tmp_path / "x.evidence", signer=both.acme.signer.keyid)
    assert held["runs"]["finished"] >= 1
    data = played.file.read_bytes()
    for at in range(0, len(data), max(1, len(data) // 40)):
        (tmp_path / "bad").write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(BrokenEvidence):
            visit.read(both.acme, tmp_path / "bad", both.contract)
    with pytest.raises(BrokenEvidence, match="another contract"):
        visit.read(both.acme, played.file, both.agree("foreign.yaml", purpose="foreign"))
    with pytest.raises(Refused, match="not the provider"):
        visit.read(both.mill, played.file, both.contract)


@pytest.mark.parametrize("share", [0.3, 0.7, 0.98])
def test_a_killed_release_leaves_both_workspaces_whole_and_can_be_done_again(played, tmp_path, share):
    """It is in the ledger with everything behind it, or it is not; the same call ends the work."""
    both = played.both
    contract = both.agree(f"kill{share}.yaml", purpose=f"kill {share}")
    run = recorded(both, played.done, contract)
    seen = visit.prepare(both.mill, run, contract)["digest"]
    for ws in (both.mill, both.acme):
        ws.ledger.close()
    command = ("diapason", "visit", "release", run, "--contract", str(contract), "--approve", seen,
               "--to", str(tmp_path / "a"), "-w", str(both.mill.folder), "--as", "li")  # fmt: skip
    killed = kill_at(command, max(1, int(40 * share)), both.mill.folder, cwd=tmp_path)
    assert killed or (tmp_path / "a").exists()
    assert whole(both.mill.folder) == []
    assert whole(both.acme.folder) == []
    done = visit.release(both.hands("li"), run, contract, approve=seen, to=tmp_path / "b")
    assert len(list(both.mill.ledger.entries(kind="release", run=run))) == 1
    assert visit.read(both.acme, Path(done["file"]), contract)["content"]["contract"] == agreed(contract).digest


def test_what_is_declared_to_leave_waits_for_its_route_or_for_the_word_that_it_stays(played, tmp_path):
    """A rule that stands against it is named and nothing is written, also of what was let out before."""
    run, contract = played.done["run"], played.both.contract
    shutil.copytree(played.both.mill.folder, tmp_path / "mill")
    li = workspace.open_workspace(tmp_path / "mill", person="li")
    store(li, [Answer(n, v, None, None, "") for n, v in {"in_china": True, "outbound": True}.items()])
    seen = visit.prepare(li, run, contract)["digest"]
    with pytest.raises(Refused, match="oven may not leave yet: R-0"):
        visit.release(li, run, contract, approve=seen, to=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert visit.release(li, run, contract, approve=seen, to=tmp_path / "out", stays="a room of ours")["person"] == "li"
    assert (tmp_path / "out").exists()
    kept = li.ledger.last(kind="handout", subject="oven")
    assert kept is not None
    assert (kept.run, kept.body["stays"], kept.body["by"]) == (run, "a room of ours", "li")
