"""Test 9: the ledger flipped, cut, reordered, truncated, rolled back; decisions made again with the same outcome."""

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from diapason.engines.evidence.canonical import digest
from diapason.engines.evidence.chain import FIELDS, link
from diapason.engines.safety import CHECKS, judge
from diapason.errors import DiapasonError
from diapason.ports import find
from diapason.ports.workspace import Workspace
from diapason.services import ask, operate
from diapason.services.qualify.bench import Bench
from diapason.services.qualify.fuzzed import hostile
from diapason.services.qualify.measuring import Dimension, Measure, at_least, yes
from diapason.vocabulary.language import Text
from diapason.vocabulary.wire import plain

__all__ = ["PROTOCOL", "tampered"]

PROTOCOL = Text(
    "a copy of the bench's ledger is changed in its file; chain and an anchor elsewhere tell; decisions made again",
    "直接改动试验台账本副本文件；由链与另存的锚点识别；决策重新计算",
)
Anchor = tuple[int, str]


def tampered(bench: Bench, *, quick: bool, own: Workspace | None = None) -> Dimension:
    """Change a real file in every way, many times; and make decisions again.

    Args:
        own: the workspace of the agent, whose recorded decisions are made again too.
    """
    n, found, tried = 4 if quick else 60, 0, 0
    missed: dict[str, int] = {}
    with TemporaryDirectory(prefix="diapason-ledger-") as place:
        whole = Path(place) / "whole.db"
        bench.ws.ledger.snapshot(whole)
        anchor = bench.ws.ledger.head()
        draw = random.Random(bench.seed)  # noqa: S311  # a draw by seed, no secret
        for name, way in _WAYS.items():
            for i in range(n):
                copy = Path(place) / f"{name}{i}.db"
                shutil.copyfile(whole, copy)
                way(copy, draw, anchor[0])
                told = _detected(copy, anchor)
                found, tried = found + told, tried + 1
                missed[name] = missed.get(name, 0) + (not told)
                copy.unlink()
        clean = not _detected(whole, anchor)
    same, decisions = _again(bench, 50 if quick else 300)
    recorded = () if own is None else _recorded(own, bench.manifest.name, 20 if quick else 200)
    measures = (
        at_least(Text("tampering found", "篡改检出率"), found, tried, 1.0, quick=True),
        yes(Text("an untouched ledger is not accused", "未改动账本不误报"), holds=clean),
        at_least(Text("decisions made again with the same outcome", "决策重放一致"), same, decisions, 1.0, quick=True),
        *recorded,
    )
    state = "passed" if all(m.holds for m in measures) and tried >= len(_WAYS) else "failed"
    return Dimension(9, state, measures, PROTOCOL, anchor[1], facts={"missed": missed})


def _detected(path: Path, anchor: Anchor) -> bool:
    """Whether the chain does not hold, or does not contain the anchor."""
    with closing(find("stores", "ledger")(path, link=link)) as ledger:
        try:
            if ledger.check() < anchor[0]:
                return True
            entry = next(ledger.entries(after=anchor[0] - 1), None)
            return entry is None or entry.hash != anchor[1]
        except (DiapasonError, sqlite3.Error, ValueError, KeyError):
            return True


def _opened(path: Path) -> sqlite3.Connection:
    """The file itself, its triggers taken away, as somebody with the disk in hand would."""
    base = sqlite3.connect(path)
    for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        base.execute(f'DROP TRIGGER "{name}"')
    return base


def _flip(path: Path, draw: random.Random, length: int) -> None:
    """One sign of one field of one entry."""
    seq, column = draw.randint(1, length), draw.choice(("at", "kind", "run", "subject", "body"))
    with closing(_opened(path)) as base:
        (text,) = base.execute(f"SELECT {column} FROM entries WHERE seq = ?", (seq,)).fetchone()  # noqa: S608
        i = draw.randrange(max(1, len(text)))
        swapped = chr(ord(text[i]) ^ 1) if text and text[i].isalnum() else "x"
        base.execute(f"UPDATE entries SET {column} = ? WHERE seq = ?", (text[:i] + swapped + text[i + 1 :], seq))  # noqa: S608
        base.commit()


