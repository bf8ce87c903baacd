"""The ledger read once: each link and signature checked, so that only what holds is counted."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from diapason.engines.evidence import chain, dsse
from diapason.engines.evidence.bundle import RESULT, Bundle, about
from diapason.errors import BrokenEvidence, DataError, DiapasonError, NotFound
from diapason.ports.workspace import Workspace
from diapason.vocabulary.evidence import Entry
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text

__all__ = ["Book", "Done", "Signed", "read", "read_bundle"]

T = TypeVar("T")

_BY_WORKSPACE = ("result", "publish", "rollback")
_BY_PERSON = ("agent", "approve", "declare", "incident", "request", "signature")


@dataclass(frozen=True, slots=True)
class Signed:
    """An entry whose statement was signed by the key it must be signed by."""

    entry: Entry
    said: Mapping[str, Any]  # the predicate
    keyid: str


class _Sealed(msgspec.Struct, frozen=True, gc=False):
    seq: int
    hash: str


class _Predicate(msgspec.Struct, frozen=True, gc=False):
    """Of a result only what is needed is read; the rest waits until somebody asks."""

    run: str
    verb: str
    person: str
    finished: str
    sealed: _Sealed
    plan: msgspec.Raw
    kept: msgspec.Raw
    result: msgspec.Raw


class _Statement(msgspec.Struct, frozen=True, gc=False):
    predicateType: str  # noqa: N815  # in-toto's own name
    predicate: _Predicate


@dataclass(frozen=True)
class Done:
    """One finished run: its sealed plan and its signed result, read when they are asked for."""

    run: str
    verb: str
    seq: int
    at: str
    dataset: str  # "turbofan@1"; the name alone where a version did not exist yet
    person: str
    _said: _Predicate

    @cached_property
    def plan(self) -> Mapping[str, Any]:
        """The plan as it was sealed."""
        return dict(msgspec.json.decode(self._said.plan))

    @cached_property
    def kept(self) -> Mapping[str, Any]:
        """Kept tables by name."""
        return dict(msgspec.json.decode(self._said.kept))

    @cached_property
    def result(self) -> Mapping[str, Any]:
        """What was signed."""
        return dict(msgspec.json.decode(self._said.result))

    def told(self, shape: type[T]) -> T:
        """Some parts of the result, typed; what the shape does not name is passed over, which is quick."""
        return msgspec.json.decode(self._said.result, type=shape)

    @property
    def name(self) -> str:
        """The dataset without its version."""
        return about(self.dataset)


@dataclass(slots=True)
class Book:
    """What a ledger holds, by kind and by verb; asking for what does not verify raises BrokenEvidence."""

    now: datetime
    person: str
    vault: Any
    fallen: frozenset[str] = frozenset()
    _entries: dict[str, list[Entry]] = field(default_factory=dict)
    _signed: dict[str, list[Signed]] = field(default_factory=dict)
    _done: dict[str, list[Done]] = field(default_factory=dict)
    _broken: dict[str, BrokenEvidence] = field(default_factory=dict)
    _plans: dict[str, Entry] = field(default_factory=dict)  # not ended yet
    _subjects: dict[str, dict[str, None]] = field(default_factory=dict)
    _first: str = ""
    _last: str = ""
    _count: int = 0

    def entries(self, kind: str) -> list[Entry]:
        """All entries of a kind, oldest first.

        Raises:
            BrokenEvidence: one of them, or the chain as a whole, does not hold.
        """
        self._whole(kind)
        return self._entries.get(kind, [])

    def signed(self, kind: str) -> list[Signed]:
        """All signed entries of a kind, oldest first; raises as `entries` does."""
        self._whole(kind)
        return self._signed.get(kind, [])

    def done(self, *verbs: str) -> list[Done]:
        """All finished runs of some verbs, oldest first; raises as `entries` does.

        Their sealed plans and what became of an adoption are part of what is asked for.
        """
        for verb in verbs:
            self._whole(f"result:{verb}")
        found = [run for verb in verbs for run in self._done.get(verb, [])]
        return sorted(found, key=lambda d: d.seq) if len(verbs) > 1 else found

    def spoken_of(self, kind: str) -> list[str]:
        """What entries of a kind are about, each once, whether they hold or not."""
        return list(self._subjects.get(kind, ()))

    def verbs(self) -> list[str]:
        """Every verb that has a finished run, one that doesn't hold included."""
        self._whole("")
        lost = {source.removeprefix("result:") for source in self._broken if source.startswith("result:")}
        return sorted(lost | set(self._done))

    def newest(self, verb: str) -> dict[str, Done]:
        """The newest finished run of a verb, by the dataset's name."""
        return {run.name: run for run in self.done(verb)}

    def broken(self) -> list[BrokenEvidence]:
        """Everything that does not hold."""
        return list(self._broken.values())

    def span(self) -> tuple[int, str, str]:
        """How many entries there are, and when the first and the last were written."""
        self._whole("")
        return self._count, self._first, self._last

    def days(self, at: str) -> int:
        """Whole days from a moment until now."""
        return max(0, (self.now - datetime.fromisoformat(at)).days)

    def _whole(self, source: str) -> None:
        for name in ("chain", source):
            if name in self._broken:
                raise self._broken[name]

    def _refuse(self, source: str, error: DiapasonError, seq: int) -> None:
        en, zh = error.said("en")["what"], error.said("zh")["what"]
        self._broken.setdefault(
            source,
            BrokenEvidence(
                Text(f"entry {seq} does not hold: {en}", f"第 {seq} 条不成立：{zh}"),
                at=f"entry:{seq}",
                fix="diapason doctor",
            ),
        )


