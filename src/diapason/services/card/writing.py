"""Write the card of a dataset in the forms in which others read it: each file whole or absent, and in the ledger."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from diapason.engines import cards
from diapason.engines.cards import Card, DataFile, Frame
from diapason.errors import DataError
from diapason.ports.disk import filling
from diapason.ports.workspace import Workspace
from diapason.services import attest, permit
from diapason.services.card.gathering import gather
from diapason.services.describe import described, grounds
from diapason.services.ingest.refused import REFUSED
from diapason.vocabulary.evidence import Plan
from diapason.vocabulary.language import Text
from diapason.vocabulary.names import file_name
from diapason.vocabulary.tables import ROW, Role, VersionRef
from diapason.vocabulary.wire import plain

__all__ = ["FORMS", "run"]

BATCH = 65_536
"""Rows read at a time."""
WINDOW = 256
"""Rows of a window where nobody says otherwise."""
MEDIA = {"parquet": "application/vnd.apache.parquet", "csv": "text/csv"}
FORMS: Mapping[str, Mapping[str, str]] = {
    "croissant": {"croissant.json": ".json"},
    "tc609": {"records.jsonl": ".jsonl"},
    "aas": {"aas.json": ".json", "dataset.aasx": ".aasx"},
    "dcat": {"dcat.jsonld": ".jsonld", "dcat.ttl": ".ttl"},
    "openlineage": {"openlineage.jsonl": ".jsonl"},
    "prov": {"prov.json": ".json"},
}
"""The files of each form, and the ending by which one of them can be asked for."""
Piece = Iterator[bytes]


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be written, and where."""

    ws: Workspace
    forms: tuple[str, ...]
    folder: Path
    names: Mapping[str, str]  # our name of a file -> the name it gets
    data: str
    window: int | None


def run(
    ws: Workspace,
    name: str = "",
    *,
    to: str | Path = "",
    form: str = "",
    data: str = "parquet",
    window: int | None = None,
) -> dict[str, Any]:
    """Write the card of the newest version of a dataset or of `name@version`; without a name, DCAT of all datasets.

    Args:
        to: a folder; or a file, where one form is asked for.
        form: one of FORMS; none = all.
        data: "parquet" or "csv", of the data file that goes with Croissant.
        window: rows of a window of TC609 records; 0 = a record for each row; default windows where there is a time.

    Returns:
        dataset, files (name, form, sha256, bytes), folder, missing (what nobody has said), class, and the run.

    Raises:
        NotFound: there is no such dataset.
        DataError: no such form, or a column that a form can't hold.
        Conflict: the place can't be written.
        Refused: the terms under which it is held forbid to hand its rows out.
    """
    _known(form, FORMS, "--form")
    _known(data, MEDIA, "--data")
    if not name:
        return _catalogue(ws, form, to)
    base = VersionRef.parse(name).name
    folder, names = _place(Path(to or f"{file_name(base)}.cards"), form)
    order = _Order(ws, (form,) if form else tuple(FORMS), folder, names, data, window)
    if {"croissant", "tc609"} & set(order.forms):  # rows go along
        permit.used(ws, "hand out", base)
    card = gather(ws, name)
    done = [_written(order, card, verb, forms) for verb, forms in _runs(order)]
    return {
        "dataset": card.dataset,
        "folder": str(folder),
        "files": [file for one in done for file in one["files"]],
        "missing": list(cards.unsaid(card)),
        "class": card.kind,
        "runs": [one["run"] for one in done],
    }


def _known(word: str, words: Mapping[str, Any], at: str) -> None:
    if word and word not in words:
        raise DataError(
            Text(f"there is no form '{word}'", f"没有形式“{word}”"),
            at=at,
            fix=Text("choose one of: ", "可选：") + ", ".join(words),
        )


