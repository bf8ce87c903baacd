"""What lies in NAME.evidence, and whether it all holds together: the grade *intact*."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec

from diapason.engines.evidence import chain, dsse, merkle
from diapason.engines.evidence.canonical import canonical
from diapason.engines.evidence.chain import Line
from diapason.errors import BrokenEvidence, DataError
from diapason.vocabulary.evidence import Entry, Statement, Subject
from diapason.vocabulary.language import Text

__all__ = [
    "ANCHOR",
    "BUNDLE",
    "KEYS",
    "LEDGER",
    "MANIFEST",
    "RESULT",
    "WHOLE",
    "Bundle",
    "about",
    "anchored",
    "concerns",
    "ledger",
    "manifest",
    "opened",
    "signed_by",
]

BUNDLE = "urn:diapason:predicate:bundle:v1"
ANCHOR = "urn:diapason:predicate:anchor:v1"
RESULT = "urn:diapason:predicate:result:v1"

README, MANIFEST, KEYS, LEDGER = "README.txt", "manifest.json", "keys.json", "ledger.jsonl"
WHOLE = "*"
"""Name of a bundle that is about everything in its workspace: the body of every entry is shown."""

MALFORMED = (
    ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, DataError, msgspec.MsgspecError
)  # fmt: skip
"""What reading a document of an unknown shape may raise."""

_EACH = 1000
"""Up to so many statements, each signature is checked by itself; beyond, the signed Merkle root speaks for them."""


class _Sealed(msgspec.Struct, gc=False):
    seq: int
    hash: str


class _Claim(msgspec.Struct, gc=False):
    """What must hold of a result for its bundle to be intact; the rest is read when it is needed."""

    run: str
    sealed: _Sealed
    plan: msgspec.Raw
    kept: dict[str, msgspec.Raw]


class _Result(msgspec.Struct, gc=False):
    type: str = msgspec.field(name="_type")
    kind: str = msgspec.field(name="predicateType")
    predicate: _Claim


class _Plan(msgspec.Struct, gc=False):
    plan: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Bundle:
    """An evidence file that holds together."""

    name: str
    signer: str  # key id
    facts: Mapping[str, Any]  # what the signer says of the bundle
    lines: tuple[Line, ...]  # the whole ledger
    payloads: Mapping[str, bytes]  # run -> its statement, as signed
    members: Mapping[str, bytes]
    keys: Mapping[str, bytes]

    def statement(self, run: str) -> Statement:
        """The statement in which a run ended."""
        return dsse.read(self.payloads[run])

    def kept(self) -> Iterator[tuple[str, str, bytes]]:
        """Run, name and bytes of each kept table in the bundle."""
        for member, text in self.members.items():
            where, _, rest = member.partition("/")
            if where == "kept":
                run, _, file = rest.partition("/")
                yield run, file.removesuffix(".csv"), text

    def said(self, kind: str) -> Iterator[tuple[Line, dict[str, Any]]]:
        """Entries of a kind with their bodies, where these are shown."""
        return ((line, msgspec.json.decode(line.said)) for line in self.lines if line.kind == kind and line.said)

    def count(self, *states: str) -> int:
        """How many runs about this name ended "finished", "abandoned", or are "unfinished"."""
        ended = {line.run: line.kind for line in self.lines if line.kind in ("result", "abandoned")}
        kinds = {"": "unfinished", "result": "finished", "abandoned": "abandoned"}
        begun = {line.run for line in self.lines if line.kind == "plan" and concerns(self.name, line.subject)}
        return sum(kinds[ended.get(run, "")] in states for run in begun)


def about(subject: str) -> str:
    """The name that an entry's subject is about.

    >>> about("turbofan@2")
    'turbofan'
    """
    return subject.partition("@")[0]


def concerns(name: str, subject: str) -> bool:
    """Whether an entry's subject belongs to a bundle of that name.

    >>> concerns("turbofan", "turbofan@2"), concerns("*", "turbofan@2"), concerns("pump", "turbofan@2")
    (True, True, False)
    """
    return name in (WHOLE, about(subject))


def ledger(entries: Iterable[Entry], shown: Callable[[Entry], bool]) -> bytes:
    """The ledger as lines of JSON: every entry's header, and the body of those that are to be shown."""
    return b"".join(_line(entry, shown(entry)) + b"\n" for entry in entries)


