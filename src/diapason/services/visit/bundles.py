"""NAME.visit: a recipe with settings, repairs with parameters and a plan, signed by the provider; no code inside."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from diapason.engines.evidence import bundle as signed
from diapason.engines.evidence.canonical import canonical, digest
from diapason.errors import BrokenEvidence, DataError
from diapason.knowledge.loader import Strict, check
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.publish import find as model_of
from diapason.services.publish import parts as parts_of
from diapason.services.resonate.planning import seconds
from diapason.services.visit.boxes import VISIT, box, file_bytes, opened
from diapason.services.visit.contract import FIELDS
from diapason.services.visit.plugins import Plugin, described
from diapason.vocabulary.language import Text
from diapason.vocabulary.names import proper
from diapason.vocabulary.wire import plain

__all__ = ["Bundle", "Told", "Wishes", "pack", "read_bundle"]

_PLAN, _README = "plan.json", "README.txt"
_METRIC = {"classification": "macro_f1", "monitoring": "f1", "regression": "rmse", "remaining_life": "rmse"}
_TEXT = """\
A visiting trial of Diapason: what another company asks to try on your data.
It holds settings, names of plug-ins and a plan, no code. Your data stays where it is.
    diapason visit check FILE --contract CONTRACT
来访试验包：另一家企业请求在您的数据上试验的内容。
仅含设置、插件名称与计划，不含代码；您的数据不会离开。
"""

_Word = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]


class Wanted(Strict, frozen=True):
    """A column that the provider's side expects, by its own name and in its own unit."""

    name: _Word
    kind: Literal["number", "category", "text", "time", "flag"]
    role: Literal["feature", "target", "asset", "time", "batch"]
    unit: str = ""


class Repair(Strict, frozen=True):
    """A repair that shall be tried; without parameters it looks for its own on the plant's data."""

    plugin: Plugin
    parameters: dict[str, Any] | None = None


class Accept(Strict, frozen=True):
    """When the provider's claim counts as shown: the low end of the interval of the gain is at least so much."""

    over: Literal["nothing", "robust"] = "robust"
    least: float = 0.0


class Told(Strict, frozen=True):
    """The plan of a visit: everything that decides how it runs."""

    format: Literal["diapason-visit/1"]
    name: _Word
    provider: _Word
    hypothesis: Annotated[str, msgspec.Meta(max_length=2000)]
    task: Literal["classification", "regression", "remaining_life", "monitoring"]
    metric: str
    split: Literal["honest"]
    seed: Annotated[int, msgspec.Meta(ge=0)]
    budget: Annotated[float, msgspec.Meta(gt=0)]  # seconds
    accept: Accept
    recipe: Plugin
    settings: dict[str, Any]
    repairs: list[Repair]
    columns: list[Wanted]
    asks: list[Literal["trials", "scores", "orders", "counts", "ranges", "findings"]]
    slices: list[_Word]
    horizon: float | None = None
    normal_first: int = 0
    weights: bool = False
    features: list[_Word] = msgspec.field(default_factory=list)  # in the order in which the weights know them
    classes: list[str] = msgspec.field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose every byte is as its provider signed it."""

    told: Told
    keyid: str
    plan: str  # digest of the plan
    digest: str  # of the file
    parts: Mapping[str, bytes]  # of a trained model, in its own safe format


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the provider decides beside the model."""

    hypothesis: str = ""
    repairs: Sequence[str] = ()  # NAME or NAME={"doubt": 0.5}
    asks: Sequence[str] = ("trials",)
    slices: Sequence[str] = ()
    budget: str = "2m"
    seed: int = 0
    accept: Accept = field(default_factory=Accept)
    weights: bool = False


def pack(ws: Workspace, model: str, wishes: Wishes, *, to: Path) -> dict[str, Any]:
    """Write a signed bundle from a model learnt here: its recipe and settings, not its data, and no code.

    Raises:
        NotFound: no such model.
        Missing: a repair that is not installed.
        DataError: a wish that can't be.
    """
    found = model_of(ws, model)
    told = _told(ws, found.facts, found.ref.name, wishes)
    members = {_README: _TEXT.encode(), _PLAN: canonical(msgspec.to_builtins(told))}
    if wishes.weights:
        members |= {f"weights/{name}": data for name, data in parts_of(ws, found).items()}
    data = box(VISIT, members, {"name": told.name, "plan": sha256(members[_PLAN]).hexdigest()}, ws.signer)
    write_whole(to, data)
    plan = digest(msgspec.to_builtins(told))
    told_digest = sha256(data).hexdigest()
    body = {"bundle": told_digest, "plan": plan, "model": str(found.ref), "by": ws.person}
    ws.ledger.append("pack", subject=told.name, body=body)
    facts = {"file": str(to), "bundle": told_digest, "plan": plan, "key": ws.signer.keyid, "bytes": len(data)}
    return {**facts, "told": msgspec.to_builtins(told)}


