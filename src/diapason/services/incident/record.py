"""The record of an incident, in one schema: what is kept in the workspace and what is shared have the same form."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = [
    "FORMAT",
    "Clock",
    "Evidence",
    "Grade",
    "Reason",
    "Record",
    "Stamp",
    "Step",
    "Words",
    "decoded",
    "encoded",
    "schema",
]

FORMAT = "diapason-incident-1"
Step = Literal["detect", "contain", "recover", "report"]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of the record; a field that it does not know is refused."""


class Words(_Strict, frozen=True, kw_only=True):
    """A text in both languages."""

    en: str
    zh: str


class Reason(_Strict, frozen=True, kw_only=True):
    """One bound of a grade: whether it is reached; null where the number or the bound is not known."""

    grade: str
    measure: str
    reached: bool | None


class Stamp(_Strict, frozen=True, kw_only=True):
    """One step that was done, when and by whom; `clock` is the report's clock that it meets."""

    step: Step
    at: datetime
    by: str
    text: str
    clock: str = ""


class Clock(_Strict, frozen=True, kw_only=True):
    """One report that is due, or may be: to whom, until when, whether it was made."""

    id: str
    regime: str
    state: Literal["late", "runs", "may run", "waits", "reported late", "reported"]
    starts: datetime | None
    until: datetime | None
    met: datetime | None
    tells: Words | None
    reports: Words
    basis: str
    ask: tuple[str, ...]


class Grade(_Strict, frozen=True, kw_only=True):
    """The grade under the Chinese measures, or between which two it lies."""

    surely: str
    perhaps: str
    why: tuple[Reason, ...]
    ask: tuple[str, ...]


class Evidence(_Strict, frozen=True, kw_only=True):
    """Something that was frozen when the incident was opened, by its digest."""

    name: str
    sha256: str


class Record(_Strict, frozen=True, kw_only=True):
    """The whole record. Times carry their zone; facts that nobody knows are absent."""

    format: Literal["diapason-incident-1"] = "diapason-incident-1"
    id: str
    what: str
    found: datetime
    opened: datetime
    closed: datetime | None
    regimes: tuple[str, ...]
    models: tuple[str, ...]
    datasets: tuple[str, ...]
    facts: dict[str, bool | str | float]
    numbers: dict[str, float]
    grade: Grade
    clocks: tuple[Clock, ...]
    stamps: tuple[Stamp, ...]
    evidence: tuple[Evidence, ...]
    owner: str = ""  # who answers for what broke, where that is known
    rule: str = ""  # of a dataset's contract, that was broken: "T:range"
    severity: Literal["", "act", "look", "know"] = ""


def schema() -> dict[str, Any]:
    """The JSON Schema of a record."""
    return msgspec.json.schema(Record)


def encoded(record: Record) -> bytes:
    """A record as JSON that people can read too."""
    return msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"


def decoded(data: bytes, *, at: str) -> Record:
    """A record from its bytes.

    Raises:
        DataError: it does not follow the schema; names the field.
    """
    try:
        return msgspec.json.decode(data, type=Record)
    except msgspec.DecodeError as error:
        raise DataError(
            Text(f"this is no incident record: {error}", f"这不是事件记录：{error}"),
            at=at,
            fix="diapason incident schema",
        ) from error
