"""Our stores pass the public checks; one that breaks any single promise of them does not."""

import itertools
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest

from diapason.engines.evidence.chain import link
from diapason.errors import Conflict, DataError, DiapasonError, NotFound
from diapason.ports import find
from diapason.testing.stores import HOSTILE, ZEROS, check_lake, check_ledger, check_vault
from diapason.vocabulary.tables import ROW, VersionRef

COUNT = itertools.count()


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """In memory where there is such a place: no power cut is played here, and the disk need not be waited for."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as made:
        yield Path(made)


class Altered:
    """A store with methods replaced; each gets the sound store first."""

    def __init__(self, sound: Any, ways: dict[str, Callable[..., Any]]) -> None:
        self._sound = sound
        for name, way in ways.items():
            setattr(self, name, partial(way, sound))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sound, name)


def ledger(folder: Path, **ways: Callable[..., Any]) -> Callable[[], Any]:
    return lambda: Altered(find("stores", "ledger")(folder / "ledger.db", link=link), ways)


def vault(folder: Path, **ways: Callable[..., Any]) -> Callable[[], Any]:
    return lambda: Altered(find("stores", "vault")(folder / "vault"), ways)


def lake(folder: Path, **ways: Callable[..., Any]) -> Callable[[], Any]:
    kept = ledger(folder)
    return lambda: Altered(find("stores", "lake")(folder / "lake", kept()), ways)


def test_ours_keep_them(folder: Path) -> None:
    """Found by name, as a plug-in would be; wrapped as those below, so that they fail for their own reason."""
    check_ledger(ledger(folder / "a", snapshot=lambda s, to: s.snapshot(to)), make(folder / "a"))
    check_vault(vault(make(folder / "b"), get=lambda s, digest: s.get(digest)))
    check_lake(lake(make(folder / "c"), scan=lambda s, ref: s.scan(ref)))


def make(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def lenient(s: Any, kind: str, *, body: Any, **more: Any) -> Any:
    return s.append(kind, body=json.loads(json.dumps(body, default=str)), **more)


class Closing:
    """A ledger that is empty for whoever asks after it was closed."""

    def __init__(self) -> None:
        self.closed = False

    def close(self, s: Any) -> None:
        self.closed = True
        s.close()

    def head(self, s: Any) -> Any:
        return (0, ZEROS) if self.closed else s.head()


CLOSING = Closing()
LEDGERS: dict[str, dict[str, Callable[..., Any]]] = {
    "an empty ledger has the head 0 and 64 zeros": {"head": lambda s: (0, "")},
    "an empty ledger has no entries": {"last": lambda s, **k: s.last(**k) or "none"},
    "entries are numbered from 1": {"append": lambda s, *a, **k: replace(e := s.append(*a, **k), seq=e.seq - 1)},
    "each entry names the hash of the one before": {
        "append": lambda s, *a, **k: replace(s.append(*a, **k), before=ZEROS)
    },
    "what one wrote another reads": {"entries": lambda s, **k: iter([*s.entries(**k)][::-1])},
    "entries are filtered by kind": {"entries": lambda s, kind=None, **k: s.entries(**k)},
    "entries are filtered by run, and after": {"entries": lambda s, after=0, **k: s.entries(**k)},
    "entries are filtered by subject": {"entries": lambda s, subject=None, **k: s.entries(**k)},
    "the last entry is the newest that matches": {"last": lambda s, **k: next(s.entries(**k), None)},
    "the head is the number and hash of the last": {"head": lambda s: (s.head()[0], ZEROS)},
    "a body that is not JSON": {"append": lenient},
    "entries of several writers are all kept": {"check": lambda s: s.check() - 1},
    "a snapshot is a file": {"snapshot": lambda s, to: None},
    "a closed ledger opens again": {"close": CLOSING.close, "head": CLOSING.head},
}


@pytest.mark.parametrize("promise", LEDGERS)
def test_a_ledger_that_breaks_a_promise_is_found_out(promise: str, folder: Path) -> None:
    """By the words of that promise."""
    with pytest.raises(AssertionError, match=promise):
        check_ledger(ledger(folder, **LEDGERS[promise]), folder)


def quiet(call: Callable[..., Any], error: type[DiapasonError] = NotFound) -> Callable[..., Any]:
    """The same without that refusal."""

    def done(*given: Any, **options: Any) -> Any:
        try:
            return call(*given, **options)
        except error:
            return None

    return done


BYTES: dict[str, bytes] = {}


def kept(s: Any, digest: str) -> bytes:
    """A cache that outlives an erasure."""
    if digest not in BYTES:
        BYTES[digest] = s.get(digest)
    return BYTES[digest]


def stored(s: Any, data: bytes) -> str:
    digest = s.put(data)
    BYTES[digest] = data
    return digest


VAULTS: dict[str, dict[str, Callable[..., Any]]] = {
    "bytes come back under their digest": {"get": lambda s, d: s.get(d) + b"."},
    "the path leads to the bytes": {"path": lambda s, d: Path(__file__)},
    "each blob is kept once": {"digests": lambda s: iter([*s.digests()] * 2)},
    "the digest": {"get": quiet(lambda s, d: s.get(d))},
    "the last digest that a key was given": {"remember": lambda s, k, d: s.recall(k) or s.remember(k, d)},
    "keys that differ in case": {
        "remember": lambda s, k, d: s.remember(k.lower(), d),
        "recall": lambda s, k: s.recall(k.lower()),
    },
    "the vault lists its keys": {"remembered": lambda s: iter(())},
    "a key for bytes that are not there": {"remember": quiet(lambda s, k, d: s.remember(k, d))},
    "what was erased is gone, its keys too": {"erase": lambda s, d: s.get(d) and None},
    "bytes that were erased": {"get": kept, "put": stored},
    "a vault that was used well": {"check": lambda s: iter(["something is wrong"])},
}


@pytest.mark.parametrize("promise", VAULTS)
def test_a_vault_that_breaks_a_promise_is_found_out(promise: str, folder: Path) -> None:
    """By the words of that promise."""
    with pytest.raises(AssertionError, match=promise):
        check_vault(vault(folder, **VAULTS[promise]))


def commits(change: Callable[[Any, str], Any]) -> dict[str, Callable[..., Any]]:
    """What a commit answers is another."""
    return {"commit": lambda s, name, batches, **k: change(s.commit(name, batches, **k), name)}


def scans(dataset: str, change: Callable[[pl.LazyFrame], pl.LazyFrame]) -> dict[str, Callable[..., Any]]:
    """The rows of one dataset are others."""
    return {"scan": lambda s, ref: change(s.scan(ref)) if ref.name == dataset else s.scan(ref)}


def told(dataset: str, change: Callable[[Any], Any]) -> dict[str, Callable[..., Any]]:
    """The facts of one dataset are others."""
    return {"version": lambda s, ref: change(s.version(ref)) if ref.name == dataset else s.version(ref)}


def differences(**parts: Callable[[pl.DataFrame], pl.DataFrame]) -> dict[str, Callable[..., Any]]:
    def other(s: Any, a: VersionRef, b: VersionRef) -> Any:
        found = s.difference(a, b)
        return replace(found, **{name: change(getattr(found, name)) for name, change in parts.items()})

    return {"difference": other}


def forgiving(s: Any, name: str, batches: Any, **k: Any) -> Any:
    return quiet(s.commit, DataError)(name, batches, **k) if k.get("append") else s.commit(name, batches, **k)


def unnumbered(s: Any, name: str, batches: Any, **k: Any) -> Any:
    return (
        quiet(s.commit, DataError)(name, batches, **k)
        if name == "never" and isinstance(batches, list)
        else s.commit(name, batches, **k)
    )


def renamed(s: Any, name: str, batches: Any, **k: Any) -> Any:
    try:
        return s.commit(name, batches, **k)
    except DataError as error:
        if "cut off" in str(error):
            raise NotFound("something went wrong") from error
        raise


def reordered(s: Any, name: str, batches: Any, **k: Any) -> Any:
    frames = list(batches)
    done = s.commit(name, frames, **k)
    return replace(done, digest="0") if len(frames) == 1 and frames[0].height and frames[0][ROW][0] > 0 else done


def unexpecting(s: Any, name: str, batches: Any, *, expected: Any = None, **k: Any) -> Any:
    return s.commit(name, batches, **k)


def left_behind(s: Any, name: str, **k: Any) -> Any:
    held = {path: path.read_bytes() for path, _ in s.files() if name in str(path)}
    gone = s.erase(name, **k)
    for path, data in held.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return gone


def forgotten(s: Any, ref: VersionRef) -> Any:
    return quiet(s.scan)(ref) if ref.name == "gone" else s.scan(ref)


LAKES: dict[str, dict[str, Callable[..., Any]]] = {
    "an empty lake has no datasets": {"datasets": lambda s: (*s.datasets(), "more")},
    "a dataset that is not there": {"version": quiet(lambda s, ref: s.version(ref))},
    "a version has facts": commits(lambda done, _: replace(done, note="")),
    "the rows come back as they were, in order": scans("turbofan", lambda f: f.reverse()),
    "the same rows have the same digest": commits(lambda done, _: replace(done, digest=str(next(COUNT)))),
    "other rows have another digest": commits(lambda done, _: replace(done, digest="1")),
    "rows have one order": {"commit": reordered},
    "every version stays readable": {"scan": lambda s, ref: s.scan(VersionRef(ref.name))},
    "versions are listed, oldest first": {"versions": lambda s, name: s.versions(name)[::-1]},
    "version 0 is the newest": {"version": lambda s, ref: s.version(VersionRef(ref.name, ref.version or 1))},
    "every type and every column name comes back": scans("types", lambda f: f.drop("Text")),
    "a version without rows has its columns": scans("types", lambda f: f if f.collect().height else f.select(ROW)),
    "rows whose numbers collide": commits(lambda done, _: replace(done, first_row=0)),
    "appended rows follow those that are there": scans("grown", lambda f: f.reverse()),
    "the digest does not tell how rows came": told("grown", lambda v: replace(v, digest="1")),
    "other columns": {"commit": forgiving},
    "a refused append leaves nothing": told("grown", lambda v: replace(v, rows=v.rows + 1)),
    "a replacement of what changed meanwhile": {"commit": lambda s, *a, **k: quiet(s.commit, Conflict)(*a, **k)},
    "the faster one stays": told("raced", lambda v: replace(v, rows=0)),
    "a version that was not expected": {"commit": unexpecting},
    "an append goes on from what is there": told("raced", lambda v: replace(v, rows=min(v.rows, 17))),
    "the source's own error": {"commit": renamed},
    "rows without numbers": {"commit": unnumbered},
    "'../up'": {"commit": lambda s, name, *a, **k: None if name == HOSTILE[1] else s.commit(name, *a, **k)},
    "nothing is left of what failed": {"versions": lambda s, name: ("half",) if name == "never" else s.versions(name)},
    "removed rows are told": differences(removed=lambda f: f.head(0)),
    "added rows are told": differences(added=lambda f: f.head(1)),
    "changed cells are told, before and after": differences(changed=lambda f: f.head(0)),
    "appends of several writers are all kept": scans("several", lambda f: f.head(140)),
    "one version can be erased": {"erase": lambda s, name, **k: () if k.get("version") else s.erase(name, **k)},
    "a number is never given again": commits(lambda d, n: replace(d, ref=VersionRef(n, 2)) if n == "gone" else d),
    "erasing tells the digests": {"erase": lambda s, name, **k: s.erase(name, **k) if k.get("version") else ()},
    "the bytes are gone": {"erase": left_behind},
    "a dataset that was erased": {"scan": forgotten},
    "an erased dataset is not listed": {
        "datasets": lambda s: (*s.datasets(), "gone") if "types" in s.datasets() else s.datasets()
    },
    "a lake that was used well": {"check": lambda s: iter(["something is wrong"])},
}


@pytest.mark.parametrize("promise", LAKES)
def test_a_lake_that_breaks_a_promise_is_found_out(promise: str, folder: Path) -> None:
    """By the words of that promise."""
    with pytest.raises(AssertionError) as caught:
        check_lake(lake(folder, **LAKES[promise]))
    assert promise in str(caught.value)


def test_no_promise_is_asked_for_that_nobody_can_break(promised: Callable[[str], set[str]]) -> None:
    """Each stands above with a store that breaks it."""
    shown = [*LEDGERS, *VAULTS, *LAKES, "says what is wrong"]
    assert [p for p in promised("stores") if not any(p in s or s in p for s in shown)] == []


def wordless(s: Any, digest: str) -> bytes:
    try:
        return s.get(digest)
    except NotFound:
        raise NotFound("") from None


def test_a_refusal_without_words_is_found_out(folder: Path) -> None:
    """An error that says nothing helps nobody."""
    with pytest.raises(AssertionError, match="says what is wrong"):
        check_vault(vault(folder, get=wordless))