def read_bundle(path: Path) -> Bundle:
    """Open a bundle; nothing of it is run.

    Raises:
        BrokenEvidence: a byte is not as it was signed, or it holds what no bundle may hold.
        DataError: its plan has a field that is not known.
    """
    data = file_bytes(path, Text("ask the provider for the bundle", "请向供方索取试验包"))
    held = opened(data, VISIT, str(path))
    odd = [n for n in held.members if n not in (_README, _PLAN) and not n.startswith("weights/")]
    try:
        told = check(json.loads(held.members[_PLAN]), Told, at=f"{path.name}/{_PLAN}")
    except (*signed.MALFORMED, KeyError) as error:
        raise _unreadable(path, error) from error
    parts = {n.removeprefix("weights/"): d for n, d in held.members.items() if n.startswith("weights/")}
    if odd or bool(parts) != told.weights:
        raise BrokenEvidence(
            Text(f"the bundle holds what its plan doesn't know: {odd or 'weights'}", "包中含有计划之外的内容"),
            at=str(path),
            fix=Text("refuse it; ask the provider to pack it again", "请拒收，并请供方重新打包"),
        )
    _known(told, path)
    return Bundle(told, held.keyid, digest(msgspec.to_builtins(told)), held.digest, parts)


def _told(ws: Workspace, facts: Mapping[str, Any], name: str, wishes: Wishes) -> Told:
    contract = facts["contract"]["columns"]
    used = {*facts["features"]}
    keep = [c for c in contract if c["name"] in used or c["role"] in ("target", "asset", "time", "batch")]
    task = str(facts["task"])
    known = _learnt_with(ws, facts)
    return check(
        {
            "format": "diapason-visit/1",
            "name": proper(name),
            "provider": ws.name,
            "hypothesis": wishes.hypothesis,
            "task": task,
            "metric": _METRIC[task],
            "split": "honest",
            "seed": wishes.seed,
            "budget": seconds(wishes.budget),
            "accept": msgspec.to_builtins(wishes.accept),
            "recipe": msgspec.to_builtins(described("recipes", str(facts["recipe"]))),
            "settings": plain(facts["settings"]),
            "repairs": [_repair(word) for word in wishes.repairs],
            "columns": [{k: c[k] for k in ("name", "kind", "role", "unit")} for c in keep],
            "asks": list(dict.fromkeys(wishes.asks)),
            "slices": list(dict.fromkeys(wishes.slices)),
            "weights": wishes.weights,
            "features": list(facts["features"]) if wishes.weights else [],
            "classes": list(facts["classes"]) if wishes.weights else [],
            **known,
        },
        Told,
        at="visit pack",
    )


def _learnt_with(ws: Workspace, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What else the model was told when it was learnt."""
    settings = attest.finished(ws, str(facts["run"]))["plan"]["settings"]
    return {"horizon": facts.get("horizon"), "normal_first": int(settings.get("normal_first") or 0)}


def _repair(word: str) -> dict[str, Any]:
    name, equals, said = word.partition("=")
    try:
        parameters = json.loads(said) if equals else None
        right = parameters is None or isinstance(parameters, dict)
    except ValueError:
        right = False
    if not right:
        raise DataError(
            Text(f"'{word}' is not NAME or NAME={{…}}", f"“{word}”不是 名称 或 名称={{…}}"),
            at="--repair",
            fix=Text("""write --repair drop or --repair 'drop={"doubt": 0.5}'""", "请写 --repair drop 或带 JSON 参数"),
        )
    return {"plugin": msgspec.to_builtins(described("treatments", name.strip())), "parameters": parameters}


def _known(told: Told, path: Path) -> None:
    """Slices are asked for by inputs or target; the metric is that of the task."""
    names = {c.name for c in told.columns if c.role in ("feature", "target")}
    strange = [s for s in told.slices if s not in names]
    if strange or told.metric != _METRIC[told.task] or not set(told.asks) <= set(FIELDS):
        what = strange[0] if strange else told.metric
        raise DataError(
            Text(f"the plan asks for '{what}', which it does not describe", f"计划要求“{what}”，却未加说明"),
            at=f"{path.name}/{_PLAN}",
            fix=Text("ask the provider to pack it again", "请供方重新打包"),
        )


def _unreadable(path: Path, error: Exception) -> Exception:
    if isinstance(error, DataError):
        what = error.said("en")["what"]
        return DataError(
            Text(f"the plan of the bundle is not one that is known here: {what}", f"无法识别包中的计划：{what}"),
            at=error.at or str(path),
            fix=Text("ask the provider to pack it with this version of Diapason", "请供方用此版本的 Diapason 打包"),
        )
    return BrokenEvidence(
        Text("the bundle has no readable plan", "包中没有可读的计划"),
        at=str(path),
        fix=Text("ask the provider to pack it again", "请供方重新打包"),
    )
