"""A person adopts a proved repair: a curated version, and a model learnt from it; or takes that back."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from diapason.engines.learning.clusters import clusters
from diapason.engines.learning.evaluating import Judged, judged_table, scorecard
from diapason.engines.resonance.bundles import members
from diapason.engines.resonance.softening import again
from diapason.errors import Conflict, DiapasonError, NotFound, Refused
from diapason.knowledge.findings import kinds
from diapason.ports import find
from diapason.ports.lake import Version
from diapason.ports.workspace import Workspace
from diapason.services import approve, attest, permit
from diapason.services.ingest import contract as contract_of
from diapason.services.learn.material import LARGEST, examples_of, frame_of
from diapason.services.resonate.keeping import arm_name
from diapason.services.resonate.material import existing
from diapason.services.workspace import require
from diapason.vocabulary.evidence import Entry, Plan
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.language import Text
from diapason.vocabulary.splits import SplitKind
from diapason.vocabulary.tables import ROW, Contract, Role, VersionRef
from diapason.vocabulary.trials import Candidate, Kind
from diapason.vocabulary.wire import plain

__all__ = ["run", "undo"]


def run(ws: Workspace, name: str, *, candidate: str = "") -> dict[str, Any]:  # roomy: one story, in order
    """Adopt what the newest trials proved, in the name of who acts.

    Curation becomes a new version of the dataset; conditioning is written into the model and runs again in predict.
    A model is learnt from the mended rows by the learner that was confirmed with them, and registered.

    Args:
        candidate: id from the trial table; needed where only a person can decide, such as a leak.

    Returns:
        dataset (the version after), model, candidate, rows touched, the honest score, and the run.

    Raises:
        NotFound: nothing was tried yet, or no candidate has that id.
        Refused: nothing held up, who acts may not, or a second person has to sign it first.
        Conflict: the dataset has a newer version than the one tried on.
    """
    require(ws, "trainer", "administrator")
    ref = existing(ws, name)
    found = attest.result(ws, "resonate", ref.name)
    if found is None:
        raise NotFound(
            Text(f"no repairs of {ref.name} were tried yet", f"尚未试验 {ref.name} 的修复"),
            at=ref.name,
            fix=f"diapason resonate {ref.name}",
        )
    chosen = _chosen(found, candidate)
    before = _unmoved(ws, found, str(chosen["candidate"]))
    second = _second(ws, found, before, chosen)
    permit.used(ws, "adopt", str(before.ref))
    attested = attest.begin(ws, _plan(ws, found, before, chosen))
    after = _curated(ws, before, chosen, found, attested.id)
    contract = contract_of(ws, ref.name)
    settings = {k: found["plan"]["settings"][k] for k in ("task", "horizon", "normal_first")}
    seed = int(found["plan"]["seed"])
    mended = examples_of(_looked_at(ws, before, after, contract, seed), contract, settings)
    mended = _weighed(ws, mended, found, chosen)
    conditioning = []
    for member in members(_candidate(chosen)):
        if member.kind is Kind.CONDITIONING:
            mended = find("treatments", member.treatment).condition(mended, member.parameters)
            conditioning.append({"treatment": member.treatment, "parameters": member.parameters})
    learner = chosen["learner"]
    fitted = find("recipes", str(learner["recipe"])).fit(mended, learner["settings"], seed)
    parts = {part: ws.vault.put(data) for part, data in fitted.parts().items()}
    for part, sha256 in parts.items():
        attested.subject(f"part/{part}", sha256)
    attested.subject(f"dataset/{after.ref}", after.digest)
    card = _card(ws, before, contract, settings, found, chosen, attested)
    model = VersionRef(ref.name, 1 + sum(1 for e in ws.ledger.entries(kind="model") if _of(e, ref.name)))
    result = {
        "dataset": str(after.ref),
        "before": str(before.ref),
        "model": str(model),
        "candidate": chosen["candidate"],
        "treatment": chosen["treatment"],
        "rows": chosen["rows"],
        "person": ws.person,
        "resonate": found["run"],
        **({"on": list(second)} if second else {}),
        **({"honest": card, "metric": card["metric"]["name"]} if card else {}),
    }
    attested.finish(result)
    body = _registered(mended, contract, after, settings, learner, parts)
    body |= {"run": attested.id, "trainer": ws.person, "conditioning": conditioning}
    ws.ledger.append("model", run=attested.id, subject=str(model), body=body)
    ws.ledger.append("adopt", run=attested.id, subject=str(after.ref), body=plain(result))
    return {**result, "run": attested.id}


def _second(ws: Workspace, found: Mapping[str, Any], before: Version, chosen: Mapping[str, Any]) -> tuple[str, ...]:
    """The second person's signature under this very repair, where the grade of the data asks for one."""
    kept = {n: str(k["sha256"]) for n, k in found["kept"].items() if n in ("mended", "cells", "shares")}
    own = {k: chosen[k] for k in ("candidate", "treatment", "kind", "parameters", "rows")}
    thing = {**own, "resonate": found["run"], "before": str(before.ref), "rows_of": before.digest, "kept": kept}
    said = Text(
        f"adopt {own['candidate']} ({own['rows']} rows) on {before.ref}",
        f"在 {before.ref} 上采纳 {own['candidate']}（{own['rows']} 行）",
    )
    return approve.before_adopting(ws, before.ref.name, thing, said)


