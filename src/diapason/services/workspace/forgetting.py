"""Real deletion with a trace: the bytes go; digests, reason and name stay in the ledger."""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from diapason.errors import DataError, NotFound
from diapason.ports.ledger import Ledger
from diapason.ports.vault import Vault
from diapason.ports.workspace import Workspace
from diapason.services.workspace.people import require
from diapason.vocabulary.evidence import Entry
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef

__all__ = ["finish", "forget", "forgotten", "models", "references"]

REFUSED = ".rejected"
"""What the name of a dataset with refused rows ends with."""
QUARANTINE = ".quarantine"
"""What the name of a dataset with rows set aside ends with."""
CACHE = "cell/"
"""What keys of the vault begin with whose bytes can be computed again."""
_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


def forget(ws: Workspace, what: str, *, reason: str, model: bool = False) -> dict[str, Any]:
    """Really delete a dataset `turbofan`, one of its versions `turbofan@2`, or a model version.

    With a whole dataset go its refused rows, those set aside, its contract, the rows that its runs kept in the vault,
    and every cached cell there (a cache tells nothing of where it came from, and is computed again). Models that
    learnt on it and datasets that were made from it stay and are listed. Rows of one version that other versions share
    stay with those. Backups made before still hold the bytes.

    Args:
        reason: kept for good.
        model: `what` is a model version.

    Returns:
        what, reason, digests (by name), models and datasets (that come of it and are still here).

    Raises:
        Refused: who acts is no administrator.
        NotFound: there is nothing of that name.
        DataError: no reason.
    """
    require(ws, "administrator")
    if not reason.strip():
        raise DataError(
            Text("deleting needs a reason", "删除须说明理由"), at="--reason", fix=Text("say why", "请写明理由")
        )
    ref = VersionRef.parse(what)
    facts = {"what": what, "reason": reason, "models": [], "datasets": []}
    if model:
        return facts | {"digests": _forget_model(ws, ref, reason)}
    ws.lake.version(ref)
    if ref.version:
        erased = ws.lake.erase(ref.name, version=ref.version, reason=reason, run=_who(ws))
        return facts | {"digests": dict(erased)}
    return facts | _come_of(ws, ref.name) | {"digests": _forget_dataset(ws, ref.name, reason)}


def _forget_dataset(ws: Workspace, name: str, reason: str) -> dict[str, str]:
    digests = _kept_rows(ws, name)
    _begin(ws, name, {"what": "rows", "dataset": name, "digests": digests, "reason": reason})
    for part in (name + REFUSED, name + QUARANTINE, name):
        if part in ws.lake.datasets():
            digests |= ws.lake.erase(part, reason=reason, run=_who(ws))
        for file in (f"{part}.yaml", f"{part}@needs.yaml"):
            (ws.folder / "contracts" / file).unlink(missing_ok=True)
    finish(ws.ledger, ws.vault)
    return digests


def _come_of(ws: Workspace, name: str) -> dict[str, list[str]]:
    """Models that learnt on a dataset, and other datasets whose runs were planned with it."""
    learnt = [subject for subject, entry in models(ws.ledger).items() if _of(entry.body.get("dataset")) == name]
    plans = {entry.run: json.dumps(dict(entry.body), ensure_ascii=False) for entry in ws.ledger.entries(kind="plan")}
    used = re.compile(f'"{re.escape(name)}(@\\d+)?"')
    mine = (name, name + REFUSED, name + QUARANTINE)
    made = [v for d in ws.lake.datasets() if d not in mine for v in ws.lake.versions(d)]
    return {"models": learnt, "datasets": [str(v.ref) for v in made if used.search(plans.get(v.run, ""))]}


def forgotten(ws: Workspace, subject: str) -> Entry | None:
    """The entry that says that a model version `turbofan@2` was deleted, if it was."""
    gone = [e for e in ws.ledger.entries(kind="erase", subject=subject) if e.body.get("what") == "model"]
    return gone[-1] if gone else None


