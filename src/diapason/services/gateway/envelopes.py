"""Envelopes: one file per asset in `envelopes/`, signed by a safety officer; a changed file binds nothing."""

import math
import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from diapason.engines.safety import Response
from diapason.errors import DataError, NotFound
from diapason.knowledge.loader import Strict, check
from diapason.ports.workspace import Workspace
from diapason.services.gateway.sealed import opened, seal, signed_by
from diapason.services.workspace import require
from diapason.vocabulary.acting import Envelope, Interlock, Relation
from diapason.vocabulary.evidence import Entry
from diapason.vocabulary.language import Language, Text
from diapason.vocabulary.line import Kind
from diapason.vocabulary.names import file_name
from diapason.vocabulary.wire import plain

__all__ = ["Bound", "assets", "bound", "envelope_file", "in_force", "read_envelopes", "shown", "sign_envelope"]

_MOST = 1_000
"""Writes a day that an envelope may allow at most."""
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class _Lock(Strict, frozen=True):
    tag: str
    relation: Relation
    value: float
    unit: str
    freshest: float = 10.0
    low: float | None = None
    high: float | None = None


class _Response(Strict, frozen=True):
    tag: str
    unit: str
    gain: float
    doubt: float
    lag: float
    after: float = 0.0
    noise: float = 0.0


class _Tag(Strict, frozen=True):
    tag: str
    unit: str
    low: float
    high: float
    step: float
    rate: float
    dwell: float
    daily: int
    kind: Kind = Kind.NUMBER
    interlocks: tuple[_Lock, ...] = ()
    near: float = 0.0
    settle: float = 5.0
    fallback: float | None = None
    responses: tuple[_Response, ...] = ()


class _File(Strict, frozen=True):
    asset: str
    connection: str
    tags: list[_Tag]
    modes: tuple[str, ...] = ("automatic",)
    mode_tag: str = ""
    twin: str = ""
    horizon: float = 900.0
    stop: str = "hold"  # or "fallback"
    beat: float = 30.0


@dataclass(frozen=True, slots=True)
class Bound:
    """An asset's file as it was read: what binds each tag, and what foresees effects."""

    asset: str
    connection: str  # name of the connection by which the asset is reached
    tags: dict[str, Envelope]
    sha256: str  # of the file
    twin: str = ""  # name of the plant's twin, "" = none
    horizon: float = 900.0  # s that a twin looks ahead
    stop: str = "hold"  # what a stop does: "hold", or "fallback" = lead tags that have one there
    beat: float = 30.0  # s without a sign of life after which an agent counts as gone
    responses: dict[str, tuple[Response, ...]] = field(default_factory=dict)  # by the moved tag
    signer: str = ""
    seq: int = 0  # of the signature in the ledger


def envelope_file(folder: Path, asset: str) -> Path:
    """Where the envelope of an asset lies."""
    return folder / "envelopes" / f"{asset if _PLAIN.fullmatch(asset) else file_name(asset)}.yaml"


def assets(folder: Path) -> tuple[str, ...]:
    """Assets that have a file that can be read."""
    found = []
    for path in sorted((folder / "envelopes").glob("*.yaml")):
        try:
            found.append(read_envelopes(path).asset)
        except (DataError, NotFound):
            continue
    return tuple(found)


