"""The state of a pass as bytes, and back."""

import io
import json
import math
import struct
import zlib
from collections.abc import Mapping
from typing import Any
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.scan.clock import Clock
from diapason.engines.scan.column import Column
from diapason.engines.scan.keys import Keys
from diapason.engines.scan.names import Names
from diapason.engines.scan.relations import Relation
from diapason.engines.scan.sample import Sample
from diapason.engines.scan.shape import Shape
from diapason.engines.scan.table import Scan
from diapason.engines.scan.words import Words
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["packed", "unpacked"]

_FORM = f"5, Polars {pl.__version__}"  # digests of texts and keys are those of that version
_EMPTY: dict[str, NDArray[np.void]] = {}
_PARTS = ("state", "tracks", "windows", "slots")
_BROKEN = (ValueError, KeyError, OSError, EOFError, TypeError, struct.error)
_NAMED, _HEAD = 26, 16_384  # where a zip's local header says how long name and extra are; most that an npy's head has
_KEYS = ("digests", "counts", "first", "last")


def packed(scan: Scan) -> bytes:
    """Arrays and JSON facts as one npz without objects; the same state gives the same facts."""
    arrays = _together(list(scan.columns.values()))
    arrays |= {f"clock_{part}": getattr(scan.clock.steps, part) for part in _PARTS}
    arrays |= {name: getattr(scan.clock, name) for name in ("first", "last", "row", "longest")}
    arrays |= {f"key_{name}": getattr(scan.keys, name) for name in _KEYS}
    sample = scan.sample.frames()
    if sample:
        drawn = io.BytesIO()
        pl.concat(sample, how="vertical_relaxed").write_ipc(drawn, compression="zstd")
        arrays["sample"] = np.frombuffer(drawn.getvalue(), np.uint8)
    facts = {
        "form": _FORM,
        "shape": [list(x) if isinstance(x, tuple) else x for x in _fields(scan.shape)],
        "columns": list(scan.columns),
        "words": {n: [w.known, w.missing, w.counts, list(w.digests)] for n, w in scan.words.items()},
        "names": [list(n.numbers) for n in (scan.assets, scan.tags, scan.pairs, scan.regimes)],
        "keys": [scan.keys.rows, scan.keys.missing, scan.keys.whole],
        "relations": {n: [r.held, r.broken, r.unknown, list(r.rows)] for n, r in scan.relations.items()},
        "unknown": scan.clock.unknown,
        "sample": [[number, scan.sample.stretches[number].height] for number in sorted(scan.sample.stretches)],
        "at": [scan.rows, scan.level, scan.base, scan.span],
    }
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, **arrays, facts=np.frombuffer(json.dumps(facts).encode(), np.uint8))
    return out.getvalue()


def _together(columns: list[Column]) -> dict[str, NDArray[np.void]]:
    """What is known of all columns, part by part, the first axis the columns: few arrays are read quickly."""
    assets, windows = (max((len(getattr(c, part)) for c in columns), default=0) for part in ("tracks", "windows"))
    for column in columns:  # of a long table some have not met every asset
        column.room(assets, windows)
    return {part: np.stack([getattr(c, part) for c in columns]) for part in _PARTS} if columns else _EMPTY


def unpacked(data: bytes, *, at: str = "") -> Scan:
    """The inverse of `packed`.

    Raises:
        DataError: the bytes are no state of this version.
    """
    try:
        if not data.startswith(b"PK"):
            raise ValueError("other bytes")
        arrays = _arrays(data)
        facts = json.loads(arrays.pop("facts").tobytes())
        if facts["form"] != _FORM:
            raise ValueError(f"form {facts['form']}")
        return _scan(facts, arrays)
    except (*_BROKEN, BadZipFile, zlib.error, pl.exceptions.PolarsError) as error:
        raise DataError(
            Text(f"this is no kept state of a scan: {error}", f"这不是扫描保存的状态：{error}"),
            at=at,
            fix=Text("scan the data again, with --keep", "请用 --keep 重新扫描数据"),
        ) from error


def _arrays(data: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of an npz as `np.savez` writes it, each copied once: a quarter of the time of `np.load`."""
    found = {}
    with ZipFile(io.BytesIO(data)) as box:
        for entry in box.infolist():
            sizes = struct.unpack_from("<HH", data, entry.header_offset + _NAMED)
            begin = entry.header_offset + _NAMED + 4 + sum(sizes)
            part = memoryview(data)[begin : begin + entry.file_size]
            if entry.compress_type != ZIP_STORED or zlib.crc32(part) != entry.CRC:
                raise ValueError(f"{entry.filename} is damaged")
            head = io.BytesIO(part[:_HEAD])
            if np.lib.format.read_magic(head) != (1, 0):
                raise ValueError(f"{entry.filename} is of another kind")
            shape, _, kind = np.lib.format.read_array_header_1_0(head, max_header_size=_HEAD)
            flat = np.frombuffer(part[head.tell() :], kind, math.prod(shape))
            found[entry.filename.removesuffix(".npy")] = flat.reshape(shape).copy()
    return found


def _fields(shape: Shape) -> tuple[Any, ...]:
    return tuple(getattr(shape, name) for name in Shape.__dataclass_fields__)


def _scan(facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Scan:
    said = dict(zip(Shape.__dataclass_fields__, facts["shape"], strict=True))
    said["allowed"] = tuple((n, low, high) for n, low, high in said["allowed"])
    shape = Shape(
        **said | {name: tuple(said[name]) for name in ("numbers", "words", "aside", "key", "relations", "clocks")}
    )
    columns = [Column(*(arrays[part][i] for part in _PARTS)) for i in range(len(facts["columns"]))]
    held = {name: arrays[name] for name in ("first", "last", "row", "longest")}
    clock = Clock(Column(*(arrays[f"clock_{part}"] for part in _PARTS)), unknown=int(facts["unknown"]), **held)
    rows, level, base, span = facts["at"]
    words = {n: Words(known, missing, counts, tuple(d)) for n, (known, missing, counts, d) in facts["words"].items()}
    assets, tags, pairs, regimes = (Names({name: i for i, name in enumerate(names)}) for names in facts["names"])
    counted, missing, whole = facts["keys"]
    keys = Keys(counted, missing, **{name: arrays[f"key_{name}"] for name in _KEYS}, whole=whole)
    states = dict(zip(facts["columns"], columns, strict=True))
    return Scan(
        shape,
        rows,
        states,
        words,
        assets=assets,
        tags=tags,
        pairs=pairs,
        clock=clock,
        regimes=regimes,
        keys=keys,
        sample=_sample(facts["sample"], arrays.get("sample")),
        relations={n: Relation(a, b, c, tuple(rows)) for n, (a, b, c, rows) in facts["relations"].items()},
        level=level,
        base=base,
        span=None if span is None else (span[0], span[1]),
    )


def _sample(sizes: list[list[int]], data: NDArray[Any] | None) -> Sample:
    if data is None:
        return Sample()
    rows, begin, stretches = pl.read_ipc(io.BytesIO(data.tobytes())), 0, {}
    for number, height in sizes:
        stretches[number] = rows[begin : begin + height]
        begin += height
    return Sample(stretches)