def models(ledger: Ledger) -> dict[str, Entry]:
    """Every registered model version that was not deleted, by `name@version`."""
    known = {entry.subject: entry for entry in ledger.entries(kind="model")}
    for entry in ledger.entries(kind="erase"):
        if entry.body.get("what") == "model":
            known.pop(entry.subject, None)
    return known


def finish(ledger: Ledger, vault: Vault) -> list[str]:
    """Delete what "erase" entries promise and a kill prevented; returns what was done, in words."""
    done = []
    ended = {e.body["of"] for e in ledger.entries(kind="erased")}
    for entry in ledger.entries(kind="erase"):
        if entry.body.get("what") not in ("model", "rows") or entry.seq in ended:
            continue
        for name, digest in entry.body["digests"].items():
            if vault_has(vault, digest):
                vault.erase(digest)
                done.append(f"deleted {name} of {entry.subject}")
        ledger.append("erased", run=entry.run, subject=entry.subject, body={"of": entry.seq})
    return done


def vault_has(vault: Vault, digest: str) -> bool:
    """Whether the bytes are present."""
    try:
        return vault.path(digest).is_file()
    except NotFound:
        return False


def references(entry: Entry) -> set[str]:
    """Every sha256 that an entry mentions, a signed payload included."""
    said = dict(entry.body)
    texts = [json.dumps(said, ensure_ascii=False)]
    payload = said.get("payload")
    if isinstance(payload, str):
        texts.append(base64.b64decode(payload, validate=False).decode("utf-8", "replace"))
    return {digest for text in texts for digest in _DIGEST.findall(text)}


def _forget_model(ws: Workspace, ref: VersionRef, reason: str) -> dict[str, str]:
    known = models(ws.ledger)
    subject = str(ref)
    if subject not in known:
        raise NotFound(
            Text(f"there is no model {subject}", f"没有模型 {subject}"),
            at="--model",
            fix=Text("choose one of: " + (", ".join(known) or "(none)"), "可选：" + ("、".join(known) or "（无）")),
        )
    others = {d for s, entry in known.items() if s != subject for d in _parts(entry).values()}
    digests = {name: digest for name, digest in _parts(known[subject]).items() if digest not in others}
    _begin(ws, subject, {"what": "model", "digests": digests, "reason": reason})
    finish(ws.ledger, ws.vault)
    return digests


def _begin(ws: Workspace, subject: str, body: Mapping[str, Any]) -> None:
    ws.ledger.append("erase", run=_who(ws), subject=subject, body=body)


def _who(ws: Workspace) -> str:
    return f"forget by {ws.person}"


def _kept_rows(ws: Workspace, name: str) -> dict[str, str]:
    """Blobs that only runs on this dataset mention, parts of models excepted; cells; keys that name it."""
    mine: set[str] = set()
    others: set[str] = set()
    about = {e.run for e in ws.ledger.entries(kind="plan") if _of(e.subject) == name}
    for entry in ws.ledger.entries():
        ours = entry.kind != "model" and (_of(entry.subject) == name or (entry.run in about and entry.run))
        (mine if ours else others).update(references(entry))
    cached = {key: digest for key, digest in ws.vault.remembered() if key.startswith(CACHE) or _names(key, name)}
    mine |= set(cached.values())
    here = [digest for digest in ws.vault.digests() if digest in mine - others]
    return {f"vault/{digest[:12]}": digest for digest in here}


def _names(key: str, name: str) -> bool:
    """Whether a key of the vault speaks of a dataset: one of its words is the name or a version of it."""
    return any(_of(word) == name for word in re.split(r"[/|:,;\s\"'\[\]{}()]+", key))


def _parts(entry: Entry) -> dict[str, str]:
    parts = entry.body.get("parts", {})
    return {str(name): str(digest) for name, digest in parts.items()} if isinstance(parts, Mapping) else {}


def _of(subject: object) -> str:
    """`turbofan` of `turbofan@2`."""
    return str(subject or "").split("@", 1)[0]
