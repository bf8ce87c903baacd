"""Which models there are, which may predict, and their parts, verified before anybody reads a byte of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from diapason.engines.evidence import bundle, chain, dsse
from diapason.engines.evidence.canonical import digest
from diapason.errors import BrokenEvidence, NotFound, Refused
from diapason.ports.workspace import Workspace
from diapason.services import permit
from diapason.services.standing import fallen, removed
from diapason.services.workspace import forgotten
from diapason.services.workspace.forgetting import models
from diapason.vocabulary.evidence import Entry, Statement, Subject
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef

__all__ = [
    "MODEL",
    "ROLLBACK",
    "Model",
    "Standing",
    "find",
    "grounds",
    "origin",
    "parts",
    "signed",
    "standing",
    "standings",
    "statement",
]

MODEL = "urn:diapason:predicate:model:v1"
ROLLBACK = "urn:diapason:predicate:rollback:v1"


@dataclass(frozen=True, slots=True)
class Model:
    """A trained model as the ledger knows it."""

    ref: VersionRef
    entry: Entry
    digest: str  # of everything it is: parts, conditioning, settings, features, contract

    @property
    def facts(self) -> Mapping[str, Any]:
        """What learning wrote of it."""
        return self.entry.body

    def subjects(self) -> tuple[Subject, ...]:
        """Its parts by digest, and itself."""
        listed = sorted(self.facts["parts"].items())
        return (Subject(f"model/{self.ref}", self.digest), *(Subject(f"part/{n}", d) for n, d in listed))


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a version may predict: "published", "withdrawn", "expired", "fallen", "held", "unpublished"."""

    state: str
    why: Text
    entry: Entry | None = None  # the publication or the roll-back that made it so
    until: str = ""  # UTC, when the approval ends


def find(workspace: Workspace, text: str) -> Model:
    """A model by `name@version`; by `name` alone the one that is published now, else the newest.

    Raises:
        NotFound: there is none; names those there are.
    """
    ref = VersionRef.parse(text)
    known = {m.ref.version: m for m in _models(workspace, ref.name)}
    current = _current(workspace, ref.name)
    wanted = ref.version or (current if current in known else max(known, default=0))
    if wanted in known:
        return known[wanted]
    gone = forgotten(workspace, f"{ref.name}@{wanted}")
    if gone is not None:
        raise NotFound(
            Text(f"{ref.name}@{wanted} was deleted on {gone.at}", f"{ref.name}@{wanted} 已于 {gone.at} 删除"),
            at=f"ledger entry {gone.seq}",
            fix=Text(f"the reason was: {gone.body['reason']}", f"理由：{gone.body['reason']}"),
        )
    raise NotFound(
        Text(f"there is no model {text}", f"没有模型 {text}"),
        at=str(workspace.folder),
        fix=Text("choose one of: ", "可选：") + ", ".join(str(m.ref) for m in known.values())
        if known
        else f"diapason learn {ref.name} --task …",
    )


def standing(workspace: Workspace, model: Model) -> Standing:
    """Whether this version may predict now: published or not, nothing that it stands on may have fallen."""
    gone = removed(workspace, ground("model", model.ref))
    return standings(workspace, model.ref.name).get(model.ref.version) or (_fell(gone) if gone else _UNPUBLISHED)


def standings(workspace: Workspace, name: str) -> dict[int, Standing]:
    """The standing of every version that was ever published, from the chain of publications and roll-backs.

    Raises:
        BrokenEvidence: one of them is not signed by this workspace.
    """
    found: dict[int, Standing] = {}
    now, gone = workspace.clock(), fallen(workspace)
    for entry in _decisions(workspace, name):
        said = signed(workspace, entry).predicate
        version = VersionRef.parse(said["model"]).version
        if entry.kind == "publish":
            found[version] = _published(entry, said, now)
            why = gone.get(ground("entry", entry.seq))
            if why is not None and found[version].state == "published":
                found[version] = _fell(why, entry)
            continue
        for other in said["withdrawn"]:
            reason = Text(f"withdrawn: {said['reason']}", f"已撤回：{said['reason']}")
            found[VersionRef.parse(other).version] = Standing("withdrawn", reason, entry)
    return {v: _held(workspace, s) if s.state == "published" else s for v, s in found.items()}


def grounds(model: Model) -> tuple[str, ...]:
    """What papers may be about that permit a model: itself, its data with and without version, its run."""
    data = ground("dataset", model.facts["dataset"])
    return ground("model", model.ref), data, data.partition("@")[0], ground("run", model.facts["run"])


