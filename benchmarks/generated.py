"""Many workspaces from one that was really worked in: each with keys of its own, its ledger signed and chained anew.

What varies is said in `fate`: most prove everything; some lack a licence, have recalled their data, hold the same rows as
the one before, or hand over a file in which one byte was changed. What a count must find is therefore known.
"""

import asyncio
import json
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import diapason
from diapason.engines.evidence import dsse
from diapason.engines.evidence.bundle import WHOLE
from diapason.engines.evidence.canonical import digest
from diapason.ports.workspace import Signer, Workspace
from diapason.services import attest, predict, standing
from diapason.services import evidence as exporting
from diapason.services import workspace as workspaces
from diapason.services.workspace import signer_of
from diapason.vocabulary.evidence import Entry, Plan, Statement, Subject

__all__ = ["FATES", "bundles", "fate", "plant"]

FATES = ("forged", "no licence", "recalled", "", "same rows")
"""What befalls the first of every twenty workspaces, "" = nothing; the others prove everything."""
NAME = "furnace"
BY_PERSON = ("approve", "vouch", "recall", "declare")
DIGEST = 64


def fate(number: int) -> str:
    """What is special about a workspace, "" for most."""
    return FATES[number % 20] if number % 20 < len(FATES) else ""


def plant(folder: Path) -> Workspace:
    """One small plant, worked in from the file to the effect."""
    draw = np.random.default_rng(20261122)
    x = draw.normal(size=(120, 2))
    table = pl.DataFrame({"flow": x[:, 0], "speed": x[:, 1], "hardness": 50 + 3 * x[:, 0] + draw.normal(size=120)})
    table.write_csv(folder / "furnace.csv")
    table.drop("hardness").write_csv(folder / "new.csv")
    (folder / "licence.txt").write_text("may be used")
    made = diapason.init(folder / "plant", person="wang")
    made.person("li", roles=["approver"])
    made.ingest(str(folder / "furnace.csv"), name=NAME, target="hardness")
    made.assess(NAME)
    made.learn(NAME, task="regression")
    made.resonate(NAME, budget="1s")
    diapason.open_plant(folder / "plant", person="li").approve(f"{NAME}@1")
    made.publish(f"{NAME}@1", accept=["rmse<=5"], waive="a test bench")
    ws = workspaces.open_workspace(folder / "plant", person="wang")
    asyncio.run(predict.run(ws, str(folder / "new.csv"), model=f"{NAME}@1", out=folder / "out.csv"))
    _effect(ws)
    second = workspaces.open_workspace(folder / "plant", person="li")
    standing.vouch(second, NAME, folder / "licence.txt", kind="licence")
    return second


def _effect(ws: Workspace) -> None:
    settings = {"model": f"{NAME}@1", "better": "lower"}
    run = attest.begin(ws, Plan("effect", f"{NAME}@1", "", "energy falls", "kWh/t", "", (), 0, {}, settings=settings))
    value = {"value": -3.0, "low": -4.0, "high": -2.0, "unit": "kWh/t"}
    run.finish({"effect": value, "better": "lower", "shown": True, "on": [f"dataset:{NAME}@1"]})


def bundles(folder: Path, number: int) -> list[Path]:
    """So many bundles of whole workspaces, made where they are not there yet, on both cores."""
    template = folder / "template"
    if not (template / "plant" / "ledger.db").exists():
        shutil.rmtree(template, ignore_errors=True)
        template.mkdir(parents=True)
        plant(template)
    missing = [i for i in range(number) if not _path(folder, i).exists()]
    if missing:
        sys.stderr.write(f"making {len(missing)} bundles in {folder}\n")
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            list(pool.map(partial(_one, folder), missing, chunksize=10))
    return [_path(folder, i) for i in range(number)]


def _path(folder: Path, number: int) -> Path:
    return folder / "whole" / f"{number:05}.evidence"


