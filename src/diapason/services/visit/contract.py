"""The contract of a visit: a file that both sides read and sign; what is not in it does not happen."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml

from diapason.engines.evidence import bundle, dsse
from diapason.engines.evidence.canonical import canonical
from diapason.errors import BrokenEvidence, DataError, Refused
from diapason.knowledge.loader import Strict, check
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.services.visit.boxes import file_bytes
from diapason.services.workspace import require
from diapason.vocabulary.evidence import Statement, Subject
from diapason.vocabulary.language import Text
from diapason.vocabulary.wire import plain

__all__ = ["FIELDS", "Agreed", "Terms", "agreed", "runs_left", "sign", "standing"]

CONTRACT = "urn:diapason:predicate:visit-contract:v1"

FIELDS = {
    "trials": Text("trial table: gains with intervals, rounded", "试验表：增益及区间，已取整"),
    "scores": Text("score of each learner, rounded", "各学习器的得分，已取整"),
    "orders": Text("data work orders: what to look at, how many, expected gain", "数据工单：核对什么、多少、预期增益"),
    "counts": Text("rows by slice, rounded", "各切片行数，已取整"),
    "ranges": Text("usual range of the columns named, rounded quantiles", "所列各列的常见范围（分位数，已取整）"),
    "findings": Text("kinds of findings, with rounded counts", "发现的种类及取整后的数量"),
}
"""All that may leave, field by field."""

_Key = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
_Whole = Annotated[int, msgspec.Meta(ge=1)]
_Share = Annotated[float, msgspec.Meta(gt=0, le=1)]


class Party(Strict, frozen=True):
    """One side, by its key."""

    name: _Name
    key: _Key


class Slicing(Strict, frozen=True):
    """A column by which rows are counted; the provider's name for it."""

    column: _Name
    bands: Annotated[int, msgspec.Meta(ge=2, le=8)] = 4


class Rounding(Strict, frozen=True):
    """How coarse numbers leave."""

    counts: _Whole = 5
    digits: Annotated[int, msgspec.Meta(ge=1, le=4)] = 2


class Dominance(Strict, frozen=True):
    """When a few assets make up a count."""

    top: _Whole = 1
    share: _Share = 0.85
    p: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.1


class Noise(Strict, frozen=True):
    """Noise on counts: epsilon of each partition told, and what may be spent in all."""

    each: Annotated[float, msgspec.Meta(gt=0, le=10)]
    total: Annotated[float, msgspec.Meta(gt=0)]


class Terms(Strict, frozen=True):
    """What both sides sign."""

    format: Literal["diapason-visit-contract/1"]
    number: _Whole
    purpose: Annotated[str, msgspec.Meta(min_length=1)]
    provider: Party
    plant: Party
    plan: _Key
    may_leave: list[Literal["trials", "scores", "orders", "counts", "ranges", "findings"]]
    runs: _Whole
    until: date
    keep_days: _Whole
    publish: bool
    smallest_group: Annotated[int, msgspec.Meta(ge=3)] = 10
    slices: Annotated[list[Slicing], msgspec.Meta(max_length=6)] = msgspec.field(default_factory=list)
    ranges: Annotated[list[_Name], msgspec.Meta(max_length=40)] = msgspec.field(default_factory=list)
    words: list[str] = msgspec.field(default_factory=list)
    rounding: Rounding = msgspec.field(default_factory=Rounding)
    dominance: Dominance = msgspec.field(default_factory=Dominance)
    noise: Noise | None = None


@dataclass(frozen=True, slots=True)
class Agreed:
    """A contract that was read, with whoever has signed these very bytes."""

    terms: Terms
    digest: str  # sha256 of the file
    signed: Mapping[str, str]  # side -> person
    path: Path

    @property
    def plain(self) -> dict[str, Any]:
        """The terms as plain values."""
        told: dict[str, Any] = plain(msgspec.to_builtins(self.terms))
        return told