def _delete(path: Path, draw: random.Random, length: int) -> None:
    """One entry in the middle, the numbers closed up."""
    seq = draw.randint(2, length - 1)
    with closing(_opened(path)) as base:
        base.execute("DELETE FROM entries WHERE seq = ?", (seq,))
        if draw.random() < 0.5:
            for (later,) in base.execute("SELECT seq FROM entries WHERE seq > ? ORDER BY seq", (seq,)).fetchall():
                base.execute("UPDATE entries SET seq = ? WHERE seq = ?", (later - 1, later))
        base.commit()


def _reorder(path: Path, draw: random.Random, length: int) -> None:
    """Two entries change places."""
    a, b = sorted(draw.sample(range(1, length + 1), 2))
    with closing(_opened(path)) as base:
        for old, new in ((a, -1), (b, a), (-1, b)):
            base.execute("UPDATE entries SET seq = ? WHERE seq = ?", (new, old))
        base.commit()


def _truncate(path: Path, draw: random.Random, length: int) -> None:
    """The last entries are gone; what is left is a whole chain."""
    with closing(_opened(path)) as base:
        base.execute("DELETE FROM entries WHERE seq > ?", (length - draw.randint(1, min(20, length - 1)),))
        base.commit()


def _roll_back(path: Path, draw: random.Random, length: int) -> None:
    """The last entries are written anew, with hashes that follow: the work of who holds the file and the code."""
    first = length - draw.randint(1, min(20, length - 2))
    with closing(_opened(path)) as base:
        names = ("seq", "at", "kind", "run", "subject", "body")
        (before,) = base.execute("SELECT hash FROM entries WHERE seq = ?", (first - 1,)).fetchone()
        rows = base.execute(f"SELECT {', '.join(names)} FROM entries WHERE seq >= ? ORDER BY seq", (first,)).fetchall()  # noqa: S608
        base.execute("DELETE FROM entries WHERE seq >= ?", (first,))
        for number, row in enumerate(rows):
            said = dict(zip(names, row, strict=True)) | {"body": {"rewritten": number}}
            now = link(before, {f: said[f] for f in FIELDS})
            body = f'{{"rewritten":{number}}}'
            base.execute(
                "INSERT INTO entries (seq, at, kind, run, subject, body, before, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*row[:5], body, before, now),
            )
            before = now
        base.commit()


_WAYS: dict[str, Callable[[Path, random.Random, int], None]] = {
    "flip": _flip,
    "delete": _delete,
    "reorder": _reorder,
    "truncate": _truncate,
    "rollback": _roll_back,
}


def _recorded(ws: Workspace, name: str, most: int) -> tuple[Measure, ...]:
    """Its newest decisions of the ledger, made again from what was kept with them; none where it never ran."""
    seqs = [e.seq for e in ws.ledger.entries(kind="decided") if e.body.get("agent") == name][-most:]
    same = 0
    for seq in seqs:
        with suppress(DiapasonError):
            same += bool(operate.replay(ws, name, decision=seq)["same"])
    text = Text("its recorded decisions made again", "其历史决策重放一致")
    return (at_least(text, same, len(seqs), 1.0, quick=True),) if seqs else ()


def _again(bench: Bench, n: int) -> tuple[int, int]:
    """Verdicts and answers made twice from the same inputs, compared by digest."""
    same, names = 0, ask.known(bench.ws)
    for i in range(n):
        if bench.envelopes and i % 2:
            draws = [hostile(bench, bench.envelopes[0], random.Random(bench.seed + i)) for _ in range(2)]  # noqa: S311
            one, two = (digest(plain(judge(d.proposal, d.situation, CHECKS))) for d in draws)
        else:
            tag = bench.material.tags[i % len(bench.material.tags)]
            question = f"What was the mean {tag} in {bench.material.name}?"
            one, two = (digest(ask.answer(bench.ws, question, names)) for _ in range(2))
        same += one == two
    return same, n