def _one(folder: Path, number: int) -> None:
    """A workspace of its own: the template's ledger with other digests, signed by other keys."""
    home, path = folder / f"work-{number}", _path(folder, number)
    shutil.rmtree(home, ignore_errors=True)
    workspaces.init(home, person="wang")
    ws = workspaces.open_workspace(home, person="wang")
    workspaces.add_person(ws, "li", ["approver"])
    source = workspaces.open_workspace(folder / "template" / "plant", person="wang")
    _replayed(source, ws, number)
    if fate(number) == "recalled":
        standing.recall(_as(ws, "li"), f"dataset:{NAME}@1", because="drawn at random")
    path.parent.mkdir(exist_ok=True)
    half = path.with_suffix(".half")
    exporting.export(ws, WHOLE, half, facts=True)
    if fate(number) == "forged":
        data = bytearray(half.read_bytes())
        data[len(data) // 2] ^= 1
        half.write_bytes(data)
    half.replace(path)
    shutil.rmtree(home)


def _as(ws: Workspace, person: str) -> Workspace:
    from dataclasses import replace

    return replace(ws, person=person)


def _replayed(source: Workspace, ws: Workspace, number: int) -> None:
    swap = _Swap(source, ws, number - 1 if fate(number) == "same rows" else number)
    for entry in source.ledger.entries():
        if entry.kind in ("workspace", "person") or (entry.kind == "vouch" and fate(number) == "no licence"):
            continue
        body = swap.body(entry)
        swap.chained(entry, ws.ledger.append(entry.kind, run=entry.run, subject=entry.subject, body=body))
    kept = {str(f["sha256"]) for r in attest.results(source) for f in r["kept"].values()}
    for each in kept:
        ws.vault.put(source.vault.get(each))


class _Swap:
    """Says everything of the template anew: another content digest, other entry numbers and hashes, other keys."""

    def __init__(self, source: Workspace, ws: Workspace, content: int) -> None:
        commit = source.ledger.last(kind="commit", subject=NAME)
        assert commit is not None
        old = str(commit.body["digest"])
        self.ws = ws
        self.words = {old: sha256(f"{old}{content}".encode()).hexdigest()}
        self.numbers: dict[int, Entry] = {}
        self.words |= {source.signer.keyid: ws.signer.keyid}
        for model in source.ledger.entries(kind="model"):
            parts = [str(part) for part in model.body["parts"].values()]
            self.words |= {part: sha256(f"{part}{content}".encode()).hexdigest() for part in parts}

    def chained(self, old: Entry, new: Entry) -> None:
        self.numbers[old.seq] = new
        self.words[old.hash] = new.hash

    def body(self, entry: Entry) -> Any:
        if "payloadType" not in entry.body:
            said = self._said(entry.body)
            if entry.kind == "plan":
                said["digest"] = digest(said["plan"])
                self.words[str(entry.body["digest"])] = said["digest"]
            if entry.kind == "model":
                self.words[digest(entry.body)] = digest(said)
            return said
        statement = dsse.opened(entry.body)
        said = self._said(dict(statement.predicate))
        if entry.kind == "result":
            sealed = self.numbers[said["sealed"]["seq"]]
            said["sealed"] = {"seq": sealed.seq, "at": sealed.at, "hash": sealed.hash}
        for facts in (said, said.get("result", {})):
            if isinstance(facts, dict) and isinstance(facts.get("approval"), dict):
                facts["approval"]["seq"] = self.numbers[facts["approval"]["seq"]].seq
        subjects = tuple(Subject(s.name, self.words.get(s.sha256, s.sha256)) for s in statement.subjects)
        signer = self._signer(entry)
        return dsse.sign(Statement(subjects, statement.predicate_type, said), signer.keyid, signer.sign)

    def _signer(self, entry: Entry) -> Signer:
        person = dsse.opened(entry.body).predicate.get("person")
        return signer_of(self.ws, str(person)) if entry.kind in BY_PERSON else self.ws.signer

    def _said(self, value: Any) -> dict[str, Any]:
        text = json.dumps(value)
        for old, new in self.words.items():
            text = text.replace(old, new) if len(old) == DIGEST else text
        made: dict[str, Any] = json.loads(text)
        return made
