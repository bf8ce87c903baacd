"""Rules that others wrote: ODCS documents, suites of Great Expectations, schemas of Pandera."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from diapason.engines.contracts.odcs import column_of, table_of
from diapason.errors import DataError
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import Column

__all__ = ["Read", "read"]


@dataclass(frozen=True, slots=True)
class Read:
    """What a document says of columns, and which of its rules are not looked at here."""

    form: str  # "odcs", "great_expectations", "pandera"
    columns: tuple[Column, ...]
    aside: tuple[str, ...]
    key: tuple[str, ...] = ()  # columns of which no two rows are the same
    relations: tuple[str, ...] = ()  # conditions between columns, in SQL
    regime: str = ""


def read(document: Any, *, at: str) -> Read:
    """Columns and rules of a document, by what it is.

    Raises:
        DataError: it is none of the three forms, or a part of it is not as its form says.
    """
    try:
        if isinstance(document, Mapping) and document.get("kind") == "DataContract":
            return _odcs(document)
        if isinstance(document, Mapping) and isinstance(document.get("expectations"), list):
            return _suite(document["expectations"])
        if isinstance(document, Mapping) and isinstance(document.get("columns"), Mapping):
            return _pandera(document["columns"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            Text(f"a rule can't be read: {error!r}", f"有规则无法读取：{error!r}"),
            at=at,
            fix=Text("mend that part of the file", "请修正文件的该部分"),
        ) from error
    raise DataError(
        Text("this is no contract that is known here", "这不是此处认识的合约"),
        at=at,
        fix=Text(
            "give an ODCS document, a Great Expectations suite (JSON) or a Pandera schema (YAML or JSON)",
            "请给出 ODCS 文档、Great Expectations 规则集（JSON）或 Pandera 模式（YAML 或 JSON）",
        ),
    )


def _odcs(document: Mapping[str, Any]) -> Read:
    columns, aside = list[Column](), list[str]()
    tables = document.get("schema") or ()
    key, relations, regime = tuple[str, ...](), tuple[str, ...](), ""
    for table in tables[:1]:
        key, relations, regime, left = table_of(table)
        aside += left
        for said in table.get("properties") or ():
            column, left = column_of(said)
            columns.append(column)
            aside += left
    aside += [f"{table['name']}: another table" for table in tables[1:]]
    aside += [f"sla: {p['property']}" for p in document.get("slaProperties") or ()]
    return Read("odcs", tuple(columns), tuple(aside), key, relations, regime)


def _suite(expectations: list[Mapping[str, Any]]) -> Read:
    found, aside = dict[str, Column](), list[str]()
    keys, relations = list[tuple[str, ...]](), list[str]()
    for one in expectations:
        kind, said = str(one.get("type") or one.get("expectation_type")), dict(one.get("kwargs") or {})
        if one_key := _key(kind, said):
            keys.append(one_key)
            continue
        if relation := _relation(kind, said):
            relations.append(relation)
            continue
        name = said.get("column")
        column = found.get(str(name)) or Column(str(name), "")
        made = _expected(kind, said, column) if name else None
        if made is None:
            aside.append(f"{name or 'table'}: {kind}")
        else:
            found[made.name] = made
    aside += [f"{', '.join(key)}: another key" for key in keys[1:]]
    key = keys[0] if keys else ()
    return Read("great_expectations", tuple(found.values()), tuple(aside), key, tuple(relations))


def _key(kind: str, said: Mapping[str, Any]) -> tuple[str, ...]:
    """Columns that together, or one that alone, must be different in each row."""
    if kind == "expect_compound_columns_to_be_unique":
        return tuple(str(c) for c in said["column_list"])
    single = kind == "expect_column_values_to_be_unique" and float(said.get("mostly") or 1.0) == 1
    return (str(said["column"]),) if single else ()


def _relation(kind: str, said: Mapping[str, Any]) -> str:
    """A condition between two columns in SQL."""
    if float(said.get("mostly") or 1.0) < 1:
        return ""
    first, second = (str(said.get(f"column_{x}", "")).replace('"', '""') for x in "AB")
    if kind == "expect_column_pair_values_a_to_be_greater_than_b":
        return f'"{first}" {">=" if said.get("or_equal") else ">"} "{second}"'
    return f'"{first}" = "{second}"' if kind == "expect_column_pair_values_to_be_equal" else ""


def _expected(kind: str, said: Mapping[str, Any], column: Column) -> Column | None:
    """The column with one expectation more; None where it is not looked at here."""
    mostly = float(said.get("mostly") or 1.0)
    if kind == "expect_column_to_exist":
        return column
    if kind == "expect_column_values_to_not_be_null":
        return replace(column, missing=round(1 - mostly, 12))
    if mostly < 1:
        return None
    strict = said.get("strict_min") or said.get("strict_max")
    if kind == "expect_column_values_to_be_between" and not strict:
        low, high = said.get("min_value"), said.get("max_value")
        numbers = all(x is None or isinstance(x, int | float) for x in (low, high))
        return replace(column, kind="number", low=_real(low), high=_real(high)) if numbers else None
    if kind == "expect_column_values_to_be_in_set":
        return replace(column, kind="category", values=tuple(str(v) for v in said["value_set"]))
    return None


def _pandera(columns: Mapping[str, Any]) -> Read:
    made, aside, keys = list[Column](), list[str](), list[str]()
    for name, said in columns.items():
        column = Column(str(name), _stored(str(said.get("dtype") or "")), missing=None if said.get("nullable") else 0.0)
        checks = said.get("checks") or {}
        pairs = list(checks.items()) if isinstance(checks, Mapping) else [_named(c) for c in checks]
        for check, value in pairs:
            changed = _checked(str(check), value, column)
            if changed is None:
                aside.append(f"{name}: {check}")
            else:
                column = changed
        keys += [str(name)] if said.get("unique") else []
        made.append(column)
    aside += [f"{name}: unique" for name in keys[1:]]
    return Read("pandera", tuple(made), tuple(aside), tuple(keys[:1]))


def _named(check: Mapping[str, Any]) -> tuple[str, Any]:
    """A check of the newer form: its name among its options."""
    return str((check.get("options") or {}).get("check_name")), check


def _checked(check: str, value: Any, column: Column) -> Column | None:
    """The column with one check more; None where it is not looked at here."""
    said = value if isinstance(value, Mapping) else {"value": value}
    if check in ("greater_than_or_equal_to", "ge"):
        return replace(column, low=_real(said["value"] if "value" in said else said["min_value"]))
    if check in ("less_than_or_equal_to", "le"):
        return replace(column, high=_real(said["value"] if "value" in said else said["max_value"]))
    if check in ("in_range", "between") and said.get("include_min", True) and said.get("include_max", True):
        return replace(column, low=_real(said["min_value"]), high=_real(said["max_value"]))
    if check == "isin":
        allowed = said["value"] if "value" in said else said["allowed_values"]
        return replace(column, values=tuple(str(v) for v in allowed)) if column.kind == "category" else None
    return None


def _stored(dtype: str) -> str:
    kinds = {"datetime": "time", "bool": "flag", "float": "number", "int": "number", "uint": "number"}
    return next((kind for word, kind in kinds.items() if dtype.lower().startswith(word)), "category")


def _real(value: Any) -> float | None:
    return None if value is None else float(value)
