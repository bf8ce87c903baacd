"""The programme's spine: coverage, truth, recall of 100,000 claims, 1,000 bundles counted and appraised, the supplier's
page, views over 10 M lines.

Run: python -m benchmarks.spine [--quick] [--json]. Bundles are made once and kept in the temporary folder; making them is
not part of what is measured. PostgreSQL is measured too where one answers: PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE.
"""

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import TypeVar
from urllib.parse import quote

import msgspec
import polars as pl

from benchmarks import generated
from benchmarks.frame import Result, main
from diapason.engines.appraisal.appraise import appraise as appraised
from diapason.engines.standing.falling import fall
from diapason.engines.standing.graph import Node, drawn
from diapason.knowledge import annex2, measures, sectors, shown_by
from diapason.ports import find
from diapason.ports.disk import write_whole
from diapason.ports.programme import Programme
from diapason.ports.workspace import Workspace
from diapason.services import appraise, attest, comply, count, facts, maturity, standing
from diapason.services import map as mapping
from diapason.services import workspace as workspaces
from diapason.services.count import sources
from diapason.services.standing import index as standing_index
from diapason.services.standing.claims import Claim
from diapason.services.standing.drawing import draw
from diapason.vocabulary.maturity import Maturity
from diapason.vocabulary.programme import Axis, Filed, Line

T = TypeVar("T")

SEED = 20261122
DIAPASON = Path(sys.executable).with_name("diapason")
MODELS = ("annex2", "dcmm")
CLAIMS = 100_000
KINDS = ("dataset", "run", "model", "entry")
MONTHS = [f"{year}-{month:02}" for year in (2026, 2027) for month in range(1, 13)][:15]
REGIONS = [f"{code}0000" for code in range(11, 42)]


def coverage() -> list[Result]:
    """Every measure and item is answered by a run, by a person, or says why not; and what a small plant shows."""
    numbered = [*shown_by.measures().items(), *shown_by.items().items()]
    told = sum(bool(s.verbs or s.kinds or s.asked or s.not_for_software) for _, s in numbered)
    whole = len(measures.measures()) + len(annex2.items())
    with tempfile.TemporaryDirectory() as folder:
        plant = generated.plant(Path(folder))
        done = mapping.run(plant, items=True)
        counted = {model: _counted(plant, model) for model in ("annex2", "dcmm_2025")}
    share = done["states"][mapping.COMPUTED] / len(done["lines"])
    what = "items with a clause that was counted, on a plant that went once round"
    return [
        Result("spine.coverage", "21 measures and 29 items with a way to answer", told, f"= {whole}", "lines", told == whole),
        *(Result(f"spine.coverage.{m}", f"{m}: {what}", v, ">= 0.6", "1", v >= 0.6) for m, v in counted.items()),
        Result("spine.coverage.map", "items of Annex 2 that the map shows as computed there", share, "", "1", None),
    ]  # fmt: skip


def _counted(plant: Workspace, model: str) -> float:
    """Share of a model's items of which a machine has counted at least one clause."""
    clauses = attest.finished(plant, appraise.run(plant, model)["run"])["result"]["clauses"]
    items = {name.rpartition(".")[0] for name in clauses}
    return len({name.rpartition(".")[0] for name, said in clauses.items() if said[2] == "machine"}) / len(items)


def truth() -> list[Result]:
    """Each claim of a plant recalled in turn: of two models' clauses those may change that stand on what falls, and no
    others.
    """
    with tempfile.TemporaryDirectory() as folder:
        plant = generated.plant(Path(folder))
        models = [maturity.find(plant, name).model for name in MODELS]
        claims = standing_index.indexed(plant).claims
        graph = draw(standing_index.indexed(plant), {})
        before, wrong, moved = _clauses(plant, models, set()), 0, 0
        for claim in claims:
            down = set(fall(graph, {claim.id: "recalled"}).ids())
            after = _clauses(plant, models, down)
            changed = {c for c in before if before[c][0] != after[c][0]}
            moved += len(changed)
            wrong += sum(not down & (before[c][1] | after[c][1]) for c in changed)
    what = f"{len(claims)} claims recalled in turn, {moved} answers changed: those that stand on nothing that fell"
    return [Result("spine.truth", what, wrong, "= 0", "answers", wrong == 0)]