def manifest(  # roomy: six facts are what a bundle is
    name: str, head: tuple[int, str], members: Mapping[str, bytes], facts: Mapping[str, Any], keyid: str,
    signer: Callable[[bytes], bytes],
) -> bytes:  # fmt: skip
    """The signed list of a bundle's members, with the head of the chain and the root over the ledger's lines."""
    lines = merkle.lines(members[LEDGER])
    predicate = {
        **facts,
        "name": name,
        "head": {"seq": head[0], "hash": head[1]},
        "entries": {"count": len(lines), "root": merkle.root(lines)},
    }
    subjects = tuple(Subject(n, sha256(data).hexdigest()) for n, data in members.items())
    return canonical(dsse.sign(Statement(subjects, BUNDLE, predicate), keyid, signer))


def signed_by(text: bytes, keys: Mapping[str, bytes], kind: str) -> tuple[str, Statement]:
    """Key and statement of a signed file in its one spelling.

    Raises:
        BrokenEvidence: signed by none of the keys, of another kind, or spelled in another way.
    """
    try:
        envelope = json.loads(text)
        payload = dsse.opened(envelope)
        tight = dsse.tight(envelope) and canonical(envelope) == text
    except MALFORMED as error:
        raise _broken("the signed list can't be read", "签名清单无法读取") from error
    keyid = dsse.verify(envelope, keys)
    if not tight or payload.predicate_type != kind:
        raise _broken("the signed list is spelled in another way", "签名清单的写法不符")
    return keyid, payload


def opened(members: Mapping[str, bytes], keys: Mapping[str, bytes]) -> Bundle:
    """Check everything that can be checked without recomputing: the grade *intact*.

    Args:
        members: what `container.unpack` gave.
        keys: public keys that may have signed the bundle, by key id.

    Raises:
        BrokenEvidence: says what does not hold.
    """
    try:
        return _opened(members, keys)
    except MALFORMED as error:
        raise _broken(f"its content is malformed ({type(error).__name__})", "内容格式错误") from error


def anchored(bundle: Bundle, anchor: Mapping[str, Any]) -> int:
    """How many entries were added since the anchor (a predicate of kind `ANCHOR`).

    Raises:
        BrokenEvidence: the chain is shorter than the anchor says, or was another one.
    """
    seq, count = int(anchor["seq"]), len(bundle.lines)
    if count < seq:
        raise _broken(
            f"the ledger was cut or rolled back: the anchor saw {seq} entries, here are {count}",
            f"账本被截断或回滚：锚点记录 {seq} 条，此处仅 {count} 条",
        )
    if seq and bundle.lines[seq - 1].hash != anchor["hash"]:
        raise _broken(f"the ledger is another one than the anchor saw at entry {seq}", f"第 {seq} 条与锚点所见账本不同")
    return count - seq


def _opened(members: Mapping[str, bytes], keys: Mapping[str, bytes]) -> Bundle:
    if MANIFEST not in members:
        raise _broken("the signed list is missing", "缺少签名清单")
    signer, signed = signed_by(members[MANIFEST], keys, BUNDLE)
    _listed(members, signed)
    known = _keys(members[KEYS])
    lines = _lines(members[LEDGER], signed.predicate)
    name = str(signed.predicate["name"])
    hidden = [line.seq for line in lines if not line.said and concerns(name, line.subject)]
    if hidden:
        raise _broken(
            f"entry {hidden[0]} belongs to '{name}' and is not shown", f"第 {hidden[0]} 条属于 '{name}' 却未展示"
        )
    payloads = _results(lines, known, signer)
    bundle = Bundle(name, signer, signed.predicate, lines, payloads, members, known)
    _kept(bundle)
    return bundle