def read_envelopes(path: Path) -> Bound:
    """A file of envelopes, strictly.

    Raises:
        NotFound: there is none.
        DataError: a field is unknown, missing, stands twice, or can't be.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NotFound(
            Text("there is no such envelope", "没有该安全包络"),
            at=str(path),
            fix=Text("a safety officer writes it: see docs/gateway.md", "由安全负责人编写，见 docs/gateway.md"),
        ) from error
    return _parsed(data, f"envelopes/{path.name}")


@lru_cache(maxsize=4096)
def _parsed(data: bytes, at: str) -> Bound:
    """The same bytes say the same."""
    file = check(_plain_yaml(data, at), _File, at=at)
    names = [t.tag for t in file.tags]
    if len(set(names)) != len(names):
        raise DataError(Text("a tag stands twice", "位号重复"), at=at, fix=Text("keep one of them", "请只保留一个"))
    if file.stop not in ("hold", "fallback"):
        raise _cannot(at, "stop", "hold, fallback")
    tags = {t.tag: _envelope(file, t, f"{at}, tag {t.tag}") for t in file.tags}
    responses = {t.tag: tuple(Response(**_fields(r)) for r in t.responses) for t in file.tags if t.responses}
    if not (0 < file.horizon < math.inf and 0 < file.beat < math.inf):
        raise _cannot(at, "horizon, beat", "> 0")
    own = {name: getattr(file, name) for name in ("asset", "connection", "twin", "horizon", "stop", "beat")}
    return Bound(**own, tags=tags, sha256=sha256(data).hexdigest(), responses=responses)


def _fields(record: Strict) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__struct_fields__}


def _envelope(file: _File, t: _Tag, at: str) -> Envelope:
    """One tag's envelope, if its numbers can be."""
    numbers = {n: getattr(t, n) for n in ("low", "high", "step", "rate", "dwell", "near", "settle")}
    numbers |= {f"{k.tag} {n}": getattr(k, n) for k in t.interlocks for n in ("value", "freshest")}
    numbers |= {f"{r.tag} {n}": getattr(r, n) for r in t.responses for n in ("gain", "doubt", "lag", "after", "noise")}
    for name, value in numbers.items():
        if not math.isfinite(value):
            raise _cannot(at, name, "finite")
    signs = {"step": t.step, "rate": t.rate, "settle": t.settle, "daily": t.daily}
    for name, value in signs.items():
        if value <= 0:
            raise _cannot(at, name, "> 0")
    if t.dwell < 0 or t.near < 0:
        raise _cannot(at, "dwell, near", ">= 0")
    if t.daily > _MOST:
        raise _cannot(at, "daily", f"<= {_MOST}")
    if not t.low < t.high or t.near > t.step / 2:
        raise _cannot(at, "low, high, near", "low < high, near <= step / 2")
    if t.kind is Kind.TEXT:
        raise _cannot(at, "kind", "number, whole, switch")
    if t.fallback is not None and not t.low <= t.fallback <= t.high:
        raise _cannot(at, "fallback", f"{t.low:g} … {t.high:g}")
    own = {n: getattr(t, n) for n in ("tag", "unit", "daily", "kind", "fallback", *_NUMBERS)}
    locks = tuple(Interlock(**_fields(k)) for k in t.interlocks)
    return Envelope(file.asset, **own, interlocks=locks, modes=tuple(file.modes), mode_tag=file.mode_tag)


_NUMBERS = ("low", "high", "step", "rate", "dwell", "near", "settle")


def _cannot(at: str, name: str, must: str) -> DataError:
    return DataError(
        Text(f"{name} can't be so", f"{name} 的取值不合要求"),
        at=at,
        fix=Text(f"it must be {must}", f"应为 {must}"),
    )


class _Once(yaml.SafeLoader):
    """Refuses a key that stands twice: the second would silently win."""


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    if len(keys) != len({str(key) for key in keys}):
        raise yaml.YAMLError("a key stands twice")
    return dict(loader.construct_pairs(node, deep=True))


_Once.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _plain_yaml(data: bytes, at: str) -> Any:
    try:
        return yaml.load(data.decode("utf-8"), Loader=_Once)  # noqa: S506  # a safe loader
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        why = str(error).splitlines()[0]
        raise DataError(
            Text(f"the file can't be read: {why}", f"文件无法读取：{why}"),
            at=at,
            fix=Text("mend it as docs/gateway.md shows", "请按 docs/gateway.md 的示例修改"),
        ) from error