def _candidate(chosen: Mapping[str, Any]) -> Candidate:
    return Candidate(str(chosen["candidate"]), str(chosen["treatment"]), Kind(chosen["kind"]), chosen["parameters"])


def _looked_at(ws: Workspace, before: Version, after: Version, contract: Contract, seed: int) -> pl.DataFrame:
    """Rows of the new version that the repair has looked at: of a large table only some are learnt from."""
    if before.rows <= LARGEST:
        return frame_of(ws, after.ref, contract, seed, LARGEST)
    seen = frame_of(ws, before.ref, contract, seed, LARGEST)[ROW]
    return ws.lake.scan(after.ref).filter(pl.col(ROW).is_in(seen.implode())).collect()


def _weighed(ws: Workspace, mended: Examples, found: Mapping[str, Any], chosen: Mapping[str, Any]) -> Examples:
    """The rows with the weights that the repair gives them, where it gives any; the table has no place for these."""
    kept, proved = found["kept"].get("shares"), found["result"].get("mended")
    if kept is None or proved is None or proved["candidate"] != chosen["candidate"]:
        return mended
    table = pl.read_csv(io.BytesIO(ws.vault.get(str(kept["sha256"]))))
    rows, source = (table[c].to_numpy().astype(np.int64) for c in ("row", "source"))
    target, weight = (table[c].cast(pl.Float64).to_numpy() for c in ("target", "weight"))
    return again(mended, (rows, source, target, weight))


def undo(ws: Workspace, name: str, *, reason: str = "") -> dict[str, Any]:
    """Take the newest adoption back: the version before it becomes the newest one again, as a version of its own.

    Returns:
        dataset (the version after), restored (the version whose rows it has), candidate, person.

    Raises:
        NotFound: there is nothing to take back.
        Conflict: the dataset was changed after the adoption.
    """
    require(ws, "trainer", "administrator")
    ref = VersionRef.parse(name)
    adopted = _last_adoption(ws, ref.name)
    before, after = VersionRef.parse(str(adopted.body["before"])), VersionRef.parse(str(adopted.body["dataset"]))
    newest = ws.lake.version(VersionRef(ref.name))
    moved = after not in (before, newest.ref)
    if moved and not _interrupted(ws, newest, "undo"):
        raise Conflict(
            Text(
                f"{ref.name} was changed after the adoption: {newest.ref}",
                f"{ref.name} 在采纳之后又有改动：{newest.ref}",
            ),
            at=str(newest.ref),
            fix=Text(f"choose a version to go on with: {before}", f"请选择继续使用的版本：{before}"),
        )
    digest = ws.lake.version(after).digest
    said = {"adoption": adopted.run, "before": str(before), "after": str(after), "reason": reason}
    plan = Plan("undo", str(after), digest, "", "", "", (), 0, {}, 0.0, said)
    attested = attest.begin(ws, plan)
    version = newest
    if before != after:
        note = f"undo {adopted.body['candidate']}"
        version = _committed(ws, ref.name, ws.lake.scan(before).collect(), attested.id, note, newest)
    result = {
        "dataset": str(version.ref),
        "restored": str(before),
        "candidate": adopted.body["candidate"],
        "person": ws.person,
        "reason": reason,
        "adoption": adopted.run,
    }
    attested.finish(result)
    ws.ledger.append("undo", run=attested.id, subject=str(version.ref), body=result)
    return {**result, "run": attested.id}


def _chosen(found: Mapping[str, Any], candidate: str) -> dict[str, Any]:
    """What is to be adopted: what the trials proved, or what a person names because only a person can know."""
    result, proved = found["result"], found["result"].get("mended")
    if proved and candidate in ("", proved["candidate"]):  # or what people have answered, which nothing has to prove
        return dict(proved)
    for row in result["rows"]:
        if candidate and row["candidate"]["id"] == candidate and row["candidate"]["ask"]:
            first = found["plan"]["settings"]["learners"][0]
            learner = {"label": first[0], "recipe": first[1], "settings": first[2]}
            c = row["candidate"]
            return {"candidate": c["id"], "learner": learner, "rows": 0} | {
                k: c[k] for k in ("treatment", "kind", "parameters")
            }
    raise _unproved(found, candidate)