def read(workspace: Workspace, fallen: Collection[str] = ()) -> Book:
    """Read the ledger from its first entry to its last, in one pass.

    Each entry must follow the one before and be what its hash says; a result, a publication or a roll-back must be
    signed by a key of the workspace, an approval, a declaration or an incident by a key of a person. What fails is kept
    by its source, and only what is counted from that source is unknown then; an entry that was taken away makes all
    unknown.

    Args:
        fallen: names of grounds that stand no more; what is one of them is left out, as if it had never been.
    """
    book = Book(workspace.clock(), workspace.person, workspace.vault, frozenset(fallen))
    return _filled(book, workspace.ledger.entries(), {workspace.signer.keyid: workspace.signer.public})


def read_bundle(held: Bundle, now: datetime, fallen: Collection[str] = ()) -> Book:
    """The same from a bundle of a whole workspace, which was verified; documents count where they came along.

    Args:
        held: the body of each of its entries is shown.
        now: the moment for which it is asked.
    """
    book = Book(now, "", _Along(held.members), frozenset(fallen))
    return _filled(book, _entries(held), {held.signer: held.keys[held.signer]})


@dataclass(frozen=True, slots=True)
class _Along:
    """What came along in a bundle, by digest, as the vault would give it."""

    members: Mapping[str, bytes]

    def get(self, key: str) -> bytes:
        """The bytes of a document."""
        found = self.members.get(f"papers/{key}")
        if found is None:
            raise NotFound(Text("it did not come along", "未随文件附上"), at=key)
        return found


def _entries(held: Bundle) -> Iterator[Entry]:
    before = chain.START
    for line in held.lines:
        said = msgspec.json.decode(line.said)
        yield Entry(line.seq, line.at, line.kind, line.run, line.subject, said, before, line.hash)
        before = line.hash