def sign_envelope(ws: Workspace, asset: str) -> dict[str, Any]:
    """Sign the file of an asset as it lies there now; from then on it binds, and every agent there returns to shadow.

    Returns:
        asset, sha256, version, tags, person.

    Raises:
        Refused: who acts is no safety officer.
        DataError, NotFound: as `read_envelopes`.
    """
    require(ws, "safety")
    path = envelope_file(ws.folder, asset)
    found = read_envelopes(path)
    if found.asset != asset:
        raise DataError(
            Text(f"the file is that of {found.asset}", f"该文件属于 {found.asset}"), at=f"envelopes/{path.name}"
        )
    version = sum(1 for _ in ws.ledger.entries(kind="envelope", subject=_subject(asset))) + 1
    text = path.read_bytes().decode("utf-8")
    said = {"asset": asset, "sha256": found.sha256, "version": version, "text": text}
    if sha256(text.encode()).hexdigest() != found.sha256:
        raise DataError(Text("the file changed while it was read", "文件在读取时被更改"), at=f"envelopes/{path.name}")
    seal(ws, "envelope", _subject(asset), said)
    return {**{k: said[k] for k in ("asset", "sha256", "version")}, "tags": list(found.tags), "person": ws.person}


@dataclass(frozen=True, slots=True)
class _Held:
    """What was found once, and what it stands on: nobody's role or key, no signature and no byte has changed since."""

    person: int  # newest entry about a person
    signature: int
    data: bytes
    found: Bound | None
    why: Text


_held: dict[tuple[str, str], _Held] = {}


def bound(ws: Workspace, asset: object) -> tuple[Bound | None, Text]:
    """The envelope of an asset if it is as a safety officer signed it, else why it binds nothing."""
    if type(asset) is not str:
        return None, Text("no such asset", "没有该资产")
    entry = ws.ledger.last(kind="envelope", subject=_subject(asset))
    if entry is None:
        return None, Text(f"no envelope of {asset} is signed", f"{asset} 没有已签名的安全包络")
    person = ws.ledger.last(kind="person")
    try:
        data = envelope_file(ws.folder, asset).read_bytes()
    except OSError:
        return None, Text("the envelope's file can't be read", "安全包络文件无法读取")
    place, newest = (str(ws.folder), asset), 0 if person is None else person.seq
    held = _held.get(place)
    if held is None or (held.person, held.signature, held.data) != (newest, entry.seq, data):
        held = _held[place] = _Held(newest, entry.seq, data, *_looked(ws, asset, entry, data))
    return held.found, held.why


def _looked(ws: Workspace, asset: str, entry: Entry, data: bytes) -> tuple[Bound | None, Text]:
    """The same, from the file and the ledger."""
    person, roles = signed_by(ws, entry, "envelope")
    if "safety" not in roles:
        return None, Text("the envelope's signer is no safety officer", "安全包络的签名人不是安全负责人")
    try:
        found = _parsed(data, f"envelopes/{envelope_file(ws.folder, asset).name}")
    except DataError as error:
        what = {language: error.said(language)["what"] for language in _LANGUAGES}
        return None, Text(f"the envelope can't be: {what['en']}", f"安全包络不成立：{what['zh']}")
    if found.sha256 != opened(entry, "envelope").get("sha256") or found.asset != asset:
        return None, Text("the envelope was changed after it was signed", "安全包络在签名后被更改")
    return replace(found, signer=person, seq=entry.seq), Text("", "")


_LANGUAGES: tuple[Language, ...] = ("en", "zh")


def in_force(ws: Workspace) -> dict[str, Bound]:
    """Every asset whose envelope binds."""
    pairs = ((asset, bound(ws, asset)[0]) for asset in assets(ws.folder))
    return {asset: found for asset, found in pairs if found is not None}


def _subject(asset: str) -> str:
    return f"envelope:{asset}"


def shown(ws: Workspace, asset: str) -> dict[str, Any]:
    """The file of an asset as it was understood, and whether it binds.

    Returns:
        asset, connection, twin, stop, tags (with every bound), sha256, signer ("" = it binds nothing) and why.

    Raises:
        NotFound: there is no such file.
        DataError: it can't be.
    """
    read = read_envelopes(envelope_file(ws.folder, asset))
    found, why = bound(ws, asset)
    own = {name: getattr(read, name) for name in ("asset", "connection", "twin", "stop", "sha256")}
    signer = "" if found is None else found.signer
    return {**own, "tags": plain(list(read.tags.values())), "signer": signer, "why": {"en": why.en, "zh": why.zh}}
