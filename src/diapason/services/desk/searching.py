"""Search over names, words of people, columns, units and meanings, in both languages; the index is kept beside."""

from collections.abc import Iterator, Mapping
from functools import cache
from os import scandir
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from diapason.engines.evidence.canonical import digest
from diapason.engines.schema.wording import named
from diapason.engines.search import Index, Piece, build
from diapason.engines.search import search as found_in
from diapason.errors import DataError, DiapasonError
from diapason.knowledge.columns import lexicon
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.services.connect.meaning import asked
from diapason.services.describe import described
from diapason.services.ingest import contract
from diapason.vocabulary.language import Text
from diapason.vocabulary.wire import plain

__all__ = ["FIELDS", "asked", "search"]

FILE = ".search"
"""In the folder of the workspace; it holds nothing that contracts and ledger do not."""
_MAKE = 2
_TOLD = ("title", "description", "licence", "owner", "steward", "grade", "sector", "scene", "keywords", "source")
HOW: Mapping[str, Text] = {
    "exact": Text("is", "即"),
    "begins": Text("begins", "开头为"),
    "slip": Text("is nearly", "近似"),
    "other": Text("is also", "又称"),
    "unit": Text("measured in", "单位为"),
    "meaning": Text("measures", "测量"),
}


class _Piece(msgspec.Struct, frozen=True, array_like=True, gc=False):
    of: str
    field: str
    text: str
    unit: str = ""
    meaning: tuple[str, ...] = ()


class _Kept(msgspec.Struct, array_like=True):
    """The index as it is kept: arrays as bytes."""

    make: int
    mark: str
    quick: str
    names: list[str]
    fields: list[str]
    texts: list[str]
    words: list[str]
    flat: dict[str, bytes]
    units: dict[str, bytes]
    meanings: dict[str, bytes]


def search(ws: Workspace, words: str, *, most: int = 20) -> dict[str, Any]:
    """Datasets that answer words, the best first, each with why it was found.

    Words are compared with names, titles, descriptions, keywords and columns, forgiving a slip; a quantity in either
    language finds columns measured in its units, and a unit in any spelling finds its columns.

    Raises:
        DataError: there are no words.
    """
    question = asked(words)
    if not question:
        raise DataError(
            Text("there is nothing to search for", "没有可供检索的词"),
            at="WORDS",
            fix=Text('write a word: diapason search "temperature"', '请给出词语：diapason search "温度"'),
        )
    index = _index(ws)
    hits = found_in(index, question, most=most)
    return {
        "words": words,
        "datasets": len(index.names),
        "hits": [
            {"dataset": h.of, "score": h.score, "answers": sorted(h.asked), "why": [_told(w) for w in plain(h.why)]}
            for h in hits
        ],
    }


def _told(why: Mapping[str, Any]) -> dict[str, Any]:
    """A reason with its sentence in both languages."""
    how = HOW[why["how"]]
    by = Text(str(why["by"]), str(why["by"]))
    if why["how"] in ("exact", "other"):
        said = Text(f"{FIELDS[why['field']].en} '{why['text']}'", f"{FIELDS[why['field']].zh}“{why['text']}”")
    else:
        said = Text(
            f"{why['field']} '{why['text']}' {how.en} {by.en}",
            f"{FIELDS[why['field']].zh}“{why['text']}”{how.zh} {by.zh}",
        )
    return {**why, "said": {"en": said.en, "zh": said.zh}}


FIELDS: Mapping[str, Text] = {
    "name": Text("name", "名称"),
    "column": Text("column", "列"),
    "title": Text("title", "标题"),
    "description": Text("description", "说明"),
    "licence": Text("licence", "许可"),
    "owner": Text("owner", "所有者"),
    "steward": Text("steward", "管理者"),
    "grade": Text("grade", "等级"),
    "sector": Text("sector", "行业"),
    "scene": Text("scene", "场景"),
    "keywords": Text("keywords", "关键词"),
    "source": Text("source", "来源"),
    "contact": Text("contact", "联系方式"),
    "language": Text("language", "语言"),
}