def _held(workspace: Workspace, published: Standing) -> Standing:
    """By what people declare now, a rule asks for something that was not asked for when it was published."""
    ref = VersionRef.parse(published.entry.subject if published.entry else "")
    model = next((m for m in _models(workspace, ref.name) if m.ref == ref), None)
    found = None if model is None else permit.permission(workspace, str(ref), grounds(model))
    if found is None or not found.wants:
        return published
    return Standing("held", found.wants[0].said, published.entry, published.until)


def parts(workspace: Workspace, model: Model) -> dict[str, bytes]:
    """The model's files, each checked against the digest that was signed; nothing is loaded here.

    Raises:
        BrokenEvidence: the model's entry, the statement that names its parts, or a file is not what was signed.
    """
    publication = standing(workspace, model).entry
    published = publication is not None and publication.kind == "publish"
    source = publication if publication is not None and published else origin(workspace, model)
    stated = {s.name: s.sha256 for s in signed(workspace, source).subjects}
    listed = {f"part/{name}": str(sha256) for name, sha256 in model.facts["parts"].items()}
    whole = not published or stated.get(f"model/{model.ref}") == model.digest
    if not whole or listed != {n: d for n, d in stated.items() if n.startswith("part/")} or not _chained(model.entry):
        raise BrokenEvidence(
            Text(f"{model.ref} is not the model that was signed", f"{model.ref} 不是已签名的模型"),
            at=f"ledger entry {model.entry.seq}",
            fix=Text("do not use it; restore a backup or learn again", "请勿使用；恢复备份或重新训练"),
        )
    return {name: workspace.vault.get(str(sha256)) for name, sha256 in sorted(model.facts["parts"].items())}


def _chained(entry: Entry) -> bool:
    return chain.link(entry.before, {name: getattr(entry, name) for name in chain.FIELDS}) == entry.hash


def signed(workspace: Workspace, entry: Entry) -> Statement:
    """The statement in an entry that this workspace signed; raises BrokenEvidence where it did not."""
    dsse.verify(entry.body, {workspace.signer.keyid: workspace.signer.public})
    return dsse.opened(entry.body)


def statement(workspace: Workspace, made: Statement) -> dict[str, Any]:
    """The envelope of a statement, signed by this workspace."""
    return dsse.sign(made, workspace.signer.keyid, workspace.signer.sign)


_UNPUBLISHED = Standing("unpublished", Text("it was never published", "从未发布"))


def _models(workspace: Workspace, name: str) -> list[Model]:
    """Versions that were learnt and not deleted, in their order."""
    known = models(workspace.ledger).values()
    return [Model(VersionRef.parse(e.subject), e, digest(e.body)) for e in known if bundle.about(e.subject) == name]


def _decisions(workspace: Workspace, name: str) -> list[Entry]:
    both = (e for kind in ("publish", "rollback") for e in workspace.ledger.entries(kind=kind))
    return sorted((e for e in both if bundle.about(e.subject) == name), key=lambda e: e.seq)


def _current(workspace: Workspace, name: str) -> int:
    """The version that the last decision put in place, 0 if none is in place."""
    decided = _decisions(workspace, name)
    return VersionRef.parse(decided[-1].subject).version if decided else 0


def _published(entry: Entry, said: Mapping[str, Any], now: datetime) -> Standing:
    until = str(said["approval"]["until"])
    if datetime.fromisoformat(until) <= now:
        gone = Text(f"the approval by {said['approval']['person']} ended on {until}", f"审批已于 {until} 到期")
        return Standing("expired", gone, entry, until)
    return Standing("published", Text(f"published, approved until {until}", f"已发布，审批至 {until}"), entry, until)


def _fell(why: Text, entry: Entry | None = None) -> Standing:
    return Standing("fallen", Text(f"what it stands on has fallen: {why.en}", f"其依据已失效：{why.zh}"), entry)


def origin(workspace: Workspace, model: Model) -> Entry:
    """The signed result of the run that made the model."""
    for entry in workspace.ledger.entries(run=str(model.facts["run"])):
        if entry.kind == "result":
            return entry
    raise Refused(
        Text(f"the run that made {model.ref} has not ended", f"产生 {model.ref} 的运行尚未结束"),
        fix=f"diapason learn {model.ref.name} --task {model.facts['task']}",
    )