def _filled(book: Book, entries: Iterable[Entry], keys: Mapping[str, bytes]) -> Book:
    hands: dict[str, bytes] = {}
    before = chain.START
    for seq, entry in enumerate(entries, start=1):
        if entry.seq != seq or entry.before != before:
            book._refuse("chain", _gap(seq), seq)
            break
        before = entry.hash
        if entry.kind in _BY_PERSON:
            book._subjects.setdefault(entry.kind, {})[entry.subject] = None
        source = _source(entry)
        try:
            _chained(book, entry)
            if entry.kind == "workspace":
                keys = {**keys, **_key(entry)}
            elif entry.kind == "person":
                hands |= _key(entry)
            if not _names(entry) & book.fallen:
                _take(book, entry, keys, hands)
        except (DiapasonError, KeyError, ValueError, TypeError, msgspec.DecodeError) as error:
            book._refuse(source, error if isinstance(error, DiapasonError) else _odd(), seq)
        _mark(book, entry, seq)
    return book


def _mark(book: Book, entry: Entry, seq: int) -> None:
    book._count, book._first, book._last = seq, book._first or entry.at, entry.at


def _take(book: Book, entry: Entry, keys: Mapping[str, bytes], hands: Mapping[str, bytes]) -> None:
    if entry.kind == "result":
        done = _finished(book, entry, keys)
        book._done.setdefault(done.verb, []).append(done)
    elif entry.kind in _BY_WORKSPACE or entry.kind in _BY_PERSON:
        keyid, said = dsse.checked(entry.body, keys if entry.kind in _BY_WORKSPACE else hands)
        book._signed.setdefault(entry.kind, []).append(Signed(entry, dsse.read(said).predicate, keyid))
    book._entries.setdefault(entry.kind, []).append(entry)


def _finished(book: Book, entry: Entry, keys: Mapping[str, bytes]) -> Done:
    """The signed result, if it is the one of this run: a true statement in another place is no evidence."""
    statement = msgspec.json.decode(dsse.checked(entry.body, keys)[1], type=_Statement)
    said = statement.predicate
    plan = book._plans.pop(said.run, None)  # each run ends once
    if statement.predicateType != RESULT or said.run != entry.run or plan is None:
        raise BrokenEvidence(
            Text(f"the result of {said.run} stands under {entry.run}", f"{said.run} 的结果被记在 {entry.run} 之下")
        )
    if (said.sealed.seq, said.sealed.hash) != (plan.seq, plan.hash):
        raise BrokenEvidence(Text(f"{said.run} was not sealed before it ran", f"{said.run} 运行之前没有封存计划"))
    return Done(entry.run, said.verb, entry.seq, said.finished, entry.subject, said.person, said)


def _names(entry: Entry) -> set[str]:
    """What an entry is, as a ground: itself, its run if it is the end of one, the version or the model it makes."""
    mine = {ground("entry", entry.seq)}
    if entry.kind in ("result", "publish"):
        mine.add(ground("run", entry.run))
    elif entry.kind == "commit":
        mine.add(ground("dataset", f"{entry.subject}@{entry.body['version']}"))
    elif entry.kind == "model":
        mine.add(ground("model", entry.subject))
    return mine


def _source(entry: Entry) -> str:
    return f"result:{entry.run.split('-', 1)[0]}" if entry.kind == "result" else entry.kind


def _chained(book: Book, entry: Entry) -> None:
    """Raise unless an entry is what its hash says.

    A result stands by its signature and names the hash of its plan; of plans and models only the names are counted.
    """
    if entry.kind == "plan":
        book._plans[entry.run] = entry
    if entry.kind in ("plan", "result", "model"):
        return
    fields = {name: getattr(entry, name) for name in chain.FIELDS}
    try:
        same = chain.link(entry.before, fields) == entry.hash
    except DataError:
        same = False
    if not same:
        raise BrokenEvidence(Text("it was changed after it was written", "写入之后被改动"))


def _key(entry: Entry) -> dict[str, bytes]:
    return {str(entry.body["keyid"]): bytes.fromhex(entry.body["public"])}


def _gap(seq: int) -> BrokenEvidence:
    return BrokenEvidence(
        Text(f"the ledger is not whole from entry {seq} on", f"账本自第 {seq} 条起不完整"), fix="diapason doctor"
    )


def _odd() -> BrokenEvidence:
    return BrokenEvidence(Text("it is not in the form in which it is written here", "内容形式与本系统写入的不符"))