def agreed(path: Path) -> Agreed:
    """Read a contract strictly, and count only signatures over these bytes by the keys it names.

    Raises:
        DataError: it is not YAML, or a field is unknown, missing or wrong; names the field.
        BrokenEvidence: it was signed and changed since.
    """
    data = file_bytes(path, Text("diapason visit draft BUNDLE --to CONTRACT", "diapason visit draft 包文件 --to 合同"))
    try:
        said = yaml.load(data.decode("utf-8-sig"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(
            Text("the contract can't be read", "合同无法读取"), at=str(path), fix=Text("mend the YAML", "请修正 YAML")
        ) from error
    terms = _checked(said, path)
    found = Agreed(terms, sha256(data).hexdigest(), {}, path)
    return Agreed(terms, found.digest, _signatures(found), path)


def sign(ws: Workspace, path: Path) -> dict[str, Any]:
    """Sign a contract with the key of this workspace, as the side that has it; the file beside gets one more envelope.

    Raises:
        Refused: who acts is no approver and no administrator, or this workspace is neither side.
    """
    require(ws, "approver", "administrator")
    found = agreed(path)
    sides = [s for s in ("provider", "plant") if getattr(found.terms, s).key == ws.signer.keyid]
    if len(sides) != 1:
        raise Refused(
            Text("this workspace is neither side of the contract", "本工作区不是合同的任何一方"),
            at=str(path),
            fix=Text(
                f"its key is {ws.signer.keyid}: put it under provider or plant before anybody signs",
                f"本工作区的密钥为 {ws.signer.keyid}：请在签名之前写入 provider 或 plant",
            ),
        )
    said = {"side": sides[0], "person": ws.person, "at": _now(ws), "terms": found.plain}
    statement = Statement((Subject("contract", found.digest),), CONTRACT, said)
    one = {"public": ws.signer.public.hex(), "envelope": dsse.sign(statement, ws.signer.keyid, ws.signer.sign)}
    others = [s for s in _listed(path) if s["public"] != one["public"]]
    write_whole(_beside(path), canonical([*others, one]))
    body = {"contract": found.digest, "number": found.terms.number, "provider": found.terms.provider.key}
    ws.ledger.append("contract", subject=f"contract:{found.digest[:16]}", body=body | {"by": ws.person})
    both = {**found.signed, sides[0]: ws.person}
    return {"contract": found.digest, "side": sides[0], "person": ws.person, "signed": both, "file": str(_beside(path))}


def standing(ws: Workspace, found: Agreed) -> None:
    """Refuse unless both sides have signed, the day is not past, and no newer contract with this provider is here.

    Raises:
        Refused: says which, and what to do.
    """
    terms, missing = found.terms, [s for s in ("provider", "plant") if s not in found.signed]
    if missing:
        side = {"provider": "供方", "plant": "工厂"}[missing[0]]
        raise _refused(
            found,
            Text(f"the {missing[0]} has not signed this contract", f"{side}尚未签署本合同"),
            Text(
                f"the {missing[0]} calls: diapason visit sign {found.path.name}", f"由{side}执行：diapason visit sign"
            ),
        )
    if ws.clock().astimezone(UTC).date() > terms.until:
        raise _refused(
            found,
            Text(f"the contract ended on {terms.until}", f"合同已于 {terms.until} 到期"),
            Text("agree on a new one with a higher number, and sign it", "请另订编号更大的合同并签署"),
        )
    newer = [e.body["number"] for e in ws.ledger.entries(kind="contract") if e.body["provider"] == terms.provider.key]
    if max(newer, default=0) > terms.number:
        raise _refused(
            found,
            Text(
                f"contract number {max(newer)} with {terms.provider.name} has replaced number {terms.number}",
                f"与 {terms.provider.name} 的第 {max(newer)} 号合同已取代第 {terms.number} 号",
            ),
            Text("use the newest contract", "请使用最新的合同"),
        )


def runs_left(ws: Workspace, found: Agreed) -> int:
    """Runs that the contract still allows; every sealed one counts, whatever became of it."""
    made = [e for e in ws.ledger.entries(kind="plan") if e.body["plan"]["settings"].get("contract") == found.digest]
    return found.terms.runs - len([e for e in made if e.body["plan"]["verb"] == "visit"])


def _checked(said: Any, path: Path) -> Terms:
    try:
        terms = check(said, Terms, at=path.name)
    except DataError as error:
        what = error.said("en")["what"]
        raise DataError(
            Text(f"the contract is not as it must be: {what}", f"合同不符合要求：{what}"),
            at=error.at,
            fix=Text(
                "the fields are explained in docs/visiting.md; what the contract does not know it does not allow",
                "各字段见 docs/visiting.md；合同中不认识的内容一律不允许",
            ),
        ) from error
    if terms.provider.key == terms.plant.key:
        raise DataError(
            Text("both sides have the same key", "双方密钥相同"),
            at=f"{path.name}, field plant.key",
            fix=Text("each side gives its own: diapason status --json", "双方各自给出：diapason status --json"),
        )
    return terms


def _signatures(found: Agreed) -> dict[str, str]:
    """Side -> person, of each signature over these bytes; one over other bytes by a named key breaks the contract."""
    held: dict[str, str] = {}
    keys = {found.terms.provider.key: "provider", found.terms.plant.key: "plant"}
    for one in _listed(found.path):
        try:
            public = bytes.fromhex(one["public"])
            keyid = dsse.verify(one["envelope"], {dsse.fingerprint(public): public})
            said = dsse.opened(one["envelope"])
            right = said.predicate_type == CONTRACT and said.subjects == (Subject("contract", found.digest),)
            same = right and said.predicate["terms"] == found.plain and said.predicate["side"] == keys.get(keyid)
        except bundle.MALFORMED as error:
            raise _changed(found) from error
        if not same:
            raise _changed(found)
        held[keys[keyid]] = str(said.predicate["person"])
    return held


def _listed(path: Path) -> list[dict[str, Any]]:
    beside = _beside(path)
    if not beside.is_file():
        return []
    try:
        told = json.loads(beside.read_bytes())
        return [{"public": str(one["public"]), "envelope": one["envelope"]} for one in told]
    except bundle.MALFORMED as error:
        raise BrokenEvidence(
            Text("the signatures beside the contract can't be read", "合同的签名文件无法读取"),
            at=str(beside),
            fix=Text("delete that file, and let both sides sign again", "请删除该文件，由双方重新签名"),
        ) from error


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.sig")


def _changed(found: Agreed) -> BrokenEvidence:
    return BrokenEvidence(
        Text("the contract was changed after it was signed", "合同在签署之后被改动"),
        at=str(found.path),
        fix=Text(
            f"bring back the signed file, or delete {_beside(found.path).name} and let both sides sign anew",
            f"请恢复已签署的文件；或删除 {_beside(found.path).name}，由双方重新签署",
        ),
    )


def _refused(found: Agreed, what: Text, fix: Text) -> Refused:
    return Refused(what, at=str(found.path), fix=fix)


def _now(ws: Workspace) -> str:
    return ws.clock().astimezone(UTC).isoformat(timespec="seconds")