def _clauses(plant: Workspace, models: list[Maturity], down: set[str]) -> dict[str, tuple[object, set[str]]]:
    """What each clause comes to, and all that it stands on."""
    held = facts.facts(plant, down)
    found = [v for model in models for i in appraised(model, held).items for v in i.verdicts]
    return {v.clause.code: ((v.claimed, v.proven), set(v.on)) for v in found}


def supplier() -> list[Result]:
    """The page of a supplier, by the command, from a filled questionnaire and a plant that went once round."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plant = generated.plant(folder)
        sheet, page = folder / "questions.csv", folder / "page.html"
        comply.ask(plant, sheet)
        rows = pl.read_csv(sheet, infer_schema=False)
        told = [re.split(r"\s|/", str(o).strip())[0].replace("number", "0") for o in rows["answers"]]
        rows.with_columns(answer=pl.Series(told)).write_csv(sheet)
        words = ["comply", "-w", str(plant.folder), "--as", "li", "--from", str(sheet), "--to", str(page), "--json"]
        begin = time.perf_counter()
        ran = subprocess.run([DIAPASON, *words], stdout=subprocess.PIPE, check=True)
        took = time.perf_counter() - begin
        done = json.loads(ran.stdout)
        count, stored = len(done["rows"]), done["stored"]["stored"]
        score = "score" in done or not page.stat().st_size
    return [
        Result("spine.supplier", f"{stored} answers taken in, page written, from process start", took, "< 2", "s",
               took < 2),
        Result("spine.supplier.rows", "rows of the page, without a score", count, "<= 12", "rows",
               count <= 12 and not score),
    ]  # fmt: skip


def recalls(quick: bool) -> list[Result]:
    """The engine on a drawn graph, and the service on a ledger's index of as many claims, against a plain recount."""
    number = CLAIMS // 10 if quick else CLAIMS
    nodes = list(_nodes(number))
    picked = random.Random(SEED).sample(range(number // 50), 5)
    recalled = {nodes[i].id: "recalled" for i in picked}
    drew, found = _best(lambda: set(fall(drawn(nodes), recalled).ids()))
    wrong = len(found ^ _plainly(nodes, recalled))
    share = len(found) / number
    took, missed = _service(nodes, recalled)
    return [
        Result("spine.recall", f"{number:,} claims: drawn and fallen ({share:.0%} fell)", drew, "< 1", "s", drew < 1),
        Result("spine.recall.wrong", "stand and should not, or the reverse", wrong, "= 0", "claims", wrong == 0),
        Result("spine.recall.ledger", "the same from a ledger's index, `standing` asked", took, "< 1", "s", took < 1),
        Result(
            "spine.recall.ledger.wrong", "stand and should not, or the reverse", missed, "= 0", "claims", missed == 0
        ),
    ]


def _best(work: Callable[[], T], times: int = 3) -> tuple[float, T]:
    """Shortest of some times in seconds, and what came of it."""
    walls = []
    for _ in range(times):
        begin = time.perf_counter()
        made = work()
        walls.append(time.perf_counter() - begin)
    return min(walls), made


def _nodes(number: int) -> Iterator[Node]:
    """Data, runs, models and approvals: each stands on up to three that came shortly before."""
    draw = random.Random(SEED)
    for i in range(number):
        reach = min(i, 2000)
        on = {_named(i - draw.randint(1, reach)) for _ in range(draw.randint(0, 3))} if reach else set()
        yield Node(_named(i), KINDS[i % len(KINDS)], tuple(sorted(on)) if draw.random() > 0.2 else ())


def _named(i: int) -> str:
    return f"{KINDS[i % len(KINDS)]}:{i}"


def _plainly(nodes: list[Node], recalled: Mapping[str, str]) -> set[str]:
    """What falls, by going over all nodes until nothing changes any more."""
    down, before = set(recalled), -1
    while len(down) != before:
        before = len(down)
        down |= {n.id for n in nodes if any(s in down for s in n.on)}
    return down


def _service(nodes: list[Node], recalled: Mapping[str, str]) -> tuple[float, int]:
    """Seconds that `services.standing` takes to say what has fallen, and how many it says wrongly."""
    with tempfile.TemporaryDirectory() as folder:
        workspaces.init(Path(folder) / "plant", person="wang")
        ws = workspaces.open_workspace(Path(folder) / "plant", person="wang")
        seq, head = ws.ledger.head()
        claims = [Claim(n.id, n.kind, n.on, "", seq, "2026-11-22", "", n.id, 1.0) for n in nodes]
        said = [standing_index.Recall(of, why, "wang", "2026-11-22", seq, False) for of, why in recalled.items()]
        made = standing_index.Index(standing_index._MAKE, seq, head, claims, said, [])
        write_whole(ws.folder / standing_index.FILE, msgspec.msgpack.encode(made))
        took, found = _best(lambda: set(standing.fallen(ws)))
    return took, len(found ^ _plainly(nodes, recalled))


def bundles(quick: bool) -> list[Result]:
    """Bundles of as many whole workspaces verified, counted and appraised; and every one of them rightly."""
    number = 60 if quick else 1000
    files = generated.bundles(Path(tempfile.gettempdir()) / "diapason-spine", number)
    begin = time.perf_counter()
    done = count.run(None, files, models=MODELS)
    took = time.perf_counter() - begin
    fates = [generated.fate(i) for i in range(number)]
    wrong = abs(len(done["broken"]) - fates.count("forged"))
    expected = {
        "dataset": fates.count(""),
        "scenario": fates.count("") + fates.count("no licence"),
    }
    wrong += sum(abs(done["counts"][c]["accepted"] - n) for c, n in expected.items())
    wrong += abs(done["counts"]["dataset"]["duplicates"] - fates.count("same rows"))
    wrong += abs(done["counts"]["dataset"]["dead"] - fates.count("recalled"))
    size = sum(f.stat().st_size for f in files) / 1e6
    told = f"{number:,} bundles ({size:.0f} MB) verified, counted and appraised by {len(MODELS)} models"
    odd = _differently(files, fates)
    return [
        Result("spine.count", told, took, "< 60", "s", took < 60),
        Result(
            "spine.appraise.wrong", "of 20 bundles: levels other than the plant's itself", odd, "= 0", "1", odd == 0
        ),
        Result("spine.count.wrong", "counted that should not be, or the reverse", wrong, "= 0", "things", wrong == 0),
    ]


def _differently(files: list[Path], fates: list[str]) -> int:
    """How many of some bundles are appraised otherwise than the plant that they were made from."""
    plant = workspaces.open_workspace(files[0].parents[1] / "template" / "plant", person="li")
    models = [maturity.find(plant, name).model for name in MODELS]
    own = sources.of_workspace(plant, {}, models).levels
    good = [f for f, fate in zip(files, fates, strict=True) if not fate][:20]
    today = plant.clock().date()
    return sum(sources.of_file(f, {}, today, None, models).levels != own for f in good)


def views(quick: bool) -> list[Result]:
    """A programme's database of ten million lines: each view in both stores, the slowest of all."""
    lines = 200_000 if quick else 10_000_000
    with tempfile.TemporaryDirectory() as folder:
        rows = _viewed("sqlite", f"sqlite:///{Path(folder) / 'programme.db'}", lines)
    address = _postgres()
    return rows if address is None else [*rows, *_viewed("postgresql", address, lines)]


def _viewed(kind: str, address: str, lines: int) -> list[Result]:
    store: Programme = find("stores", "programme")(address)
    begin = time.perf_counter()
    for batch in _batches(lines):
        store.file(batch)
    filed = time.perf_counter() - begin
    kept = store.lines()
    times = [_timed(view) for view in _asked(store)]
    store.close()
    slowest = max(times) * 1000
    return [
        Result(f"spine.views.{kind}", f"{kept:,} lines: the slowest of {len(times)} views", slowest, "< 50", "ms",
               slowest < 50),
        Result(f"spine.views.{kind}.median", "the median view", median(times) * 1000, "", "ms", None),
        Result(f"spine.views.{kind}.filing", "filing them, totals kept", kept / filed, "", "1/s", None),
    ]  # fmt: skip


def _timed(view: Callable[[], object]) -> float:
    """Seconds of the second look, as a page that is open would ask; the first one warms the file."""
    view()
    begin = time.perf_counter()
    view()
    return time.perf_counter() - begin


def _asked(store: Programme) -> Iterator[Callable[[], object]]:
    """What an office looks at: everything now, each counter by each axis and pair, one sector, one item's levels."""
    month: dict[Axis, str] = {"month": MONTHS[-1]}
    yield lambda: store.view(where=month)
    for what in ("dataset", "scenario", "enterprise", "annex2:13"):
        for by in (("sector",), ("region",), ("month",), ("sector", "region"), ("sector", "month")):
            yield lambda what=what, by=by: store.view(what, by, {} if "month" in by else month)  # type: ignore[misc]
        yield lambda what=what: store.view(what, ("region", "month"), {"sector": "RM1"})  # type: ignore[misc]


def _batches(lines: int) -> Iterator[list[Filed]]:
    """Readings of workspaces over fifteen months: 4 counters and 62 appraised items each."""
    draw = random.Random(SEED)
    items = [f"annex2:{i}" for i in range(1, 30)] + [f"dcmm:{i}" for i in range(1, 34)]
    codes = list(sectors.sectors())
    places = lines // ((len(items) + 4) * len(MONTHS)) + 1
    keys = [sha256(f"plant {i}".encode()).hexdigest() for i in range(places)]
    for n, month in enumerate(MONTHS):
        for start in range(0, places, 5000):
            yield [
                Filed(
                    keys[i], f"plant-{i}", f"{month}-28", n + 1, tuple(_lines(draw, items)),
                    codes[i % len(codes)], REGIONS[i % len(REGIONS)])
                for i in range(start, min(start + 5000, places))
            ]  # fmt: skip


def _lines(draw: random.Random, items: list[str]) -> Iterator[Line]:
    for what, name in (("dataset", "a"), ("dataset", "b"), ("scenario", "a"), ("enterprise", "")):
        yield Line(what, name, draw.choice(("accepted", "refused", "not tested")))
    for item in items:
        yield Line(item, "", f"level {draw.randint(1, 5)}")


def _postgres() -> str | None:
    """Address of a schema of our own in the PostgreSQL that answers, emptied; None where none does."""
    try:
        import psycopg
    except ImportError:
        sys.stderr.write("PostgreSQL is not measured: psycopg is not installed\n")
        return None
    user, host = os.environ.get("PGUSER", "postgres"), os.environ.get("PGHOST", "localhost")
    port, base = os.environ.get("PGPORT", "5432"), os.environ.get("PGDATABASE", "postgres")
    secret = f":{quote(os.environ['PGPASSWORD'], safe='')}" if os.environ.get("PGPASSWORD") else ""
    address = f"postgresql://{user}{secret}@{host}:{port}/{base}"
    try:
        with psycopg.connect(address, connect_timeout=3, autocommit=True) as link:
            link.execute("DROP SCHEMA IF EXISTS diapason_spine CASCADE")
            link.execute("CREATE SCHEMA diapason_spine")
    except psycopg.Error as error:
        sys.stderr.write(f"PostgreSQL is not measured: {error}\n")
        return None
    return f"{address}?options=-csearch_path%3Ddiapason_spine"


def measure(quick: bool) -> list[Result]:
    """All rows."""
    return [*coverage(), *truth(), *supplier(), *recalls(quick), *bundles(quick), *views(quick)]


if __name__ == "__main__":
    main("spine", measure, seeds=[SEED])