def _unproved(found: Mapping[str, Any], candidate: str) -> DiapasonError:
    """Nothing held up, that one did not, or the newest trials know none of that name."""
    result, name = found["result"], str(found["dataset"]).split("@", 1)[0]
    at, fix = str(found["run"]), f"diapason audit {name}; diapason resonate {name} --budget 30m"
    if not candidate:
        return Refused(Text(result["verdict"]["en"], result["verdict"]["zh"]), at=at, fix=fix)
    row = next((r for r in result["rows"] if r["candidate"]["id"] == candidate), None)
    if row is None:
        known = ", ".join(r["candidate"]["id"] for r in result["rows"]) or "–"
        return NotFound(
            Text(f"the newest trials have no candidate '{candidate}'", f"最近的试验中没有候选“{candidate}”"),
            at=at,
            fix=Text("choose one of: ", "可选：") + known,
        )
    said = kinds()[str(row["reason"])].sentence
    return Refused(Text(f"{candidate} was not proved: {said.en}", f"{candidate} 未被证实：{said.zh}"), at=at, fix=fix)


def _unmoved(ws: Workspace, found: Mapping[str, Any], candidate: str) -> Version:
    tried = VersionRef.parse(str(found["dataset"]))
    newest = ws.lake.version(VersionRef(tried.name))
    if newest.ref != tried and not _interrupted(ws, newest, "adopt"):
        raise Conflict(
            Text(
                f"{candidate} was tried on {tried}, but {newest.ref} is the newest version",
                f"{candidate} 是在 {tried} 上试验的，而最新版本是 {newest.ref}",
            ),
            at=str(newest.ref),
            fix=f"diapason resonate {tried.name}",
        )
    return ws.lake.version(tried)


def _interrupted(ws: Workspace, version: Version, verb: str) -> bool:
    """Whether a run of that verb wrote the version and was killed before it signed."""
    began = any(e.run == version.run for e in ws.ledger.entries(kind="plan") if e.body["plan"]["verb"] == verb)
    return began and not any(e.run == version.run for e in ws.ledger.entries(kind="result"))


def _plan(ws: Workspace, found: Mapping[str, Any], before: Version, chosen: Mapping[str, Any]) -> Plan:
    return Plan(
        verb="adopt",
        dataset=str(before.ref),
        dataset_digest=before.digest,
        hypothesis="",
        metric=str(found["result"]["metric"]),
        split="",
        candidates=(str(chosen["candidate"]),),
        seed=int(found["plan"]["seed"]),
        budget={},
        settings={"resonate": found["run"], "person": ws.person, "task": found["plan"]["settings"]["task"]},
    )


def _curated(
    ws: Workspace, before: Version, chosen: Mapping[str, Any], found: Mapping[str, Any], run_id: str
) -> Version:
    """The version after curation; the same version where nothing in the table changes."""
    if all(m.kind is Kind.CONDITIONING for m in members(_candidate(chosen))):
        return before
    done = [v for v in ws.lake.versions(before.ref.name) if v.run == run_id]
    if done:
        return done[-1]
    changes = pl.read_csv(
        io.BytesIO(ws.vault.get(str(found["kept"]["mended"]["sha256"]))),
        schema_overrides={"before": pl.Float64, "after": pl.Float64},
    )
    cells = found["kept"].get("cells")
    if not changes.height and cells is None:
        return before
    frame = ws.lake.scan(before.ref).collect()
    if cells is not None:
        frame = _recelled(frame, pl.read_csv(io.BytesIO(ws.vault.get(str(cells["sha256"]))), schema_overrides=_CELLS))
    gone = changes.filter(pl.col("after").is_null())["row"].to_list()
    frame = frame.filter(~pl.col(ROW).is_in(gone))
    rewritten = changes.filter(pl.col("after").is_not_null())
    if rewritten.height:
        frame = _rewritten(frame, rewritten, contract_of(ws, before.ref.name), found)
    return _committed(ws, before.ref.name, frame, run_id, f"adopt {chosen['candidate']}", before)


_CELLS = {"row": pl.Int64, "before": pl.Float64, "after": pl.Float64, "column": pl.String}


