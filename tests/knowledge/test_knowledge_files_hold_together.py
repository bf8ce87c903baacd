"""Knowledge files refuse what they do not know, satisfy their schemas, and refer to nothing that is not there."""

from collections.abc import Iterator
from copy import deepcopy
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from diapason.errors import DataError
from diapason.knowledge.loader import check, load
from diapason.knowledge.loose_ends import Reference, doubles, loose_ends, names, references, twice, unresolved
from diapason.knowledge.rules import Rule
from diapason.knowledge.schemas import schemas, shapes
from diapason.knowledge.sourced import Sourced
from diapason.knowledge.terms import FILE as TERMS
from diapason.knowledge.terms import Term, TermFile

PATHS, SCHEMAS = sorted(shapes()), schemas()
ROOT = files("diapason.knowledge")
SAID = {"$defs", "$ref", "title", "description", "default", "format"}
KINDS = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "null": type(None)}


def _raw(path: str) -> Any:
    return yaml.safe_load(ROOT.joinpath(path).read_text(encoding="utf-8"))


def _records(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a record of each kind stands: the first entry of each list is enough."""
    if isinstance(value, dict):
        yield at
        for key, part in value.items():
            yield from _records(part, (*at, key))
    elif isinstance(value, list) and value:
        yield from _records(value[0], (*at, 0))


def _short(value: Any) -> Any:
    """The same with the first entry of each list, which is enough too."""
    if isinstance(value, dict):
        return {key: _short(part) for key, part in value.items()}
    return [_short(part) for part in value[:1]] if isinstance(value, list) else value


def _faults(value: Any, schema: dict[str, Any], defs: dict[str, Any], at: str = "$") -> list[str]:
    """What a JSON Schema has against a value; knows the words these schemas use and stumbles over any other."""
    if "$ref" in schema:
        return _faults(value, defs[schema["$ref"].rpartition("/")[2]], defs, at)
    if "anyOf" in schema:
        each = [_faults(value, option, defs, at) for option in schema["anyOf"]]
        return [] if [] in each else [f"{at}: none of {len(each)}"]
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{at}: {value!r}"]
    known = {"type", "properties", "required", "additionalProperties", "items"}
    assert set(schema) <= known | SAID, f"{at}: {set(schema) - known - SAID}"
    kind = schema.get("type")
    if kind == "object":
        return _object(value, schema, defs, at)
    if kind == "array":
        parts = value if isinstance(value, list) else [None]
        return [f for n, part in enumerate(parts) for f in _faults(part, schema["items"], defs, f"{at}[{n}]")]
    wrong = not isinstance(value, KINDS[kind]) or (kind in ("integer", "number") and isinstance(value, bool))
    return [f"{at}: no {kind}"] if wrong else []


def _object(value: Any, schema: dict[str, Any], defs: dict[str, Any], at: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{at}: no object"]
    fields, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
    found = [f"{at}: {name} is missing" for name in schema.get("required", []) if name not in value]
    for name, part in value.items():
        if name in fields or isinstance(rest, dict):
            found += _faults(part, fields.get(name, rest), defs, f"{at}.{name}")
        elif not rest:
            found.append(f"{at}: {name} is unknown")
    return found


def _against(path: str, value: Any) -> list[str]:
    schema = SCHEMAS[path]
    return _faults(value, {k: v for k, v in schema.items() if k != "$defs"}, schema.get("$defs", {}))


def test_every_knowledge_file_has_a_shape() -> None:
    """No file lies in the folder that nothing reads."""
    found = {"columns.yaml"}
    for folder in ("findings", "programme"):
        found |= {f"{folder}/{f.name}" for f in ROOT.joinpath(folder).iterdir() if f.name.endswith(".yaml")}
    assert found == set(PATHS)


@pytest.mark.parametrize("path", PATHS)
def test_an_unknown_field_is_refused_in_every_record(path: str) -> None:
    """At the head, in an entry, in a part of an entry: a misspelt field never passes in silence."""
    raw = _short(_raw(path))
    check(raw, shapes()[path], at=path)
    for place in {tuple("*" if isinstance(k, int) else k for k in p): p for p in _records(raw)}.values():
        spoilt = deepcopy(raw)
        record = spoilt
        for key in place:
            record = record[key]
        record["colour"] = "red"
        with pytest.raises(DataError):
            check(spoilt, shapes()[path], at=path)
        assert _against(path, msgspec.to_builtins(spoilt)), place


@pytest.mark.parametrize("path", PATHS)
def test_a_schema_holds_for_its_file(path: str) -> None:
    """The file as JSON satisfies its schema, and comes back from JSON as the same record."""
    assert _against(path, msgspec.to_builtins(_raw(path))) == []
    content = load(path, shapes()[path])
    assert msgspec.json.decode(msgspec.json.encode(content), type=shapes()[path]) == content


def test_nothing_refers_to_what_is_not_there() -> None:
    """Rules, crosswalk, fields, targets, committees: every name resolves, and none stands twice."""
    assert len({reference.kind for reference in references()}) >= 15
    assert loose_ends() == ()
    assert doubles() == ()


@pytest.mark.parametrize("kind", sorted(names()))
def test_a_loose_end_of_any_kind_is_named(kind: str) -> None:
    """A name that leads nowhere is told with its place."""
    assert unresolved([Reference("here", kind, "no-such-name")], names()) == (f"here: no {kind} 'no-such-name'",)


def test_every_kind_of_name_is_used() -> None:
    """A kind that no file refers to would be a check that checks nothing."""
    assert {reference.kind for reference in references()} == set(names())


def test_a_name_that_stands_twice_is_told() -> None:
    """Two terms of one id would hide one another."""
    content: Sourced[Term] = load(TERMS, TermFile)
    again = msgspec.structs.replace(content, entries=(*content.entries, content.entries[0]))
    assert twice("t", again) == [f"t entries: {content.entries[0].id}"]


def test_the_page_shows_an_entry_that_is_one() -> None:
    """The rule on the page about knowledge files is accepted as it stands there."""
    page = Path(__file__).parents[2] / "docs" / "knowledge.md"
    shown = page.read_text(encoding="utf-8").partition("```yaml\n")[2].partition("```")[0]
    assert check(yaml.safe_load(shown), Rule, at=page.name).id == "R-012"