def _listed(members: Mapping[str, bytes], signed: Statement) -> None:
    """Every member but the list itself is in the list, in that order, with its digest."""
    stated = [(s.name, s.sha256) for s in signed.subjects]
    names = [n for n in members if n != MANIFEST]
    if [n for n, _ in stated] != names:
        odd = sorted({n for n, _ in stated} ^ set(names))[:3] or ["order"]
        raise _broken(f"members added, missing or moved: {', '.join(odd)}", f"成员被添加、缺失或移动：{', '.join(odd)}")
    for name, expected in stated:
        if sha256(members[name]).hexdigest() != expected:
            raise _broken(f"member '{name}' was changed", f"成员 '{name}' 被改动")


def _keys(text: bytes) -> dict[str, bytes]:
    known = {keyid: bytes.fromhex(facts["public"]) for keyid, facts in json.loads(text).items()}
    if any(dsse.fingerprint(public) != keyid for keyid, public in known.items()):
        raise _broken("a key has not the fingerprint that is stated", "密钥与所述指纹不符")
    return known


def _lines(text: bytes, facts: Mapping[str, Any]) -> tuple[Line, ...]:
    leaves = merkle.lines(text)
    if (len(leaves), merkle.root(leaves)) != (facts["entries"]["count"], facts["entries"]["root"]):
        raise _broken("the ledger's lines have another root", "账本各行的根哈希不符")
    read = msgspec.json.Decoder(Line).decode
    lines = tuple(read(leaf) for leaf in leaves)
    if chain.follow(lines) != (facts["head"]["seq"], facts["head"]["hash"]):
        raise _broken("the ledger has another head than stated", "账本末端与所述不符")
    for line in lines:
        if line.said and sha256(line.said).hexdigest() != line.body:
            raise _broken(f"the body of entry {line.seq} was changed", f"第 {line.seq} 条的内容被改动")
    return lines


def _results(lines: tuple[Line, ...], keys: Mapping[str, bytes], signer: str) -> dict[str, bytes]:
    """Statements by run, after checking signatures, and that each follows from a plan that was sealed before.

    Each signature is checked by itself; where there are very many, only those of other hands than the bundle's signer.
    """
    signed = [line for line in lines if line.said and (line.kind == "result" or b'"payloadType"' in bytes(line.said))]
    few, payloads = len(signed) <= _EACH, {}
    read = msgspec.json.Decoder(_Result).decode
    for line in signed:
        envelope = msgspec.json.decode(line.said)
        if few or envelope["signatures"][0]["keyid"] != signer:
            dsse.verify(envelope, keys)
        if line.kind == "result":
            payloads[line.run] = dsse.payload(envelope)
            _follows(line, read(payloads[line.run]), lines)
    return payloads


def _follows(line: Line, said: _Result, lines: tuple[Line, ...]) -> None:
    claim = said.predicate
    sealed = lines[claim.sealed.seq - 1]
    right = (
        (said.type, said.kind) == (dsse.STATEMENT, RESULT)
        and claim.run == line.run == sealed.run
        and sealed.kind == "plan"
        and 0 < sealed.seq < line.seq
        and sealed.hash == claim.sealed.hash
        and msgspec.json.decode(sealed.said, type=_Plan).plan == claim.plan
    )
    if not right:
        raise _broken(f"run {line.run} does not follow from a sealed plan", f"运行 {line.run} 并非来自已封存的计划")


def _kept(bundle: Bundle) -> None:
    """Kept tables are those that the statements speak of."""
    for run, name, text in bundle.kept():
        if sha256(text).hexdigest() != bundle.statement(run).predicate["kept"][name]["sha256"]:
            raise _broken(f"kept table '{name}' of {run} is another one", f"{run} 的保存表 '{name}' 不符")


def _line(entry: Entry, shown: bool) -> bytes:
    head = chain.header({name: getattr(entry, name) for name in chain.FIELDS})
    line = {name: getattr(head, name) for name in chain.FIELDS} | {"hash": entry.hash}
    return canonical({**line, "said": entry.body} if shown else line)


def _broken(en: str, zh: str) -> BrokenEvidence:
    return BrokenEvidence(
        Text(f"the evidence does not hold: {en}", f"证据不成立：{zh}"),
        fix=Text("do not trust it; ask the signer for the original", "请勿采信，向签名方索取原件"),
    )