def _place(to: Path, form: str) -> tuple[Path, dict[str, str]]:
    """Folder and names of the files; one file of one form may have any name."""
    every = {name: ending for one in FORMS.values() for name, ending in one.items()}
    named = {name: to.name for name, ending in FORMS.get(form, {}).items() if ending == to.suffix}
    if to.is_dir() or (to.suffix not in every.values() and not to.is_file()):
        return to, {name: name for name in every}
    if not named:
        what = Text(f"{form} is not written as {to.name}", f"{form} 不写成 {to.name}")
        whole = Text(f"all forms do not fit into {to.name}", f"{to.name} 容纳不下全部形式")
        endings = ", ".join(FORMS.get(form, {}).values())
        raise DataError(
            what if form else whole,
            at=str(to),
            fix=Text(f"name a folder, or a file that ends in {endings}", f"请给出文件夹，或以 {endings} 结尾的文件")
            if form
            else Text("name a folder, or one form with --form", "请给出文件夹，或用 --form 指定一种形式"),
        )
    return to.parent, named


def _runs(order: _Order) -> list[tuple[str, tuple[str, ...]]]:
    """Records are a run of their own: a rule asks for them by themselves."""
    others = tuple(f for f in order.forms if f != "tc609")
    return [("card", others)] * bool(others) + [("records", ("tc609",))] * ("tc609" in order.forms)


def _written(order: _Order, card: Card, verb: str, forms: tuple[str, ...]) -> dict[str, Any]:
    """Seal, write, sign; the run stands on the words that the card repeats."""
    more = {"missing": list(cards.unsaid(card)), "class": card.kind, "on": list(grounds(order.ws, card.name))}
    return _sealed(order.ws, _plan(order, card, verb, forms), lambda: _files(order, card, forms), more)


def _sealed(
    ws: Workspace, plan: Plan, files: Callable[[], Iterable[dict[str, Any]]], more: Mapping[str, Any]
) -> dict[str, Any]:
    """Files written under a sealed plan, and signed with their digests; where that fails, the run is abandoned."""
    made = attest.begin(ws, plan)
    try:
        written = list(files())
    except BaseException as error:
        made.abandon(str(error))
        raise
    for file in written:
        made.subject(f"card/{file['name']}", file["sha256"])
    said = {"files": written, "forms": list(plan.candidates), **more}
    made.finish(said)
    return {**said, "run": made.id}


def _plan(order: _Order, card: Card, verb: str, forms: tuple[str, ...]) -> Plan:
    settings = {"data": order.data, "window": order.window, "said": dict(card.said)}
    return Plan(verb, card.dataset, card.digest, "", "", "", forms, 0, {}, 0.0, settings)


