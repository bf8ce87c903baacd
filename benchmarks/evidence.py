"""How long a stranger waits: 10,000 statements intact, a million kept predictions re-scored; in cold processes."""

import json
import random
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.frame import Result, main
from diapason.engines.evidence import bundle, chain, container, dsse, merkle, recount
from diapason.engines.evidence.canonical import canonical, digest
from diapason.services.attest import table_bytes
from diapason.vocabulary.evidence import Entry, Plan, Statement, Subject
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.wire import plain

DIAPASON = Path(sys.executable).parent / "diapason"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
KEYID = dsse.fingerprint(PUBLIC)
SEED = 20261122


def _entry(before: str, seq: int, kind: str, run: str, body: dict[str, object]) -> Entry:
    fields = {"seq": seq, "at": "2026-11-22T08:00:00.000+00:00", "kind": kind, "run": run, "subject": "turbofan@1"}
    return Entry(**fields, body=body, before=before, hash=chain.link(before, {**fields, "body": body}))


def _history(count: int, kept: dict[str, object]) -> list[Entry]:
    """So many plans and results; the last result states the kept table; a result is of the size of a real one."""
    entries: list[Entry] = []
    numbers = random.Random(SEED)
    for i in range(count):
        plan = plain(Plan("learn", "turbofan@1", "ab" * 32, "useful", "rmse", "asset", ("boosted", "linear"), i, {}))
        sealed = _entry(entries[-1].hash if entries else chain.START, 2 * i + 1, "plan", f"learn-{i}", {
            "digest": digest(plan), "plan": plan, "person": "li"})  # fmt: skip
        said = {
            "run": f"learn-{i}", "verb": "learn", "plan": plan, "person": "li",
            "sealed": {"seq": sealed.seq, "at": sealed.at, "hash": sealed.hash},
            "kept": kept if i == count - 1 else {},
            "result": {f"slice {k}": {"value": numbers.random(), "low": 0.1, "high": 0.9} for k in range(20)},
        }  # fmt: skip
        statement = Statement((Subject("plan", digest(plan)),), bundle.RESULT, said)
        entries += [
            sealed,
            _entry(sealed.hash, 2 * i + 2, "result", f"learn-{i}", dsse.sign(statement, KEYID, KEY.sign)),
        ]
    return entries


def _file(path: Path, statements: int, rows: int) -> None:
    rng = np.random.default_rng(SEED)
    truth = rng.uniform(0, 125, rows)
    table = table_bytes(pl.DataFrame({"row": np.arange(rows), "fold": 0, "truth": truth,
                                      "prediction": truth + rng.normal(0, 10, rows)}))  # fmt: skip
    read = recount.table(table)
    assert read is not None
    kept = {"predictions": {"sha256": sha256(table).hexdigest(), "root": merkle.root(merkle.lines(table)), "rows": rows,
                            "task": "remaining_life", "scores": recount.scores(read, Task.REMAINING_LIFE)}}  # fmt: skip
    entries = _history(statements, kept)
    members = {
        bundle.KEYS: canonical({KEYID: {"public": PUBLIC.hex(), "of": "plant"}}),
        bundle.LEDGER: bundle.ledger(entries, lambda _: True),
        f"kept/learn-{statements - 1}/predictions.csv": table,
    }
    head = (entries[-1].seq, entries[-1].hash)
    signed = bundle.manifest("turbofan", head, members, {"workspace": "plant"}, KEYID, KEY.sign)
    path.write_bytes(b"".join(container.pack({bundle.MANIFEST: signed, **members}.items())))


def _timed(path: Path, grade: str, times: int = 3) -> tuple[float, float]:
    """Best wall time of a cold `diapason verify`, and of the check inside it, in seconds."""
    walls, inside = [], []
    for _ in range(times):
        begin = time.perf_counter()
        call = [DIAPASON, "verify", path, "--signer", KEYID, "--grade", grade, "--json"]
        done = subprocess.run(call, capture_output=True, check=True)
        walls.append(time.perf_counter() - begin)
        inside.append(json.loads(done.stdout)["seconds"])
    return min(walls), min(inside)


def measure(quick: bool) -> list[Result]:
    """Build the files once, verify them in processes of their own."""
    rows = 200_000 if quick else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        many, large = Path(folder, "many.evidence"), Path(folder, "large.evidence")
        _file(many, 10_000, 1000)
        _file(large, 1, rows)
        wall, inside = _timed(many, "intact")
        whole, counted = _timed(large, "re-scored")
        size = many.stat().st_size / 1e6
    return [
        Result("evidence.intact", f"10,000 statements ({size:.0f} MB), check alone", inside, "< 1", "s", inside < 1),
        Result("evidence.intact.cold", "the same, from process start to exit", wall, "< 1", "s", wall < 1),
        Result("evidence.rescored", f"{rows:,} kept predictions recounted", counted, "< 10", "s", counted < 10),
        Result("evidence.rescored.cold", "the same, from process start to exit", whole, "< 10", "s", whole < 10),
    ]


if __name__ == "__main__":
    main("evidence", measure, seeds=[SEED])
