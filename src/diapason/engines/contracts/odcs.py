"""The Open Data Contract Standard, version 3.1: a contract as its document, and back.

Source: Bitol, Open Data Contract Standard 3.1.0; facts of the form only, none of its text.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from diapason.vocabulary.tables import Column, Contract, Role

__all__ = ["API", "column_of", "table_of", "to_odcs"]

API = "v3.1.0"
_LOGICAL = {"number": "number", "category": "string", "text": "string", "time": "timestamp", "flag": "boolean"}
_KIND = {"number": "number", "integer": "number", "string": "category", "boolean": "flag"} | dict.fromkeys(
    ("timestamp", "date", "time"), "time"
)
_OURS = ("kind", "role", "unit", "sure")
_BEGIN = "SELECT COUNT(*) FROM {object} WHERE NOT ("
"""How a relation between columns is written as a query; others are not looked at."""
Document = dict[str, Any]


def to_odcs(contract: Contract, *, version: str, identity: str) -> Document:
    """The document of a contract, in the order in which a person would read it.

    Args:
        version: of the contract, such as "1.0.0".
        identity: an id that stays.
    """
    return {
        "apiVersion": API,
        "kind": "DataContract",
        "id": identity,
        "name": contract.name,
        "version": version,
        "status": "draft",
        "schema": [
            {
                "name": contract.name,
                "logicalType": "object",
                "physicalType": "table",
                "properties": [_property(c) | _keyed(c.name, contract.key) for c in contract.columns],
                **_of_table(contract),
            }
        ],
    }


def _keyed(name: str, key: Sequence[str]) -> Document:
    return {"primaryKey": True, "primaryKeyPosition": key.index(name) + 1} if name in key else {}


def _of_table(contract: Contract) -> Document:
    """Relations between columns as queries that count the rows that break them; the regime as a property."""
    said: Document = {}
    if contract.relations:
        said["quality"] = [
            {"type": "sql", "query": _BEGIN + relation + ")", "mustBe": 0, "unit": "rows"}
            for relation in contract.relations
        ]
    if contract.regime:
        said["customProperties"] = [{"property": "diapason.regime", "value": contract.regime}]
    return said


def table_of(said: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...], str, list[str]]:
    """Key, relations and regime of a table of the schema, and its rules that are not looked at here."""
    placed = [
        (p.get("primaryKeyPosition") or 0, at, str(p["name"]))
        for at, p in enumerate(said.get("properties") or ())
        if p.get("primaryKey")
    ]
    relations, aside = list[str](), list[str]()
    for rule in said.get("quality") or ():
        query = str(rule.get("query") or "")
        if query.startswith(_BEGIN) and query.endswith(")") and rule.get("mustBe") == 0:
            relations.append(query.removeprefix(_BEGIN)[:-1])
        else:
            aside.append(f"{said['name']}: {rule.get('metric') or rule.get('type')}")
    own = {str(c["property"]): c.get("value") for c in said.get("customProperties") or ()}
    return tuple(name for *_, name in sorted(placed)), tuple(relations), str(own.get("diapason.regime") or ""), aside


def _property(column: Column) -> Document:
    made: Document = {"name": column.name, "logicalType": _LOGICAL.get(column.kind, "string")}
    if column.why:
        made["description"] = column.why
    if column.missing is not None:
        made["required"] = column.missing == 0
    options = {k: v for k, v in (("minimum", column.low), ("maximum", column.high)) if v is not None}
    if options and column.kind == "number":  # the standard knows a range of numbers only
        made["logicalTypeOptions"] = options
    quality = list(_quality(column))
    if quality:
        made["quality"] = quality
    said: Document = {"kind": column.kind, "role": column.role.value, "unit": column.unit, "sure": column.sure}
    said |= {} if column.kind == "number" else options
    made["customProperties"] = [{"property": f"diapason.{k}", "value": v} for k, v in said.items() if v != ""]
    return made


def _quality(column: Column) -> list[Document]:
    found: list[Document] = []
    if column.missing:
        share = float(f"{100 * column.missing:.10g}")
        found.append({"metric": "nullValues", "mustBeLessOrEqualTo": share, "unit": "percent"})
    if column.values:
        valid = {"validValues": list(column.values)}
        found.append({"metric": "invalidValues", "arguments": valid, "mustBe": 0, "unit": "rows"})
    return found


def column_of(said: Mapping[str, Any]) -> tuple[Column, list[str]]:
    """A column from a property of the schema, and its rules that are not looked at here."""
    name = str(said["name"])
    own = {str(c["property"]).removeprefix("diapason."): c.get("value") for c in said.get("customProperties") or ()}
    options = said.get("logicalTypeOptions") or {}
    missing, values, aside = _rules(said.get("quality") or (), name)
    if said.get("required"):
        missing = 0.0
    aside += [f"{name}: {option}" for option in options if option not in ("minimum", "maximum")]
    aside += [f"{name}: {rule}" for rule in ("unique",) if said.get(rule) and not said.get("primaryKey")]
    column = Column(
        name,
        str(own.get("kind") or _KIND.get(str(said.get("logicalType")), "category")),
        Role(own.get("role") or Role.FEATURE),
        str(own.get("unit") or ""),
        str(said.get("description") or ""),
        float(own.get("sure") or 1.0),
        low=_real(options.get("minimum", own.get("minimum"))),
        high=_real(options.get("maximum", own.get("maximum"))),
        missing=missing,
        values=values,
    )
    return column, aside


def _rules(quality: Any, name: str) -> tuple[float | None, tuple[str, ...], list[str]]:
    missing: float | None = None
    values, aside = tuple[str, ...](), list[str]()
    for rule in quality:
        metric = str(rule.get("metric") or rule.get("rule") or rule.get("type") or "rule")
        share = _share(rule)
        valid = (rule.get("arguments") or {}).get("validValues")
        if metric in ("nullValues", "nullCheck") and share is not None:
            missing = share
        elif metric == "invalidValues" and valid and rule.get("mustBe") == 0:
            values = tuple(str(v) for v in valid)
        else:
            aside.append(f"{name}: {metric}")
    return missing, values, aside


def _share(rule: Mapping[str, Any]) -> float | None:
    """The share of cells that a limit allows; None where it counts rows other than none."""
    limit = next(
        (rule[k] for k in ("mustBe", "mustBeLessOrEqualTo", "mustBeLessThan") if rule.get(k) is not None), None
    )
    if limit is None:
        return None
    if rule.get("unit") == "percent":
        return min(max(float(limit) / 100, 0.0), 1.0)
    return 0.0 if float(limit) == 0 else None


def _real(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