def _files(order: _Order, card: Card, forms: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Every file of some forms, written; the data file first, because a card names its digest."""
    if "croissant" in forms:
        data = _data(order, card)
        card = replace(card, data=data)
        yield {"name": data.name, "form": "data", "sha256": data.sha256, "bytes": data.size}
    for form in forms:
        order.ws.progress(Text("writing", "正在写入"), -1, form)
        for name, pieces in _MAKERS[form](order, card):
            if name in order.names or form == "tc609":
                yield {"form": form, **_stored(order.folder / order.names.get(name, name), pieces)}


def _stored(path: Path, pieces: Iterator[bytes]) -> dict[str, Any]:
    hashed, size = sha256(), 0
    with filling(path) as new, new.open("wb") as file:
        for piece in pieces:
            file.write(piece)
            hashed.update(piece)
            size += len(piece)
    return {"name": path.name, "sha256": hashed.hexdigest(), "bytes": size}


def _data(order: _Order, card: Card) -> DataFile:
    """The rows as one file, in their order."""
    path = order.folder / f"{file_name(card.name)}-{card.version}.{order.data}"  # never the file it came from
    table = order.ws.lake.scan(VersionRef(card.name, card.version)).drop(ROW)
    order.ws.progress(Text("writing", "正在写入"), -1, path.name)
    try:
        with filling(path) as new:
            table.sink_csv(new) if order.data == "csv" else table.sink_parquet(new)
    except pl.exceptions.PolarsError as error:
        raise DataError(
            Text(f"the rows cannot be written as {order.data}: {error}", f"这些行不能写成 {order.data}：{error}"),
            at=card.dataset,
            fix="--data parquet",
        ) from error
    with path.open("rb") as file:
        hashed = sha256()
        while piece := file.read(1 << 20):
            hashed.update(piece)
    return DataFile(path.name, MEDIA[order.data], hashed.hexdigest(), path.stat().st_size)


def _croissant(_: _Order, card: Card) -> Iterator[tuple[str, Piece]]:
    yield "croissant.json", _json(cards.croissant(card))


def _records(order: _Order, card: Card) -> Iterator[tuple[str, Piece]]:
    timed = any(c.role is Role.TIME for c in card.columns)
    frame = Frame(card, (WINDOW if timed else 0) if order.window is None else order.window)
    table = order.ws.lake.scan(VersionRef(card.name, card.version))
    batches = table.collect_batches(chunk_size=BATCH, maintain_order=True, lazy=True)
    lines = order.names.get("records.jsonl", "records.jsonl")
    yield "records.jsonl", cards.records(frame, _told(order.ws, batches, card.rows))
    yield lines.removesuffix(".jsonl") + ".schema.json", _json(cards.record_schema(frame))


def _told(ws: Workspace, batches: Iterable[pl.DataFrame], rows: int) -> Iterator[pl.DataFrame]:
    """The same batches, while somebody is told how far it is."""
    seen = 0
    for batch in batches:
        seen += batch.height
        ws.progress(Text("writing records", "正在写入记录"), seen / max(rows, 1), f"{seen:,} / {rows:,}")
        yield batch


def _aas(_: _Order, card: Card) -> Iterator[tuple[str, Piece]]:
    yield "aas.json", _json(cards.environment(card))
    yield "dataset.aasx", iter((cards.aasx(card),))


def _dcat(_: _Order, card: Card) -> Iterator[tuple[str, Piece]]:
    return _graph(cards.dataset(card))


def _graph(nodes: Sequence[Any]) -> Iterator[tuple[str, Piece]]:
    yield "dcat.jsonld", _json(cards.jsonld(nodes, cards.PREFIXES))
    yield "dcat.ttl", iter((cards.turtle(nodes, cards.PREFIXES).encode(),))


def _openlineage(_: _Order, card: Card) -> Iterator[tuple[str, Piece]]:
    yield "openlineage.jsonl", (json.dumps(plain(e), ensure_ascii=False).encode() + b"\n" for e in cards.events(card))


def _prov(_: _Order, card: Card) -> Iterator[tuple[str, Piece]]:
    yield "prov.json", _json(cards.provenance(card))


_MAKERS: Mapping[str, Callable[[_Order, Card], Iterator[tuple[str, Piece]]]] = {
    "croissant": _croissant,
    "tc609": _records,
    "aas": _aas,
    "dcat": _dcat,
    "openlineage": _openlineage,
    "prov": _prov,
}


def _json(document: Any) -> Piece:
    return iter((json.dumps(plain(document), ensure_ascii=False, indent=2).encode() + b"\n",))


def _catalogue(ws: Workspace, form: str, to: str | Path) -> dict[str, Any]:
    """DCAT of every dataset; refused rows are no dataset of their own."""
    if form not in ("", "dcat"):
        raise DataError(
            Text(f"{form} speaks of one dataset", f"{form} 只针对单个数据集"),
            at="--form",
            fix=Text("name the dataset, or take --form dcat", "请给出数据集，或使用 --form dcat"),
        )
    folder, names = _place(Path(to or f"{file_name(ws.name)}.cards"), "dcat")
    said = {name: words for name, words in described(ws).items() if not name.endswith(REFUSED)}
    found = [gather(ws, name, said=words) for name, words in said.items()]
    versions = {card.dataset: card.digest for card in found}
    plan = Plan("card", "*", "", "", "", "", ("dcat",), 0, {}, 0.0, {"versions": versions})
    pieces = _graph(cards.catalogue(ws.name, found))
    done = _sealed(
        ws,
        plan,
        lambda: ({"form": "dcat", **_stored(folder / names[n], p)} for n, p in pieces if n in names),
        {"datasets": list(versions)},
    )
    return {"datasets": list(versions), "folder": str(folder), "files": done["files"], "runs": [done["run"]]}
