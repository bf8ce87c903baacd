"""An evidence file holds as it is, and nothing else that looks like it does; a stranger's program says the same."""

import importlib.util
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diapason.engines.evidence import bundle, container, dsse, merkle
from diapason.engines.evidence.canonical import canonical, digest
from diapason.errors import BrokenEvidence, Conflict, DataError, DiapasonError, NotFound, Refused
from diapason.ports.workspace import Workspace
from diapason.services import attest, evidence, workspace
from diapason.services.verify import verify
from diapason.vocabulary.evidence import Grade, Plan, Statement, Subject

RECOUNT = Path(__file__).parents[2] / "examples" / "recount" / "recount.py"
FOREIGN = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def _plan(seed: int = 1, **settings: object) -> Plan:
    return Plan(
        "learn", "涡轮@1", "ab" * 32, "a model is useful", "rmse", "asset", ("boosted",), seed, {"trainings": 3},
        settings={"task": "remaining_life", **settings},
    )  # fmt: skip


def _predictions(shift: float = 0.0) -> pl.DataFrame:
    truth = [float(i % 40) for i in range(60)]
    return pl.DataFrame({
        "row": range(60), "fold": [i % 3 for i in range(60)], "asset": [f"单元 {i // 20}, \"A\"" for i in range(60)],
        "time": range(60), "truth": truth, "prediction": [t + shift + 0.1 * (i % 7) for i, t in enumerate(truth)],
    })  # fmt: skip


def _history(site: Workspace) -> None:
    """One finished run, one abandoned, one that never ended, and one about something else."""
    attest.begin(site, _plan(2)).abandon("too slow")
    attest.begin(site, _plan(3))
    run = attest.begin(site, _plan())
    run.keep("predictions", _predictions())
    run.finish({"score": 0.36})
    attest.begin(site, Plan("assess", "other@1", "", "", "", "", (), 0, {})).finish({})


@dataclass(frozen=True)
class Site:
    """A workspace with a history, its evidence and an anchor."""

    workspace: Workspace
    file: Path
    anchor: Path
    folder: Path

    @property
    def signer(self) -> str:
        return self.workspace.signer.keyid

    @property
    def data(self) -> bytes:
        return self.file.read_bytes()

    def judged(self, data: bytes, **asked: object) -> dict[str, object]:
        """What verify says to these bytes, by the known signer unless told otherwise."""
        path = self.folder / "changed.evidence"
        path.write_bytes(data)
        return verify(path, **({"signer": self.signer} | asked))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("site")
    workspace.init(folder / "plant", person="wang")
    opened = workspace.open_workspace(folder / "plant", person="wang")
    _history(opened)
    evidence.export(opened, "涡轮", folder / "x.evidence")
    evidence.anchor(opened, folder / "x.anchor")
    return Site(opened, folder / "x.evidence", folder / "x.anchor", folder)


