"""Reads tables of a simulated plant; a test bench, never a substitute for results on real data."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

import polars as pl

from diapason.errors import DataError
from diapason.ports import find
from diapason.ports.connector import Batch
from diapason.roles.plant import SimulatedPlant
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW

__all__ = ["batches"]

_PLANT = "hydrogenation"
_TABLE = "soft_sensor"
_PIECE = 60_000  # rows
_WORDS = {"file": pl.String, "line": pl.Int64, "reason": pl.String, "reason_zh": pl.String, "raw": pl.String}
_REJECTED = pl.DataFrame(schema={ROW: pl.Int64, **_WORDS})
_WHY = Text("a simulated plant: a test bench, not real data", "仿真工厂：仅作试验台，并非真实数据")


async def batches(source: str, options: Mapping[str, Any]) -> AsyncIterator[Batch]:
    """Read `plant:TABLE?setting=value&…`; options of the same names come on top.

    Raises:
        DataError: an unknown table or setting, or a value that cannot be.
    """
    table, said = _parsed(source, options)
    plant: SimulatedPlant = find("plants", _PLANT)()
    facts = _facts(source, plant.about(table, said))
    pieces = plant.rows(table, said)
    first = 0
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        frame, share = piece
        for at in range(0, max(frame.height, 1), _PIECE):
            part = frame.slice(at, _PIECE)
            numbers = pl.int_range(first, first + part.height, dtype=pl.Int64, eager=True).alias(ROW)
            first += part.height
            told = {"columns": frame.columns, **facts, "share": share}
            yield Batch(part.insert_column(0, numbers), _REJECTED, part.height, told)


def _parsed(source: str, options: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Table and settings of a source.

    >>> _parsed("plant:lab?seed=3", {"days": 5})
    ('lab', {'seed': '3', 'days': '5'})
    """
    scheme, colon, rest = source.partition(":")
    if scheme != "plant" or not colon:
        what = Text(f"'{source}' is no source of the embedded plant", f"“{source}”不是内置工厂的数据源")
        write = "plant:soft_sensor?seed=7&days=180"
        raise DataError(what, at=source, fix=Text(f"write {write}", f"请写成 {write}"))
    table, _, query = rest.partition("?")
    said = dict(parse_qsl(query, keep_blank_values=True))
    said |= {str(key): str(value) for key, value in options.items()}
    return said.pop("table", "") or table.strip("/") or _TABLE, said


def _facts(source: str, about: Mapping[str, Any]) -> dict[str, Any]:
    """What to know of the source; its digest stands for the settings and the version of the physics."""
    written = json.dumps(about["settings"], sort_keys=True, ensure_ascii=False)
    digest = sha256(written.encode()).hexdigest()
    why = {"en": _WHY.en, "zh": _WHY.zh}
    return {
        "digest": digest,
        "files": [
            {"name": source.partition("?")[0].replace(":", "-"), "sha256": digest, "settings": about["settings"]}
        ],
        "units": about["units"],
        "roles": about["roles"],
        "file_column": "",
        "missing_words": {},
        "assumed": [{"what": "source", "value": "simulated", "why": why, "change": "seed=8", "of": ""}],
    }