def _recelled(frame: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Inputs rewritten cell by cell; a column of whole numbers becomes one of numbers, an empty cell stays empty."""
    for name in cells["column"].unique(maintain_order=True).to_list():
        if name in frame.columns:
            new = cells.filter(pl.col("column") == name).select(
                pl.col("row").cast(frame[ROW].dtype).alias(ROW), "after"
            )
            joined = frame.join(new.with_columns(_hit=True), on=ROW, how="left", maintain_order="left")
            told = pl.when(pl.col("_hit")).then("after").otherwise(pl.col(name).cast(pl.Float64)).alias(name)
            frame = joined.with_columns(told).drop("after", "_hit")
    return frame


def _committed(ws: Workspace, name: str, frame: pl.DataFrame, run_id: str, note: str, seen: Version) -> Version:
    """Commit, unless this run has committed before it was killed."""
    done = [v for v in ws.lake.versions(name) if v.run == run_id]
    return done[-1] if done else ws.lake.commit(name, [frame], run=run_id, note=note, expected=seen.ref.version)


def _rewritten(
    frame: pl.DataFrame, changes: pl.DataFrame, contract: Contract, found: Mapping[str, Any]
) -> pl.DataFrame:
    """New targets in the target's own type; class codes by name."""
    target = contract.first(Role.TARGET)
    if target is None:
        return frame
    kind = frame.schema[target]
    new = changes["after"]
    if found["result"]["task"] == "classification":
        names = found["result"]["classes"]
        new = pl.Series([names[int(x)] for x in new]).cast(pl.String)
        if kind.is_numeric() or kind == pl.Boolean:
            new = new.cast(pl.Float64)
    if kind.is_integer() and found["result"]["task"] == "regression":
        kind = pl.Float64()
    mended = pl.DataFrame({ROW: changes["row"], "_mended": new.cast(kind)})
    joined = frame.with_columns(pl.col(target).cast(kind)).join(mended, on=ROW, how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("_mended", target).alias(target)).drop("_mended")


def _card(  # roomy: what an adoption stands on, one argument each
    ws: Workspace,
    before: Version,
    contract: Contract,
    settings: Mapping[str, Any],
    found: Mapping[str, Any],
    chosen: Mapping[str, Any],
    attested: attest.Run,
) -> dict[str, Any] | None:
    """How good the mended model is: the confirmed arm, on judged rows that are not held to be errors."""
    name = arm_name("treatment", chosen["candidate"], str(chosen["learner"]["label"]))
    kept = found["kept"].get(name)
    if kept is None:
        return None
    told = pl.read_csv(io.BytesIO(ws.vault.get(str(kept["sha256"])))).filter(pl.col("weight") > 0.5)
    seed = int(found["plan"]["seed"])
    examples = examples_of(frame_of(ws, before.ref, contract, seed, LARGEST), contract, settings)
    order = np.argsort(examples.rows)
    index = order[np.searchsorted(examples.rows, told["row"].to_numpy(), sorter=order)]
    guess = told["prediction"]
    if examples.classes:
        codes = np.array([examples.classes.index(str(x)) for x in guess])
        prediction = np.eye(len(examples.classes))[codes]
    else:
        prediction = guess.cast(pl.Float64).to_numpy()
    judged = Judged(index, told["fold"].to_numpy(), prediction)
    kind = SplitKind(found["result"]["split"]["kind"])
    label = str(chosen["learner"]["label"])
    card = scorecard(examples, judged, clusters(examples, kind), recipe=label, split=kind, seed=seed)
    attested.keep("honest", judged_table(examples, judged), scores={card.metric.name: card.score.value})
    return dict(plain(card))


def _registered(
    mended: Examples,
    contract: Contract,
    after: Version,
    settings: Mapping[str, Any],
    learner: Mapping[str, Any],
    parts: Mapping[str, str],
) -> dict[str, Any]:
    """A model's description, as learning writes it."""
    return {
        "recipe": learner["recipe"],
        "settings": learner["settings"],
        "task": mended.task.value,
        "dataset": str(after.ref),
        "parts": dict(parts),
        "contract": plain(contract),
        "features": mended.features.columns,
        "classes": list(mended.classes),
        "horizon": settings["horizon"],
    }


def _last_adoption(ws: Workspace, name: str) -> Entry:
    undone = {e.body.get("adoption") for e in ws.ledger.entries(kind="undo")}
    newest = None
    for entry in ws.ledger.entries(kind="adopt"):
        if _of(entry, name) and entry.run not in undone:
            newest = entry
    if newest is None:
        raise NotFound(
            Text(f"nothing was adopted for {name}", f"{name} 没有采纳过任何修复"), at=name, fix=f"diapason adopt {name}"
        )
    return newest


def _of(entry: Entry, name: str) -> bool:
    return VersionRef.parse(entry.subject).name == name