@pytest.fixture(scope="module")
def recount() -> ModuleType:
    spec = importlib.util.spec_from_file_location("recount", RECOUNT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _theirs(recount: ModuleType, data: bytes, signer: str, anchor: bytes = b"") -> str:
    """What a stranger's program says: "holds" or "does not"."""
    try:
        recount.recheck(data, signer, anchor)
    except (recount.Broken, *recount.MALFORMED):
        return "does not"
    return "holds"


def test_what_is_whole_holds_in_both_programs(site: Site, recount: ModuleType) -> None:
    """Grade, counts and scores are the same; lost runs are counted."""
    found = verify(site.file, signer=site.signer, anchor=site.anchor)
    again = recount.recheck(site.data, site.signer, site.anchor.read_bytes())
    assert found["grade"] == "re-scored"
    assert found["runs"] == {"finished": 1, "abandoned": 1, "unfinished": 1}
    assert (again["runs"], again["abandoned"], again["entries"]) == (1, 2, found["entries"])
    assert found["since_anchor"] == 0
    (ours,), (theirs,) = found["scores"].values(), again["scores"].values()
    assert ours.keys() == theirs.keys()
    assert all(recount.same(ours[k], theirs[k]) for k in ours)
    assert ours["rmse"] == pytest.approx((sum((0.1 * (i % 7)) ** 2 for i in range(60)) / 60) ** 0.5)


def test_the_same_history_gives_the_same_file(site: Site) -> None:
    """But for the moment at which it was made, which is stated."""
    evidence.export(site.workspace, "涡轮", site.folder / "again.evidence")
    first, second = (container.unpack(p.read_bytes()) for p in (site.file, site.folder / "again.evidence"))
    assert list(first) == list(second)
    assert all(first[n] == second[n] for n in first if n != bundle.MANIFEST)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_byte_of_the_file_is_free(site: Site, recount: ModuleType, data: st.DataObject) -> None:
    """A bit flipped, a piece cut, doubled, moved or added: refused by both, and never a traceback."""
    whole = site.data
    at = data.draw(st.integers(0, len(whole) - 1))
    end = min(len(whole), at + data.draw(st.integers(1, 400)))
    changed = data.draw(
        st.sampled_from([
            whole[:at] + bytes([whole[at] ^ 1 << data.draw(st.integers(0, 7))]) + whole[at + 1 :],
            whole[:at],
            whole[:at] + whole[end:],
            whole[:end] + whole[at:end] + whole[end:],
            whole[end:] + whole[:end],
            whole[:at] + b"\0" * (end - at) + whole[end:],
            whole[:at] + b"\n" + whole[at:],
        ])
    )  # fmt: skip
    if changed == whole:
        return
    for signer in (site.signer, ""):
        with pytest.raises(BrokenEvidence):
            site.judged(changed, signer=signer)
        assert _theirs(recount, changed, signer) == "does not"


def _packed(members: dict[str, bytes]) -> bytes:
    return b"".join(container.pack(members.items()))


def _zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED, comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as box:
        for name, data in members.items():
            box.writestr(zipfile.ZipInfo(name), data, compress_type=compression)
        box.comment = comment
    return out.getvalue()


def _twice(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as box:
        for name, data in members.items():
            box.writestr(zipfile.ZipInfo(name), data)
        with pytest.warns(UserWarning, match="Duplicate"):
            box.writestr(zipfile.ZipInfo("keys.json"), b"{}")
    return out.getvalue()


KEPT = "kept/"
BOXES: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "a member added": lambda m: _packed({**m, "extra.txt": b"x"}),
    "a member gone": lambda m: _packed({n: d for n, d in m.items() if not n.startswith(KEPT)}),
    "members moved": lambda m: _packed(dict(reversed(m.items()))),
    "a score made better": lambda m: _packed({n: d.replace(b"39.0", b"38.0") for n, d in m.items()}),
    "a ledger line gone": lambda m: _packed({**m, "ledger.jsonl": m["ledger.jsonl"].split(b"\n", 1)[1]}),
    "a ledger line twice": lambda m: _packed({**m, "ledger.jsonl": m["ledger.jsonl"] * 2}),
    "no signed list": lambda m: _packed({n: d for n, d in m.items() if n != "manifest.json"}),
    "no keys": lambda m: _packed({n: d for n, d in m.items() if n != "keys.json"}),
    "keys of another shape": lambda m: _packed({**m, "keys.json": b"[1]"}),
    "a list that is no envelope": lambda m: _packed({**m, "manifest.json": b'{"payload":"e30="}'}),
    "a list nested very deep": lambda m: _packed({**m, "manifest.json": b"[" * 200_000}),
    "a field nobody signed": lambda m: _packed({**m, "manifest.json": m["manifest.json"][:-1] + b',"z":1}'}),
    "spaces nobody signed": lambda m: _packed({**m, "manifest.json": m["manifest.json"] + b" "}),
    "a member twice": _twice,
    "the same in a foreign zip": _zipped,
    "compressed members": lambda m: _zipped(m, zipfile.ZIP_DEFLATED),
    "a zip bomb": lambda m: _zipped({**m, "bomb": bytes(30_000_000)}, zipfile.ZIP_DEFLATED),
    "a comment behind": lambda m: _zipped(m, comment=b"hello"),
    "a path upwards": lambda m: _zipped({**m, "../../etc/passwd": b"x"}),
    "a path from the root": lambda m: _zipped({**m, "/etc/passwd": b"x"}),
    "a path of Windows": lambda m: _zipped({**m, "c:\\windows\\x": b"x"}),
    "an empty zip": lambda m: _zipped({}),
    "nothing": lambda m: b"",
    "no zip": lambda m: b"hello" * 100,
    "a header alone": lambda m: b"PK\3\4" + b"\xff" * 26,
}


@pytest.mark.parametrize("how", BOXES)
@pytest.mark.parametrize("known", [True, False], ids=["known signer", "unknown signer"])
def test_every_other_box_is_refused(site: Site, recount: ModuleType, how: str, known: bool) -> None:
    """By both programs, as broken evidence."""
    changed = BOXES[how](container.unpack(site.data))
    signer = site.signer if known else ""
    with pytest.raises(BrokenEvidence):
        site.judged(changed, signer=signer)
    assert _theirs(recount, changed, signer) == "does not"


def _resigned(members: dict[str, bytes], key: Ed25519PrivateKey, **facts: object) -> dict[str, bytes]:
    """The list made anew over whatever the members are now, by some key."""
    public = key.public_key().public_bytes_raw()
    keyid = dsse.fingerprint(public)
    keys = json.loads(members["keys.json"]) | {keyid: {"public": public.hex(), "of": "plant"}}
    listed = {n: d for n, d in members.items() if n != "manifest.json"} | {"keys.json": canonical(keys)}
    said = dict(dsse.opened(json.loads(members["manifest.json"])).predicate) | facts
    lines = merkle.lines(listed["ledger.jsonl"])
    said["entries"] = facts.get("entries", {"count": len(lines), "root": merkle.root(lines)})
    subjects = tuple(Subject(n, digest_of(d)) for n, d in listed.items())
    signed = canonical(dsse.sign(Statement(subjects, bundle.BUNDLE, said), keyid, key.sign))
    return {n: signed if n == "manifest.json" else listed[n] for n in members}


def digest_of(data: bytes) -> str:
    from hashlib import sha256

    return sha256(data).hexdigest()


def test_a_substituted_key_is_refused_by_who_knows_the_signer(site: Site, recount: ModuleType) -> None:
    """Who doesn't is told that the signer is unknown: a valid signature is not identity."""
    forged = _packed(_resigned(container.unpack(site.data), FOREIGN))
    with pytest.raises(BrokenEvidence):
        site.judged(forged)
    assert _theirs(recount, forged, site.signer) == "does not"
    assert site.judged(forged, signer="")["known_signer"] is False
    assert recount.recheck(forged)["known_signer"] is False


def _lines(members: dict[str, bytes]) -> list[dict[str, object]]:
    return [json.loads(line) for line in merkle.lines(members["ledger.jsonl"])]


def _forged(members: dict[str, bytes], change: Callable[[list[dict[str, object]]], object]) -> dict[str, bytes]:
    entries = _lines(members)
    change(entries)
    return {**members, "ledger.jsonl": b"".join(canonical(e) + b"\n" for e in entries)}


LIES: dict[str, Callable[[list[dict[str, object]]], object]] = {
    "an abandoned run cut out": lambda e: e.pop(next(i for i, x in enumerate(e) if x["kind"] == "abandoned")),
    "the last cut off": lambda e: e.pop(),
    "an abandoned run not shown": lambda e: next(x for x in e if x["kind"] == "abandoned").pop("said"),
    "a plan changed after": lambda e: next(x for x in e if x["kind"] == "plan")["said"].update(digest="0" * 64),
    "an entry not chained": lambda e: e[1].update(at="2020-01-01"),
    "an entry of no shape": lambda e: e.__setitem__(0, {"seq": 1}),
    "an entry that is text": lambda e: e.__setitem__(0, "x"),
    "numbers that are none": lambda e: e[0].update(seq="1"),
}


@pytest.mark.parametrize("lie", LIES)
def test_not_even_the_signer_can_bend_the_chain(site: Site, recount: ModuleType, lie: str) -> None:
    """Signed anew by whoever: what does not follow is refused, with or without a known signer."""
    forged = _packed(_resigned(_forged(container.unpack(site.data), LIES[lie]), FOREIGN))
    with pytest.raises(BrokenEvidence):
        site.judged(forged, signer="")
    assert _theirs(recount, forged, "") == "does not"


def test_a_score_that_does_not_follow_is_refused(site: Site, recount: ModuleType) -> None:
    """Kept rows changed and the list signed anew: the digest in the statement says no."""
    members = container.unpack(site.data)
    name = next(n for n in members if n.startswith(KEPT))
    changed = {**members, name: members[name].replace(b"\n0,0,", b"\n0,1,", 1)}
    forged = _packed(_resigned(changed, FOREIGN))
    with pytest.raises(BrokenEvidence):
        site.judged(forged, signer="")
    assert _theirs(recount, forged, "") == "does not"


def test_a_signer_who_lies_about_a_score_is_caught(recount: ModuleType, tmp_path: Path) -> None:
    """Statement, chain and list all signed by the right key: the kept rows say otherwise."""
    workspace.init(tmp_path / "p", person="li")
    plant = workspace.open_workspace(tmp_path / "p", person="li")
    run = attest.begin(plant, _plan())
    run.keep("predictions", _predictions())
    run._kept["predictions"]["scores"]["rmse"] = 0.1
    run.finish({})
    lie = tmp_path / "lie.evidence"
    evidence.export(plant, "涡轮", lie)
    assert verify(lie, signer=plant.signer.keyid, grade=Grade.INTACT)["grade"] == "intact"
    with pytest.raises(BrokenEvidence, match="does not follow from the kept predictions"):
        verify(lie, signer=plant.signer.keyid)
    assert _theirs(recount, lie.read_bytes(), plant.signer.keyid) == "does not"


def test_an_anchor_sees_truncation_and_roll_back(site: Site, recount: ModuleType, tmp_path: Path) -> None:
    """An older file after a newer anchor, and another history of the same length."""
    workspace.init(tmp_path / "p", person="li")
    plant = workspace.open_workspace(tmp_path / "p", person="li")
    _history(plant)
    old, new, mark = tmp_path / "old.evidence", tmp_path / "new.evidence", tmp_path / "mark.anchor"
    evidence.export(plant, "涡轮", old)
    attest.begin(plant, _plan(9)).abandon("worse")
    evidence.anchor(plant, mark)
    evidence.export(plant, "涡轮", new)
    signer = plant.signer.keyid
    assert verify(new, signer=signer, anchor=mark)["since_anchor"] == 0
    with pytest.raises(BrokenEvidence, match="cut or rolled back"):
        verify(old, signer=signer, anchor=mark)
    assert _theirs(recount, new.read_bytes(), signer, mark.read_bytes()) == "holds"
    assert _theirs(recount, old.read_bytes(), signer, mark.read_bytes()) == "does not"
    with pytest.raises(BrokenEvidence):  # an anchor of another workspace
        verify(new, signer=signer, anchor=site.anchor)


@pytest.mark.parametrize("at", range(0, 700, 7))
def test_no_byte_of_an_anchor_is_free(site: Site, recount: ModuleType, at: int) -> None:
    """A changed anchor is refused, not believed."""
    text = site.anchor.read_bytes()
    bad = site.folder / "bad.anchor"
    bad.write_bytes(text[: at % len(text)] + bytes([text[at % len(text)] ^ 1]) + text[at % len(text) + 1 :])
    with pytest.raises(BrokenEvidence):
        verify(site.file, signer=site.signer, anchor=bad)
    assert _theirs(recount, site.data, site.signer, bad.read_bytes()) == "does not"


def test_the_signer_is_named_by_file_or_fingerprint(site: Site, tmp_path: Path) -> None:
    """In the spellings that people use; anything else says what is expected."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    public = Ed25519PublicKey.from_public_bytes(site.workspace.signer.public)
    pem = tmp_path / "plant.pub"
    pem.write_bytes(public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    pairs = ":".join(site.signer[i : i + 2] for i in range(0, 64, 2)).upper()
    for spelling in (site.signer, f"sha256:{site.signer}", pairs, str(pem)):
        assert verify(site.file, signer=spelling)["known_signer"] is True
    (tmp_path / "no.pub").write_text("hello")
    private = str(site.workspace.folder / "keys" / "workspace.pem")
    for wrong in ("abc", "x" * 5000, "a\0b", str(tmp_path), str(tmp_path / "no.pub"), private):
        with pytest.raises(DataError, match="neither a fingerprint nor a key file"):
            verify(site.file, signer=wrong)
    with pytest.raises(BrokenEvidence, match="isn't signed by the key"):
        verify(site.file, signer="ab" * 32)


def test_grades_are_given_as_far_as_the_file_carries(site: Site, tmp_path: Path) -> None:
    """Asked for more than is in it, verify says what is missing."""
    assert verify(site.file, signer=site.signer, grade=Grade.INTACT)["grade"] == "intact"
    evidence.export(site.workspace, "other", tmp_path / "o.evidence")
    assert verify(tmp_path / "o.evidence", signer=site.signer)["grade"] == "intact"
    with pytest.raises(Refused, match="no scored predictions"):
        verify(tmp_path / "o.evidence", signer=site.signer, grade=Grade.RESCORED)
    with pytest.raises(NotFound):
        verify(tmp_path / "absent.evidence")
    with pytest.raises(DiapasonError):
        verify(tmp_path)


def test_no_private_key_leaves_the_workspace(site: Site) -> None:
    """Neither as bytes nor as text."""
    assert b"PRIVATE" not in site.data
    for pem in (site.workspace.folder).rglob("*.pem"):
        body = b"".join(pem.read_bytes().splitlines()[1:-1])
        assert body not in site.data


def test_a_plan_is_resumed_once_and_ended_once(tmp_path: Path) -> None:
    """An unfinished run goes on; a finished one begins anew; ended twice is a conflict."""
    workspace.init(tmp_path / "p", person="li")
    plant = workspace.open_workspace(tmp_path / "p", person="li")
    first = attest.begin(plant, _plan())
    again = attest.begin(plant, _plan())
    assert (again.id, again.resumed) == (first.id, True)
    again.finish({"a": 1})
    with pytest.raises(Conflict):
        first.finish({"a": 2})
    assert attest.begin(plant, _plan()).id != first.id
    newest = attest.result(plant, "learn", "涡轮")
    assert newest is not None
    assert newest["result"] == {"a": 1}
    assert newest["run"] == first.id
    assert digest(newest["plan"]) == newest["subjects"]["plan"]
    assert attest.result(plant, "learn", "涡轮@1") == newest
    assert attest.result(plant, "learn", "涡轮@2") is None
    assert attest.result(plant, "assess", "涡轮") is None
    assert [r["state"] for r in attest.runs(plant, "涡轮")] == ["finished", "unfinished"]


def test_a_claim_that_its_rows_do_not_carry_is_not_signed(tmp_path: Path) -> None:
    """The score is recounted before it is stated."""
    workspace.init(tmp_path / "p", person="li")
    run = attest.begin(workspace.open_workspace(tmp_path / "p", person="li"), _plan())
    with pytest.raises(DataError, match="does not follow"):
        run.keep("predictions", _predictions(), scores={"rmse": 0.1})
    with pytest.raises(DataError):
        run.keep("../up", _predictions())


def test_the_stranger_runs_from_the_command_line(site: Site) -> None:
    """With nothing of this package in reach."""
    call = [sys.executable, "-I", str(RECOUNT), str(site.file), "--signer", site.signer, "--json"]
    done = subprocess.run(call, capture_output=True, text=True, check=True, cwd=site.folder)
    assert json.loads(done.stdout)["runs"] == 1
    assert "diapason" not in {line.split()[1].split(".")[0] for line in RECOUNT.read_text().splitlines()
                              if line.startswith(("import ", "from "))}  # fmt: skip


def test_a_stranger_waits_for_no_heavy_library(site: Site) -> None:
    """The grades intact and re-scored load neither frames nor learners."""
    code = (
        "import sys; from pathlib import Path; from diapason.services.verify import verify;"
        f"assert verify(Path({str(site.file)!r}), signer={site.signer!r})['grade'] == 're-scored';"
        "print(sorted({'polars', 'numpy', 'scipy', 'lightgbm', 'deltalake', 'sqlite3'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
