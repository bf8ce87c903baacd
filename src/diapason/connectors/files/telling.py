"""What a person should know about a source before a row of it is stored, as plain facts."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from diapason.connectors.files.assumed import Assumed
from diapason.connectors.files.flags import FLAGGED
from diapason.connectors.files.settle import Settled
from diapason.connectors.files.survey import Survey
from diapason.connectors.files.tables import Table
from diapason.vocabulary.language import Text
from diapason.vocabulary.wire import plain

__all__ = ["told"]


def told(survey: Survey, settled: Settled, notes: Sequence[Assumed], file_column: str) -> dict[str, Any]:
    """Files with their digests, assumptions with their reasons, units found beside numbers or below names.

    `digest` is the sha256 of the one file, or over the sha256 of all files in order.
    """
    files = [_file(table, survey.rows_of[table.piece.at]) for table in survey.tables]
    units = {name: unit for table in survey.tables for name, unit in table.units.items()} | settled.units
    said = [
        *_once(survey.tables),
        *notes,
        *_worded(survey, settled),
        *_flagged(survey, settled),
        *settled.assumed,
        *_hints(survey),
    ]
    return {
        "digest": files[0]["sha256"] if len(files) == 1 else _over([f["sha256"] for f in files]),
        "files": files,
        "rows_seen": survey.tally.seen,
        "file_column": file_column,
        "units": units,
        "columns": [c.name for c in survey.columns],
        "pair": plain(settled.pair),
        "kinds": {name: form.kind for name, form in settled.forms.items()},
        "named": all(table.named for table in survey.tables),
        "roles": {"ignored": list(settled.flags)} if settled.flags else {},
        "flagged": {c.name: dict(c.flags.most_common(20)) for c in survey.columns if c.name in settled.flags.values()},
        "missing_words": {c.name: c.words for c in survey.columns if c.words},
        "assumed": plain(said),
    }


def _file(table: Table, rows: int) -> dict[str, Any]:
    piece = table.piece
    return {"name": piece.name, "sha256": piece.digest(), "bytes": piece.size, "rows_seen": rows, **table.facts()}


def _over(digests: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _once(tables: Sequence[Table]) -> list[Assumed]:
    """Assumptions that hold for all files once, others with the name of their file."""
    files: dict[Assumed, list[str]] = {}
    for table in tables:
        for one in table.assumed:
            files.setdefault(one, []).append(table.piece.name)
    return [one if len(names) == len(tables) else replace(one, of=_some(names)) for one, names in files.items()][:60]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" … ({len(names)})" if len(names) > 3 else "")


def _worded(survey: Survey, settled: Settled) -> list[Assumed]:
    """Columns of numbers that the file writes as text."""
    worded = {name for table in survey.tables for name in table.worded}
    names = [n for n, form in settled.forms.items() if n in worded and form.kind in ("number", "integer")]
    return [Assumed("type", "number", _AS_TEXT, f"types={names[0]}=text", _some(names))] if names else []


_AS_TEXT = Text("the file writes these numbers as text", "文件将这些数值写成了文本")


def _flagged(survey: Survey, settled: Settled) -> list[Assumed]:
    """Words in place of numbers: how many, and where they are kept."""
    beside = {source: flag for flag, source in settled.flags.items()}
    counts = [(c.name, sum(c.flags.values())) for c in survey.columns if c.name in beside]
    return [Assumed("flag", f"{count:,}", FLAGGED, f"types={name}=text", name) for name, count in counts[:20]]


def _hints(survey: Survey) -> list[Assumed]:
    """Far more columns than rows, all without names: perhaps stored on its side."""
    wide = len(survey.columns) > 5 * survey.tally.seen and not any(t.named for t in survey.tables)
    if not wide:
        return []
    why = Text("it has far more columns than rows", "列数远多于行数")
    return [Assumed("transpose", "no", why, "transpose=yes")]
