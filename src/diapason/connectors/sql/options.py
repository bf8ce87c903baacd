"""What may be said about a query; an unknown option is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any
from zoneinfo import ZoneInfo

from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["TYPES", "Options"]

TYPES = ("number", "text", "flag", "time", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns")


@dataclass(frozen=True, slots=True)
class Options:
    """How to read; an empty value means: as the database says."""

    query: str = ""  # one SELECT
    table: str = ""  # or the name of a table or view
    since: str = ""  # column of a key or time that only grows
    after: str = ""  # its last value, of rows that are there already
    timezone: str = ""  # of times written without one
    types: Mapping[str, str] = field(default_factory=dict)  # column -> one of TYPES
    stored: Mapping[str, str] = field(default_factory=dict)  # column -> kind, of rows that are there already
    max_rejected: float = 0.5  # share of refused rows above which nothing is handed out

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> "Options":
        """Options from plain values or from texts of a command line.

        Raises:
            DataError: an option is unknown, its value is none it can have, or neither table nor query is named.
        """
        known = [f.name for f in fields(cls)]
        for name in given:
            if name not in known:
                raise _wrong(name, f"there is no option '{name}'", f"没有选项“{name}”", known[:-2] + known[-1:])
        said: dict[str, Any] = {
            name: str(value) for name, value in given.items() if name not in ("types", "stored", "max_rejected")
        }
        options = cls(**said, types=_types(given.get("types", {})), stored=dict(given.get("stored", {})))
        options = replace(options, max_rejected=_share(given.get("max_rejected", 0.5)))
        if options.timezone:
            _zone(options.timezone)
        if bool(options.query.strip()) == bool(options.table.strip()):
            way = "not both" if options.query else "one of them"
            zh = "不能同时使用" if options.query else "须选其一"
            raise _wrong(
                "table",
                f"--table or --query, {way}",
                f"--table 或 --query，{zh}",
                ["--table NAME", '--query "select …"'],
            )
        return options


def _types(given: Any) -> dict[str, str]:
    pairs = (
        given.items() if isinstance(given, Mapping) else [p.split("=", 1) for p in str(given).split(",") if "=" in p]
    )
    types = {str(k).strip(): str(v).strip() for k, v in pairs}
    for column, kind in types.items():
        if kind not in TYPES:
            raise _wrong("types", f"column {column} cannot be '{kind}'", f"列 {column} 不能是“{kind}”", list(TYPES))
    return types


def _share(given: Any) -> float:
    try:
        share = float(given)
    except (TypeError, ValueError):
        share = -1.0
    if not 0 <= share <= 1:
        raise _wrong(
            "max_rejected", f"option max_rejected cannot be '{given}'", f"选项 max_rejected 不能是“{given}”", ["0.5"]
        )
    return share


def _zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (OSError, ValueError):
        raise _wrong("timezone", f"there is no time zone '{name}'", f"没有时区“{name}”", ["Asia/Shanghai"]) from None


def _wrong(name: str, en: str, zh: str, allowed: list[str]) -> DataError:
    return DataError(
        Text(en, zh),
        at=f"-o {name}=…" if name != "table" else "--table, --query",
        fix=Text("it can be: " + ", ".join(allowed), "可以是：" + "、".join(allowed)),
    )