def _index(ws: Workspace) -> Index:
    """The index of what is here now: the kept one where nothing has changed."""
    files, (seq, head) = _stamps(ws.folder / "contracts"), ws.ledger.head()
    today = ws.clock().date().isoformat()
    quick = f"{today}|{seq}|{head}|{digest(files)}"
    kept = _read(ws.folder / FILE, _Kept)
    if kept is not None and kept.make == _MAKE and kept.quick == quick:
        return _opened(kept)
    stamps = {name: files.get(f"{name}.yaml", "") for name in ws.lake.datasets()}
    mark = _mark(ws, stamps, today)
    same = kept is not None and kept.make == _MAKE and kept.mark == mark
    made = _opened(kept) if same else build(_pieces(ws, stamps))
    write_whole(ws.folder / FILE, msgspec.msgpack.encode(_closed(made, mark, quick)))
    return made


def _mark(ws: Workspace, stamps: Mapping[str, str], today: str) -> str:
    """What an index was made from: contracts, the newest words and recalls, and the day, since words end by days."""
    newest = [ws.ledger.last(kind=kind) for kind in ("declare", "recall")]
    return digest([today, *(e.hash if e else "" for e in newest), dict(stamps)])


def _stamps(folder: Path) -> dict[str, str]:
    """When each file of a folder was written, and how long it is."""
    if not folder.is_dir():
        return {}
    with scandir(folder) as found:
        facts = [(entry.name, entry.stat()) for entry in found]
    return {name: f"{fact.st_mtime_ns}:{fact.st_size}" for name, fact in facts}


def _pieces(ws: Workspace, stamps: Mapping[str, str]) -> Iterator[Piece]:
    """All texts; columns of contracts that have not changed come from what was kept of them."""
    said, path = described(ws), ws.folder / f"{FILE}.columns"
    kept = _read(path, dict[str, tuple[str, list[_Piece]]]) or {}
    now: dict[str, tuple[str, list[_Piece]]] = {}
    for name, stamp in stamps.items():
        before = kept.get(name)
        columns = before[1] if before is not None and before[0] == stamp else list(_columns(ws, name))
        now[name] = (stamp, columns)
        yield Piece(name, "name", name)
        yield from (Piece(name, key, said[name][key]) for key in _TOLD if key in said.get(name, {}))
        yield from (Piece(c.of, c.field, c.text, c.unit, c.meaning) for c in columns)
    if now != kept:
        write_whole(path, msgspec.msgpack.encode(now))


def _columns(ws: Workspace, name: str) -> Iterator[_Piece]:
    """The columns of a dataset; one whose contract can't be read has none that can be found."""
    try:
        agreed = contract(ws, name)
    except DiapasonError:
        return
    for column in agreed.columns:
        yield _Piece(name, "column", column.name, column.unit, _measured(column.name, column.unit))


@cache
def _measured(name: str, unit: str) -> tuple[str, ...]:
    """What a column measures: by its unit, else by its name."""
    by_unit = sorted({u.quantity for u in lexicon().units if u.code == unit}) if unit else []
    return tuple(by_unit or [q.name for q in lexicon().quantities if named(name, q.words)])


def _closed(index: Index, mark: str, quick: str) -> _Kept:
    flat = {n: getattr(index, n).tobytes() for n in ("of", "field", "starts", "places", "masks")}
    units, meanings = ({k: v.tobytes() for k, v in each.items()} for each in (index.units, index.meanings))
    return _Kept(
        _MAKE,
        mark,
        quick,
        list(index.names),
        list(index.fields),
        list(index.texts),
        list(index.words),
        flat,
        units,
        meanings,
    )


def _opened(kept: _Kept) -> Index:
    flat = {n: np.frombuffer(data, dtype=np.int32) for n, data in kept.flat.items() if n != "masks"}
    masks = np.frombuffer(kept.flat["masks"], dtype=np.uint64)
    units, meanings = (
        {k: np.frombuffer(v, dtype=np.int32) for k, v in each.items()} for each in (kept.units, kept.meanings)
    )
    return Index(
        tuple(kept.names), flat["of"], tuple(kept.fields), flat["field"], tuple(kept.texts), tuple(kept.words),
        flat["starts"], flat["places"], units, meanings, masks,
    )  # fmt: skip


def _read(path: Path, kind: Any) -> Any:
    """What was kept, None where nothing was or it can't be read."""
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError, ValueError):
        return None
